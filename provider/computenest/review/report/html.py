"""The same tables as one HTML page that needs nothing else: no script, no request, readable in print and in the dark.

What happens to a cell is told by a sign and a word for screen readers, and by its colour only besides. The page is made
of `templates/`, which escape every text.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from computenest.review.report import places, words
from computenest.review.report.cells import Change
from computenest.review.report.preview import Preview, Row

__all__ = ["html_page"]

_SIGNS = {Change.ADDED: "+", Change.CHANGED: "~", Change.REMOVED: "−", Change.SAME: "="}
_WORDS = {Change.ADDED: "added", Change.CHANGED: "changed", Change.REMOVED: "removed", Change.SAME: "stays"}


def html_page(*previews: Preview) -> str:
    """The report of one stack or several; every name and value is shown as the text that it is."""
    return _templates().get_template("page.html").render(previews=previews)


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("computenest.review.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.globals |= {
        "title_of": words.title_of,
        "summary": lambda preview: words.summary(preview, up="pulumi up"),
        "columns": words.columns,
        "verb": words.verb,
        "lines": words.lines,
        "shortened": words.shortened,
        "notes": _notes,
        "by_region": lambda row: {cell.region: cell for cell in row.cells},
        "signs": {change.value: sign for change, sign in _SIGNS.items()},
        "words": {change.value: word for change, word in _WORDS.items()},
        "dots": places.dots,
        "WIDTH": places.WIDTH,
        "HEIGHT": places.HEIGHT,
        "COSTS": words.COSTS,
        "DANGERS": words.DANGERS,
        "DELIVERED": words.DELIVERED,
        "SENDS": words.SENDS,
        "OTHERS": words.OTHERS,
        "PACKAGES": words.PACKAGES,
        "WARNINGS": words.WARNINGS,
        "MARKERS": words.MARKERS,
    }
    return found


def _notes(row: Row, *, several: bool) -> list[str]:
    """What stands behind a row's name; `several`: the table is of several associations."""
    notes = [row.kind] if row.kind else []
    if row.marker is not None and several:
        notes.append(row.resource)
    return [*notes, words.HIDDEN] if row.is_secret else notes
