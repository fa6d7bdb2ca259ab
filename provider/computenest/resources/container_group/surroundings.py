"""What containers of a group share: volumes, names that are looked up, and where images may be pulled from.

Source of the API's fields: facts §10.1, §10.7 and §10.8.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from computenest.kernel.fields import About
from computenest.kernel.names import RegionId
from computenest.kernel.unknown import Maybe
from computenest.kernel.values import Json, Model, as_written
from computenest.resources.container_group.containers import Default, Part


class NfsVolume(Part):
    """A folder of a file system that is there."""

    defaults: ClassVar[Mapping[str, Default]] = {"read_only": False}

    server: Annotated[Maybe[str], About("Its mount target, `0123456789-abc.cn-hangzhou.nas.aliyuncs.com`.")]
    path: Annotated[Maybe[str], About("The folder, `/` for all.")]
    read_only: Annotated[Maybe[bool] | None, About("Whether nobody may write to it.")] = None


class OssVolume(Part):
    """A bucket of object storage."""

    bucket: Annotated[Maybe[str], About("The bucket's name.")]
    url: Annotated[Maybe[str], About("Its endpoint, `oss-cn-hangzhou-internal.aliyuncs.com`.")]
    ram_role: Annotated[Maybe[str] | None, About("The RAM role that may read and write it.")] = None
    other_opts: Annotated[Maybe[str] | None, About("Options of ossfs, `-o allow_other`.")] = None


class DiskVolume(Part):
    """A disk that is there, in the group's zone."""

    defaults: ClassVar[Mapping[str, Default]] = {"fs_type": "ext4"}

    disk_id: Annotated[Maybe[str], About("`d-…`; of one group at a time.")]
    fs_type: Annotated[Maybe[str] | None, About("`ext4` (the default), `ext3`, `xfs` or `vfat`.")] = None


class Volume(Part):
    """One volume of a group: exactly one of the five kinds."""

    name: Annotated[Maybe[str], About("Its name, once in a group; mounts name it.")]
    empty_dir: Annotated[
        Maybe[Literal["disk", "memory"]] | None,
        About("An empty folder that goes with the group: on `disk` or in `memory`."),
    ] = None
    config_files: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None,
        About("Path in the volume -> what the file holds; 32 KB a file, 60 KB in all."),
    ] = None
    nfs: Annotated[NfsVolume | None, About("A folder of a file system.")] = None
    oss: Annotated[OssVolume | None, About("A bucket of object storage.")] = None
    disk: Annotated[DiskVolume | None, About("A disk.")] = None

    def request(self) -> dict[str, Json]:
        """As CreateContainerGroup and UpdateContainerGroup take it, nothing of it unknown (facts §10.8)."""
        given = self.wire()
        body: dict[str, Json]
        if "configFiles" in given:
            files = [{"Path": path, "Content": _in_base64(text)} for path, text in sorted(given["configFiles"].items())]
            kind, body = "ConfigFileVolume", {"ConfigFileVolume": {"ConfigFileToPath": files}}
        elif nfs := given.get("nfs"):
            kind, body = "NFSVolume", {"NFSVolume": as_written(nfs)}
        elif oss := given.get("oss"):
            kind, body = "FlexVolume", {"FlexVolume": {"Driver": "alicloud/oss", "Options": _json(oss)}}
        elif disk := given.get("disk"):
            options = _json({"volumeId": disk["diskId"]})
            flex = {"Driver": "alicloud/disk", "FsType": disk.get("fsType"), "Options": options}
            kind, body = "FlexVolume", {"FlexVolume": flex}
        else:
            medium = "Memory" if given.get("emptyDir") == "memory" else None
            kind, body = "EmptyDirVolume", {"EmptyDirVolume": {"Medium": medium}}
        return {"Name": given["name"], "Type": kind, **body}


def _json(options: Mapping[str, str]) -> str:
    return json.dumps(options, ensure_ascii=False, separators=(",", ":"))


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


class DnsConfig(Part):
    """How the group's containers look names up; what is left out is the network's."""

    name_servers: Annotated[Maybe[tuple[Maybe[str], ...]] | None, About("Addresses of name servers.")] = None
    searches: Annotated[Maybe[tuple[Maybe[str], ...]] | None, About("Domains to search.")] = None
    options: Annotated[Maybe[Mapping[str, Maybe[str]]] | None, About("Option -> value, such as `ndots`.")] = None

    def request(self) -> dict[str, Json]:
        """As the API takes it, nothing of it unknown."""
        given = self.wire()
        return {
            "NameServer": given.get("nameServers"),
            "Search": given.get("searches"),
            "Option": [{"Name": key, "Value": value} for key, value in sorted(given.get("options", {}).items())],
        }


class RegistryLogin(Model):
    """A login that images are pulled with."""

    server: Annotated[Maybe[str], About("The registry's host.")]
    user_name: Annotated[Maybe[str], About("The user.")]
    password: Annotated[Maybe[str], About("The password: always a secret of the state.", is_secret=True)]

    def request(self) -> dict[str, Json]:
        """As the API takes it, nothing of it unknown."""
        return as_written(self.wire())


class AcrRegistry(Model):
    """An instance of Container Registry's enterprise edition that is pulled from without a login."""

    instance_id: Annotated[Maybe[str], About("`cri-…`, of the group's account.")]
    instance_name: Annotated[Maybe[str] | None, About("Its name.")] = None
    region_id: Annotated[Maybe[RegionId] | None, About("Its region, by default the group's.")] = None
    domains: Annotated[
        Maybe[tuple[Maybe[str], ...]] | None, About("Its hosts that images are named by, by default all.")
    ] = None

    def request(self) -> dict[str, Json]:
        """As the API takes it, nothing of it unknown."""
        given = self.wire()
        domains = given.pop("domains", None)
        return {**as_written(given), "Domain": domains}
