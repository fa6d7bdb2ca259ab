"""Widgets by their owners' marks, for `computenest orphans`."""

from __future__ import annotations

from computenest.resources._program.orphans import Marked
from computenest.resources._program.session import Session
from computenest.resources.widget.api import CloudWidgets
from computenest.resources.widget.declaration import RESOURCE


class WidgetMarks:
    """Of every widget of an account."""

    what = "widgets"

    async def listed(self, session: Session) -> list[Marked]:
        """All of them, whoever made them."""
        return [
            Marked("widget", RESOURCE.type_name, one.widget_id, (one.name,), one.tags, one.status)
            for one in await session.port(CloudWidgets).find(tags={})
        ]


MARKS = WidgetMarks()
