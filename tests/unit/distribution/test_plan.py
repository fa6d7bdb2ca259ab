"""The next step towards a package: a table over all phases, and properties over random worlds."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.plan import Step
from computenest.resources._packages import plan
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.plan import Observed
from lifecycle.images import Image
from unit.distribution.worlds import AWAY, HOME, IdealCloud, built, drive, package, version, world

WANTED, OTHER, DRAFT_ONLY = package(1), package(2), package(1, release=False)
BUILDING = frozenset({-1})


@dataclass(frozen=True)
class Case:
    wanted: Image
    observed: Observed
    expected: type[Step]
    reason: str
    released: Set[int] = frozenset()


def draft(status: str, made: Image = WANTED, *, images: tuple[str, ...] = ()) -> ArtifactVersion:
    return version("draft", status, made, images=images)


def live(made: Image = WANTED, number: int = 1, *, images: tuple[str, ...] | None = None) -> ArtifactVersion:
    return version(number, "Available", made, images=images)


LOST = frozenset({AWAY})
CASES = [
    Case(WANTED, Observed(), plan.CreateArtifact, "there is nothing"),
    Case(WANTED, world(), plan.CreateDraft, "an artifact without any version"),
    Case(WANTED, world(draft("Created")), plan.Release, "a draft as wanted"),
    Case(DRAFT_ONLY, world(draft("Created")), plan.Done, "a draft as wanted, not to be released"),
    Case(WANTED, world(draft("Created", OTHER)), plan.UpdateDraft, "a draft of an older wish"),
    Case(DRAFT_ONLY, world(draft("Created", OTHER)), plan.UpdateDraft, "…not to be released either"),
    *[
        Case(WANTED, world(draft(status, made)), plan.Await, f"a draft that is {status} cannot be changed")
        for status in ("Creating", "Building", "Scanning", "Delivering", "SomethingNew")
        for made in (WANTED, OTHER)
    ],
    Case(WANTED, world(version(1, "Delivering", WANTED)), plan.Await, "a number before the delivery ended"),
    *[
        Case(WANTED, world(draft(status)), plan.UpdateDraft, f"{status} in an earlier run: try again")
        for status in ("CreateFailed", "ScanFailed", "DeliverFailed", "DeliveryFailed")
    ],
    Case(WANTED, world(draft("ScanFailed")), plan.Fail, "failed in this run: not again", frozenset({0})),
    Case(WANTED, world(draft("CreateFailed")), plan.Fail, "the build of this run failed", BUILDING),
    Case(WANTED, world(draft("CreateFailed", OTHER)), plan.UpdateDraft, "an older build failed", BUILDING),
    Case(WANTED, world(draft("DeliverFailed"), live(OTHER)), plan.Fail, "an update failed", frozenset({1})),
    Case(WANTED, world(live()), plan.Done, "everything is there"),
    Case(WANTED, world(live(WANTED, 2), live(OTHER)), plan.Done, "the newest counts"),
    Case(WANTED, world(live(OTHER)), plan.CreateDraft, "the live version is another one"),
    Case(WANTED, world(live(OTHER, 2), live()), plan.CreateDraft, "an older version does not count"),
    Case(WANTED, world(live(), lost=LOST), plan.CreateDraft, "a copy was lost"),
    Case(WANTED, world(live(images=(HOME,))), plan.CreateDraft, "a region has no image"),
    Case(WANTED, world(live(number=3, images=(HOME,))), plan.Fail, "…in what this run released", frozenset({2})),
    Case(WANTED, world(draft("Created"), live(), lost=LOST), plan.Release, "the repair is drafted already"),
    Case(WANTED, world(draft("Created", OTHER), live()), plan.Done, "somebody's draft beside what is wanted"),
    Case(WANTED, world(draft("DeliverFailed", OTHER), live()), plan.Done, "a failed wish that was taken back"),
    Case(DRAFT_ONLY, world(live()), plan.Done, "released already, and as wanted"),
    Case(DRAFT_ONLY, world(draft("Created"), live(OTHER)), plan.Done, "a draft beside an older release"),
    Case(WANTED, world(draft("Deleted"), live(OTHER)), plan.CreateDraft, "a deleted draft is none"),
    Case(WANTED, world(version(2, "Deleted", WANTED), live(OTHER)), plan.CreateDraft, "a deleted version is none"),
    Case(WANTED, world(live(), description="by hand"), plan.CreateDraft, "somebody edited the description"),
    Case(WANTED, world(version(1, "DeliverFailed", WANTED)), plan.CreateDraft, "a number although it failed"),
    Case(
        WANTED,
        world(version(1, "DeliverFailed", WANTED, images=(HOME, AWAY))),
        plan.CreateDraft,
        "a failed version is not done, whatever it lists",
    ),
    Case(WANTED, world(version(1, "DeliverFailed", WANTED)), plan.Fail, "…failed in this run", frozenset({0})),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason)
def test_next_step(case: Case) -> None:
    step = plan.next_step(case.wanted, case.observed, released=case.released)
    assert isinstance(step, case.expected), step


def test_a_failure_names_each_missing_region_and_its_cause() -> None:
    failed = draft("DeliverFailed", images=(HOME,)).model_copy(update={"status_detail": f"{AWAY}: QuotaExceed.Image"})
    step = plan.next_step(WANTED, world(failed), released={0})
    assert isinstance(step, plan.Fail)
    assert step.reasons == {AWAY: f"DeliverFailed: {AWAY}: QuotaExceed.Image"}


STATUSES = ("Created", "Creating", "Scanning", "Delivering", "ScanFailed", "DeliverFailed", "CreateFailed", "Odd")
EDITIONS = st.sampled_from([package(1), package(2), package(1, HOME), built()])
DRAFTS = st.none() | st.builds(draft, st.sampled_from(STATUSES), EDITIONS)
LIVES = st.lists(st.tuples(EDITIONS, st.sampled_from(["Available", "Delivering", "DeliverFailed"])), max_size=3)


@st.composite
def worlds(pick: st.DrawFn) -> Observed:
    """No artifact, or one with some versions, a draft or none, and copies that were lost."""
    if pick(st.integers(0, 9)) == 0:
        return Observed()
    made = pick(DRAFTS)
    released = [version(i + 1, status, edition) for i, (edition, status) in enumerate(pick(LIVES))]
    for older in released[:-1]:  # only the newest can still be under way
        released[older.number - 1] = live(package(2), older.number)
    return world(*([made] if made else []), *reversed(released), lost=pick(st.sampled_from([frozenset(), LOST])))


WISHES = st.sampled_from([package(1), package(2), package(1, HOME), built(), package(1, release=False)])


@given(WISHES, worlds(), st.frozensets(st.integers(-1, 4)))
def test_nothing_is_created_beside_what_exists(wanted: Image, observed: Observed, released: frozenset[int]) -> None:
    step = plan.next_step(wanted, observed, released=released)
    assert isinstance(step, plan.CreateArtifact) == (observed.artifact is None)
    if isinstance(step, plan.CreateDraft):
        assert observed.draft is None
    if isinstance(step, plan.UpdateDraft | plan.Release):
        assert observed.draft is not None
    if isinstance(step, plan.Done):
        assert plan.matches(wanted, step.version, observed)


@given(WISHES, worlds(), st.booleans())
def test_an_ideal_cloud_is_done_soon_from_anywhere(wanted: Image, observed: Observed, early: bool) -> None:
    cloud = IdealCloud(observed, numbers_at_release=early)
    steps = drive(cloud, wanted)
    assert isinstance(steps[-1], plan.Done), steps
    assert len(steps) <= 12
    creating = [isinstance(step, plan.CreateArtifact | plan.CreateDraft) for step in steps]
    assert not any(one and other for one, other in pairwise(creating))
    again = drive(cloud, wanted)
    assert len(again) == 1, "a second run has nothing to do"


@dataclass(frozen=True)
class Keep:
    retain: int
    expected: tuple[str, ...]
    reason: str


@pytest.mark.parametrize(
    "case",
    [
        Keep(0, ("3", "2", "1"), "only the live one stays"),
        Keep(1, ("2", "1"), "and one more"),
        Keep(3, (), "all stay"),
        Keep(100, (), "more than there are"),
    ],
    ids=lambda case: case.reason,
)
def test_superseded(case: Keep) -> None:
    seen = world(draft("Created"), *(live(package(n), n) for n in (4, 3, 2, 1)))
    assert plan.superseded(package(retain_versions=case.retain), seen) == case.expected


@dataclass(frozen=True)
class Agree:
    wanted: object
    seen: object
    expected: bool
    reason: str


@pytest.mark.parametrize(
    "case",
    [
        Agree({"a": 1}, {"a": "1"}, True, "numbers come back as text"),
        Agree({"a": True}, {"a": "true"}, True, "so do booleans"),
        Agree({"a": "x"}, {"a": "x", "b": "y"}, True, "what we did not set is not ours to compare"),
        Agree({"a": {"b": 1}}, {"a": {"b": "1", "c": 2}}, True, "at any depth"),
        Agree({"a": [1, 2]}, {"a": [2, 1]}, False, "a list has an order"),
        Agree({"a": "x"}, {}, False, "what is missing differs"),
        Agree({}, {"a": 1}, True, "nothing asked for"),
        Agree({"a": "1.0"}, {"a": 1.0}, True, "a version that looks like a number"),
    ],
    ids=lambda case: case.reason,
)
def test_agrees(case: Agree) -> None:
    assert plan.agrees({"x": case.wanted}, {"x": case.seen}) is case.expected
