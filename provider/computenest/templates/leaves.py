"""The literals that a value can take, as they are found, before they become positions.

One type for every format, so that ROS and Terraform report alike: what the literal is, where it stands, and through
which function, variable or branch the property comes to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from computenest.templates.model import Position
from computenest.templates.source import Source

MAX_POSITIONS = 10_000  # real templates: up to 600 (SAP: 134 ids, several instances)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A literal (`start` and `end` are characters of `source`) or, with `start` None, why there is none."""

    form: str
    source: Source
    at: int
    start: int | None = None
    end: int | None = None
    value: str | None = None
    reason: str | None = None
    default: str | None = None
    allowed_values: tuple[str, ...] = ()
    label: str = ""


def to_position(leaf: Leaf, *, path: str, resource_type: str, caution: str | None = None) -> Position:
    """The position that a leaf makes of a property."""
    start = end = None
    reason = leaf.reason
    if leaf.start is not None and leaf.end is not None:
        place = leaf.source.place(leaf.start, leaf.end)
        line, start, end = place.line, place.start, place.end
        if start is None:
            reason = "its bytes do not stand verbatim in the outer file (folded or escaped text)"
    else:
        line = leaf.source.line(leaf.at)
    return Position(
        path=path,
        line=line,
        start=start,
        end=end,
        form=leaf.form,
        value=_text(leaf.value),
        resource_type=resource_type,
        reason="; ".join(part for part in (reason, caution) if part) or None,
        default=_text(leaf.default),
        allowed_values=tuple(_text(value) or "" for value in leaf.allowed_values),
        leaf=leaf.label,
    )


def _text(value: str | None) -> str | None:
    """A string that can be written down: JSON's escapes may hold half a surrogate pair."""
    return value if value is None or value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
