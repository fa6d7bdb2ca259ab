"""What bad input gets from an association: the message, its path, and an association that stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from unit.association.test_check import (
    AWAY,
    DB,
    FAR,
    HOME,
    TEMPLATE,
    WEB,
    check,
    deployed,
    diff,
    ids,
    package,
    plain,
    wish,
)

IMAGES = {HOME: "m-bp1abcdefghij"}


@dataclass(frozen=True)
class Bad:
    news: Mapping[str, Any]
    path: str
    says: tuple[str, ...]
    reason: str


def templated(text: Any, **more: Any) -> dict[str, Any]:
    return {**wish(**{WEB: package(HOME)}), "template": text, **more}


LARGE = TEMPLATE + "#" + "x" * 524_288
BAD = [
    Bad(
        wish(ecs_image_wep=package(HOME)),
        "packages['ecs_image_wep']",
        ("stands at no image position", "ecs_image_web"),
        "a marker nowhere: the nearest is named",
    ),
    Bad(
        wish(ecs_image_parameter=package(HOME)),
        "packages['ecs_image_parameter']",
        ("Ref", "only a literal"),
        "a Ref where only a literal can be associated",
    ),
    Bad(
        {**wish(**{WEB: package(HOME)}), "regions": [HOME, FAR]},
        "regions[1]",
        (FAR, WEB, "not distributed"),
        "a template region that a package lacks",
    ),
    Bad(templated("a: [b"), "template", ("line",), "neither YAML nor JSON"),
    Bad(templated(LARGE), "template", ("524,288",), "too large"),
    Bad(templated("- a\n- b\n"), "template", ("not a template",), "YAML, but no template"),
    Bad(templated("\ud800"), "template", ("",), "text that is no text"),
    Bad(templated(None), "template", ("text or path",), "no template"),
    Bad(templated(7), "template", ("text or path",), "a number"),
    Bad(wish(), "packages", ("at least one marker",), "no marker"),
    Bad({**wish(), "packages": None}, "packages", ("at least one marker",), "no packages"),
    Bad(wish(**{WEB: "m-bp1abcdefghij"}), f"packages[{WEB!r}]", ("a package, or a map",), "an id instead of a map"),
    Bad(wish(**{WEB: plain({HOME: "nonsense!"})}), f"packages[{WEB!r}]['{HOME}']", ("not an image id",), "no id"),
    Bad(
        wish(**{WEB: plain({HOME: "m-bp1abcdefghij", AWAY: "m-bp1abcdefghik"})}),
        f"packages[{WEB!r}]['{AWAY}']",
        ("an image of cn-hangzhou", AWAY),
        "an image of another region",
    ),
    Bad({**wish(**{WEB: package(HOME)}), "tempalte": "x"}, "tempalte", ("no property",), "a misspelt property"),
    Bad(
        wish(**{WEB: package(HOME), "Resources.Web.Properties.ImageId": plain(IMAGES)}),
        f"packages[{WEB!r}]",
        ("Resources.Web.Properties.ImageId", "both"),
        "two markers for one position: its literal and its path",
    ),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.reason)
def test_bad_input_is_named_with_its_path(case: Bad) -> None:
    found = check({}, case.news, assume_stable_delivery=True)
    assert [failure.path for failure in found.failures] == [case.path], found.failures
    for part in case.says:
        assert part in found.failures[0].reason


def test_all_failures_are_reported_at_once() -> None:
    news = {**wish(nowhere_1=package(HOME), nowhere_2=package(HOME), **{WEB: package(HOME, AWAY, images=ids(HOME))})}
    found = check({}, {**news, "regions": [FAR]}, assume_stable_delivery=True)
    assert len(found.failures) == 2 + 1 + 3


def test_every_region_of_the_template_must_have_an_image_of_every_marker() -> None:
    news = wish(**{WEB: package(HOME, AWAY), DB: package(HOME, owner="o-db")})
    found = check({}, {**news, "regions": [AWAY, HOME]}, assume_stable_delivery=True)
    assert [(failure.path, DB in failure.reason) for failure in found.failures] == [("regions[0]", True)]
    assert found.inputs["regions"] == [AWAY, HOME]


@dataclass(frozen=True)
class Skipped:
    news: Mapping[str, Any]
    expected: Mapping[str, Any]
    reason: str


@pytest.mark.parametrize(
    "case",
    [
        Skipped(templated(UNKNOWN), {"template": UNKNOWN, "positions": UNKNOWN}, "a template that is being written"),
        Skipped({**wish(), "packages": UNKNOWN}, {"packages": UNKNOWN, "substitutions": UNKNOWN}, "all packages"),
        Skipped({**wish(**{WEB: package(HOME)}), "regions": UNKNOWN}, {"regions": UNKNOWN}, "regions"),
        Skipped({**wish(**{WEB: package(HOME)}), "regions": [UNKNOWN]}, {"regions": [UNKNOWN]}, "one region"),
        Skipped(wish(**{WEB: plain(UNKNOWN)}), {"substitutions": {WEB: UNKNOWN}}, "a map"),
        Skipped(
            {**wish(**{WEB: package(HOME, distribution=UNKNOWN, images=UNKNOWN)}), "regions": [FAR]},
            {"substitutions": {WEB: UNKNOWN}},
            "a package's regions: no region can be missing yet",
        ),
    ],
    ids=lambda case: case.reason,
)
def test_unknown_values_are_skipped(case: Skipped) -> None:
    found = check({}, case.news, assume_stable_delivery=True)
    assert found.failures == ()
    assert {key: found.inputs[key] for key in case.expected} == dict(case.expected)


def test_ignored_changes_of_the_template_keep_its_facts() -> None:
    olds = deployed(**{WEB: package(HOME)})
    news = {**wish(**{WEB: package(HOME)}), "template": olds["template"]}
    found = check(olds, news, assume_stable_delivery=True)
    assert found.failures == ()
    assert not diff(olds, found.inputs).has_changes


def test_the_identity_of_the_old_inputs_is_kept() -> None:
    olds = deployed(**{WEB: package(HOME)})
    news = {**wish(**{WEB: package(HOME)}), "ownerId": "o-renamed"}
    assert check(olds, news, assume_stable_delivery=True).inputs["ownerId"] == "o-assoc"
