"""What may be wrong with volumes, logins and registries of a group. Pure, on known and unknown values."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from computenest.kernel.arguments import quoted
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN
from computenest.resources.container_group.declaration import Arguments
from computenest.resources.container_group.surroundings import Volume

MOST_LOGINS = 10  # facts §10.8, the temporary one of packages among them
MOST_REPLICAS = 100  # ours: all of a set are one operation, and in one preview
_LONGEST_NAME_OF_A_SET = 124
_MOST_VOLUMES = 20
_MOST_DISKS = 6
_LONGEST_FILE_KB, _LONGEST_FILES_KB = 32, 60
_KB = 1024
_FILE_SYSTEMS = ("ext4", "ext3", "xfs", "vfat")
_KINDS = ("empty_dir", "config_files", "nfs", "oss", "disk")


def of_surroundings(news: Arguments) -> Iterator[Failure]:
    """Names once in a group, one kind a volume, and no more than the cloud takes (facts §10.4, §10.8)."""
    if isinstance(news.volumes, tuple):
        yield from _of_volumes(news.volumes)
    if isinstance(news.registry_logins, tuple):
        yield from _of_logins(news)
    for index, one in enumerate(news.acr_registry_info if isinstance(news.acr_registry_info, tuple) else ()):
        if one.instance_id is not UNKNOWN and not one.instance_id.strip():
            yield Failure(f"acrRegistryInfo[{index}].instanceId", "an instance's id is needed, cri-…")


def of_replicas(news: Arguments) -> Iterator[Failure]:
    """What a set of groups may have: nothing that is of one group alone."""
    if isinstance(news.replicas, int) and not 0 <= news.replicas <= MOST_REPLICAS:
        yield Failure("replicas", f"a set has 0 to {MOST_REPLICAS} groups, not {news.replicas}")
    if isinstance(news.name, str) and len(news.name) > _LONGEST_NAME_OF_A_SET:
        yield Failure(
            "name", f"groups of a set have its name and a number: at most {_LONGEST_NAME_OF_A_SET} characters"
        )
    if news.eip_instance_id is not None:
        yield Failure("eipInstanceId", "an address is of one group, and not of a set: give autoCreateEip")
    for index, one in enumerate(news.volumes if isinstance(news.volumes, tuple) else ()):
        if one.disk is not None:
            why = "a disk is of one group at a time, and not of a set: give nfs or oss"
            yield Failure(f"volumes[{index}].disk", why)


def _of_volumes(volumes: tuple[Volume, ...]) -> Iterator[Failure]:
    if len(volumes) > _MOST_VOLUMES:
        yield Failure("volumes", f"at most {_MOST_VOLUMES} are possible, not {len(volumes)}")
    if sum(one.disk is not None for one in volumes) > _MOST_DISKS:
        yield Failure("volumes", f"at most {_MOST_DISKS} disks are possible")
    names: set[str] = set()
    for index, one in enumerate(volumes):
        at = f"volumes[{index}]"
        if one.name is not UNKNOWN:
            if one.name in names or not one.name.strip():
                why = f"another volume is named {quoted(one.name)} too" if one.name.strip() else "a name is needed"
                yield Failure(f"{at}.name", why)
            names.add(one.name)
        kinds = [kind for kind in _KINDS if getattr(one, kind) is not None]
        for key, value in _needed(one):
            if isinstance(value, str) and not value.strip():
                yield Failure(f"{at}.{key}", f"a text is needed, not {quoted(value)}")
        if one.disk is not None and isinstance(one.disk.fs_type, str) and one.disk.fs_type not in _FILE_SYSTEMS:
            why = f"{quoted(one.disk.fs_type)} is none of {', '.join(_FILE_SYSTEMS)}"
            yield Failure(f"{at}.disk.fsType", why)
        if len(kinds) != 1:
            yield Failure(at, f"give exactly one of {', '.join(map(to_camel, _KINDS))}, not {len(kinds)}")
        yield from _of_files(one, at)


def _needed(one: Volume) -> Iterator[tuple[str, object]]:
    if one.nfs is not None:
        yield from (("nfs.server", one.nfs.server), ("nfs.path", one.nfs.path))
    if one.oss is not None:
        yield from (("oss.bucket", one.oss.bucket), ("oss.url", one.oss.url))
    if one.disk is not None:
        yield "disk.diskId", one.disk.disk_id


def _of_files(one: Volume, at: str) -> Iterator[Failure]:
    if one.config_files is None or one.config_files is UNKNOWN:
        return
    sizes = {
        path: len(text.encode("utf-8", "surrogatepass"))
        for path, text in one.config_files.items()
        if text is not UNKNOWN
    }
    for path, size in sorted(sizes.items()):
        if size > _LONGEST_FILE_KB * _KB:
            why = f"{size} bytes are more than the {_LONGEST_FILE_KB} KB that a file may have"
            yield Failure(f"{at}.configFiles[{quoted(path)}]", why)
    if sum(sizes.values()) > _LONGEST_FILES_KB * _KB:
        yield Failure(f"{at}.configFiles", f"all files together may have {_LONGEST_FILES_KB} KB")


def _of_logins(news: Arguments) -> Iterator[Failure]:
    logins = news.registry_logins if isinstance(news.registry_logins, tuple) else ()
    most = MOST_LOGINS - any(
        one.package is not None for one in (news.containers if isinstance(news.containers, tuple) else ())
    )
    if len(logins) > most:
        yield Failure("registryLogins", f"at most {most} are possible, not {len(logins)}")
    servers: set[str] = set()
    for index, one in enumerate(logins):
        at = f"registryLogins[{index}]"
        for key, value in (("server", one.server), ("userName", one.user_name), ("password", one.password)):
            if value is not UNKNOWN and not value.strip():
                yield Failure(f"{at}.{key}", "a text is needed")
        if one.server is not UNKNOWN and one.server:
            if one.server in servers:
                yield Failure(f"{at}.server", f"another login is of {quoted(one.server)} too")
            servers.add(one.server)
