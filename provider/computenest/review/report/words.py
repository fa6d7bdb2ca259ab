"""What the reports say alike, whatever they are written in."""

from __future__ import annotations

from collections.abc import Sequence

from computenest.review.report.preview import Change, Preview, Row

__all__ = [
    "COSTS",
    "DANGERS",
    "HIDDEN",
    "LEGEND",
    "MARKERS",
    "OTHERS",
    "PACKAGES",
    "WARNINGS",
    "columns",
    "summary",
    "title_of",
    "verb",
]

PACKAGES = "Deployment packages"
MARKERS = "Image ids in the template"
HIDDEN = "a secret"
LEGEND = "`+` added · `~` changed · `-` removed · `=` stays · *unknown*: known after `pulumi up`"

DANGERS = "Look at this first"
COSTS = "What it costs"
WARNINGS = "Warnings"
OTHERS = "Other resources"

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
        f"{counts[Change.REMOVED]} removed, {unknown} unknown until {up}.{copies}"
    )


def _size(preview: Preview) -> str:
    """How much that is, as far as the cloud shows it, and how long it takes."""
    gib = preview.copied_gib
    return f": {gib} GiB to copy and to keep, about {preview.copying_minutes} min" if gib else ""


def title_of(preview: Preview) -> str:
    """Whose preview it is."""
    return "/".join(part for part in (preview.project, preview.stack) if part) or "a stack"


def columns(rows: Sequence[Row]) -> Sequence[tuple[str, ...]]:
    """Every region of any row, in order; those that hold the same in every row are one column."""
    cells = [{cell.region: cell for cell in row.cells} for row in rows]
    folded: dict[tuple[object, ...], list[str]] = {}
    for region in sorted({cell.region for row in rows for cell in row.cells}):
        held = tuple((c.change, c.before, c.after, c.is_unknown) if (c := row.get(region)) else None for row in cells)
        folded.setdefault(held, []).append(region)
    return [tuple(regions) for regions in folded.values()]


def verb(row: Row) -> str:
    """What becomes of a row; a marker of an association that changes elsewhere stays."""
    is_same = row.marker is not None and row.cells and all(cell.change is Change.SAME for cell in row.cells)
    operation = "same" if is_same and row.operation == "update" else row.operation
    return _VERBS.get(operation, operation)
