"""Helm charts: what is wrong with one, and its package, the same bytes for the same content. Pure.

The checks are those of `helm lint` and `helm package` that need no rendering; tests compare them with the real helm.
The package is a tar of sorted entries without times or owners, in gzip's *stored* form: no compressor, so no version
of one, has a part in the digest (docs/adr/0005-registry-client.md).
"""

from __future__ import annotations

import io
import json
import re
import struct
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import yaml

from computenest.domain.content.oci import (
    CHART_CONFIG,
    CHART_CONTENT,
    Descriptor,
    Manifest,
    compose_manifest,
    digest_of,
)
from computenest.domain.errors import Invalid

__all__ = ["Chart", "Problem", "lint", "package", "read_package"]

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_MAX_BYTES = 64 << 20  # of a chart's files together; helm itself stops at 100 MiB, Kubernetes secrets at 1 MiB
_STORED_BLOCK = 0xFFFF
_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a chart: an error keeps it from being packaged."""

    where: str
    what: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Chart:
    """A packaged chart, ready to be pushed."""

    name: str
    version: str
    config: bytes
    content: bytes

    @property
    def tag(self) -> str:
        """Helm's rule: a tag cannot hold `+`."""
        return self.version.replace("+", "_")

    def manifest(self) -> Manifest:
        """The OCI manifest that helm pulls."""
        parts = (
            Descriptor(CHART_CONFIG, digest_of(self.config), len(self.config), {}),
            Descriptor(CHART_CONTENT, digest_of(self.content), len(self.content), {}),
        )
        return compose_manifest(parts[0], parts[1:])


def lint(files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """Everything that is wrong with a chart of these files (path below the chart's folder -> content)."""
    found: list[Problem] = []
    meta = _yaml(files, "Chart.yaml", found)
    if meta is not None:
        found += _check_meta(meta, files)
    if "values.yaml" in files:
        _yaml(files, "values.yaml", found)
    else:
        found.append(Problem("values.yaml", "the file is missing", is_error=False))
    if "values.schema.json" in files:
        try:
            json.loads(files["values.schema.json"])
        except ValueError as error:
            found.append(Problem("values.schema.json", f"is not JSON: {error}"))
    is_library = meta is not None and meta.get("type") == "library"
    if not is_library and not any(path.startswith("templates/") for path in files):
        found.append(Problem("templates/", "the folder is missing", is_error=False))
    size = sum(map(len, files.values()))
    if size > _MAX_BYTES:
        found.append(Problem("chart", f"its files have {size} bytes, more than {_MAX_BYTES}"))
    return tuple(found)


def _yaml(files: Mapping[str, bytes], name: str, found: list[Problem]) -> Mapping[str, Any] | None:
    if name not in files:
        found.append(Problem(name, "the file is missing"))
        return None
    try:
        read = yaml.load(files[name], Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, UnicodeDecodeError) as error:
        found.append(Problem(name, f"is not YAML: {' '.join(str(error).split())[:200]}"))
        return None
    if read is None and name != "Chart.yaml":
        return {}
    if not isinstance(read, Mapping):
        found.append(Problem(name, "is not a map"))
        return None
    return read


def _check_meta(meta: Mapping[str, Any], files: Mapping[str, bytes]) -> list[Problem]:
    found = []
    name, version, api = meta.get("name"), meta.get("version"), meta.get("apiVersion")
    if api not in ("v1", "v2"):
        found.append(Problem("Chart.yaml", f"apiVersion is {api!r}; v1 or v2 is needed"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        found.append(
            Problem("Chart.yaml", f"name is {name!r}; lower-case letters, digits and single dashes are needed")
        )
    if not isinstance(version, str) or not _SEMVER.fullmatch(version):
        found.append(Problem("Chart.yaml", f"version is {version!r}; a semantic version as 1.2.3 is needed, as text"))
    if meta.get("type") not in (None, "application", "library"):
        found.append(Problem("Chart.yaml", f"type is {meta.get('type')!r}; application or library is needed"))
    if not meta.get("icon"):
        found.append(Problem("Chart.yaml", "an icon is recommended", is_error=False))
    listed = meta.get("dependencies")
    for wanted in listed if isinstance(listed, list) else ():
        part = str(wanted.get("name", "")) if isinstance(wanted, Mapping) else ""
        there = (f"charts/{part}/Chart.yaml", f"charts/{part}-")
        if not part or not any(path == there[0] or path.startswith(there[1]) for path in files):
            found.append(
                Problem("Chart.yaml", f"dependency {part or '?'} is not below charts/: run `helm dependency build`")
            )
    return found


def package(files: Mapping[str, bytes], *, path: str) -> Chart:
    """Packages a chart's files; those that its `.helmignore` names are left out.

    Raises:
        Invalid: `lint` finds errors; `path` is the property's.
    """
    kept = {name: data for name, data in files.items() if not _is_ignored(name, files.get(".helmignore", b""))}
    meta = _sound(kept, path=path)
    return Chart(
        name=str(meta["name"]),
        version=str(meta["version"]),
        config=_config(meta),
        content=_stored_gzip(_tar(str(meta["name"]), kept)),
    )


def read_package(content: bytes, *, path: str) -> Chart:
    """A `.tgz` that somebody packaged, byte for byte as it is.

    Raises:
        Invalid: it is no chart, or `lint` finds errors.
    """
    files: dict[str, bytes] = {}
    size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for entry in archive:
                if not entry.isfile():
                    continue
                size += entry.size
                if size > _MAX_BYTES:
                    raise Invalid(f"the chart unpacks to more than {_MAX_BYTES} bytes", path=path)
                held = archive.extractfile(entry)
                inner = entry.name.partition("/")[2]
                if held is not None and inner:
                    files[inner] = held.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise Invalid(f"this is no chart's .tgz: {error}", path=path) from error
    meta = _sound(files, path=path)
    return Chart(str(meta["name"]), str(meta["version"]), _config(meta), content)


def _sound(files: Mapping[str, bytes], *, path: str) -> Mapping[str, Any]:
    errors = [str(problem) for problem in lint(files) if problem.is_error]
    if errors:
        raise Invalid(
            f"the chart cannot be packaged: {'; '.join(errors)}", path=path, hint="`helm lint` shows more of it"
        )
    meta: Mapping[str, Any] = yaml.load(files["Chart.yaml"], Loader=yaml.CSafeLoader)
    return meta


def _config(meta: Mapping[str, Any]) -> bytes:
    """Chart.yaml as JSON, which is what helm puts into the configuration blob."""
    return json.dumps(meta, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def _tar(name: str, files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        # helm wants Chart.yaml first to tell a chart quickly; the rest is sorted
        for path in sorted(files, key=lambda one: (one != "Chart.yaml", one)):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mode, entry.mtime = len(files[path]), _MODE, 0
            archive.addfile(entry, io.BytesIO(files[path]))
    return out.getvalue()


def _stored_gzip(data: bytes) -> bytes:
    """gzip without compression (RFC 1951, stored blocks), written by hand: every zlib would do it in its own way."""
    out = bytearray(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
    for start in range(0, max(len(data), 1), _STORED_BLOCK):
        block = data[start : start + _STORED_BLOCK]
        is_last = start + _STORED_BLOCK >= len(data)
        out += struct.pack("<BHH", is_last, len(block), len(block) ^ 0xFFFF) + block
    out += struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return bytes(out)


def _is_ignored(path: str, rules: bytes) -> bool:
    """Helm's .helmignore: one pattern a line, the last that matches wins, `!` takes back, a last `/` is for folders."""
    ignored = path == ".helmignore" or re.fullmatch(r"templates/\.[^/]*", path) is not None
    parts = path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    for line in rules.decode("utf-8", "replace").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        takes_back = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        only_folders = pattern.endswith("/")
        pattern = pattern.rstrip("/")
        candidates = above if only_folders else [*above, path]
        if any(_fits(one, pattern) for one in candidates):
            ignored = not takes_back
    return ignored


def _fits(path: str, pattern: str) -> bool:
    if "/" not in pattern:
        return fnmatchcase(path.rpartition("/")[2], pattern)
    wanted, parts = pattern.lstrip("/").split("/"), path.split("/")
    return len(wanted) == len(parts) and all(map(fnmatchcase, parts, wanted))
