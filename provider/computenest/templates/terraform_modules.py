"""Instances of Terraform's blocks: what `for_each` and `count` make, and the module calls that lead to other folders.

A call is followed where its source is a folder among the files; registries, repositories and archives are not.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from computenest.templates.hcl import Expression
from computenest.templates.paths import child
from computenest.templates.terraform_collections import bound, key_of
from computenest.templates.terraform_folder import Call, TreeValue, Value
from computenest.templates.terraform_heads import (
    Head,
    Items,
    Lazy,
    Open,
    Place,
    Scalar,
    Way,
    computed,
    open_at,
    sure_texts,
)
from computenest.templates.terraform_scope import Scope
from computenest.templates.terraform_values import heads_of

_MAX_COUNT = 100
_MAX_CALLS = 12  # how deep modules may call each other
_META = frozenset({"source", "version", "providers", "for_each", "count", "depends_on", "lifecycle"})
_PLAIN = re.compile(r'"([^"\\$%]*+)"')
_INSTANCE = re.compile(r"\b(?:each|count)\b")


def mentions(value: Value, pattern: re.Pattern[str] = _INSTANCE) -> bool:
    """Whether an expression may depend on the instance that it is read in."""
    if isinstance(value, TreeValue):
        return pattern.search(value.text) is not None
    return pattern.search(value.source.text, value.start, value.end) is not None


@dataclass(frozen=True, slots=True)
class Instances:
    """The instances of a module call by what stands behind its name (`["a"]`, or nothing), None where the call is not
    followed; then `reason` says why."""

    scopes: Mapping[str, Scope] | None
    reason: str = ""
    kind: str = ""  # `for_each` or `count`
    indexes: tuple[str, ...] = ()  # of all instances, also where one scope stands for them


def copies(arguments: Mapping[str, Value], scope: Scope) -> list[tuple[str, Mapping[str, Lazy]]]:
    """What `for_each` or `count` of a block makes: for each instance its index, as Terraform writes it, and names."""
    if "for_each" in arguments:
        value = arguments["for_each"]
        place = Place(value.source, value.at)
        found, unknown = _each(heads_of(value, scope, Way()))
        made: list[tuple[str, Mapping[str, Lazy]]] = [
            (f"[{json.dumps(key, ensure_ascii=False)}]", {"each": _both(*of, place)}) for key, of in found.items()
        ]
        if unknown is not None or not made:
            made.append(("", {"each": partial(_unknown_each, unknown, place)}))
        return made
    if "count" in arguments:
        value = arguments["count"]
        numbers = sure_texts(heads_of(value, scope, Way()))
        if numbers and len(numbers) == 1 and numbers[0].isdecimal() and 0 < int(numbers[0][:9]) <= _MAX_COUNT:
            place = Place(value.source, value.at)
            return [(f"[{n}]", {"count": partial(_count, n, place)}) for n in range(int(numbers[0]))]
    return [("", {})]


def loop_copies(for_each: Value, iterator: str, scope: Scope) -> list[tuple[str, Mapping[str, Lazy]]]:
    """The same for a `dynamic` block, whose iterator has its own name."""
    return [(index, {iterator: names["each"]}) for index, names in copies({"for_each": for_each}, scope)]


def _each(heads: Iterator[Head]) -> tuple[dict[str, tuple[list[Lazy], list[Lazy]]], Open | None]:
    """The keys and values of each instance by its key, and why there may be more of them."""
    found: dict[str, tuple[list[Lazy], list[Lazy]]] = {}
    unknown: Open | None = None
    for head in heads:
        if not isinstance(head, Items):
            unknown = head if isinstance(head, Open) else unknown
            continue
        unknown = head.rest or unknown
        for key, member in head.in_order():
            names, values = key_of(head, key, member), bound(head, key, member)
            texts = [key] if head.kind != "set" else [h.text for h in names(Way()) if isinstance(h, Scalar)]
            if not texts:
                unknown = next((h for h in names(Way()) if isinstance(h, Open)), unknown)
            for text in texts:
                keys, members = found.setdefault(text, ([], []))
                keys.append(names)
                members.append(values)
    return found, unknown


def _both(keys: list[Lazy], values: list[Lazy], place: Place) -> Lazy:
    members = (("key", partial(_any_of, keys)), ("value", partial(_any_of, values)))
    return lambda way: iter((Items("object", members, way, place, is_made=True),))


def _any_of(choices: list[Lazy], way: Way) -> Iterator[Head]:
    for choice in choices:
        yield from choice(way)


def _unknown_each(unknown: Open | None, place: Place, way: Way) -> Iterator[Head]:
    why = unknown.leaf.reason if unknown is not None else "nothing is in it"
    reason = f"its for_each is known at deployment: {why}"
    yield open_at(place, "expression", reason, way)


def _count(number: int, place: Place, way: Way) -> Iterator[Head]:
    index = computed(str(number), place, way, "number", "an index")
    yield Items("object", (("index", lambda _: iter((index,))),), way, place, is_made=True)


def _source_of(call: Call, scope: Scope) -> str | None:
    """What a call names as its source, None where it is no text."""
    value = call.get("source")
    if isinstance(value, Expression):
        plain = _PLAIN.fullmatch(value.source.text, value.start, value.end)
        if plain is not None:  # nearly all of them
            return plain[1]
    texts = None if value is None else sure_texts(heads_of(value, scope, Way()))
    return texts[0] if texts and len(texts) == 1 else None


def target_of(call: Call, scope: Scope) -> str | None:
    """The folder that a call names, None where its source is elsewhere or not known."""
    return _folder_at(_source_of(call, scope), scope)


def _folder_at(source: str | None, scope: Scope) -> str | None:
    if source is None or not (source.startswith(("./", "../")) or source in (".", "..")):
        return None
    path = posixpath.normpath(posixpath.join(scope.folder.path, source))
    return "" if path == "." else path


def called(call: Call, scope: Scope) -> Instances:
    """The instances of a module call."""
    if call.name not in scope.calls:
        scope.calls[call.name] = _called(call, scope)
    return scope.calls[call.name]


def _called(call: Call, scope: Scope) -> Instances:
    source = _source_of(call, scope)
    target = _folder_at(source, scope)
    if source is None:
        return Instances(None, "its source is known at deployment")
    if target is None:
        return Instances(None, f"its source `{source[:100]}` is kept elsewhere")
    folder = scope.world.folders.get(target)
    if folder is None:
        return Instances(None, f"its source `{source[:100]}` is a folder that is not among these files")
    if scope.depth >= _MAX_CALLS:
        return Instances(None, f"modules call each other deeper than {_MAX_CALLS} levels")
    arguments = call.arguments()
    given = {name: value for name, value in arguments.items() if name not in _META}
    kind = "for_each" if "for_each" in arguments else "count" if "count" in arguments else ""
    every = copies(arguments, scope)
    instances = every if any(map(mentions, given.values())) else [("", {})]
    where = f"{scope.address}.module.{call.name}" if scope.address else f"module.{call.name}"
    scopes: dict[str, Scope] = {}
    for index, names in instances:
        inside = scope.binding(names)
        bindings = {name: partial(heads_of, value, inside) for name, value in given.items()}
        scopes[index] = Scope(scope.world, folder, where + index, bindings, {}, scope.depth + 1)
    return Instances(scopes, "", kind, tuple(index for index, _ in every))


def outputs(scope: Scope, name: str, place: Place, way: Way) -> Iterator[Head]:
    """What `module.name` comes to: the outputs of its instances."""
    call = next((part for part in scope.folder.parts if isinstance(part, Call) and part.name == name), None)
    found = None if call is None else called(call, scope)
    if found is None or found.scopes is None:
        why = found.reason if found is not None else "there is no such call here"
        reason = f"output of a module, `module.{name[:80]}`: known at deployment ({why})"
        yield open_at(place, "module", reason, way)
        return
    if not found.kind:
        yield _outputs(found.scopes[""], place, way)
        return
    scopes = {index: found.scopes.get(index) or found.scopes[""] for index in found.indexes}
    unknown = None
    if "" in scopes:
        unknown = open_at(place, "module", f"instances of `module.{name[:80]}` that are known at deployment", way)
    members = tuple(
        (str(json.loads(index[1:-1])) if index else "", partial(_one_of, inner, place))
        for index, inner in scopes.items()
    )
    yield Items("list" if found.kind == "count" or unknown else "object", members, way, place, unknown)


def _one_of(scope: Scope, place: Place, way: Way) -> Iterator[Head]:
    yield _outputs(scope, place, way)


def _outputs(scope: Scope, place: Place, way: Way) -> Items:
    members: list[tuple[str, Lazy]] = []
    for name, bodies in scope.folder.outputs.items():
        value = next((v for body in reversed(bodies) for key, v in body.arguments() if key == "value"), None)
        if value is not None:
            members.append((name, partial(_output, value, scope, child(scope.address, name))))
    return Items("object", tuple(members), way, place, is_made=True)


def _output(value: Value, scope: Scope, step: str, way: Way) -> Iterator[Head]:
    yield from heads_of(value, scope, way.through("module", step))
