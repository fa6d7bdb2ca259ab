"""What `helm lint` calls an error and can be told without rendering and without values. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.resources._packages.charts.helm_chart import HelmChart, documents
from computenest.resources._packages.charts.helm_metadata import is_above_zero

_MAX_CRD_BYTES = 2 << 20  # of all together; what is beyond is left to helm
_MAX_EMAIL = 1_000
_EXTENSIONS = (".yaml", ".yml", ".tpl", ".txt")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_WIDE = r"a-zA-Z0-9\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
_LOCAL = rf"[{_WIDE}!#$%&'*+\-/=?^_`{{|}}~]+"
_EMAIL = re.compile(
    rf"(?:{_LOCAL}(?:\.{_LOCAL})*|\".*\")@(?:[{_WIDE}](?:[{_WIDE}\-._~]*[{_WIDE}])?\.)(?<![0-9.\-]\.\.)"
    rf"[a-zA-Z\u00a0-\uffef](?:[{_WIDE}\-_~]*[a-zA-Z\u00a0-\uffef])?\.?"
)
_SITE = re.compile(
    r"(?:(?:ftp|tcp|udp|wss?|https?)://)?(?:[^\s@/]+@)?(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9\u00a1-\uffff][a-zA-Z0-9\u00a1-\uffff._-]*)?"
    r"\.?(?::\d{1,5})?(?:[/?#]\S*)?"
)


def lint_errors(chart: HelmChart) -> Iterator[tuple[str, str]]:
    """Where and what, for each error."""
    written, meta = chart.meta.written, chart.meta
    api = written.get("apiVersion", _folded(written, "apiversion"))
    if api not in ("v1", "v2"):
        yield "Chart.yaml", f"apiVersion is {api!r}; v1 or v2 is needed"
    for key in ("version", "appVersion"):
        if key in written and not isinstance(written[key], str):
            yield "Chart.yaml", f'{key} is {written[key]!r}; write it as text, in quotes: {key}: "1.10"'
    if isinstance(written.get("version", ""), str) and not is_above_zero(meta.text("version")):
        yield "Chart.yaml", f"version is {meta.text('version')!r}; one above 0.0.0-0 is needed"
    yield from (("Chart.yaml", what) for what in _people(meta.values.get("maintainers") or ()))
    for source in meta.values.get("sources") or ():
        if not _is_request_url(source):
            yield "Chart.yaml", f"the source {source!r} is no URL"
    if meta.text("icon") and not _is_request_url(meta.text("icon")):
        yield "Chart.yaml", f"the icon {meta.text('icon')!r} is no URL"
    own = _folded(written, "dependencies")
    if own and api != "v2":
        yield "Chart.yaml", "dependencies need apiVersion v2 (in v1 they stand in requirements.yaml)"
    if meta.text("type") and api != "v2":
        yield "Chart.yaml", "a type needs apiVersion v2"
    declared = {one.get("name", "") for one in meta.dependencies}
    for part in chart.parts:
        if part.name not in declared:
            yield "charts/", f"{part.name} is not among the dependencies: declare it, or take it out"
    yield from _files(chart)


def _folded(written: Mapping[Any, Any], lower: str) -> Any:
    return next((value for key, value in written.items() if isinstance(key, str) and key.lower() == lower), None)


def _people(listed: Any) -> Iterator[str]:
    for person in listed:
        name, email, url = (str((person or {}).get(key, "")) for key in ("name", "email", "url"))
        if not name:
            yield "each maintainer needs a name"
        elif email and (len(email) > _MAX_EMAIL or not _EMAIL.fullmatch(email)):
            yield f"the maintainer {name!r} has the email {email!r}, which is none"
        elif url and not _is_site(url):
            yield f"the maintainer {name!r} has the url {url!r}, which is none"


def _is_request_url(text: str) -> bool:
    """An absolute URL, as Go parses one."""
    if not _SCHEME.match(text) or re.search(r"[\x00-\x1f\x7f]", text):
        return False
    rest = text.partition(":")[2]
    if not rest.startswith("/"):
        return True
    host = re.split(r"[/?#]", rest[2:], maxsplit=1)[0] if rest.startswith("//") else ""
    host = host.rpartition("@")[2]
    port = host.rpartition(":")[2] if ":" in host and not host.endswith("]") else ""
    if port and not port.isdecimal():
        return False
    path = rest.partition("?")[0]
    return not (_CONTROL.search(host) or re.search(r"[<>\"{}|\\^`]", host) or _BAD_ESCAPE.search(path))


def _is_site(text: str) -> bool:
    if len(text) <= 3 or len(text) >= 2083 or text.startswith(".") or not _SITE.fullmatch(text):
        return False
    if ":" in text:
        return True
    path = re.split(r"[?#]", text, maxsplit=1)[0]  # no host: a word without a dot is no site
    return not path or "." in path


def _files(chart: HelmChart) -> Iterator[tuple[str, str]]:
    for path in chart.files:
        if path in ("templates", "crds"):
            yield path, "is a file, and has to be a folder"
        name = path.rpartition("/")[2]
        extension = name[name.rfind(".") :] if "." in name else ""
        if path.startswith("templates/") and extension not in _EXTENSIONS:
            yield path, f"templates end in {', '.join(_EXTENSIONS)}; move it elsewhere, files/ for example"
    yield from _definitions(chart, "", [_MAX_CRD_BYTES])


def _definitions(chart: HelmChart, where: str, left_bytes: list[int]) -> Iterator[tuple[str, str]]:
    for path, data in chart.files.items():
        if path.startswith("crds/") and path.lower().endswith((".yaml", ".yml", ".json")):
            left_bytes[0] -= len(data)
            if left_bytes[0] < 0:
                return
            fault = _definition_fault(data)
            if fault:
                yield f"{where}{path}", fault
    for part in chart.parts:
        yield from _definitions(part, f"{where}charts/{part.name}/", left_bytes)


def _definition_fault(data: bytes) -> str:
    """What is wrong with a file below crds/, "" for nothing."""
    try:
        read = [read_yaml(document, flavor="go") for document in documents(data)]
    except Unreadable as error:
        read = _json_stream(data)
        if not read:
            return f"is neither YAML nor JSON: {error}"
    for one in read:
        if one is None:
            continue
        if not isinstance(one, Mapping):
            return "is not a map"
        if not str(_folded(one, "apiversion") or "").startswith("apiextensions.k8s.io"):
            return "holds something whose apiVersion is not of apiextensions.k8s.io"
        if _folded(one, "kind") != "CustomResourceDefinition":
            return f"holds a {_folded(one, 'kind')}; crds/ is for CustomResourceDefinition alone"
    return ""


def _json_stream(data: bytes) -> list[Any]:
    """JSON values one behind the other, [] where it is something else."""
    text, found, decoder = data.decode("utf-8", "replace").strip(), [], json.JSONDecoder()
    try:
        while text:
            value, end = decoder.raw_decode(text)
            found.append(value)
            text = text[end:].lstrip()
    except (ValueError, RecursionError):
        return []
    return found
