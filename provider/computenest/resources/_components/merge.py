"""Values of a chart: several layers made one, by helm's own rule, and where each value comes from.

Maps are merged key by key, everything else is replaced, and `null` takes the chart's default away.
(Helm: pkg/cli/values `mergeMaps`, pkg/chart/common/util `CoalesceValues`; held against helm by tests/kubernetes.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """Values with the name of who gives them: `chart`, `component`, `configuration`, `configuration of main`."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value comes from.

    Args:
        path: its keys.
        value: what the chart sees; None with `is_removed`.
        layer: the last that says something of it.
        over: the layers that said something else before, the nearest first.
        is_removed: whether a `null` took it away.
    """

    path: Path
    value: Any
    layer: str
    over: tuple[str, ...] = ()
    is_removed: bool = False

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        removed = {"removed": True} if self.is_removed else {"value": self.value}
        return {"path": list(self.path), **removed, "from": self.layer, "over": list(self.over)}


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """One map that does in one `-f` what the layers do in several; nulls stay, for they take defaults away."""
    made: dict[str, Any] = {}
    for layer in layers:
        made = _merged(made, layer)
    return made


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(below)
    for key, value in above.items():
        former = made.get(key)
        if isinstance(value, Mapping):
            made[key] = _merged(former, value) if isinstance(former, Mapping) else _merged({}, value)
        else:
            made[key] = value
    return made


def explain(layers: Sequence[Layer]) -> tuple[Origin, ...]:
    """Each value that the chart sees, or that somebody took away, in the order of their paths."""
    said: dict[Path, list[tuple[str, Any]]] = {}
    for layer in layers:
        for path, value in _leaves(layer.values, ()):
            if value == {} and any(one[: len(path)] == path for one in said if len(one) > len(path)):
                continue  # merged into a map, an empty one says nothing
            for other in [one for one in said if _hides(path, one)]:
                said.setdefault(path, []).extend((name, None) for name, _ in said.pop(other))
            said.setdefault(path, []).append((layer.name, value))
    found = []
    for path in sorted(said):
        *before, (last, value) = said[path]
        over = tuple(dict.fromkeys(name for name, _ in reversed(before) if name != last))
        found.append(Origin(path, value, last, over, is_removed=value is None))
    return tuple(found)


def changed_values(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Dotted paths of the values that two maps differ in, sorted."""
    old, new = dict(_leaves(before, ())), dict(_leaves(after, ()))
    differ = {path for path in old.keys() | new.keys() if path not in old or path not in new or old[path] != new[path]}
    return tuple(sorted(".".join(path) for path in differ))


def _hides(path: Path, other: Path) -> bool:
    """Whether a value at `path` puts away the one at `other`: a map where a value stood, or the other way round."""
    shorter = min(len(path), len(other))
    return path != other and path[:shorter] == other[:shorter]


def _leaves(value: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, item in value.items():
        here = (*path, str(key))
        if isinstance(item, Mapping) and item:
            yield from _leaves(item, here)
        else:
            yield here, item
