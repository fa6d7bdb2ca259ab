"""From a program's property bag to the model of what its type is asked for: every failure at once, each with its path.

What is refused counts as unknown from then on, so that the checks after this pass over it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from computenest.kernel.arguments import quoted, unlike
from computenest.kernel.fields import key_of
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import nearest
from computenest.kernel.unknown import UNKNOWN
from computenest.serve.shapes import MAX_DEPTH, depth_exceeds, kind_of

M = TypeVar("M", bound=BaseModel)
_NAME = re.compile(r"[a-z][A-Za-z0-9]*")
_KINDS = {
    "bool": "true or false",
    "dict": "a map",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "mapping": "a map",
    "model": "a map",
    "string": "a text",
    "tuple": "a list",
}
"""What pydantic calls a type in its errors -> what people call it."""
_OF_TYPES = frozenset({"attributes_type", "from_float", "parsing", "type"})
"""Errors that are about a type, and not about a value of it."""


def read(model: type[M], bag: Mapping[str, Any], *, computed: Collection[str] = ()) -> tuple[M, list[Failure]]:
    """What a program asks for, as far as it can be read, and what is wrong with the rest.

    Args:
        computed: keys that checked inputs have besides, and that nobody gives: checked inputs are checked again.
    """
    keys: dict[str, str] = {key_of(name, info): name for name, info in model.model_fields.items()}
    given = {key: value for key, value in bag.items() if value is not None}
    failures = [
        Failure(key, f"there is no property {quoted(key)}{_meant(key, keys)}")
        for key in sorted(given.keys() - {*keys, *computed})
    ]
    deep = [key for key, value in given.items() if depth_exceeds(value, MAX_DEPTH)]
    failures += [Failure(key, f"it is nested deeper than {MAX_DEPTH}") for key in deep]
    known = {key: value for key, value in given.items() if key in keys} | dict.fromkeys(deep, UNKNOWN)
    try:
        return model.model_validate(known), failures
    except ValidationError as error:
        refused = {str(path[0]): None for path in (_path(one["loc"], known) for one in error.errors())}
        said = {key: words for key, name in keys.items() if (words := _needed(model, name))}
        failures += _failures(error, known, said)
        return _without(model, known | dict.fromkeys(refused, UNKNOWN)), failures


def _without(model: type[M], known: Mapping[str, Any]) -> M:
    """What nobody can read is not known, and left out where a field is always known."""
    try:
        return model.model_validate(known)
    except ValidationError as error:
        refused = {str(one["loc"][0]) for one in error.errors()}
        return model.model_validate({key: value for key, value in known.items() if key not in refused})


def _meant(key: str, known: Iterable[str]) -> str:
    near = nearest(key, set(known) - {"logicalName", "ownerId"})
    return f"; did you mean {near!r}?" if near else ""


def _needed(model: type[BaseModel], name: str) -> str:
    """What is said of a field whatever else stands there."""
    return next((one.needed for one in model.model_fields[name].metadata if getattr(one, "needed", "")), "")


def _failures(error: ValidationError, bag: Mapping[str, Any], needed: Mapping[str, str]) -> list[Failure]:
    """One a place. Of a union the arm that was read deepest is told of."""
    found: dict[tuple[str | int, ...], list[Mapping[str, Any]]] = {}
    for one in error.errors(include_url=False):
        if one["type"] != "is_instance_of":  # UNKNOWN, the other arm of everything
            found.setdefault(_path_of(one, bag), []).append(one)
    told = []
    for path, errors in found.items():
        if any(other[: len(path)] == path for other in found if other != path):
            continue
        own = next(
            (str(one["msg"]).removeprefix("Value error, ") for one in errors if one["type"] == "value_error"), ""
        )
        said = needed.get(str(path[0]), "") if len(path) == 1 else ""
        told.append(Failure(_shown(path), own or said or _reason(errors)))
    return told


def _path_of(error: Mapping[str, Any], bag: Mapping[str, Any]) -> tuple[str | int, ...]:
    """With what is missing there, or tells which of several objects it is."""
    path, kind = _path(error["loc"], bag), str(error["type"])
    if kind.startswith("union_tag"):
        return (*path, str(error["ctx"]["discriminator"]).strip("'"))
    return (*path, error["loc"][-1]) if kind == "missing" and len(error["loc"]) > 1 else path


def _path(loc: tuple[str | int, ...], bag: Any) -> tuple[str | int, ...]:
    """Where in `bag` an error is: pydantic names the arms of unions in between."""
    path: list[str | int] = []
    for part in loc:
        is_there = part in bag if isinstance(bag, Mapping) else isinstance(part, int) and isinstance(bag, list | tuple)
        if is_there:
            path.append(part)
            bag = bag[part]
        elif not path:
            return (part,)
    return tuple(path)


def _shown(path: Iterable[str | int]) -> str:
    first, *rest = path
    parts = (f".{part}" if isinstance(part, str) and _NAME.fullmatch(part) else f"[{part!r}]" for part in rest)
    return "".join((str(first), *parts))


def _reason(errors: list[Mapping[str, Any]]) -> str:
    found = [str(one["type"]).partition("_") for one in errors]
    kinds = [_KINDS.get(kind, "") if rest in _OF_TYPES else "" for kind, _, rest in found]
    if all(kinds):
        return f"it has to be {' or '.join(dict.fromkeys(kinds))}, not {kind_of(errors[0]['input'])}"
    first = errors[0]
    kind, ctx = str(first["type"]), first.get("ctx", {})
    if kind == "missing":
        return f"{quoted(first['loc'][-1])} is needed"
    if kind == "extra_forbidden":
        return "there is no such property"
    if kind == "union_tag_invalid":
        return f"{quoted(ctx['tag'])} is none of {ctx['expected_tags']}"
    if kind == "union_tag_not_found":
        return "it has to be said which kind it is"
    if kind in {"literal_error", "enum"}:
        return unlike(first["input"], str(ctx["expected"]))
    said = str(first["msg"])
    return said[:1].lower() + said[1:]
