"""What may be wrong with containers: each has its own sentence, with the path. Pure, on known and unknown values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic.alias_generators import to_camel

from computenest.kernel.arguments import quoted
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import nearest
from computenest.kernel.unknown import UNKNOWN, Maybe, Unknown
from computenest.resources.container_group.containers import PROBE_COUNTS, Container, Probe
from computenest.resources.container_group.declaration import Arguments
from computenest.resources.container_group.model import Inputs

_CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,126}[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_PART}(?:/{_PART})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64}|@sha512:[0-9a-f]{128})?"
)
"""As the OCI distribution specification 1.1 has names, tags and digests."""
_LONGEST_IMAGE = 512
_MOST_CONTAINERS = 20
_HIGHEST_PORT = 65535


@dataclass(slots=True)
class _Taken:
    """What may be once in a group."""

    names: set[str] = field(default_factory=set)
    ports: dict[tuple[str, int], str] = field(default_factory=dict)


def of_platforms(inputs: Inputs[Unknown], platforms: Mapping[str, Sequence[str]]) -> Iterator[Failure]:
    """A package that is for other machines than the group's. What no package of this program says is the pull's to
    find out, and so is what a type of instance is.

    Args:
        platforms: `repository:tag` of a package -> what it is for.
    """
    architecture = inputs.cpu_architecture or "AMD64"
    if architecture is UNKNOWN or (inputs.cpu_architecture is None and inputs.instance_type is not None):
        return
    needed = f"linux/{architecture.lower()}"
    for key, listed in (("initContainers", inputs.init_containers), ("containers", inputs.containers)):
        for index, one in enumerate(listed if isinstance(listed, tuple) else ()):
            name = str(one.package).partition("@")[0].rpartition("/")[2]
            there = platforms.get(name, ()) if one.package is not UNKNOWN else ()
            if there and not any(f"{found}/".startswith(f"{needed}/") for found in there):
                is_arm = architecture == "AMD64" and any(found.startswith("linux/arm64") for found in there)
                either = "give cpuArchitecture ARM64, or " if is_arm else ""
                why = f"the package is for {', '.join(there)}, and the group runs {needed}; {either}push that one too"
                yield Failure(f"{key}[{index}].package", why)


def of_containers(news: Arguments) -> Iterator[Failure]:
    """A name once in a group, a port once in a group, a variable as the cloud takes it (facts §10.1)."""
    taken, volumes = _Taken(), _volumes(news)
    own, before = news.containers, news.init_containers
    if own is not UNKNOWN:
        if not 1 <= len(own) <= _MOST_CONTAINERS:
            yield Failure("containers", f"1 to {_MOST_CONTAINERS} containers are needed, not {len(own)}")
        for index, one in enumerate(own):
            yield from _of_one(one, f"containers[{index}]", taken, volumes)
    if before is None or before is UNKNOWN:
        return
    if len(before) > _MOST_CONTAINERS:
        yield Failure("initContainers", f"at most {_MOST_CONTAINERS} are possible, not {len(before)}")
    for index, one in enumerate(before):
        at = f"initContainers[{index}]"
        yield from _of_one(one, at, taken, volumes)
        for key in ("liveness_probe", "readiness_probe"):
            if getattr(one, key) is not None:
                yield Failure(f"{at}.{to_camel(key)}", "a container that ends before the others begin has no probe")


def _volumes(news: Arguments) -> frozenset[str] | None:
    """The names that mounts may have; None where not all are known."""
    if news.volumes is UNKNOWN or any(one.name is UNKNOWN for one in news.volumes or ()):
        return None
    return frozenset(str(one.name) for one in news.volumes or ())


def _of_one(one: Container, at: str, taken: _Taken, volumes: frozenset[str] | None) -> Iterator[Failure]:
    if one.name is not UNKNOWN:
        if not _CONTAINER.fullmatch(one.name):
            yield Failure(f"{at}.name", f"{quoted(one.name)} is no name of a container; it has a-z, 0-9 and hyphens")
        elif one.name in taken.names:
            yield Failure(f"{at}.name", f"another container of this group is named {quoted(one.name)} too")
        taken.names.add(one.name)
    yield from _of_image(one, at)
    if one.environment is not None and one.environment is not UNKNOWN:
        for key in sorted(one.environment):
            if not _VARIABLE.fullmatch(key):
                yield Failure(
                    f"{at}.environment[{quoted(key)}]",
                    "letters, digits and _ are possible, no digit first",
                )
    yield from _of_ports(one, at, taken.ports)
    yield from _of_mounts(one, at, volumes)
    for key, probe in (("livenessProbe", one.liveness_probe), ("readinessProbe", one.readiness_probe)):
        if probe is not None:
            yield from _of_probe(probe, f"{at}.{key}")
    if one.gpu is not None and one.gpu is not UNKNOWN and one.gpu < 0:
        yield Failure(f"{at}.gpu", f"a number of GPUs is needed, not {one.gpu}")


def _of_image(one: Container, at: str) -> Iterator[Failure]:
    if (one.image is None) == (one.package is None):
        yield Failure(f"{at}.image", "give either an image or a package")
        return
    key, given = ("image", one.image) if one.package is None else ("package", one.package)
    if given is UNKNOWN or given is None:
        return
    if not _IMAGE.fullmatch(given) or len(given) > _LONGEST_IMAGE:
        yield Failure(f"{at}.{key}", f"{quoted(given)} is no image: give registry/repository:tag")
    elif key == "package" and "/" not in given:
        why = f"{quoted(given)} is in no registry: give the `reference` of a ContainerImagePackage"
        yield Failure(f"{at}.package", why)


def _of_ports(one: Container, at: str, taken: dict[tuple[str, int], str]) -> Iterator[Failure]:
    for index, port in enumerate(one.ports if one.ports is not None and one.ports is not UNKNOWN else ()):
        where = f"{at}.ports[{index}].port"
        if port.port is UNKNOWN or port.protocol is UNKNOWN:
            continue
        yield from _of_port(port.port, where)
        first = taken.setdefault((port.protocol or "TCP", port.port), where)
        if first != where:
            yield Failure(where, f"port {port.port} is taken by {first}: a group has one address")


def _of_port(port: Maybe[int], where: str) -> Iterator[Failure]:
    if port is not UNKNOWN and not 1 <= port <= _HIGHEST_PORT:
        yield Failure(where, f"a port is from 1 to {_HIGHEST_PORT}, not {port}")


def _of_mounts(one: Container, at: str, volumes: frozenset[str] | None) -> Iterator[Failure]:
    paths: set[str] = set()
    for index, mount in enumerate(one.volume_mounts if isinstance(one.volume_mounts, tuple) else ()):
        where = f"{at}.volumeMounts[{index}]"
        if volumes is not None and mount.name is not UNKNOWN and mount.name not in volumes:
            near = nearest(mount.name, volumes)
            meant = f"; did you mean {near!r}?" if near else ""
            yield Failure(f"{where}.name", f"the group has no volume {quoted(mount.name)}{meant}")
        if mount.mount_path is UNKNOWN:
            continue
        if not mount.mount_path.startswith("/"):
            yield Failure(f"{where}.mountPath", f"{quoted(mount.mount_path)} is no path from the root, as /data is")
        elif mount.mount_path in paths:
            yield Failure(f"{where}.mountPath", f"another volume is at {mount.mount_path} too")
        paths.add(mount.mount_path)


def _of_probe(probe: Probe, at: str) -> Iterator[Failure]:
    """Exactly one way to look (facts §10.8)."""
    ways = [way for way in (probe.http_get, probe.tcp_port, probe.command) if way is not None]
    if len(ways) != 1:
        yield Failure(at, f"give exactly one of httpGet, tcpPort and command, not {len(ways)}")
    if probe.http_get is not None:
        yield from _of_port(probe.http_get.port, f"{at}.httpGet.port")
        path = probe.http_get.path
        if isinstance(path, str) and not path.startswith("/"):
            yield Failure(f"{at}.httpGet.path", f"{quoted(path)} is no path of a request, as /healthz is")
    if probe.tcp_port is not None:
        yield from _of_port(probe.tcp_port, f"{at}.tcpPort")
    if isinstance(probe.command, tuple) and (not probe.command or probe.command[0] == ""):
        yield Failure(f"{at}.command", "a command is needed")
    for key in PROBE_COUNTS:
        value, least = getattr(probe, key), 0 if key == "initial_delay_s" else 1
        if isinstance(value, int) and value < least:
            yield Failure(f"{at}.{to_camel(key)}", f"at least {least} is needed, not {value}")
