"""What the reports say alike, whatever they are written in."""

from __future__ import annotations

from collections.abc import Sequence

from computenest.review.report.preview import Change, Preview, Row

__all__ = ["HIDDEN", "LEGEND", "MARKERS", "PACKAGES", "columns", "summary", "title_of", "verb"]

PACKAGES = "Deployment packages"
MARKERS = "Image ids in the template"
HIDDEN = "a secret"
LEGEND = "`+` added · `~` changed · `-` removed · `=` stays · *unknown*: known after `pulumi up`"

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
    return (
        f"{counts[Change.ADDED]} added, {counts[Change.CHANGED]} changed, {counts[Change.REMOVED]} removed, "
        f"{unknown} unknown until {up}."
    )


def title_of(preview: Preview) -> str:
    """Whose preview it is."""
    return "/".join(part for part in (preview.project, preview.stack) if part) or "a stack"


def columns(rows: Sequence[Row]) -> Sequence[str]:
    """Every region of any row, in order."""
    return sorted({cell.region for row in rows for cell in row.cells})


def verb(row: Row) -> str:
    """What becomes of a row; a marker of an association that changes elsewhere stays."""
    is_same = row.marker is not None and row.cells and all(cell.change is Change.SAME for cell in row.cells)
    operation = "same" if is_same and row.operation == "update" else row.operation
    return _VERBS.get(operation, operation)
