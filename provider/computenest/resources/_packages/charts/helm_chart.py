"""A chart's files as helm takes them in: what is metadata, what a subchart, what is left out; why it refuses. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import yaml

from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import Invalid
from computenest.resources._packages.charts.helm_metadata import Metadata, has_lock, read_metadata, validate
from computenest.resources._packages.charts.tarball import MAX_BYTES, MAX_FILES, read_tgz

T = TypeVar("T")

_MAX_DEPTH = 20
_MAX_SCHEMA_BYTES = 8 << 20
_MAX_META_BYTES = 1 << 20


class Refusal(Exception):
    """Helm does not load the chart: where it is wrong, and what is."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


@dataclass(slots=True)
class HelmChart:
    """A loaded chart.

    Args:
        meta: what Chart.yaml says, with a requirements.yaml laid upon it.
        lock: the lock file's content, None where there is none.
        files: everything but metadata, lock and subcharts, by path below the chart.
        parts: the charts below charts/, packed or not.
    """

    meta: Metadata
    chart_file: bytes = b""
    lock: bytes | None = None
    has_requirements: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    parts: list[HelmChart] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.meta.text("name")

    @property
    def is_v1(self) -> bool:
        return self.meta.text("apiVersion") == "v1"


@dataclass(slots=True)
class _Budget:
    bytes_left: int = MAX_BYTES
    files_left: int = MAX_FILES


def load(files: Mapping[str, bytes], *, where: str = "", budget: _Budget | None = None, depth: int = 0) -> HelmChart:
    """Takes a chart's files in, byte order marks stripped already.

    Raises:
        Refusal: helm does not load it; `where` stands before every path.
    """
    budget = budget or _Budget()
    budget.files_left -= len(files)
    budget.bytes_left -= sum(map(len, files.values()))
    if budget.files_left < 0 or budget.bytes_left < 0 or depth > _MAX_DEPTH:
        raise Refusal(where or "chart", f"more than {MAX_FILES} files, {MAX_BYTES} bytes or {_MAX_DEPTH} charts deep")
    if "Chart.yaml" not in files:
        raise Refusal(f"{where}Chart.yaml", "the file is missing")
    chart = HelmChart(
        _read(lambda: read_metadata(_small(files["Chart.yaml"])), f"{where}Chart.yaml"), files["Chart.yaml"]
    )
    below: dict[str, dict[str, bytes]] = {}
    for path in sorted(files):
        if path.startswith("charts/") and not path.endswith(".prov"):
            inner = path.removeprefix("charts/")
            below.setdefault(inner.partition("/")[0], {})[inner] = files[path]
        else:
            _take(chart, path, files[path], where)
    found = validate(chart.meta)
    if found:
        raise Refusal(f"{where}Chart.yaml", "; ".join(found))
    for name, parts in below.items():
        if name[:1] not in ("_", "."):
            chart.parts.append(_part(name, parts, where, budget, depth))
    return chart


def _take(chart: HelmChart, path: str, data: bytes, where: str) -> None:
    if path in ("Chart.lock", "requirements.lock"):
        chart.lock = data if _read(lambda: has_lock(_small(data)), f"{where}{path}") else None
    elif path == "requirements.yaml":
        chart.meta = _read(lambda: read_metadata(_small(data), over=chart.meta), f"{where}{path}")
        chart.has_requirements = True
    elif path == "values.yaml":
        _read(lambda: check_values(data), f"{where}{path}")
    is_of_v1 = path in ("requirements.yaml", "requirements.lock")
    if path not in ("Chart.yaml", "Chart.lock") and (chart.is_v1 or not is_of_v1):
        chart.files[path] = data


def _part(name: str, files: Mapping[str, bytes], where: str, budget: _Budget, depth: int) -> HelmChart:
    """A subchart, packed or not."""
    here = f"{where}charts/{name}/"
    if name.endswith(".tgz"):
        if name not in files:
            raise Refusal(here, "a folder of this name is taken for a package; name it otherwise")
        try:
            inside = read_tgz(files[name], path="", what=f"{where}charts/{name}")
        except Invalid as error:
            raise Refusal(f"{where}charts/{name}", error.summary) from error
    else:
        inside = {path.partition("/")[2]: data for path, data in files.items() if "/" in path}
    if "Chart.yaml" not in inside:
        raise Refusal(here.rstrip("/"), "below charts/ helm takes charts alone; this is none: Chart.yaml is missing")
    return load(inside, where=here, budget=budget, depth=depth + 1)


def _small(data: bytes) -> bytes:
    if len(data) > _MAX_META_BYTES:
        raise Unreadable(f"is too large: {len(data)} bytes, more than {_MAX_META_BYTES}")
    return data


def _read(reader: Callable[[], T], where: str) -> T:
    try:
        return reader()
    except Unreadable as error:
        said = str(error)
        raise Refusal(where, said if said.startswith("is ") else f"is not YAML that helm takes: {said}") from error


def check_values(data: bytes) -> None:
    """Reads every document of a values.yaml.

    Raises:
        Unreadable: one of them is no YAML, or no map.
    """
    for document in documents(data):
        read = read_yaml(document, flavor="go")
        if read is not None and not isinstance(read, Mapping):
            raise Unreadable("is not a map")


def documents(data: bytes) -> Iterator[bytes]:
    """The documents of a file, parted at lines of `---`.

    Raises:
        Unreadable: something but a comment stands behind the dashes.
    """
    lines: list[bytes] = []
    for line in data.replace(b"\r\n", b"\n").split(b"\n"):
        if line.startswith(b"---"):
            behind = line[3:].strip()
            if behind and not behind.startswith(b"#"):
                raise Unreadable(f"`{line.decode('utf-8', 'replace').strip()[:40]}` parts no documents")
            if lines:
                yield b"\n".join(lines)
                lines = []
                continue
        lines.append(line)
    if lines:
        yield b"\n".join(lines)


def schema_fault(data: bytes) -> str:
    """Why a values.schema.json is no JSON, "" where it is."""
    if len(data) > _MAX_SCHEMA_BYTES:
        return f"has more than {_MAX_SCHEMA_BYTES} bytes"
    try:
        json.loads(data.decode("utf-8", "replace"), parse_constant=_refuse, parse_int=str, parse_float=str)
    except RecursionError:
        return "is not JSON that can be read: it nests too deep"
    except ValueError as error:
        return f"is not JSON: {error}"
    return ""


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def packed(chart: HelmChart) -> dict[str, bytes]:
    """The files of its package, as helm makes it: below charts/ each chart lies in a folder of its own name."""
    files = {"Chart.yaml": chart.chart_file, **chart.files}
    if not chart.is_v1:
        if chart.has_requirements:
            written = {**chart.meta.written, "dependencies": chart.meta.dependencies}
            files["Chart.yaml"] = yaml.safe_dump(written, allow_unicode=True).encode()
        if chart.lock is not None:
            files["Chart.lock"] = chart.lock
    for part in chart.parts:
        files |= {f"charts/{part.name}/{path}": data for path, data in packed(part).items()}
    return files


DROPPED = re.compile(r"(?:charts/[^/]+/)*charts/[_.](?!.*\.prov$)", re.DOTALL)
"""Paths that helm does not take in."""
