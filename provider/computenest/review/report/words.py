"""What the reports say alike, whatever they are written in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from computenest.kernel.sending import MIB
from computenest.review.report.cells import Cell, Change
from computenest.review.report.deliveries import Delivery
from computenest.review.report.preview import Preview, Row

PACKAGES = "Deployment packages"
MARKERS = "Image ids in the template"
DELIVERED = "Delivery packages and installations"
SENDS = "What is sent"
HIDDEN = "a secret"
LEGEND = "`+` added · `~` changed · `-` removed · `=` stays · *unknown*: known after `pulumi up`"

DANGERS = "Look at this first"
COSTS = "What it costs"
WARNINGS = "Warnings"
OTHERS = "Other resources"

_DIGEST = re.compile(r"\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b")

_COUNTED = {
    "create": "new",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "import": "imported",
    "same": "unchanged",
}
_VERBS = {
    "create": "new",
    "update": "changes",
    "delete": "is deleted",
    "replace": "is replaced",
    "create-replacement": "is replaced",
    "same": "stays",
    "import": "is imported",
}


def summary(preview: Preview, *, up: str) -> str:
    """The whole in one sentence; `up` is how the command is written."""
    if preview.errors:
        return f"The preview failed with {len(preview.errors)} error{'s' * (len(preview.errors) > 1)}."
    if not preview.has_changes:
        return "No changes."
    cells = [cell for row in (*preview.packages, *preview.markers) for cell in row.cells]
    counts = {change: sum(cell.change is change for cell in cells) for change in Change}
    unknown = sum(cell.is_unknown for cell in cells)
    parts = [f"{count} {_COUNTED[name]}" for name in _COUNTED if (count := preview.operations.get(name, 0))]
    copies = f" {preview.copies} {'copy' if preview.copies == 1 else 'copies'} of images{_size(preview)}."
    copies = copies if preview.copies else ""
    return (
        f"Resources: {', '.join(parts)}. In regions: {counts[Change.ADDED]} added, {counts[Change.CHANGED]} changed, "
        f"{counts[Change.REMOVED]} removed, {unknown} unknown until {up}.{copies}{_delivered(preview)}"
    )


def _delivered(preview: Preview) -> str:
    """How much of deliveries changes, and what registries are sent."""
    if not preview.deliveries:
        return ""
    cells = [cell for delivery in preview.deliveries for cell in delivery.cells]
    counts = {change: sum(cell.change is change for cell in cells) for change in Change}
    size = sum(one.size_bytes for one in preview.sends)
    sent = f" {size / MIB:.1f} MiB to send to registries." if preview.sends else ""
    return (
        f" In deliveries: {counts[Change.ADDED]} added, {counts[Change.CHANGED]} changed, "
        f"{counts[Change.REMOVED]} removed.{sent}"
    )


def _size(preview: Preview) -> str:
    """How much that is, as far as the cloud shows it, and how long it takes."""
    gib = preview.copied_gib
    return f": {gib} GiB to copy and to keep, about {preview.copying_minutes} min" if gib else ""


def title_of(preview: Preview) -> str:
    """Whose preview it is."""
    return "/".join(part for part in (preview.project, preview.stack) if part) or "a stack"


def by_region(row: Row) -> dict[str, Cell]:
    """The cells of a row by their region."""
    return {cell.region: cell for cell in row.cells}


def columns(rows: Sequence[Row]) -> Sequence[tuple[str, ...]]:
    """Every region of any row, in order; those that hold the same in every row are one column."""
    cells = [by_region(row) for row in rows]
    folded: dict[tuple[object, ...], list[str]] = {}
    for region in sorted({cell.region for row in rows for cell in row.cells}):
        held = tuple((c.change, c.before, c.after, c.is_unknown) if (c := row.get(region)) else None for row in cells)
        folded.setdefault(held, []).append(region)
    return [tuple(regions) for regions in folded.values()]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table of deliveries.

    Args:
        resource: its logical name.
        kind: package or installation.
        part: what the cell's entry is for it; "" where nothing of it changes.
        cell: what becomes of it.
        note: why there is no cell.
        verb: what becomes of the resource.
    """

    resource: str
    kind: str
    part: str
    cell: Cell | None
    note: str
    verb: str


def lines(deliveries: Iterable[Delivery]) -> list[Line]:
    """A line for each entry that changes; a delivery of which none does has one of its own."""
    found: list[Line] = []
    for one in deliveries:
        told: list[tuple[str, Cell | None, str]] = []
        for part in one.parts:
            told += [(part.word, cell, "") for cell in part.changing]
            told += [(part.word, None, HIDDEN)] if part.is_secret else []
        for word, cell, note in told or [("", None, "")]:
            found.append(Line(one.resource, one.kind, word, cell, note, verb(one)))
    return found


def shortened(text: str) -> str:
    """The same with digests of twelve digits, enough to tell them apart by eye."""
    return _DIGEST.sub(r"\1", text)


def verb(row: Row | Delivery) -> str:
    """What becomes of a row; a marker of an association that changes elsewhere stays."""
    is_marker = isinstance(row, Row) and row.marker is not None
    is_same = is_marker and row.cells and all(cell.change is Change.SAME for cell in row.cells)
    operation = "same" if is_same and row.operation == "update" else row.operation
    return _VERBS.get(operation, operation)
