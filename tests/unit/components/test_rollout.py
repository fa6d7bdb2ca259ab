"""How a change spreads over clusters."""

from __future__ import annotations

import pytest

from computenest.kernel.plan import Await, Done, Failed
from computenest.resources._components.rollout import Begin, Strategy, next_clusters, waves

LABELS = {"": {}, "a": {"ring": "10"}, "b": {"ring": "9"}, "c": {}, "d": {"ring": "9"}}


def test_the_main_cluster_goes_first_then_waves_by_label_then_those_without() -> None:
    assert waves(LABELS, Strategy()) == (("",), ("a", "b", "c", "d"))
    assert waves(LABELS, Strategy(wave_label="ring")) == (("",), ("b", "d"), ("a",), ("c",))


@pytest.mark.parametrize(
    ("running", "ended", "failed", "expected"),
    [
        ("", "", "", Begin(("a", "b"))),
        ("a", "", "", Begin(("b",))),
        ("ab", "", "", Await()),
        ("b", "a", "", Begin(("c",))),
        ("c", "ab", "", Await()),
        ("", "abc", "", Begin(("d",))),
        ("", "ab", "ab", Failed("2 of 4 clusters failed, more than max_failures_percent (25); not begun: c, d")),
        ("c", "ab", "ab", Await()),
        ("", "a", "a", Begin(("b", "c"))),
        ("", "abcd", "abcd", Done()),
    ],
)
def test_the_next_clusters_follow_from_what_has_ended(running: str, ended: str, failed: str, expected: object) -> None:
    """Two at once; the first wave is a, b, c; a quarter may fail."""
    found = next_clusters(
        (("a", "b", "c"), ("d",)),
        running=set(running),
        ended=set(ended),
        failed=set(failed),
        strategy=Strategy(at_once=2, most_failures_percent=25),
    )
    assert type(found) is type(expected)
    assert found == expected or isinstance(expected, (Await, Done))
