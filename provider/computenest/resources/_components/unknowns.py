"""Values that a preview does not know yet: a chart is rendered with two stand-ins for each; what differs is unknown.

So one unknown value makes the leaves unknown that it reaches, and nothing else. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.unknown import UNKNOWN
from computenest.resources._components.compare import field_changes
from computenest.resources._components.objects import KubeObject, ObjectKey

STAND_INS: tuple[tuple[Any, Any], ...] = (("not-known-yet-a", "not-known-yet-b"), (1, 2), ({}, {"a": "b"}))
"""Pairs that are tried in turn, since a template may want a text, a number or a map."""


def stand_in(values: Any, instead: Any) -> Any:
    """Values with something in the place of each that is unknown."""
    if values is UNKNOWN:
        return instead
    if isinstance(values, Mapping):
        return {key: stand_in(value, instead) for key, value in values.items()}
    return [stand_in(value, instead) for value in values] if isinstance(values, list | tuple) else values


def unknown_leaves(
    objects: tuple[KubeObject, ...], again: tuple[KubeObject, ...]
) -> Mapping[ObjectKey, frozenset[str]]:
    """Object -> the paths that differ between renderings with different stand-ins; an object that only one has is
    unknown as a whole, with the path ""."""
    first, second = ({one.key: one for one in each} for each in (objects, again))
    found: dict[ObjectKey, frozenset[str]] = {}
    for key in first.keys() | second.keys():
        if key not in first or key not in second:
            found[key] = frozenset({""})
        elif changes := field_changes(first[key].body, second[key].body):
            found[key] = frozenset(change.path for change in changes)
    return found
