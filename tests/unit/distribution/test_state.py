"""What the state says: delivered, incomplete, observed; and what a status means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from computenest.kernel import identity
from computenest.kernel.names import OwnerId, RegionId
from computenest.resources._packages.classify import Phase, classify, failure_reasons, region_statuses
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.plan import Observed
from lifecycle.images import Image, check, delivered, diff, incomplete, inputs_of, observed, package_of, state_of
from unit.distribution.worlds import AWAY, HOME, package, version, world

FAR = RegionId("cn-shanghai")
OURS = identity.owner_tags(OwnerId("o-1"), 1)


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Created", Phase.IDLE),
        ("Available", Phase.READY),
        ("Deleted", Phase.GONE),
        ("Scanning", Phase.PENDING),
        ("Delivering", Phase.PENDING),
        ("Creating", Phase.PENDING),
        ("", Phase.PENDING),
        ("NeverSeenBefore", Phase.PENDING),
        ("ScanFailed", Phase.FAILED),
        ("CreateFailed", Phase.FAILED),
        ("DeliveryFailed", Phase.FAILED),
        ("NeverSeenFailed", Phase.FAILED),
    ],
)
def test_classify(status: str, phase: Phase) -> None:
    assert classify(status) is phase


def inputs(*regions: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    source = {"kind": "custom", "imageId": f"m-bp1gold{number:06}", "region": HOME}
    news = {"ownerId": "o-1", "name": "web", "source": source, "regions": list(regions or (HOME, AWAY)), **changes}
    checked = check({}, news, recorded=None)
    assert not checked.failures
    return dict(checked.inputs)


def seen(*versions: ArtifactVersion, tags: Mapping[str, str] = OURS, **options: Any) -> Observed:
    found = world(*versions, **options)
    assert found.artifact is not None
    return Observed(found.artifact.model_copy(update={"tags": tags}), found.versions, found.lost)


def deliver(wanted: dict[str, Any], live: ArtifactVersion, former: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return delivered(wanted, seen(live), live, former or {}, visible=[HOME])


def sentences(kept: Mapping[str, Any]) -> tuple[str, ...]:
    known = state_of(kept)
    assert known is not None
    return known.sentences


def test_delivered_holds_the_inputs_and_an_image_for_each_region() -> None:
    wanted = inputs()
    live = version(1, "Available", package())
    made = deliver(wanted, live)
    assert inputs_of(made) == wanted
    assert made["images"] == {AWAY: f"m-{AWAY}-1", HOME: f"m-{HOME}-1"}
    assert (made["status"], made["version"], made["artifactId"]) == ("Available", "1", "artifact-1")
    assert made["statuses"] == {AWAY: "Available", HOME: "Available"}
    assert (made["reasons"], made["reissued"], made["visible"]) == ({}, False, [HOME])
    assert not diff(made, wanted).has_changes


def test_an_image_of_a_region_that_nobody_wants_is_not_in_the_state() -> None:
    live = version(1, "Available", package(), images=(HOME, AWAY, FAR))
    assert sorted(deliver(inputs(), live)["images"]) == [AWAY, HOME]


@dataclass(frozen=True)
class Reissue:
    before: dict[str, Any]
    images_before: Mapping[str, str]
    now: dict[str, Any]
    expected: bool
    reason: str
    was: bool = False


OLD: dict[str, str] = {HOME: "m-old", AWAY: "m-old2"}
NEW: dict[str, str] = {HOME: f"m-{HOME}-1", AWAY: f"m-{AWAY}-1"}


@pytest.mark.parametrize(
    "case",
    [
        Reissue(inputs(), NEW, inputs(), False, "the same ids"),
        Reissue(inputs(), OLD, inputs(), True, "another id in a region that stayed, of a source that stayed"),
        Reissue(inputs(), OLD, inputs(number=2), False, "another source: other ids are no surprise"),
        Reissue(inputs(FAR), {FAR: "m-old"}, inputs(), False, "another region"),
        Reissue(inputs(HOME), {HOME: NEW[HOME]}, inputs(), False, "a region more, the other one as it was"),
        Reissue(inputs(HOME), {HOME: "m-old"}, inputs(), True, "a region more, the other one re-issued"),
        Reissue(inputs(), {}, inputs(), False, "nothing was delivered before"),
        Reissue(inputs(), NEW, inputs(), True, "seen once is seen for ever", was=True),
    ],
    ids=lambda case: case.reason,
)
def test_a_reissue_is_detected_and_remembered(case: Reissue) -> None:
    former = {**case.before, "images": case.images_before, "reissued": case.was}
    live = version(1, "Available", package_of(case.now))
    assert deliver(case.now, live, former)["reissued"] is case.expected


@pytest.mark.parametrize(("images", "was", "expected"), [(NEW, False, False), (OLD, False, True), (NEW, True, True)])
def test_a_refresh_detects_a_reissue_too(images: dict[str, str], was: bool, expected: bool) -> None:
    former = {**inputs(), "images": images, "reissued": was}
    refreshed = observed(former, seen(version(1, "Available", package())))
    assert refreshed["reissued"] is expected


def kept_of(found: Observed, reasons: Mapping[str, str], former: Mapping[str, Any] | None = None) -> dict[str, Any]:
    named = {RegionId(region): why for region, why in reasons.items()}
    return incomplete(inputs(), found, former or {}, "artifact-1", named, "the detail")


def test_incomplete_keeps_the_id_and_what_there_is_with_a_reason_for_each_gap() -> None:
    failed = version("draft", "DeliverFailed", package(), images=(HOME,))
    kept = kept_of(seen(failed), {AWAY: "quota"})
    assert (kept["artifactId"], kept["status"], kept["images"]) == (
        "artifact-1",
        "Incomplete",
        {HOME: f"m-{HOME}-draft"},
    )
    assert kept["statuses"] == {AWAY: "DeliverFailed", HOME: "Available"}
    assert kept["reasons"] == {AWAY: "quota"}
    assert diff(kept, inputs()).changes == ("distribution",)
    assert sentences(kept) == (f"web: {AWAY}: quota",)


def test_incomplete_gives_the_detail_where_no_region_has_a_reason() -> None:
    kept = kept_of(Observed(), {})
    assert kept["reasons"] == {AWAY: "the detail", HOME: "the detail"}
    assert (kept["images"], kept["version"]) == ({}, "draft")
    assert kept["statuses"] == {AWAY: "Missing", HOME: "Missing"}
    whole = kept_of(seen(version(1, "Available", package())), {})
    assert whole["reasons"] == {"": "the detail"}, "every region is there, something else failed"
    assert sentences(whole) == ("web: the detail",)


def test_incomplete_names_the_version_that_still_lives() -> None:
    found = seen(version("draft", "ScanFailed", package(2)), version(4, "Available", package()))
    kept = kept_of(found, {}, {"edition": "e-old", "visible": [HOME], "reissued": True, "version": "3"})
    assert (kept["version"], kept["edition"], kept["visible"], kept["reissued"]) == ("4", "e-old", [HOME], True)


@dataclass(frozen=True)
class Drift:
    found: Observed
    changes: tuple[str, ...]
    expected: Mapping[str, Any]
    reason: str


KNOWN = {
    **deliver(inputs(description="ours", tags={"team": "a"}), version(1, "Available", package(description="ours"))),
    "visible": [AWAY, HOME],
}
WISH = inputs(description="ours", tags={"team": "a"})
MADE: Image = package(description="ours")
LIVE = version(1, "Available", MADE)
MINE = {**OURS, "team": "a"}


def drifted(*versions: ArtifactVersion, **options: Any) -> Observed:
    options = {"tags": MINE, "description": "ours", **options}
    return seen(*versions, **options)


DRIFTS = [
    Drift(drifted(LIVE), (), {"status": "Available", "visible": [AWAY, HOME]}, "nothing changed"),
    Drift(
        drifted(LIVE, lost=frozenset({AWAY})),
        ("distribution",),
        {"status": "Incomplete", "distribution": {HOME: "copy of m-bp1gold000001"}, "visible": [AWAY, HOME]},
        "a copy was deleted; that it was seen once stays known, or the loss would be forgotten",
    ),
    Drift(drifted(LIVE, description="theirs"), ("description",), {"description": "theirs"}, "an edited description"),
    Drift(drifted(LIVE, tags={**OURS, "team": "b"}), ("tags",), {"tags": {"team": "b"}}, "an edited tag"),
    Drift(drifted(LIVE, tags={**MINE, "x": "y"}), (), {"tags": {"team": "a"}}, "somebody's own tag is no drift"),
    Drift(drifted(LIVE, tags={"team": "a"}), ("status",), {"status": "Incomplete"}, "our owner tag is gone"),
    Drift(
        drifted(version(2, "Available", package(2, description="ours"))),
        ("distribution", "source"),
        {"version": "2", "status": "Incomplete"},
        "somebody released another image",
    ),
    Drift(
        drifted(version(2, "Available", package(1, HOME, description="ours"))),
        ("distribution",),
        {"version": "2", "distribution": {HOME: "copy of m-bp1gold000001"}},
        "somebody released it for fewer regions",
    ),
    Drift(drifted(), ("distribution",), {"status": "Incomplete", "images": {}}, "every version is gone"),
    Drift(
        drifted(version("draft", "Created", MADE)),
        ("distribution",),
        {"status": "Draft", "version": "draft", "images": {}, "distribution": {}},
        "the released version is gone, a draft is there",
    ),
]


@pytest.mark.parametrize("case", DRIFTS, ids=lambda case: case.reason)
def test_observed_shows_drift_as_other_inputs(case: Drift) -> None:
    found = observed(KNOWN, case.found)
    assert {key: found[key] for key in case.expected} == dict(case.expected)
    changed = diff(found, WISH).changes
    assert set(case.changes) <= set(changed)
    assert bool(changed) == bool(case.changes)


def test_a_kept_draft_is_observed_as_a_draft() -> None:
    wanted = inputs(release=False)
    draft = version("draft", "Created", package())
    known = deliver(wanted, draft)
    assert (known["status"], known["images"]) == ("Draft", {})
    found = observed(known, seen(draft))
    assert not diff(found, wanted).has_changes


def test_region_statuses_tell_what_each_region_waits_for() -> None:
    regions = (AWAY, HOME)
    assert region_statuses(None, regions) == {AWAY: "Missing", HOME: "Missing"}
    under_way = version("draft", "Delivering", package(), images=(HOME,))
    assert region_statuses(under_way, regions) == {AWAY: "Delivering", HOME: "Available"}
    done = version(1, "Available", package(), images=(HOME,))
    assert region_statuses(done, regions) == {AWAY: "Missing", HOME: "Available"}
    assert region_statuses(done, regions, lost={HOME})[HOME] == "Lost"


@dataclass(frozen=True)
class Reason:
    detail: str
    expected: str
    reason: str


@pytest.mark.parametrize(
    "case",
    [
        Reason(f"{AWAY}: QuotaExceed.Image; {FAR}: x", f"DeliverFailed: {AWAY}: QuotaExceed.Image", "its own line"),
        Reason(f"{FAR}: x\n{AWAY}: y", f"DeliverFailed: {AWAY}: y", "lines may end in other ways"),
        Reason("the hub is closed", "DeliverFailed: the hub is closed", "no line names it: the whole text"),
        Reason("", "DeliverFailed: the cloud gives no reason", "no text at all"),
    ],
    ids=lambda case: case.reason,
)
def test_failure_reasons(case: Reason) -> None:
    failed = version("draft", "DeliverFailed", package(), images=(HOME,))
    reasons = failure_reasons(failed.model_copy(update={"status_detail": case.detail}), (AWAY, HOME))
    assert reasons == {AWAY: case.expected}
