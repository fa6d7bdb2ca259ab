"""What separates a state from a wish, and what is no difference."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.outcome import Difference
from computenest.kernel.regions import KNOWN_REGIONS
from computenest.kernel.unknown import UNKNOWN
from lifecycle.images import check, diff

CUSTOM = {"kind": "custom", "imageId": "m-bp1abcdefghij", "region": "cn-hangzhou"}
OTHER = {**CUSTOM, "imageId": "m-bp1zzzzzzzzzz"}
MARKET = {"kind": "marketplace", "commodityCode": "cmjj00000001", "commodityVersion": "V1.0"}
BUILT = {"kind": "built", "region": "cn-hangzhou", "sourceImage": "aliyun_3", "command": "true"}


def inputs(**changes: Any) -> dict[str, Any]:
    wanted = {"ownerId": "o-1", "name": "web", "source": CUSTOM, "regions": ["cn-hangzhou", "cn-beijing"], **changes}
    checked = check({}, wanted, recorded=None)
    assert not checked.failures
    return dict(checked.inputs)


def deployed(**changes: Any) -> dict[str, Any]:
    known = inputs(**changes)
    is_released = known.get("release", True)
    images = dict.fromkeys(known["distribution"], "m-x") if is_released else {}
    status = "Available" if is_released else "Draft"
    return {**known, "artifactId": "artifact-1", "status": status, "images": images, "reasons": {}, "version": "1"}


@dataclass(frozen=True)
class Case:
    olds: Mapping[str, Any]
    news: Mapping[str, Any]
    changes: tuple[str, ...]
    replaces: tuple[str, ...]
    reason: str


CASES = [
    Case(deployed(), inputs(), (), (), "nothing changed"),
    Case(deployed(), inputs(regions=["cn-beijing", "cn-hangzhou", "cn-beijing"]), (), (), "regions in another order"),
    Case(deployed(tags={"a": "1", "b": "2"}), inputs(tags={"b": "2", "a": "1"}), (), (), "tags in another order"),
    Case(deployed(), inputs(regions=["cn-hangzhou"]), ("distribution",), (), "a region less"),
    Case(deployed(), inputs(source=OTHER), ("distribution", "source"), (), "a new image"),
    Case(deployed(), inputs(source=MARKET), ("distribution", "source"), (), "copied, then bought: a new version"),
    Case(deployed(), inputs(source=BUILT), ("distribution", "source"), ("source",), "a build type is for ever"),
    Case(deployed(source=BUILT), inputs(), ("distribution", "source"), ("source",), "…in both directions"),
    Case(deployed(), inputs(name="shop"), ("name",), ("name",), "the API cannot rename"),
    Case(deployed(), inputs(resourceGroupId="rg-1"), ("resourceGroupId",), ("resourceGroupId",), "nor move"),
    Case(deployed(), inputs(account="hub"), ("account",), ("account",), "nor hand over"),
    Case(deployed(), inputs(account=""), (), (), "the default account, named"),
    Case(deployed(), inputs(description="x"), ("description",), (), "a description"),
    Case(deployed(description="x"), inputs(), ("description",), (), "a description taken away"),
    Case(deployed(), inputs(description="", tags={}, release=True), (), (), "a default, written out"),
    Case(deployed(retainVersions=1, timeoutS=7200), inputs(), (), (), "…and taken away again"),
    Case(deployed(), inputs(retainVersions=0), ("retainVersions",), (), "zero is not unset"),
    Case(deployed(), inputs(release=False), ("release",), (), "no longer to be released"),
    Case(deployed(release=False), inputs(release=False), (), (), "a draft is complete as a draft"),
    Case(deployed(release=False), inputs(), ("release",), (), "a draft to be released"),
    Case({**deployed(), "status": "Incomplete"}, inputs(), ("status",), (), "what is missing has to be done"),
    Case({**deployed(), "images": {"cn-beijing": "m-x"}}, inputs(), ("distribution",), (), "a region has no image"),
    Case(deployed(), inputs(source=UNKNOWN), ("distribution", "source"), (), "unknown is different, not replaced"),
    Case(deployed(), inputs(tags={"a": UNKNOWN}), ("tags",), (), "an unknown tag"),
    Case(
        deployed(source=BUILT),
        inputs(source={**BUILT, "commandType": "RunShellScript"}),
        (),
        (),
        "a default of the source, written out",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason)
def test_diff(case: Case) -> None:
    assert diff(case.olds, case.news) == Difference(changes=case.changes, replaces=case.replaces)


REGIONS = st.lists(st.sampled_from(sorted(KNOWN_REGIONS)), min_size=1, max_size=8)
TAGS = st.dictionaries(
    st.text(alphabet="xyz", min_size=1, max_size=3),
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=4),
    max_size=4,
)
WISHES = st.fixed_dictionaries(
    {"source": st.sampled_from([CUSTOM, OTHER, MARKET, BUILT]), "regions": REGIONS},
    optional={
        "tags": TAGS,
        "description": st.text(max_size=5),
        "release": st.booleans(),
        "retainVersions": st.integers(0, 5),
        "versionName": st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=5),
    },
)


@given(WISHES)
def test_what_is_deployed_and_complete_has_no_diff_with_itself(wanted: dict[str, Any]) -> None:
    state = deployed(**wanted)
    assert not diff(state, state).has_changes
    assert not diff(state, inputs(**wanted)).has_changes


@given(WISHES, st.randoms(use_true_random=False))
def test_order_is_no_difference(wanted: dict[str, Any], chance: random.Random) -> None:
    shuffled = {**wanted, "regions": chance.sample(wanted["regions"], len(wanted["regions"]))}
    if "tags" in wanted:
        shuffled["tags"] = dict(chance.sample(sorted(wanted["tags"].items()), len(wanted["tags"])))
    assert inputs(**shuffled) == inputs(**wanted)
    assert not diff(deployed(**wanted), inputs(**shuffled)).has_changes


@given(WISHES)
def test_what_is_incomplete_always_has_changes(wanted: dict[str, Any]) -> None:
    assert diff({**deployed(**wanted), "status": "Incomplete"}, inputs(**wanted)).has_changes


@given(WISHES, WISHES)
def test_a_difference_that_the_cloud_would_see_is_never_missed(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = inputs(**one), inputs(**other)
    seen = ("source", "distribution", "versionName")
    if any(before.get(key) != after.get(key) for key in seen):
        assert diff(deployed(**one), after).has_changes
