"""Charts on this machine: a folder or an archive, its name, and what in its templates makes a rendering unsure."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from computenest.cloud.kubernetes.helm import HelmChart, counts_revisions, makes_values_up
from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import Invalid

__all__ = ["local_chart"]

_DIGEST_CHARACTERS = 32
_MOST_BYTES = 64 << 20


def local_chart(where: Path, *, path: str = "chart") -> HelmChart:
    """The chart in a folder, or in an archive (`web-1.0.0.tgz`).

    Args:
        where: of it.
        path: the property that names it, for messages.

    Raises:
        Invalid: there is none, or nobody can read it.
    """
    files = dict(_files(where, path))
    if "Chart.yaml" not in files:
        raise Invalid(f"there is no chart in {where}: Chart.yaml is missing", path=path, hint="name the chart's folder")
    about = _about(files["Chart.yaml"], where, path)
    templates = [content for name, content in files.items() if "templates/" in name]
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return HelmChart(
        where=where.absolute(),
        name=str(about.get("name", "")),
        version=str(about.get("version", "")),
        digest=digest.hexdigest()[:_DIGEST_CHARACTERS],
        makes_values_up=any(makes_values_up(one) for one in templates),
        counts_revisions=any(counts_revisions(one) for one in templates),
    )


def _about(content: bytes, where: Path, path: str) -> dict[str, Any]:
    try:
        found = read_yaml(content, flavor="go")
    except Unreadable as error:
        raise Invalid(f"Chart.yaml of the chart in {where} is no YAML: {error}", path=path) from None
    if not isinstance(found, dict) or not found.get("name") or not found.get("version"):
        raise Invalid(f"Chart.yaml of the chart in {where} has no name or no version", path=path)
    return found


def _files(where: Path, path: str) -> Iterator[tuple[str, bytes]]:
    try:
        if where.is_dir():
            for file in sorted(where.rglob("*")):
                if file.is_file():
                    yield file.relative_to(where).as_posix(), file.read_bytes()
            return
        with tarfile.open(where) as archive:
            read = 0
            for member in archive:
                read += member.size
                if read > _MOST_BYTES:
                    raise Invalid(f"the chart {where} holds more than {_MOST_BYTES >> 20} MiB", path=path)
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    yield member.name.partition("/")[2], content.read()
    except (OSError, tarfile.TarError, EOFError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no archive"
        raise Invalid(
            f"the chart {where} cannot be read: {why}", path=path, hint="name its folder or its .tgz"
        ) from None
