"""What a preview says of delivery packages and installations: a line for each thing in them that changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from computenest.review.documents import map_in
from computenest.review.report.cells import Cell, Change, cells_of, is_secret_value
from computenest.templates.model import Frozen

DELIVERIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "DeliveryPackage": ("package", {"contents": "holds", "registries": "lies in", "missing": "lacks"}),
    "DeliveryInstallation": (
        "installation",
        {"loaded": "loads", "rollout": "releases", "objects": "objects of", "drifted": "drifted"},
    ),
}
"""Type -> what it is, in a word, and what the entries of its maps are for it."""


class Part(Frozen):
    """One map of a delivery; a cell is an entry of it: an image, a registry, a release.

    Args:
        name: the map, as the state calls it.
        word: what the entries are for the resource.
        is_secret: the engine tells none of it.
    """

    name: str
    word: str
    cells: tuple[Cell, ...] = ()
    is_secret: bool = False

    @property
    def changing(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.change is not Change.SAME)


class Delivery(Frozen):
    """One delivery package or installation.

    Args:
        resource: its logical name.
        kind: package or installation.
        operation: the engine's.
    """

    resource: str
    kind: str
    operation: str
    parts: tuple[Part, ...]

    @property
    def cells(self) -> Iterable[Cell]:
        return (cell for part in self.parts for cell in part.cells)


def delivery_of(kind: str, name: str, operation: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Delivery:
    """What becomes of one delivery; `kind` is one of `DELIVERIES`."""
    what, words = DELIVERIES[kind]
    found = (_part(key, word, before.get(key), after.get(key)) for key, word in words.items())
    parts = tuple(part for part in found if part.cells or part.is_secret)
    return Delivery(resource=name, kind=what, operation=operation, parts=parts)


def _part(name: str, word: str, before: Any, after: Any) -> Part:
    if is_secret_value(before) or is_secret_value(after):
        return Part(name=name, word=word, is_secret=True)
    return Part(name=name, word=word, cells=tuple(cells_of(_held(before), after)))


def _held(value: Any) -> Mapping[str, Any]:
    """Without the entries that say that nothing is there."""
    return {key: held for key, held in map_in(value).items() if held != ""}
