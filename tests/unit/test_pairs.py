"""KEY=VALUE options of the command line."""

from __future__ import annotations

import pytest

from computenest.cli.pairs import pairs
from computenest.kernel.errors import Invalid


def test_the_same_twice_is_harmless_and_two_values_are_not() -> None:
    assert pairs(["a=1", "b=x=y", "a=1"], option="--config") == {"a": "1", "b": "x=y"}
    with pytest.raises(Invalid, match="'a' is given twice"):
        pairs(["a=secret", "a=other"], option="--config")
