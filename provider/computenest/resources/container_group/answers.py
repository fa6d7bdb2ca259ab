"""A row of DescribeContainerGroups as values: containers and volumes as they would be asked for (facts §10.6).

Lists have other names in answers than in requests (SDK 2.1.0).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TypeVar

from computenest.cloud.wire import integer, object_in, objects_in, tags_in, text, texts_in, texts_named
from computenest.kernel.values import Json
from computenest.resources.container_group.containers import PROBE_COUNTS, Container, Probe
from computenest.resources.container_group.model import ContainerGroup, ContainerGroupId, Seen
from computenest.resources.container_group.surroundings import DnsConfig, Volume

T = TypeVar("T")


def group_of(row: Mapping[str, Json]) -> ContainerGroup:
    """What a row shows; what is not there, or in a form that nobody documented, is left out."""
    return ContainerGroup(
        container_group_id=ContainerGroupId(text(row.get("ContainerGroupId"))),
        name=text(row.get("ContainerGroupName")),
        status=text(row.get("Status")),
        cpu=number_in(row.get("Cpu")),
        memory=number_in(row.get("Memory")),
        restart_policy=text(row.get("RestartPolicy")),
        address=text(row.get("IntranetIp")),
        containers=tuple(_seen(one) for one in objects_in(row, "Containers") if text(one.get("Name"))),
        tags=tags_in(row.get("Tags")),
        init_containers=tuple(_seen(one) for one in objects_in(row, "InitContainers") if text(one.get("Name"))),
        volumes=tuple(_volume(one) for one in objects_in(row, "Volumes") if text(one.get("Name"))),
        dns_config=_dns(object_in(row.get("DnsConfig"))),
        internet_address=text(row.get("InternetIp")),
    )


def _seen(row: Mapping[str, Json]) -> Seen:
    state, policy = object_in(row.get("CurrentState")), text(row.get("ImagePullPolicy"))
    shown = {
        **texts_named(row, "name", "image", "working_dir"),
        "image_pull_policy": policy if policy in ("Always", "IfNotPresent", "Never") else "",
        "command": _words(row.get("Commands")) or _words(row.get("Command")),  # of init containers: Command
        "args": _words(row.get("Args")),
        "cpu": number_in(row.get("Cpu")),
        "memory": number_in(row.get("Memory")),
        "gpu": integer(row.get("Gpu")),
        "environment": {text(one.get("Key")): text(one.get("Value")) for one in objects_in(row, "EnvironmentVars")},
        "ports": tuple(
            {"port": integer(one.get("Port")), "protocol": "UDP" if text(one.get("Protocol")) == "UDP" else "TCP"}
            for one in objects_in(row, "Ports")
        ),
        "volume_mounts": tuple(_mount(one) for one in objects_in(row, "VolumeMounts")),
        "liveness_probe": _probe(object_in(row.get("LivenessProbe"))),
        "readiness_probe": _probe(object_in(row.get("ReadinessProbe"))),
    }
    return Seen(
        Container.model_validate(_there(shown)),
        text(state.get("State")),
        integer(state.get("ExitCode")),
        text(state.get("Reason")),
        text(state.get("Message")),
    )


def _words(value: Json) -> tuple[str, ...]:
    """The words of a command as they were sent: an empty one is one as well."""
    return tuple(text(one) for one in value) if isinstance(value, list) else ()


def _mount(row: Mapping[str, Json]) -> dict[str, Json]:
    return {
        **texts_named(row, "name", "mount_path"),
        "read_only": _flag(row.get("ReadOnly")),
        **_there({"sub_path": text(row.get("SubPath"))}),
    }


def _probe(row: Mapping[str, Json]) -> Probe | None:
    http, tcp = object_in(row.get("HttpGet")), object_in(row.get("TcpSocket"))
    shown = {
        "http_get": _there(
            {
                "port": integer(http.get("Port")),
                "path": text(http.get("Path")),
                "scheme": "HTTPS" if text(http.get("Scheme")) == "HTTPS" else "HTTP",
            }
        )
        if http.get("Port")
        else None,
        "tcp_port": integer(tcp.get("Port")),
        "command": _words(row.get("Execs")),
        **{name: integer(row.get(api)) for name, api in PROBE_COUNTS.items()},
    }
    found = _there(shown)
    return Probe.model_validate(found) if found else None


def _volume(row: Mapping[str, Json]) -> Volume:
    kind, options = text(row.get("Type")), _options(row.get("FlexVolumeOptions"))
    shown: dict[str, Json] = {"name": text(row.get("Name"))}
    if kind == "ConfigFileVolume":
        files = objects_in(row, "ConfigFileVolumeConfigFileToPaths")
        shown["config_files"] = {text(one.get("Path")): _from_base64(text(one.get("Content"))) for one in files}
    elif kind == "NFSVolume":
        nfs = {"server": text(row.get("NFSVolumeServer")), "path": text(row.get("NFSVolumePath"))}
        shown["nfs"] = {**nfs, "read_only": _flag(row.get("NFSVolumeReadOnly"))}
    elif kind == "FlexVolume" and text(row.get("FlexVolumeDriver")) == "alicloud/oss":
        named = {"bucket": options.get("bucket", ""), "url": options.get("url", "")}
        more = {"ram_role": options.get("ramRole"), "other_opts": options.get("otherOpts")}
        shown["oss"] = {**named, **_there(more)}
    elif kind == "FlexVolume" and text(row.get("FlexVolumeDriver")) == "alicloud/disk":
        fs_type = _there({"fs_type": text(row.get("FlexVolumeFsType"))})
        shown["disk"] = {"disk_id": options.get("volumeId", ""), **fs_type}
    elif kind == "EmptyDirVolume":
        shown["empty_dir"] = "memory" if text(row.get("EmptyDirVolumeMedium")) == "Memory" else "disk"
    return Volume.model_validate(shown)


def _dns(row: Mapping[str, Json]) -> DnsConfig | None:
    options = {text(one.get("Name")): text(one.get("Value")) for one in objects_in(row, "Options")}
    shown = {
        "name_servers": texts_in(row.get("NameServers")),
        "searches": texts_in(row.get("Searches")),
        "options": options,
    }
    return DnsConfig.model_validate(_there(shown)) if row else None


def _there(shown: Mapping[str, T]) -> dict[str, T]:
    """Without what is not said: the API shows nothing as "", 0 or an empty list."""
    return {name: value for name, value in shown.items() if value}


def _options(value: Json) -> dict[str, str]:
    try:
        found = json.loads(text(value) or "{}")
    except ValueError:
        return {}
    return {str(key): text(held) for key, held in found.items()} if isinstance(found, dict) else {}


def _from_base64(content: str) -> str:
    try:
        return base64.b64decode(content, validate=True).decode("utf-8", "surrogatepass")
    except (binascii.Error, UnicodeDecodeError):
        return content


def _flag(value: Json) -> bool:
    return text(value).lower() == "true"


def number_in(value: Json) -> float:
    """A number that travels as one or as a text; 0 for anything else."""
    try:
        return float(text(value))
    except ValueError:
        return 0.0
