"""The tables of previews as Markdown for a pull-request comment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from computenest.review.pages import templates_of
from computenest.review.report import words
from computenest.review.report.cells import Cell, Change
from computenest.review.report.deliveries import Delivery
from computenest.review.report.preview import Preview, Row
from computenest.review.report.words import Line

_CUT = "\n\nThe rest does not fit here.\n"


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much of a table is told: all of it, what changes, or so many rows of that."""

    with_unchanged: bool = True
    rows: int | None = None

    def of(self, rows: Sequence[Row | Line]) -> tuple[Sequence[Row | Line], int]:
        """The rows to tell, and how many are left out."""
        told = [row for row in rows if self.with_unchanged or _verb(row) != "stays"][: self.rows]
        return told, len(rows) - len(told)

    def lines_of(self, deliveries: Sequence[Delivery]) -> tuple[Sequence[Row | Line], int]:
        """The same of the lines of deliveries."""
        return self.of(words.lines(deliveries))

    def text(self, preview: Preview) -> str:
        """So much of a preview."""
        given = {"words": words, "plain": _plain, "code": _code, "cell": _cell}
        template = templates_of("computenest.review.report").get_template("preview.md")
        return template.render(given, preview=preview, extent=self, rows=self.rows)


def _verb(row: Row | Line) -> str:
    return row.verb if isinstance(row, Line) else words.verb(row)


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
        return extent.text(previews[0])
    titles = [f"# {_plain(words.title_of(preview))}\n\n" for preview in previews]
    return "\n".join(title + extent.text(preview) for title, preview in zip(titles, previews, strict=True))


def _lines(preview: Preview) -> int:
    return len(words.lines(preview.deliveries)) + len(preview.sends)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    after = "*unknown*" if cell.is_unknown else _plain(words.shortened(cell.after or ""))
    match cell.change:
        case Change.ADDED:
            return f"`+` {after}"
        case Change.REMOVED:
            return f"`-` ~~{_plain(words.shortened(cell.before or ''))}~~"
        case Change.CHANGED:
            return f"`~` {_plain(words.shortened(cell.before or ''))} → {after}"
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
