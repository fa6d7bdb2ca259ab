"""What the scheduler guarantees, over random worlds."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from computenest.kernel.names import RegionId
from computenest.resources.ecs_image_package.direct.schedule import Assignment, Job, Limits, Routes, Running, schedule

REGIONS = [RegionId(f"r{n}") for n in range(7)]
regions = st.frozensets(st.sampled_from(REGIONS), max_size=6)


@st.composite
def jobs(draw: st.DrawFn) -> list[Job]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        holders = draw(regions)
        needs_root = not holders and draw(st.booleans())
        wanted = draw(regions) - holders - ({REGIONS[0]} if needs_root else set())
        topology = draw(st.sampled_from(("tree", "star")))
        size = draw(st.sampled_from((20, 40, 200)))
        found.append(Job(f"j{number}", size, REGIONS[0], needs_root, holders, wanted, topology))
    return found


@settings(max_examples=300)
@given(jobs(), st.sampled_from((None, 1, 5)), st.sampled_from((None, 1, 5)))
def test_limits_are_kept_and_no_slot_is_wasted(given_jobs: list[Job], out: int | None, into: int | None) -> None:
    started = schedule(given_jobs, [], limits=Limits(out, into))
    by_key = {job.key: job for job in given_jobs}
    assert len({(a.key, a.destination) for a in started}) == len(started)
    for start in started:
        job = by_key[start.key]
        if start.source == start.destination:
            assert job.needs_root
            assert start.source == job.origin
        else:
            assert start.source in job.sources
            assert start.destination in job.wanted
    assert out is None or max(Counter(a.source for a in started).values(), default=0) <= out
    assert into is None or max(Counter(a.destination for a in started).values(), default=0) <= into
    if any(job.needs_root or (job.sources and job.wanted) for job in given_jobs):
        assert started
    assert started == schedule(given_jobs, [], limits=Limits(out, into))


def test_a_route_that_failed_is_avoided() -> None:
    job = Job("j", 40, REGIONS[0], needs_root=False, holders=frozenset(REGIONS[:2]), wanted=frozenset(REGIONS[2:3]))
    first = schedule([job], [])[0]
    failed = Routes(failures={(first.source, first.destination): 1})
    assert schedule([job], [], routes=failed)[0].source != first.source


def test_where_one_copy_happened_to_be_quick_does_not_draw_everybody() -> None:
    """Ten copies that may go to either of two regions are shared out, unless one of them is really nearer."""
    wanted, holders = frozenset(REGIONS[1:3]), frozenset(REGIONS[:1])
    jobs = [Job(f"j{n}", 40, REGIONS[0], needs_root=False, holders=holders, wanted=wanted) for n in range(10)]
    for rate, counts in ((5.5, (2, 2)), (3.0, (4, 0))):
        routes = Routes(6.0, {(REGIONS[0], REGIONS[1]): rate, (REGIONS[0], REGIONS[2]): 6.0})
        started = Counter(a.destination for a in schedule(jobs, [], limits=Limits(4, 5), routes=routes))
        assert (started[REGIONS[1]], started[REGIONS[2]]) == counts


def test_what_a_running_copy_will_serve_sooner_is_left_to_it() -> None:
    slow = {(REGIONS[0], region): 100.0 for region in REGIONS}
    job = Job("j", 40, REGIONS[0], needs_root=False, holders=frozenset(REGIONS[:1]), wanted=frozenset(REGIONS[2:3]))
    running = [Running("j", REGIONS[0], REGIONS[1], left_s=10)]
    assert schedule([job], running, routes=Routes(learned=slow)) == ()
    assert schedule([job], [], routes=Routes(learned=slow)) == (Assignment("j", REGIONS[0], REGIONS[2]),)


def test_an_encrypted_copy_serves_only_regions_with_a_key() -> None:
    deaf = {REGIONS[0]: frozenset(REGIONS[2:3])}
    wanted = frozenset(REGIONS[1:3])
    job = Job("j", 40, REGIONS[0], needs_root=False, holders=frozenset(REGIONS[:1]), wanted=wanted, deaf=deaf)
    assert [a.destination for a in schedule([job], [])] == [REGIONS[1]]


def test_one_region_alone_is_a_world_too() -> None:
    """A job that asks for what it has is odd, and no reason for everybody else to wait for ever."""
    only = frozenset(REGIONS[:1])
    job = Job("j", 40, REGIONS[0], needs_root=False, holders=only, wanted=only)
    assert schedule([job], []) == (Assignment("j", REGIONS[0], REGIONS[0]),)
