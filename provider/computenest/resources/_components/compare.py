"""What separates two documents of one object, field by field, as a reader of `kubectl get -o yaml` would say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from computenest.resources._components.objects import Body


class Absent:
    """The value of a field that is not there: null is a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()

_SERVERS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
"""Of metadata: what the server keeps by itself."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs.

    Args:
        path: `spec.template.spec.containers[web].image`.
        before: its value, ABSENT where it was not there.
        after: the same for what will be.
    """

    path: str
    before: Any
    after: Any

    def as_json(self, *, is_secret: bool) -> dict[str, Any]:
        """For machines; a value that is not there is left out, as is one of a Secret."""
        if is_secret:
            return {"path": self.path, "secret": True}
        values = {"before": self.before, "after": self.after}
        return {"path": self.path, **{key: value for key, value in values.items() if value is not ABSENT}}


def told_change(change: FieldChange) -> str:
    """`spec.replicas: 2 => 3`, for people; long values are cut."""
    return f"{change.path}: {_told(change.before)} => {_told(change.after)}"


def _told(value: Any) -> str:
    text = "absent" if value is ABSENT else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_LONGEST = 120


def field_changes(before: Body, after: Body) -> tuple[FieldChange, ...]:
    """Every field in which the two differ, in the order of their paths; what only the server writes is no field."""
    if before is after:  # of what is as its release left it, the server was not asked
        return ()
    return tuple(sorted(_of_maps(_own(before), _own(after), ""), key=lambda change: change.path))


def _own(body: Body) -> Body:
    metadata = body.get("metadata")
    kept = {key: value for key, value in body.items() if key not in ("status", "metadata")}
    if isinstance(metadata, Mapping):
        kept["metadata"] = {key: value for key, value in metadata.items() if key not in _SERVERS}
    return kept


def _of_values(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    before, after = _as_empty(before, after), _as_empty(after, before)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_maps(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, path)
    elif type(before) is not type(after) or before != after:
        yield FieldChange(path, before, after)


def _as_empty(value: Any, other: Any) -> Any:
    """What is not there is an empty map beside one that holds something, and so with lists: each field is told then."""
    if not isinstance(value, Absent) or not other:
        return value
    return {} if isinstance(other, Mapping) else [] if isinstance(other, list) else value


def _of_maps(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> Iterator[FieldChange]:
    for key in dict.fromkeys((*before, *after)):
        below = f"{path}.{_shown(key)}" if path else _shown(key)
        yield from _of_values(before.get(key, ABSENT), after.get(key, ABSENT), below)


def _of_lists(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[FieldChange]:
    """By name where every item has one of its own, as containers, ports and variables do: an item put in front of the
    others is one change then, and not as many as there are."""
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        for index in range(max(len(before), len(after))):
            here = before[index] if index < len(before) else ABSENT
            there = after[index] if index < len(after) else ABSENT
            yield from _of_values(here, there, f"{path}[{index}]")
        return
    for name in dict.fromkeys((*old, *new)):
        yield from _of_values(old.get(name, ABSENT), new.get(name, ABSENT), f"{path}[{name}]")
    if set(old) == set(new) and list(old) != list(new):
        yield FieldChange(f"{path}[]", list(old), list(new))


def _by_name(items: Sequence[Any]) -> dict[str, Any] | None:
    names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        return None
    return {str(name): item for name, item in zip(names, items, strict=True)}


def _shown(key: str) -> str:
    """A key with a dot in it, as labels have, is put in quotes."""
    return f"'{key}'" if "." in key or "[" in key else key


def with_field_of(body: Body, other: Body, path: str) -> Body:
    """A document with what another has at the place of a path, and without it where that one has nothing there."""
    made: Body = _with_field(body, other, _steps(path))
    return made


def _steps(path: str) -> tuple[str, ...]:
    """`spec.containers[web].image`, as its parts; a dot within quotes is none."""
    return tuple(part.strip("'") for part in re.findall(r"'[^']*'|\[[^\]]*\]|[^.\[\]']+", path))


def _with_field(value: Any, other: Any, steps: tuple[str, ...]) -> Any:
    """`value` with what `other` has at the place."""
    if not steps:
        return other
    here = steps[0]
    if isinstance(value, Mapping) and isinstance(other, Mapping) and not here.startswith("["):
        if here not in other:
            return {key: item for key, item in value.items() if key != here}
        return {**value, here: _with_field(value.get(here, ABSENT), other[here], steps[1:])}
    if isinstance(value, list) and isinstance(other, list) and here.startswith("["):
        named = {item.get("name"): item for item in other if isinstance(item, Mapping)}
        name = here.strip("[]")
        return [
            _with_field(item, named[name], steps[1:])
            if isinstance(item, Mapping) and item.get("name") == name and name in named
            else item
            for item in value
        ]
    return other


def is_within(part: Any, whole: Any) -> bool:
    """Whether every field of a document is in another, with the same value; what else that one has does not count."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(
            key in whole and is_within(one, whole[key]) for key, one in part.items()
        )
    if isinstance(part, list | tuple):
        return (
            isinstance(whole, list | tuple)
            and len(part) == len(whole)
            and all(is_within(one, other) for one, other in zip(part, whole, strict=True))
        )
    return bool(part == whole) and isinstance(part, bool) == isinstance(whole, bool)
