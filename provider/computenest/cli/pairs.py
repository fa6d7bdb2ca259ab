"""KEY=VALUE options, as several commands take a stack's configuration."""

from __future__ import annotations

from collections.abc import Sequence

from computenest.kernel.errors import Invalid


def pairs(given: Sequence[str], *, option: str) -> dict[str, str]:
    """Key -> value.

    Raises:
        Invalid: one of them is not KEY=VALUE, or a key is given two values; `option` says where.
    """
    found: dict[str, str] = {}
    for pair in given:
        key, sign, value = pair.partition("=")
        if not sign:
            raise Invalid(f"{pair!r} is not KEY=VALUE", path=option)
        if found.setdefault(key, value) != value:
            raise Invalid(f"{key!r} is given twice, with different values: one would be lost", path=option)
    return found
