"""What bad input gets, before anything is asked of a cloud: the message, and the property it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.resources._packages.model import AnyPackage
from lifecycle.images import Recorded, check, package_of

CUSTOM = {"kind": "custom", "imageId": "m-bp1abcdefghij", "region": "cn-hangzhou"}
MARKET = {"kind": "marketplace", "commodityCode": "cmjj00000001", "commodityVersion": "V1.0"}
BUILT = {"kind": "built", "region": "cn-hangzhou", "sourceImage": "aliyun_3", "command": "true"}


def wish(**changes: Any) -> dict[str, Any]:
    wanted = {"ownerId": "o-1", "name": "web", "source": CUSTOM, "regions": ["cn-hangzhou", "cn-beijing"], **changes}
    return {key: value for key, value in wanted.items() if value is not ...}


@dataclass(frozen=True)
class Bad:
    news: Mapping[str, Any]
    path: str
    says: str
    reason: str


BAD = [
    Bad(wish(source={**CUSTOM, "imageId": "web"}), "source.imageId", "not an image id", "a name is no id"),
    Bad(
        wish(source={**CUSTOM, "imageId": "m-BP1ABCDEFGHIJ"}), "source.imageId", "not an image id", "ids are lower case"
    ),
    Bad(wish(source={**CUSTOM, "imageId": ""}), "source.imageId", "not an image id", "empty is malformed, not unset"),
    Bad(
        wish(source={**CUSTOM, "imageId": "m-2zeabcdefghij"}),
        "source.imageId",
        "has the prefix of cn-beijing, but source.region is cn-hangzhou",
        "the id's prefix belongs to another region",
    ),
    Bad(wish(regions=[]), "regions", "the list is empty", "a package for nowhere"),
    Bad(wish(regions=...), "regions", "a list of regions is needed", "nothing was ever named"),
    Bad(wish(regions="cn-hangzhou"), "regions", "a list of regions is needed", "text is a sequence too"),
    Bad(wish(regions=["cn-hangzhou", ""]), "regions[1]", "is not a region id", "each region has its path"),
    Bad(wish(regions=["cn-hangzhou", 7]), "regions[1]", "has to be a text", "a number"),
    Bad(wish(tags={"computenest:owner": "me"}), "tags.computenest:owner", "reserved", "our own tags"),
    Bad(wish(tags={"acs:x": "1"}), "tags.acs:x", "reserved", "the cloud's own tags"),
    Bad(wish(tags={"aliyunx": "1"}), "tags.aliyunx", "reserved", "the cloud's own tags"),
    Bad(wish(tags={"n": 1}), "tags.n", "has to be a text", "a tag's value is text"),
    Bad(wish(tags=["a"]), "tags", "a map from tag key", "a list of tags"),
    Bad(wish(tags={f"k{i}": "" for i in range(21)}), "tags", "21 tags are too many", "the API takes 20"),
    Bad(wish(source=...), "source", "CustomImage, MarketplaceImage or BuiltImage", "names the choices"),
    Bad(wish(source={"kind": "oci"}), "source.kind", "'oci' is none of 'custom'", "an unknown kind"),
    Bad(wish(source={**CUSTOM, "imageID": "x"}), "source.imageID", "no such property", "a misspelt property"),
    Bad(
        wish(source={"kind": "custom", "region": "cn-hangzhou"}),
        "source.imageId",
        "'imageId' is needed",
        "one is missing",
    ),
    Bad(wish(source={**BUILT, "systemDiskSizeGib": 5}), "source.systemDiskSizeGib", "20", "too small a disk"),
    Bad(
        wish(source={"kind": "built", "region": "cn-hangzhou"}), "source", "give a sourceImage, a codeRepo", "no origin"
    ),
    Bad(wish(source={**BUILT, "commandType": "sh"}), "source.commandType", "RunShellScript", "not one of three"),
    Bad(wish(source={**MARKET, "commodityCode": ""}), "source.commodityCode", "at least 1", "an empty code"),
    Bad(wish(name=""), "name", "1 to 128 characters", "an empty name"),
    Bad(wish(name="x" * 129), "name", "1 to 128 characters", "too long a name"),
    Bad(wish(name=" web"), "name", "without spaces at its ends", "a name that nobody could find again"),
    Bad(wish(name=...), "name", "is needed", "no name at all"),
    Bad(wish(retainVersions=-1), "retainVersions", "greater than or equal to 0", "negative"),
    Bad(wish(timeoutS=0), "timeoutS", "above 0", "no time at all"),
    Bad(wish(release="maybe"), "release", "true or false", "neither yes nor no"),
    Bad(wish(describtion="x"), "describtion", "did you mean 'description'", "a misspelt property is named"),
    Bad(wish(source={**CUSTOM, "imageID": "x", "region": UNKNOWN}), "source.imageID", "no such", "also in part"),
    Bad(wish(source={**CUSTOM, "imageId": "web", "region": UNKNOWN}), "source.imageId", "not an image id", "in part"),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.reason)
def test_bad_input_is_named_with_its_path(case: Bad) -> None:
    checked = check({}, case.news, recorded=None)
    assert [failure.path for failure in checked.failures] == [case.path], checked.failures
    assert case.says in checked.failures[0].reason


def test_all_failures_are_reported_at_once() -> None:
    news = wish(source={**CUSTOM, "imageId": "web"}, regions=[], tags={"acs:x": "1"}, name="", nonsense=1)
    assert sorted(failure.path for failure in check({}, news, recorded=None).failures) == [
        "name",
        "nonsense",
        "regions",
        "source.imageId",
        "tags.acs:x",
    ]


@dataclass(frozen=True)
class Fine:
    news: Mapping[str, Any]
    expected: Mapping[str, Any]
    reason: str
    olds: Mapping[str, Any] = field(default_factory=dict)


COPY = "copy of m-bp1abcdefghij"
FINE = [
    Fine(wish(), {"distribution": {"cn-beijing": COPY, "cn-hangzhou": COPY}}, "regions become a map, sorted"),
    Fine(
        wish(regions=["cn-hangzhou", "cn-beijing", "cn-hangzhou"]),
        {"distribution": {"cn-beijing": COPY, "cn-hangzhou": COPY}},
        "order and repetition do not matter",
    ),
    Fine(
        wish(source=MARKET, regions=["cn-beijing"]), {"distribution": {"cn-beijing": "cmjj00000001 V1.0"}}, "a product"
    ),
    Fine(wish(tags={"b": "2", "a": "1"}), {"tags": {"a": "1", "b": "2"}}, "tags in any order"),
    Fine(wish(tags={"a": UNKNOWN}), {"tags": {"a": UNKNOWN}}, "an unknown tag is passed on"),
    Fine(wish(tags=UNKNOWN), {"tags": UNKNOWN}, "unknown tags are passed on"),
    Fine(wish(name=UNKNOWN), {"name": UNKNOWN, "artifactName": UNKNOWN}, "an unknown name is not guessed"),
    Fine(
        wish(source={**CUSTOM, "imageId": UNKNOWN}),
        {"distribution": {"cn-beijing": UNKNOWN, "cn-hangzhou": UNKNOWN}},
        "an image that is being made: the regions are known, what they get is not",
    ),
    Fine(wish(source=UNKNOWN), {"source": UNKNOWN}, "an unknown source"),
    Fine(wish(regions=UNKNOWN), {"distribution": UNKNOWN}, "unknown regions"),
    Fine(wish(regions=["cn-hangzhou", UNKNOWN]), {"distribution": UNKNOWN}, "one unknown region"),
    Fine(wish(source={**CUSTOM, "region": UNKNOWN}), {}, "a prefix is not compared with an unknown region"),
    Fine(
        wish(source={**CUSTOM, "imageId": "m-zzzabcdefghij"}),
        {},
        "an unknown prefix is never refused: the table of prefixes is a heuristic",
    ),
    Fine(wish(description=None, tags=None), {}, "null is unset"),
    Fine(wish(name=..., logicalName="web"), {"name": "web"}, "the logical name is the default name"),
    Fine(wish(name=..., logicalName="new"), {"name": "old"}, "…which a rename keeps", olds={"name": "old"}),
    Fine(
        wish(regions=...),
        {"distribution": {"cn-beijing": COPY}},
        "ignoreChanges on regions takes the property away: the map of last time counts",
        olds={"ownerId": "o-1", "distribution": {"cn-beijing": "copy of m-bp1old0000000"}},
    ),
]


@pytest.mark.parametrize("case", FINE, ids=lambda case: case.reason)
def test_good_and_unknown_input_passes(case: Fine) -> None:
    checked = check(case.olds, case.news, recorded=None)
    assert checked.failures == ()
    assert {key: checked.inputs[key] for key in case.expected} == dict(case.expected)


@pytest.mark.parametrize("source", [CUSTOM, MARKET, BUILT], ids=lambda source: source["kind"])
def test_check_is_idempotent(source: Mapping[str, Any]) -> None:
    news = wish(source=source, tags={"b": "2", "a": "1"}, description="x", retainVersions=3)
    first = check({}, news, recorded=None)
    assert first.failures == ()
    assert check(first.inputs, news, recorded=None) == first
    assert check(first.inputs, first.inputs, recorded=None) == first
    assert package_of(first.inputs).regions == ("cn-beijing", "cn-hangzhou")


def test_the_identity_of_the_old_inputs_is_kept_for_ever() -> None:
    olds = {"ownerId": "o-first", "generation": 3, "artifactName": "web-g3", "name": "web"}
    inputs = check(olds, wish(ownerId="o-renamed", name="shop"), recorded=None).inputs
    assert (inputs["ownerId"], inputs["generation"], inputs["artifactName"]) == ("o-first", 3, "web-g3")


def test_a_program_cannot_set_what_is_computed() -> None:
    news = wish(generation=9, artifactName="x", distribution={"cn-hangzhou": "x"})
    assert check({}, news, recorded=None) == check({}, wish(), recorded=None)


@dataclass(frozen=True)
class Replacement:
    name: Any
    recorded: AnyPackage[Known]
    expected: tuple[int, Any]
    reason: str


@pytest.mark.parametrize(
    "case",
    [
        Replacement("web", Recorded(OwnerId("o-1"), 1, "web"), (2, "web-g2"), "one more, and a name of its own"),
        Replacement("web", Recorded(OwnerId("o-1"), 2, "web-g2"), (3, "web-g3"), "and so on"),
        Replacement("shop", Recorded(OwnerId("o-1"), 1, "web"), (2, "shop"), "another name needs no number"),
        Replacement(UNKNOWN, Recorded(OwnerId("o-1"), 1, "web"), (2, UNKNOWN), "an unknown name is not guessed"),
    ],
    ids=lambda case: case.reason,
)
def test_a_replacement_is_checked_without_old_inputs_and_still_knows_its_predecessor(case: Replacement) -> None:
    inputs = check({}, wish(ownerId="o-minted", name=case.name), recorded=case.recorded).inputs
    assert (inputs["generation"], inputs["artifactName"]) == case.expected
    assert inputs["ownerId"] == "o-1"


def test_identity_is_what_old_inputs_say() -> None:
    for olds, known in (
        ({"ownerId": "", "name": "web"}, ("o-minted", 1, "web")),
        ({"ownerId": "o-1", "name": "web"}, ("o-1", 1, "web")),
        ({"ownerId": "o-1", "generation": 2, "artifactName": "web-g2", "name": "web"}, ("o-1", 2, "web-g2")),
    ):
        inputs = check(olds, wish(ownerId="o-minted"), recorded=None).inputs
        assert (inputs["ownerId"], inputs["generation"], inputs["artifactName"]) == known


def test_a_failure_says_nothing_about_unknown_neighbours() -> None:
    checked = check({}, wish(source=UNKNOWN, tags={"acs:x": UNKNOWN}), recorded=None)
    assert checked.failures == (Failure("tags.acs:x", "this prefix is reserved; choose another key"),)
