"""The same tables as one HTML page that needs nothing else: no script, no request, readable in print and in the dark.

What happens to a cell is told by a sign and a word for screen readers, and by its colour only besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from computenest.review.report.preview import Cell, Change, Preview, Row
from computenest.review.report.words import HIDDEN, MARKERS, PACKAGES, columns, summary, title_of, verb

__all__ = ["html_page"]

_SIGNS = {Change.ADDED: "+", Change.CHANGED: "~", Change.REMOVED: "−", Change.SAME: "="}
_WORDS = {Change.ADDED: "added", Change.CHANGED: "changed", Change.REMOVED: "removed", Change.SAME: "stays"}
_STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --head: #f6f8fa; --text: #1f2328; --back: #fff; --faint: #59636e;
  --added: #dafbe1; --changed: #fff8c5; --removed: #ffebe9; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --head: #151b23; --text: #f0f6fc; --back: #0d1117;
  --faint: #9198a1; --added: #12361f; --changed: #3a2d06; --removed: #4a1519; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); margin: 2rem auto;
  max-width: 90rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
thead th { background: var(--head); position: sticky; top: 0; }
tbody th { background: var(--head); position: sticky; left: 0; font-weight: 600; }
td { font-family: ui-monospace, monospace; font-size: .85rem; white-space: nowrap; }
td.verb { font-family: inherit; }
.added { background: var(--added); } .changed { background: var(--changed); } .removed { background: var(--removed); }
.same { color: var(--faint); } .sign { font-weight: 700; margin-right: .4em; }
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
del { opacity: .8; } .legend, .kind { color: var(--faint); font-weight: 400; } .errors { white-space: pre-wrap; }
@media print { body { margin: 0; max-width: none; } thead th, tbody th { position: static; } }
"""


def html_page(*previews: Preview) -> str:
    """The report of one stack or several; every name and value is shown as the text that it is."""
    named = ", ".join(title_of(preview) for preview in previews)
    body = "\n".join(line for preview in previews for line in _section(preview))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Nothing is fetched and nothing runs, whatever a name may contain.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Preview: {escape(named)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _section(preview: Preview) -> Iterable[str]:
    yield f"<section>\n<h1>{escape(title_of(preview))}</h1>"
    yield f"<p>{escape(summary(preview, up='pulumi up'))}</p>"
    if preview.errors:
        yield "<h2>Errors</h2>\n<ul>"
        yield from (f'<li class="errors">{escape(error)}</li>' for error in preview.errors)
        yield "</ul>"
    if preview.packages:
        yield f"<h2>{PACKAGES}</h2>"
        yield from _table("package", preview.packages)
    if preview.markers:
        yield f"<h2>{MARKERS}</h2>"
        yield from _table("marker", preview.markers)
    if preview.others:
        yield "<h2>Beside them</h2>\n<ul>"
        yield from (f"<li>{escape(name)} ({escape(operation)})</li>" for name, operation in preview.others)
        yield "</ul>"
    if preview.packages or preview.markers:
        legend = " · ".join(f"{_SIGNS[change]} {_WORDS[change]}" for change in Change)
        yield f'<p class="legend">{legend} · <em>unknown</em>: known after pulumi up</p>'
    yield "</section>"


def _table(title: str, rows: Sequence[Row]) -> Iterable[str]:
    regions = columns(rows)
    several = len({row.resource for row in rows}) > 1
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in (title, *regions))
    yield f'<div class="scroll"><table>\n<thead><tr>{heads}<th scope="col">what happens</th></tr></thead>\n<tbody>'
    for row in rows:
        cells = {cell.region: cell for cell in row.cells}
        told = "".join(_cell(cells.get(region)) for region in regions)
        yield f'<tr>{_head(row, several=several)}{told}<td class="verb">{escape(verb(row))}</td></tr>'
    yield "</tbody>\n</table></div>"


def _head(row: Row, *, several: bool) -> str:
    name = row.resource if row.marker is None else row.marker
    notes = [row.kind] if row.kind else []
    if row.marker is not None and several:
        notes.append(row.resource)
    if row.is_secret:
        notes.append(HIDDEN)
    noted = f' <span class="kind">({escape(", ".join(notes))})</span>' if notes else ""
    return f'<th scope="row">{escape(name)}{noted}</th>'


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    after = "<em>unknown</em>" if cell.is_unknown else escape(cell.after or "")
    before = escape(cell.before or "")
    match cell.change:
        case Change.REMOVED:
            text = f"<del>{before}</del>"
        case Change.CHANGED:
            text = f"<del>{before}</del><br>→ {after}"
        case _:
            text = after
    sign = f'<span class="sign" aria-hidden="true">{_SIGNS[cell.change]}</span>'
    said = f'<span class="said">{_WORDS[cell.change]}: </span>'
    return f'<td class="{cell.change.value}">{sign}{said}{text}</td>'
