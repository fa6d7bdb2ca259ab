"""Which live lines reach the engine: not too many, the last one always, and none after the end."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from computenest.serve.rows import Rows, own_text

ROW, OTHER = "urn:pulumi:dev::shop::computenest:index:EcsImagePackage::web", "urn:other::db"


def test_the_first_line_goes_at_once_and_the_last_of_a_burst_when_its_time_has_come() -> None:
    rows = Rows(interval_s=1.0)
    assert rows.offer(ROW, "a", now_s=100.0) == 0.0
    assert rows.take(ROW, now_s=100.0) == "a"
    assert rows.offer(ROW, "b", now_s=100.25) == 0.75
    assert rows.offer(ROW, "c", now_s=100.5) is None, "somebody is to come already"
    assert rows.offer(OTHER, "x", now_s=100.5) == 0.0, "another row is another matter"
    assert rows.take(ROW, now_s=101.0) == "c"
    assert rows.offer(ROW, "c", now_s=150.0) is None, "it stands there already"
    assert rows.offer(ROW, "d", now_s=150.0) == 0.0


def test_what_waits_at_the_end_is_dropped() -> None:
    rows = Rows(interval_s=1.0)
    rows.offer(ROW, "a", now_s=0.0)
    assert not rows.end(ROW), "nothing stands there"
    assert rows.take(ROW, now_s=1.0) is None


def test_a_line_that_stands_there_at_the_end_is_to_be_taken_away() -> None:
    rows = Rows(interval_s=1.0)
    rows.offer(ROW, "a", now_s=0.0)
    rows.take(ROW, now_s=0.0)
    assert rows.end(ROW)
    assert not rows.end(ROW), "once"


def test_a_row_shows_a_line_without_its_own_name() -> None:
    assert own_text(ROW, "web: copying") == "copying"
    assert own_text(ROW, "other: copying") == "other: copying"
    assert own_text("", "web: copying") == "web: copying", "the stack's row says whose line it is"


@given(st.lists(st.tuples(st.floats(0, 2), st.sampled_from("abc")), min_size=1, max_size=40))
def test_no_more_than_one_line_an_interval_and_the_last_one_is_never_lost(offers: list[tuple[float, str]]) -> None:
    rows, now_s, sent, due_s = Rows(interval_s=1.0), 0.0, list[tuple[float, str]](), None
    for pause_s, text in [*offers, (5.0, "")]:
        now_s += pause_s
        if due_s is not None and due_s <= now_s:
            taken = rows.take(ROW, now_s=due_s)
            assert taken is not None
            sent.append((due_s, taken))
            due_s = None
        if text and (wait_s := rows.offer(ROW, text, now_s=now_s)) is not None:
            due_s = now_s + wait_s
    assert all(later[0] - earlier[0] >= 1.0 - 1e-9 for earlier, later in pairwise(sent))
    assert sent[-1][1] == offers[-1][1]
