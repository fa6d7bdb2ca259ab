"""What becomes of each entry of a map: old and new inputs as the engine tells them, compared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from computenest.review.documents import map_in
from computenest.templates.model import Frozen

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SECRET_TEXT, _SECRET_KEY = "[secret]", "4dabf18193072939515e22adb298388d"


class Change(Enum):
    """What becomes of one cell."""

    SAME = "same"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Cell(Frozen):
    """One package or marker in one region; None is "nothing", and `is_unknown` says that only `up` can know `after`."""

    region: str
    change: Change
    before: str | None = None
    after: str | None = None
    is_unknown: bool = False


def cells_of(before: Mapping[str, Any], given: Any) -> Iterable[Cell]:
    """What becomes of each region; a map that is unknown as a whole may change each of them."""
    after = dict.fromkeys(before, UNKNOWN_TEXT) if given == UNKNOWN_TEXT else map_in(given)
    for region in sorted(set(before) | set(after)):
        old, new = _shown(before.get(region)), _shown(after.get(region))
        unknown = new == UNKNOWN_TEXT
        if old is None:
            change = Change.ADDED
        elif new is None:
            change = Change.REMOVED
        else:
            change = Change.SAME if old == new else Change.CHANGED
        yield Cell(region=region, change=change, before=old, after=None if unknown else new, is_unknown=unknown)


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    return "secret" if is_secret_value(value) else str(value)


def is_secret_value(value: Any) -> bool:
    return value == _SECRET_TEXT or (isinstance(value, Mapping) and _SECRET_KEY in value)
