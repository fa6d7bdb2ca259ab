"""Whether a property bag has the shape that the schema gives its type: texts, lists and maps where they belong.

A state can be edited by hand, and a program can say anything. Who reads a bag may rely on its shape after this; what
the values mean is for each type's own check.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from computenest.kernel.errors import Invalid
from computenest.kernel.fields import Resource
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN
from computenest.serve.schema_types import PREFIX, Types

Misshapen = tuple[str, str]
"""A property path, and what is wrong there."""

_OF_READING = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What reading a bag of another shape raises."""
MAX_DEPTH = 64
_SCALARS = (str, int, float, type(None))
_NAMES = {
    "object": "a map",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_OF_STATES = {"strays": {"type": "object", "additionalProperties": {"type": "string"}}}
"""What states hold that no schema tells: images of direct distribution that nothing wants."""


@dataclass(frozen=True, slots=True)
class Bags:
    """The property bags of one type of resource, against its shape."""

    shape: Shape

    def misshapen(self, bag: Mapping[str, Any], *, strict: bool) -> tuple[Misshapen, ...]:
        """Every place of `bag` whose value is of another kind than the schema says; what the schema does not know, and
        what is unknown or unset, is of any.

        Args:
            bag: inputs or a state.
            strict: whether one scalar may not stand for another, as in a state; a program's are converted by checks.
        """
        known = _properties(self.shape.declared)
        found: list[Misshapen] = []
        for key, value in bag.items():
            if depth_exceeds(value, MAX_DEPTH):
                found.append((key, f"it is nested deeper than {MAX_DEPTH}"))
            elif key in known and key not in self.shape.unread:
                found += _wrong(known[key], value, key, strict=strict)
            elif key in self.shape.unread and strict and not isinstance(value, Mapping):  # in states they are maps
                found.append((key, f"it has to be a map, not {kind_of(value)}"))
        return tuple(found)

    def refuse_damaged(self, known: Mapping[str, Any]) -> None:
        """Nothing is decided by a state that is not as this provider wrote it.

        Raises:
            Invalid: it is not.
        """
        if (why := self._damage(name_in(known), known, needs=self._needs(known))) is not None:
            raise why

    def repaired(self, id_: str, known: Mapping[str, Any]) -> dict[str, Any]:
        """What a refresh may start from: what is of the right kind, and the id that the engine knows.

        Raises:
            Invalid: nobody can tell whose it is, and what is nobody's would be taken for gone.
        """
        wrong = {top_level(path) for path, _ in self.misshapen(known, strict=True)}
        kept = {key: value for key, value in known.items() if key not in wrong}
        is_whole = not kept or all(kept.get(key) for key in self._needs(kept) if key != "ownerId")
        sound = kept if is_whole else {**kept, self.shape.id_key: id_}
        if (why := self._damage(id_, sound, needs=("ownerId",))) is not None:
            raise why
        return sound

    def explained(self, error: Exception, *bags: Mapping[str, Any], name: str = "") -> Exception:
        """What a bag lacks or wrongly holds, where that is seen in it and reading it fails so; the error itself where
        it is not: a fault of this provider is never told as one of somebody's state."""
        if not isinstance(error, _OF_READING):
            return error
        name = name or name_in(*bags)
        for bag in bags:
            if (found := self._damage(name, bag)) is not None:
                return found
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False)[0]
            path = ".".join(str(part) for part in first["loc"])
            if any(_holds(bag, first["input"]) for bag in bags):
                return self._refused(name, f"`{path}`: {first['msg']}", path=path)
            lacking = first["loc"][0] if first["type"] == "missing" and first["loc"] else None
        else:
            lacking = error.args[0] if isinstance(error, KeyError) and error.args else None
        if lacking in self._always() and any(lacking not in bag for bag in bags):
            return self._refused(name, f"`{lacking}` not there", path=str(lacking))
        return error

    def _always(self) -> frozenset[str]:
        """What every state, or every program, has."""
        made = _made(self.shape.declared)
        said = {*made.get("required", ()), *made.get("requiredInputs", ())}
        return frozenset({"ownerId", self.shape.id_key, *said, *self.shape.written})

    def _needs(self, known: Mapping[str, Any]) -> tuple[str, ...]:
        """The keys without which a state decides nothing: whose it is, and what it is the state of. An instance that
        waits for the reviewers of its service has an id of ours alone, `resourceId`."""
        return ("ownerId",) if known.get("resourceId") else ("ownerId", self.shape.id_key)

    def _damage(self, name: str, known: Mapping[str, Any], *, needs: Iterable[str] = ()) -> Invalid | None:
        wrong = self.misshapen(known, strict=True)
        lacking = [key for key in needs if known.get(key) in (None, "")]
        if not wrong and not lacking:
            return None
        reasons = [f"`{path}`: {reason}" for path, reason in wrong[:3]]
        what = "; ".join(reasons) or f"{', '.join(f'`{key}`' for key in lacking)} not there"
        return self._refused(name, what, path=wrong[0][0] if wrong else lacking[0])

    def _refused(self, name: str, what: str, *, path: str) -> Invalid:
        return Invalid(
            f"the state of {self.shape.declared.type_name} {name!r} is not as this provider wrote it: {what}",
            hint="nothing was changed; `pulumi refresh` reads it anew from the cloud; where that refuses it too, import"
            " an earlier `pulumi stack export`",
            path=path,
        )


def top_level(path: str) -> str:
    """The key that a path begins with."""
    return path.partition("[")[0].partition(".")[0]


def name_in(*bags: Mapping[str, Any]) -> str:
    """What messages call the resource that these bags are of."""
    keys = ("logicalName", "name", "artifactId", "serviceId", "instanceId", "ownerId")
    names = (bag.get(key) for bag in bags for key in keys)
    return next((name for name in names if isinstance(name, str) and name), "")


def depth_exceeds(value: Any, longest: int) -> bool:
    """Whether anything in `value` is nested deeper than `longest`; never recurses itself."""
    if isinstance(value, _SCALARS):
        return False
    level, depth = [value], 0
    while level:
        if depth > longest:
            return True
        level = [
            item
            for one in level
            if isinstance(one, Mapping | list | tuple)
            for item in (one.values() if isinstance(one, Mapping) else one)
        ]
        depth += 1
    return False


_TYPES = Types()


@functools.cache
def _made(declared: Resource) -> Mapping[str, Any]:
    return _TYPES.resource(declared)


@functools.cache
def _properties(declared: Resource) -> Mapping[str, Any]:
    made = _made(declared)
    return {**_OF_STATES, **made["inputProperties"], **made["properties"]}


def _holds(bag: Any, value: Any) -> bool:
    """Whether `value` stands anywhere in `bag`, or is it."""
    waiting = [bag]
    while waiting:
        one = waiting.pop()
        if type(one) is type(value) and one == value:
            return True
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return False


def _wrong(spec: Mapping[str, Any], value: Any, path: str, *, strict: bool) -> Iterator[Misshapen]:
    """Of a value that is not too deep."""
    if value is None or value is UNKNOWN:
        return
    if "oneOf" in spec:
        each = [tuple(_wrong(one, value, path, strict=strict)) for one in spec["oneOf"]]
        yield from min(each, key=len)
        return
    reference = str(spec.get("$ref", ""))
    if reference.endswith("/Any"):
        return
    spec = _TYPES.found[reference.removeprefix(PREFIX)] if reference else spec
    kind = spec.get("type", "object")
    if not _is(kind, value, strict=strict):
        yield path, f"it has to be {_NAMES.get(kind, kind)}, not {kind_of(value)}"
    elif kind == "array":
        for index, item in enumerate(value):
            yield from _wrong(spec.get("items", {"$ref": "/Any"}), item, f"{path}[{index}]", strict=strict)
    elif kind == "object":
        named, other = spec.get("properties", {}), spec.get("additionalProperties", {"$ref": "/Any"})
        for key, item in value.items():
            yield from _wrong(named.get(key, other), item, f"{path}.{key}", strict=strict)


def _is(kind: str, value: Any, *, strict: bool) -> bool:
    if kind == "object":
        return isinstance(value, Mapping)
    if kind == "array":
        return isinstance(value, list | tuple)
    if isinstance(value, Mapping | list | tuple):
        return False
    if not strict:
        return True
    if kind in ("integer", "number"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, bool if kind == "boolean" else str)


def kind_of(value: Any) -> str:
    """What people call the kind of a value that stands in a property bag."""
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return "true or false"
    if value is None:
        return "nothing"
    return "a text" if isinstance(value, str) else "a number"
