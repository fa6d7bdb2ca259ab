"""Reads `pulumi preview --json`: what each package will have in each region, and each marker.

The engine's own detailed diff is null for dynamic resources, so old and new inputs are compared here, region by
region; a value that only `up` can know is a fixed string of the engine's (facts: pulumi §2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict

from computenest.domain.errors import Invalid

__all__ = ["UNKNOWN_TEXT", "Cell", "Change", "Preview", "Row", "read_preview"]

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_PACKAGE, _ASSOCIATION = "EcsImagePackage", "ServiceImageAssociation"
_OWN_OPERATIONS = {"create", "update", "delete", "same", "replace", "create-replacement", "import", "refresh", "read"}


class Change(Enum):
    """What becomes of one cell."""

    SAME = "same"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Cell(BaseModel):
    """One package or marker in one region; None is "nothing", and `is_unknown` says that only `up` can know `after`."""

    model_config = ConfigDict(frozen=True)

    region: str
    change: Change
    before: str | None = None
    after: str | None = None
    is_unknown: bool = False


class Row(BaseModel):
    """One package, or one marker of an association."""

    model_config = ConfigDict(frozen=True)

    resource: str
    marker: str | None = None
    operation: str
    cells: tuple[Cell, ...]


class Preview(BaseModel):
    """What a preview says of packages and markers, and of everything else in one line a resource."""

    model_config = ConfigDict(frozen=True)

    packages: tuple[Row, ...] = ()
    markers: tuple[Row, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def has_changes(self) -> bool:
        rows = (*self.packages, *self.markers)
        return bool(self.others) or any(row.operation != "same" for row in rows)


def read_preview(document: Any) -> Preview:
    """The tables of a parsed preview.

    Raises:
        Invalid: this is not what `pulumi preview --json` prints.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("steps", []), list):
        raise Invalid("this is not the output of `pulumi preview --json`", hint="run it with --json into a file")
    packages: list[Row] = []
    markers: list[Row] = []
    others: list[tuple[str, str]] = []
    steps = document.get("steps", [])
    replaced = {str(step.get("urn", "")) for step in steps if step.get("op") == "replace"}
    for step in steps:
        operation, urn = str(step.get("op", "")), str(step.get("urn", ""))
        kind, name = _kind(urn), urn.rpartition("::")[2]
        before, after = _inputs(step.get("oldState")), _inputs(step.get("newState"))
        if operation not in _OWN_OPERATIONS:
            continue  # delete-replaced and the like: the replacement's own step says it all
        if operation == "create-replacement" and urn in replaced:
            continue
        if kind == _PACKAGE:
            packages.append(_package(name, operation, before, after))
        elif kind == _ASSOCIATION:
            markers.extend(_markers(name, operation, before, after))
        elif operation not in {"same", "read"} and not urn.endswith(f"::{_stack_name(urn)}"):
            others.append((f"{kind} {name}", operation))
    errors = [
        str(item.get("message", "")).strip()
        for item in document.get("diagnostics") or ()
        if item.get("severity") == "error"
    ]
    return Preview(
        packages=tuple(sorted(packages, key=lambda row: row.resource)),
        markers=tuple(sorted(markers, key=lambda row: (row.resource, row.marker or ""))),
        others=tuple(sorted(others)),
        errors=tuple(errors),
    )


def _stack_name(urn: str) -> str:
    parts = urn.split("::")
    return parts[3] if len(parts) > 3 and parts[2] == "pulumi:pulumi:Stack" else ""


def _kind(urn: str) -> str:
    parts = urn.split("::")
    token = parts[2] if len(parts) > 2 else ""
    return token.rpartition("$")[2].rpartition(":")[2]


def _inputs(state: Any) -> Mapping[str, Any]:
    inputs = state.get("inputs") if isinstance(state, Mapping) else None
    return inputs if isinstance(inputs, Mapping) else {}


def _package(name: str, operation: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Row:
    return Row(
        resource=name,
        operation=operation,
        cells=tuple(_cells(_map(before.get("distribution")), after.get("distribution"))),
    )


def _markers(name: str, operation: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Row]:
    old, new = _map(before.get("substitutions")), after.get("substitutions")
    for marker in sorted(set(old) | set(_map(new))):
        cells = _cells(_map(old.get(marker)), new if new == UNKNOWN_TEXT else _map(new).get(marker))
        yield Row(resource=name, marker=marker, operation=operation, cells=tuple(cells))


def _cells(before: Mapping[str, Any], given: Any) -> Iterable[Cell]:
    """What becomes of each region; a map that is unknown as a whole may change each of them."""
    after = dict.fromkeys(before, UNKNOWN_TEXT) if given == UNKNOWN_TEXT else _map(given)
    for region in sorted(set(before) | set(after)):
        old, new = before.get(region), after.get(region)
        unknown = new == UNKNOWN_TEXT
        if old is None:
            change = Change.ADDED
        elif new is None:
            change = Change.REMOVED
        else:
            change = Change.SAME if old == new else Change.CHANGED
        yield Cell(
            region=region,
            change=change,
            before=None if old is None else str(old),
            after=None if new is None or unknown else str(new),
            is_unknown=unknown,
        )


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
