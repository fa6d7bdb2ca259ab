"""The tables of previews as Markdown for a pull-request comment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from computenest.review.report.cells import Cell, Change
from computenest.review.report.deliveries import Delivery
from computenest.review.report.preview import Preview, Row
from computenest.review.report.words import (
    COSTS,
    DANGERS,
    DELIVERED,
    HIDDEN,
    LEGEND,
    MARKERS,
    OTHERS,
    PACKAGES,
    SENDS,
    WARNINGS,
    columns,
    lines,
    shortened,
    summary,
    title_of,
    verb,
)

__all__ = ["markdown"]

_CUT = "\n\nThe rest does not fit here.\n"


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much of a table is told: all of it, what changes, or so many rows of that."""

    with_unchanged: bool = True
    rows: int | None = None

    def of(self, rows: Sequence[Row]) -> tuple[Sequence[Row], int]:
        """The rows to tell, and how many are left out."""
        told = rows if self.with_unchanged else [row for row in rows if verb(row) != "stays"]
        told = told if self.rows is None else told[: self.rows]
        return told, len(rows) - len(told)


def markdown(*previews: Preview, limit: int | None = None) -> str:
    """The report; stable for equal previews, so that a bot may edit its own comment.

    Args:
        previews: of one stack or several; each has a heading then.
        limit: the most characters that the text may have (a comment on GitHub: 65,536). Where all of it is longer, rows
            that stay are counted instead of told, and then only the first of the others are told; what is left out
            is always counted. In the end the text is cut at the end of a line.
    """
    text = _text(previews, _Extent())
    if limit is None or len(text) <= limit:
        return text
    text = _text(previews, _Extent(with_unchanged=False))
    rows = max(
        len(preview.packages) + len(preview.markers) + len(preview.dangers) + _lines(preview) for preview in previews
    )
    while len(text) > limit and rows > 0:
        rows = rows * 2 // 3
        text = _text(previews, _Extent(with_unchanged=False, rows=rows))
    if len(text) <= limit:
        return text
    return text[: max(0, limit - len(_CUT))].rpartition("\n")[0] + _CUT


def _text(previews: Sequence[Preview], extent: _Extent) -> str:
    if len(previews) == 1:
        return _one(previews[0], extent)
    titles = [f"# {_plain(title_of(preview))}\n\n" for preview in previews]
    return "\n".join(title + _one(preview, extent) for title, preview in zip(titles, previews, strict=True))


def _lines(preview: Preview) -> int:
    return len(lines(preview.deliveries)) + len(preview.sends)


def _one(preview: Preview, extent: _Extent) -> str:
    lines = ["## Preview", "", summary(preview, up="`pulumi up`"), ""]
    if preview.dangers:
        lines += [f"### {DANGERS}", "", *(f"- {_plain(danger)}" for danger in preview.dangers[: extent.rows]), ""]
        if extent.rows is not None and len(preview.dangers) > extent.rows:
            lines += [f"{len(preview.dangers) - extent.rows} more not shown here.", ""]
    if preview.errors:
        lines += ["### Errors", "", *(f"- {_plain(error)}" for error in preview.errors), ""]
    if preview.packages:
        lines += [f"### {PACKAGES}", "", *_table("package", preview.packages, extent), ""]
    if preview.markers:
        lines += [f"### {MARKERS}", "", *_table("marker", preview.markers, extent), ""]
    lines += _deliveries(preview, extent)
    if preview.others:
        told = preview.others if extent.rows is None else preview.others[: extent.rows]
        others = ", ".join(f"{_plain(name)} ({operation})" for name, operation in told)
        more = "" if len(told) == len(preview.others) else f" and {len(preview.others) - len(told)} more"
        lines += [f"### {OTHERS}", "", f"{others}{more}.", ""]
    if preview.costs:
        costs = preview.costs if extent.rows is None else preview.costs[-extent.rows :]  # the sum comes last
        lines += [f"### {COSTS}", "", *(f"- {_plain(cost)}" for cost in costs), ""]
    if preview.warnings:
        lines += [f"### {WARNINGS}", "", *(f"- {_plain(warning)}" for warning in preview.warnings[: extent.rows]), ""]
    if preview.packages or preview.markers or preview.deliveries:
        lines += [LEGEND, ""]
    return "\n".join(lines)


def _table(title: str, rows: Sequence[Row], extent: _Extent) -> list[str]:
    told, left_out = extent.of(rows)
    more = [] if not left_out else ["", f"{left_out} more {title}{'s' * (left_out > 1)} not shown here."]
    if not told:
        return more[1:]
    regions = columns(told)
    several = len({row.resource for row in rows}) > 1
    lines = [
        "| " + " | ".join([title, *(_plain(", ".join(folded)) for folded in regions), ""]) + "|",
        "|" + " --- |" * (len(regions) + 2),
    ]
    for row in told:
        cells = {cell.region: cell for cell in row.cells}
        name = _code(row.resource if row.marker is None else row.marker)
        if row.marker is not None and several:
            name += f" ({_plain(row.resource)})"
        if row.kind:
            name += f" ({row.kind})"
        if row.is_secret:
            name += f" *{HIDDEN}*"
        lines.append("| " + " | ".join([name, *(_cell(cells.get(folded[0])) for folded in regions), verb(row)]) + " |")
    return lines + more


def _deliveries(preview: Preview, extent: _Extent) -> list[str]:
    found: list[str] = []
    if preview.deliveries:
        found += [f"### {DELIVERED}", "", *_delivered(preview.deliveries, extent), ""]
    if preview.sends:
        sends = preview.sends[: extent.rows]
        found += [f"### {SENDS}", "", *(f"- {_plain(one.sentence)}" for one in sends), ""]
        if len(sends) < len(preview.sends):
            found += [f"{len(preview.sends) - len(sends)} more not shown here.", ""]
    return found


def _delivered(deliveries: Sequence[Delivery], extent: _Extent) -> list[str]:
    every = lines(deliveries)
    told = [line for line in every if extent.with_unchanged or line.verb != "stays"][: extent.rows]
    left_out = len(every) - len(told)
    more = [] if not left_out else ["", f"{left_out} more line{'s' * (left_out > 1)} not shown here."]
    if not told:
        return more[1:]
    found = ["| delivery | | | what becomes of it | |", "| --- | --- | --- | --- | --- |"]
    for line in told:
        entry = "" if line.cell is None else _plain(shortened(line.cell.region))
        note = f"*{line.note}*" if line.note else _cell(line.cell)
        found.append(f"| {_code(line.resource)} ({line.kind}) | {line.part} | {entry} | {note} | {line.verb} |")
    return found + more


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    after = "*unknown*" if cell.is_unknown else _plain(shortened(cell.after or ""))
    match cell.change:
        case Change.ADDED:
            return f"`+` {after}"
        case Change.REMOVED:
            return f"`-` ~~{_plain(shortened(cell.before or ''))}~~"
        case Change.CHANGED:
            return f"`~` {_plain(shortened(cell.before or ''))} → {after}"
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
