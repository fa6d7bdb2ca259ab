"""The same tables as one HTML page that needs nothing else: no script, no request, readable in print and in the dark.

What happens to a cell is told by a sign and a word for screen readers, and by its colour only besides. The page is made
of `templates/`, which escape every text.
"""

from __future__ import annotations

from computenest.review.pages import templates_of
from computenest.review.report import places, words
from computenest.review.report.preview import Preview, Row


def html_page(*previews: Preview) -> str:
    """The report of one stack or several; every name and value is shown as the text that it is."""
    return templates_of("computenest.review.report").get_template("page.html").render(_GIVEN, previews=previews)


def _notes(row: Row, *, several: bool) -> list[str]:
    """What stands behind a row's name; `several`: the table is of several associations."""
    notes = [row.kind] if row.kind else []
    if row.marker is not None and several:
        notes.append(row.resource)
    return [*notes, words.HIDDEN] if row.is_secret else notes


_GIVEN = {
    "words": words,
    "places": places,
    "notes": _notes,
    "signs": {"added": "+", "changed": "~", "removed": "−", "same": "="},
    "said_of": {"added": "added", "changed": "changed", "removed": "removed", "same": "stays"},
}
