"""Chart.yaml and its relatives as helm reads them: which keys, as what type, and what it makes of the rest. Pure.

Helm decodes YAML into its types by way of JSON, so a number or truth value where text is wanted becomes text, a key
counts in any case of its letters, null leaves a field empty, and any other type is an error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel.bounded_yaml import Unreadable, go_number, read_yaml

_TEXT, _BOOL, _TEXTS, _MAP, _ANY_LIST, _TIME = "text", "bool", "texts", "map", "list", "time"
_DEPENDENCY: Mapping[str, Any] = {
    "name": _TEXT, "version": _TEXT, "repository": _TEXT, "condition": _TEXT, "tags": _TEXTS, "enabled": _BOOL,
    "import-values": _ANY_LIST, "alias": _TEXT,
}  # fmt: skip
_MAINTAINER: Mapping[str, Any] = {"name": _TEXT, "email": _TEXT, "url": _TEXT}
_METADATA: Mapping[str, Any] = {
    "name": _TEXT, "home": _TEXT, "sources": _TEXTS, "version": _TEXT, "description": _TEXT, "keywords": _TEXTS,
    "maintainers": (_MAINTAINER,), "icon": _TEXT, "apiVersion": _TEXT, "condition": _TEXT, "tags": _TEXT,
    "appVersion": _TEXT, "deprecated": _BOOL, "annotations": _MAP, "kubeVersion": _TEXT,
    "dependencies": (_DEPENDENCY,), "type": _TEXT,
}  # fmt: skip
_LOCK: Mapping[str, Any] = {"generated": _TIME, "digest": _TEXT, "dependencies": (_DEPENDENCY,)}
_SANITIZED = ("name", "description", "home", "icon", "condition", "tags", "appVersion", "kubeVersion")

_ALIAS = re.compile(r"[a-zA-Z0-9_-]+")
_PART = r"[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*"
_LOOSE = re.compile(rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({_PART}))?(?:\+({_PART}))?")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)")
_MAX_VERSION_BYTES = 256


@dataclass(slots=True)
class Metadata:
    """What helm makes of a Chart.yaml (and of a requirements.yaml above it).

    Args:
        values: the fields that helm knows, typed and cleaned; those that are not there are "" or [].
        written: the whole file's map, as it is written.
        faults: why helm does not load the chart.
    """

    values: dict[str, Any] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def text(self, key: str) -> str:
        return str(self.values.get(key) or "")

    @property
    def dependencies(self) -> list[Mapping[str, Any]]:
        return [one for one in self.values.get("dependencies") or () if isinstance(one, Mapping)]


def read_metadata(data: bytes, *, over: Metadata | None = None) -> Metadata:
    """Reads a Chart.yaml; `over` is what a requirements.yaml is laid upon.

    Raises:
        Unreadable: it is no YAML, or no value that helm can decode.
    """
    read = read_yaml(data, flavor="go")
    if read is not None and not isinstance(read, Mapping):
        raise Unreadable("is not a map")
    values = _typed(read or {}, _METADATA, "", {} if over is None else over.values)
    written = read if over is None and read is not None else (over.written if over is not None else {})
    if not values.get("apiVersion"):
        values["apiVersion"] = "v1"
    return Metadata(values, written)


def has_lock(data: bytes) -> bool:
    """Reads a Chart.lock or requirements.lock, for its faults; whether there is anything in it.

    Raises:
        Unreadable: helm does not load it.
    """
    read = read_yaml(data, flavor="go")
    if read is not None and not isinstance(read, Mapping):
        raise Unreadable("is not a map")
    _typed(read or {}, _LOCK, "")
    return read is not None


def _typed(
    read: Mapping[Any, Any], shape: Mapping[str, Any], where: str, base: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    folded = {name.lower(): name for name in shape}
    found = dict(base or {})
    for key, value in sorted(((_key(key, where), value) for key, value in read.items()), key=lambda one: one[0]):
        name = key if key in shape else folded.get(key.lower())
        if name is not None and value is not None:
            found[name] = _value(value, shape[name], f"{where}{key}", found.get(name))
    return found


def _key(key: Any, where: str) -> str:
    if key is None:
        raise Unreadable(f"{where}null is a key")
    return _scalar(key)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else go_number(value)


def _value(value: Any, kind: Any, where: str, former: Any) -> Any:
    """A value as its kind wants it; `former` is what an earlier file has at the same place."""
    if kind == _TEXT:
        return _text(value, where)
    if kind == _BOOL:
        if not isinstance(value, bool):
            raise Unreadable(f"{where} is {_shown(value)}; true or false is needed")
        return value
    if kind == _TIME:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise Unreadable(f"{where} is {_shown(value)}; a time as 2024-01-31T12:00:00Z is needed")
        return value
    if kind == _MAP:
        if not isinstance(value, Mapping):
            raise Unreadable(f"{where} is {_shown(value)}; a map is needed")
        texts: dict[str, str] = former or {}
        return texts | {_key(k, f"{where}."): "" if v is None else _text(v, f"{where}.{k}") for k, v in value.items()}

    if not isinstance(value, list):
        raise Unreadable(f"{where} is {_shown(value)}; a list is needed")
    if kind == _TEXTS:
        return ["" if one is None else _text(one, f"{where}[{at}]") for at, one in enumerate(value)]
    if kind == _ANY_LIST:
        return value
    known = [*(former or ()), *([None] * len(value))]  # what stood at the same place of an earlier file stays below
    return [
        None if one is None else _typed(_map(one, f"{where}[{at}]"), kind[0], f"{where}[{at}].", known[at])
        for at, one in enumerate(value)
    ]


def _map(value: Any, where: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise Unreadable(f"{where} is {_shown(value)}; a map is needed")
    return value


def _text(value: Any, where: str) -> str:
    if isinstance(value, Mapping | list):
        raise Unreadable(f"{where} is {_shown(value)}; text is needed")
    return _scalar(value)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return "a map" if isinstance(value, Mapping) else "a list"
    return repr(value)[:60]


def validate(meta: Metadata) -> list[str]:
    """Cleans the texts as helm does, and says what keeps the chart from being loaded."""
    values = meta.values
    for key in _SANITIZED:
        if key in values:
            values[key] = _clean(values[key])
    for key in ("sources", "keywords"):
        if key in values:
            values[key] = [_clean(one) for one in values[key]]
    found = []
    name, version = meta.text("name"), meta.text("version")
    if not name or name in (".", "..") or "/" in name:
        found.append(f"name is {meta.written.get('name', name or None)!r}; a name without slashes is needed")
    if not is_semver(version):
        found.append(f"version is {meta.written.get('version')!r}; a semantic version as 1.2.3 is needed, as text")
    if meta.text("type") not in ("", "application", "library"):
        found.append(f"type is {meta.text('type')!r}; application or library is needed")
    if any(one is None for one in values.get("maintainers") or ()):
        found.append("a maintainer is empty")
    return found + _validate_dependencies(values.get("dependencies") or [])


def _validate_dependencies(listed: list[Any]) -> list[str]:
    """What keeps a chart with these from being loaded."""
    found, known = [], set()
    for one in listed:
        if one is None:
            found.append("a dependency is empty")
            continue
        for key in ("name", "version", "repository", "condition"):
            if key in one:
                one[key] = _clean(one[key])
        name, alias = one.get("name", ""), one.get("alias", "")
        if alias and not _ALIAS.fullmatch(alias):
            found.append(f"dependency {name!r} has the alias {alias!r}; letters, digits, - and _ are needed")
        key = alias or name
        if key in known:
            found.append(f"more than one dependency has the name or alias {key!r}")
        known.add(key)
    return found


def _clean(text: str) -> str:
    def of(char: str) -> str:
        if char in "\t\n\v\f\r \x85\xa0" or unicodedata.category(char) in ("Zs", "Zl", "Zp"):
            return " "
        return char if char.isprintable() else ""

    return text if text.isascii() and text.isprintable() else "".join(map(of, text))


def plain(meta: Metadata) -> dict[str, Any]:
    """The file as it is written, but text where helm reads text, and in helm's names of the keys."""
    found: dict[str, Any] = _plain(meta.written, _METADATA)
    found |= {key: meta.values[key] for key in ("name", "version") if meta.values.get(key)}
    if meta.dependencies and "dependencies" not in found:
        found["dependencies"] = meta.dependencies
    return found


def _plain(read: Any, shape: Any) -> Any:
    if isinstance(shape, tuple):
        return [_plain(one, shape[0]) for one in read] if isinstance(read, list) else read
    if isinstance(read, Mapping):
        shapes = {name.lower(): name for name in shape} if isinstance(shape, Mapping) else {}
        found = {}
        for key, value in ((_key(key, ""), value) for key, value in read.items()):
            name = key if not shapes or key in shape else shapes.get(key.lower(), key)
            found[name] = _plain(
                value, shape.get(name) if isinstance(shape, Mapping) else _TEXT if shape == _MAP else None
            )
        return found
    if isinstance(read, list):
        return [_plain(one, _TEXT if shape == _TEXTS else None) for one in read]
    return _scalar(read) if shape == _TEXT and read is not None else read


def semver_parts(text: str) -> tuple[int, int, int, str] | None:
    """Major, minor, patch and pre-release of what helm takes as a version: `v1.2.3`, `1.2`, `01.2.3-rc.1+build`."""
    found = _LOOSE.fullmatch(text) if len(text.encode("utf-8", "replace")) <= _MAX_VERSION_BYTES else None
    if found is None:
        return None
    numbers = [int(found[group] or 0) for group in (1, 2, 3)]
    pre = found[4] or ""
    too_large = any(number >= 1 << 64 for number in numbers)
    if too_large or any(part.isdigit() and len(part) > 1 and part[0] == "0" for part in pre.split(".")):
        return None
    return numbers[0], numbers[1], numbers[2], pre


def is_semver(text: str) -> bool:
    return semver_parts(text) is not None


def is_above_zero(text: str) -> bool:
    """`helm lint` wants a version above 0.0.0-0."""
    parts = semver_parts(text)
    return parts is not None and (parts[:3] != (0, 0, 0) or parts[3] != "0")
