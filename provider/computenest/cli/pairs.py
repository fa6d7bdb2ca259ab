"""KEY=VALUE options, as several commands take a stack's configuration."""

from __future__ import annotations

from collections.abc import Sequence

from computenest.domain.errors import Invalid

__all__ = ["pairs"]


def pairs(given: Sequence[str], *, option: str) -> dict[str, str]:
    """Key -> value.

    Raises:
        Invalid: one of them is not KEY=VALUE; `option` says where.
    """
    found = {}
    for pair in given:
        key, sign, value = pair.partition("=")
        if not sign:
            raise Invalid(f"{pair!r} is not KEY=VALUE", path=option)
        found[key] = value
    return found
