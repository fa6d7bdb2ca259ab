"""The tables of a preview as Markdown for a pull-request comment."""

from __future__ import annotations

from collections.abc import Sequence

from computenest.domain.report.preview import Cell, Change, Preview, Row

__all__ = ["markdown"]

_VERBS = {
    "create": "new",
    "update": "changes",
    "delete": "is deleted",
    "replace": "is replaced",
    "create-replacement": "is replaced",
    "same": "stays",
}


def markdown(preview: Preview) -> str:
    """The report; stable for equal previews, so that a bot may edit its own comment."""
    lines = ["## Deployment packages", "", _summary(preview), ""]
    if preview.packages:
        lines += [*_table("package", preview.packages), ""]
    if preview.markers:
        lines += ["## Image ids in the template", "", *_table("marker", preview.markers), ""]
    if preview.others:
        others = ", ".join(f"{_plain(name)} ({operation})" for name, operation in preview.others)
        lines += [f"Beside them: {others}.", ""]
    if preview.errors:
        lines += ["## Errors", "", *(f"- {_plain(error)}" for error in preview.errors), ""]
    if preview.packages or preview.markers:
        lines += ["`+` added · `~` changed · `-` removed · `=` stays · *unknown*: known after `pulumi up`", ""]
    return "\n".join(lines)


def _summary(preview: Preview) -> str:
    if preview.errors:
        return f"The preview failed with {len(preview.errors)} error{'s' * (len(preview.errors) > 1)}."
    if not preview.has_changes:
        return "No changes."
    cells = [cell for row in (*preview.packages, *preview.markers) for cell in row.cells]
    counts = {change: sum(cell.change is change for cell in cells) for change in Change}
    unknown = sum(cell.is_unknown for cell in cells)
    return (
        f"{counts[Change.ADDED]} added, {counts[Change.CHANGED]} changed, {counts[Change.REMOVED]} removed, "
        f"{unknown} unknown until `pulumi up`."
    )


def _table(title: str, rows: Sequence[Row]) -> list[str]:
    regions = sorted({cell.region for row in rows for cell in row.cells})
    several = len({row.resource for row in rows}) > 1
    lines = [
        "| " + " | ".join([title, *map(_plain, regions), ""]) + "|",
        "|" + " --- |" * (len(regions) + 2),
    ]
    for row in rows:
        cells = {cell.region: cell for cell in row.cells}
        name = _code(row.resource if row.marker is None else row.marker)
        if row.marker is not None and several:
            name += f" ({_plain(row.resource)})"
        is_same = row.marker is not None and all(cell.change is Change.SAME for cell in row.cells)
        operation = "same" if is_same and row.operation == "update" else row.operation
        verb = _VERBS.get(operation, operation)
        lines.append("| " + " | ".join([name, *(_cell(cells.get(region)) for region in regions), verb]) + " |")
    return lines


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    after = "*unknown*" if cell.is_unknown else _plain(cell.after or "")
    match cell.change:
        case Change.ADDED:
            return f"`+` {after}"
        case Change.REMOVED:
            return f"`-` ~~{_plain(cell.before or '')}~~"
        case Change.CHANGED:
            return f"`~` {_plain(cell.before or '')} → {after}"
        case Change.SAME:
            return f"`=` {after}"


def _code(text: str) -> str:
    """A code span of one line that holds any text, also one with backticks, and cannot break out of a table cell."""
    line = " ".join(text.split()).replace("|", "\\|") or " "
    fence = "`"
    while fence in line:
        fence += "`"
    return f"{fence} {line} {fence}" if len(fence) > 1 else f"`{line}`"


def _plain(text: str) -> str:
    """One line that cannot break out of a table cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
