"""Helm charts: what is wrong with one, and its package, the same bytes for the same content. Pure.

Helm decides what a chart is: `helmignore`, `helm_chart`, `helm_metadata` and `helm_lint` say what it takes in,
leaves out and refuses, as far as no template has to be rendered for it, and a test compares them with the real helm.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from computenest.cloud.registry.oci import (
    CHART_CONFIG,
    CHART_CONTENT,
    REPOSITORY,
    TAG,
    Descriptor,
    Manifest,
    compose_manifest,
    digest_of,
)
from computenest.kernel.bounded_json import read_json
from computenest.kernel.errors import Invalid
from computenest.resources._packages.charts.helm_chart import (
    DROPPED,
    HelmChart,
    Refusal,
    load,
    packed,
    schema_fault,
)
from computenest.resources._packages.charts.helm_lint import lint_errors
from computenest.resources._packages.charts.helm_metadata import plain
from computenest.resources._packages.charts.helmignore import HELMIGNORE, parse_rules
from computenest.resources._packages.charts.tarball import MAX_BYTES, inner_name, read_tgz, write_tgz

_BOM = b"\xef\xbb\xbf"
_MAX_TOLD = 10


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
        return _tag(self.version)

    def manifest(self) -> Manifest:
        """The OCI manifest that helm pulls."""
        parts = (
            Descriptor(CHART_CONFIG, digest_of(self.config), len(self.config), {}),
            Descriptor(CHART_CONTENT, digest_of(self.content), len(self.content), {}),
        )
        return compose_manifest(parts[0], parts[1:])


def lint(files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """Everything that is wrong with a chart of these files (path below the chart's folder -> content)."""
    return _examined(_stripped(files))[1]


def _stripped(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Without byte order marks, which helm takes from every file."""
    return {path: data.removeprefix(_BOM) for path, data in files.items()}


def _examined(files: Mapping[str, bytes]) -> tuple[HelmChart | None, tuple[Problem, ...]]:
    """The chart, None where helm does not load it, and everything that is wrong with it."""
    size = sum(map(len, files.values()))
    if size > MAX_BYTES:
        return None, (Problem("chart", f"its files have {size} bytes, more than {MAX_BYTES}"),)
    try:
        chart = load(files)
    except Refusal as refusal:
        return None, (Problem(refusal.where, refusal.what),)
    found = [Problem(where, what) for where, what in lint_errors(chart)]
    meta = chart.meta
    if not REPOSITORY.fullmatch(chart.name):
        need = "lower-case letters and digits, with single . _ - between them, are needed to push it"
        found.append(Problem("Chart.yaml", f"name is {chart.name!r}; {need}"))
    if not TAG.fullmatch(_tag(meta.text("version"))):
        found.append(Problem("Chart.yaml", f"version is {meta.text('version')!r}, which is too long for a tag"))
    there = {part.name for part in chart.parts}
    missing = [one.get("name", "") or "?" for one in meta.dependencies if one.get("name", "") not in there]
    todo = "is not below charts/: run `helm dependency build`"
    found += [Problem("Chart.yaml", f"dependency {name} {todo}") for name in missing]
    for where, held in _all(chart, ""):
        fault = schema_fault(held.files["values.schema.json"]) if "values.schema.json" in held.files else ""
        if fault:
            found.append(Problem(f"{where}values.schema.json", fault))
    return chart, (*found, *_advice(chart))


def _all(chart: HelmChart, where: str) -> list[tuple[str, HelmChart]]:
    below = [one for part in chart.parts for one in _all(part, f"{where}charts/{part.name}/")]
    return [(where, chart), *below]


def _advice(chart: HelmChart) -> list[Problem]:
    found = []
    if not chart.meta.text("icon"):
        found.append(Problem("Chart.yaml", "an icon is recommended", is_error=False))
    if "values.yaml" not in chart.files:
        found.append(Problem("values.yaml", "the file is missing", is_error=False))
    is_library = chart.meta.text("type") == "library"
    if not is_library and not any(path.startswith("templates/") for path in chart.files):
        found.append(Problem("templates/", "the folder is missing", is_error=False))
    return found


def package(files: Mapping[str, bytes], *, path: str, known_digest: str = "") -> Chart:
    """Packages a chart's files; those that its `.helmignore` names are left out.

    Args:
        files: path below the chart's folder -> content.
        path: the property's.
        known_digest: the manifest that this chart had when it was packaged before. Packages were made a little
            differently once (without `.helmignore`, with byte order marks, packed subcharts packed); a chart that has
            not changed since keeps its digest.

    Raises:
        Invalid: helm refuses the chart, or it cannot be pushed.
    """
    names = parse_rules(files.get(HELMIGNORE, b""), path=path).kept(files)
    raw = {name: files[name] for name in names}
    chart = _sound(_stripped(raw), path=path, left_out=files.keys() - raw.keys())
    found = _packaged(chart, packed(chart), path=path)
    if known_digest in ("", found.manifest().digest):
        return found
    former = {name: data for name, data in raw.items() if name != HELMIGNORE and not DROPPED.match(name)}
    once = _packaged(chart, former, path=path)
    return once if once.manifest().digest == known_digest else found


def _packaged(chart: HelmChart, files: Mapping[str, bytes], *, path: str) -> Chart:
    for name in files:
        inner_name(f"{chart.name}/{name}", path=path, what="the chart")
    return Chart(
        name=chart.name,
        version=chart.meta.text("version"),
        config=_config(chart),
        content=write_tgz(chart.name, files),
    )


def read_package(content: bytes, *, path: str) -> Chart:
    """A `.tgz` that somebody packaged, byte for byte as it is.

    Raises:
        Invalid: it is no chart, or helm refuses it.
    """
    chart = _sound(read_tgz(content, path=path, what="the package"), path=path)
    return Chart(chart.name, chart.meta.text("version"), _config(chart), content)


def read_config(config: bytes, *, where: str, path: str) -> tuple[str, str]:
    """Name and version of a chart in a registry, from its manifest's configuration.

    Raises:
        Invalid: the configuration is none of a chart.
    """
    try:
        read = read_json(config)
    except ValueError as error:
        raise Invalid(f"{where} has a configuration that is no JSON", path=path) from error
    name, version = (read.get("name"), read.get("version")) if isinstance(read, Mapping) else (None, None)
    if not isinstance(name, str) or not REPOSITORY.fullmatch(name) or "/" in name:
        raise Invalid(f"{where} says that its chart's name is {name!r}, which cannot be pushed", path=path)
    if not isinstance(version, str) or not TAG.fullmatch(_tag(version)):
        raise Invalid(f"{where} says that its chart's version is {version!r}, which cannot be a tag", path=path)
    return name, _tag(version)


def _tag(version: str) -> str:
    return version.replace("+", "_")


def _sound(files: Mapping[str, bytes], *, path: str, left_out: frozenset[str] | set[str] = frozenset()) -> HelmChart:
    chart, found = _examined(files)
    errors = [str(problem) for problem in found if problem.is_error]
    if chart is not None and not errors:
        return chart
    hint = "`helm lint` shows more of it"
    if "Chart.yaml" in left_out:
        hint = "its .helmignore keeps Chart.yaml out (helm's `!x` takes nothing back: it keeps out all that is not x)"
    more = f"; and {len(errors) - _MAX_TOLD} more" if len(errors) > _MAX_TOLD else ""
    raise Invalid(f"the chart cannot be packaged: {'; '.join(errors[:_MAX_TOLD])}{more}", path=path, hint=hint)


def _config(chart: HelmChart) -> bytes:
    """Chart.yaml as JSON, which is what helm puts into the configuration blob; text where helm expects text."""
    written = plain(chart.meta)
    return json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogateescape"
    )
