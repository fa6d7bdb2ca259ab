"""Substitutions before anything is deployed: what a change leaves known, what it makes unknown, what it forbids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources.service_image_association import check as association
from computenest.resources.service_image_association import diff as differences
from computenest.resources.service_image_association.declaration import MODELS
from unit.bags import check_of, diff_of

check, diff = check_of(MODELS, association.check), diff_of(MODELS, differences.diff)

HOME, AWAY, FAR = "cn-hangzhou", "cn-beijing", "cn-shanghai"
WEB, DB = "ecs_image_web", "ecs_image_db"
TEMPLATE = f"""\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Image: {{Type: String, Default: ecs_image_parameter}}
Resources:
  Web:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId: {WEB}
  Web2:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId: {WEB}
  Db:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: {DB}
  Chosen:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: {{Ref: Image}}
"""


def ids(*regions: str, series: str = "a") -> dict[str, str]:
    """Image ids of one delivery."""
    return {region: f"m-{series}{index:012}" for index, region in enumerate(sorted(regions))}


def package(*regions: str, owner: str = "o-web", edition: Any = "e1", images: Any = None, **changes: Any) -> Any:
    """A package as the SDK hands it over; `images` UNKNOWN is what a preview of a change sees."""
    delivered = ids(*regions) if images is None else images
    is_changing = delivered is UNKNOWN
    return {
        "kind": "package",
        "name": owner.removeprefix("o-"),
        "ownerId": owner,
        "generation": 1,
        "distribution": dict.fromkeys(regions, "copy of m-bp1gold"),
        "edition": edition,
        "artifactId": UNKNOWN if is_changing else f"artifact-{owner}",
        "version": UNKNOWN if is_changing else "1",
        "images": delivered,
        "reasons": UNKNOWN if is_changing else {},
        "reissued": UNKNOWN if is_changing else False,
        **changes,
    }


def wish(**packages: Any) -> dict[str, Any]:
    return {"ownerId": "o-assoc", "template": TEMPLATE, "packages": packages}


def checked(news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, *, stable: bool = True) -> Checked:
    return check(olds or {}, news, assume_stable_delivery=stable)


def relation(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return association.relation(MODELS.desired.model_validate(inputs).packages)  # type: ignore[attr-defined]


def deployed(**packages: Any) -> dict[str, Any]:
    """The inputs of an association that went up."""
    found = checked(wish(**packages))
    assert found.failures == ()
    assert not has_unknown(found.inputs)
    return dict(found.inputs)


def test_up_takes_what_was_delivered() -> None:
    inputs = deployed(**{WEB: package(HOME, AWAY), DB: package(HOME, owner="o-db")})
    assert inputs["substitutions"] == {WEB: ids(HOME, AWAY), DB: ids(HOME)}
    assert inputs["positions"] == {
        WEB: ["Resources.Web.Properties.ImageId", "Resources.Web2.Properties.ImageId"],
        DB: ["Resources.Db.Properties.ImageId"],
    }
    assert relation(inputs) == {
        WEB: {"ArtifactId": "artifact-o-web", "ArtifactVersion": "1"},
        DB: {"ArtifactId": "artifact-o-db", "ArtifactVersion": "1"},
    }


def test_the_template_is_not_in_the_inputs() -> None:
    inputs = deployed(**{WEB: package(HOME)})
    assert set(inputs["template"]) == {"digest", "format", "sizeBytes"}
    assert "ROSTemplateFormatVersion" not in str(inputs)


@dataclass(frozen=True)
class Previewed:
    before: Any
    now: Any
    expected: Any
    reason: str
    stable: bool = True


MOVED: dict[str, Any] = {"distribution": {HOME: "copy of m-bp1new", AWAY: "copy of m-bp1new"}}
PREVIEWED = [
    Previewed(
        package(HOME, AWAY),
        package(HOME, AWAY, FAR, edition="e2", images=UNKNOWN),
        {**ids(HOME, AWAY), FAR: UNKNOWN},
        "a region added: only that one is unknown",
    ),
    Previewed(
        package(HOME, AWAY),
        package(HOME, edition="e2", images=UNKNOWN),
        {HOME: ids(HOME, AWAY)[HOME]},
        "a region removed: one line less, nothing unknown",
    ),
    Previewed(
        package(HOME, AWAY),
        package(HOME, AWAY, edition="e2", images=UNKNOWN, **MOVED),
        {HOME: UNKNOWN, AWAY: UNKNOWN},
        "a new source: every region",
    ),
    Previewed(
        package(HOME, AWAY),
        package(HOME, AWAY, images=UNKNOWN),
        ids(HOME, AWAY),
        "only tags change: the edition is the same, nothing is unknown",
    ),
    Previewed(
        package(HOME, AWAY),
        package(HOME, AWAY, images=UNKNOWN),
        ids(HOME, AWAY),
        "…whatever is assumed of deliveries",
        stable=False,
    ),
    Previewed(
        package(HOME, AWAY),
        package(HOME, AWAY, FAR, edition="e2", images=UNKNOWN),
        {HOME: UNKNOWN, AWAY: UNKNOWN, FAR: UNKNOWN},
        "nothing assumed: another edition may bring any id",
        stable=False,
    ),
    Previewed(
        package(HOME, AWAY, reissued=True),
        package(HOME, AWAY, FAR, edition="e2", images=UNKNOWN),
        {HOME: UNKNOWN, AWAY: UNKNOWN, FAR: UNKNOWN},
        "a re-issue seen once ends the assumption",
    ),
    Previewed(
        package(HOME, AWAY, reissued=True),
        package(HOME, AWAY, images=UNKNOWN),
        ids(HOME, AWAY),
        "…but not where no new version is made",
    ),
    Previewed(
        package(HOME, AWAY),
        package(HOME, AWAY, owner="o-other", images=UNKNOWN),
        {HOME: UNKNOWN, AWAY: UNKNOWN},
        "another package, not there yet",
    ),
    Previewed(
        package(HOME, AWAY),
        package(HOME, AWAY, owner="o-other", images=ids(HOME, AWAY, series="b")),
        ids(HOME, AWAY, series="b"),
        "another package that is there",
    ),
    Previewed(
        package(HOME, AWAY),
        package(HOME, AWAY, images=UNKNOWN, generation=2),
        {HOME: UNKNOWN, AWAY: UNKNOWN},
        "a replacement is another package",
    ),
    Previewed(package(HOME), package(HOME, images=UNKNOWN, distribution=UNKNOWN), UNKNOWN, "unknown regions"),
    Previewed(
        package(HOME),
        package(HOME, images=UNKNOWN, edition=UNKNOWN, distribution={HOME: UNKNOWN}),
        {HOME: UNKNOWN},
        "an unknown source",
    ),
    Previewed(
        package(HOME),
        package(HOME, images=ids(HOME, series="b"), edition="e2"),
        ids(HOME, series="b"),
        "up takes what was really delivered, previewed or not",
    ),
]


@pytest.mark.parametrize("case", PREVIEWED, ids=lambda case: case.reason)
def test_a_preview_leaves_unknown_only_what_can_change(case: Previewed) -> None:
    others = {DB: package(HOME, AWAY, owner="o-db")}
    olds = deployed(**{WEB: case.before, **others})
    found = checked(wish(**{WEB: case.now, **others}), olds, stable=case.stable)
    assert found.failures == ()
    assert found.inputs["substitutions"] == {WEB: case.expected, DB: ids(HOME, AWAY)}


def test_the_old_ids_stay_in_the_state_while_a_new_source_is_previewed() -> None:
    olds = deployed(**{WEB: package(HOME, AWAY)})
    checked(wish(**{WEB: package(HOME, AWAY, edition="e2", images=UNKNOWN, **MOVED)}), olds)
    assert olds["substitutions"] == {WEB: ids(HOME, AWAY)}


def test_a_marker_moved_to_another_package_changes_exactly_its_lines() -> None:
    one, other = package(HOME, AWAY), package(HOME, AWAY, owner="o-db", images=ids(HOME, AWAY, series="b"))
    olds = deployed(**{WEB: one, DB: other})
    news = checked(wish(**{WEB: other, DB: other}), olds).inputs
    assert news["substitutions"] == {WEB: ids(HOME, AWAY, series="b"), DB: olds["substitutions"][DB]}
    assert news["packages"][DB] == olds["packages"][DB]
    assert diff(olds, news).changes == ("packages", "substitutions")


def test_what_is_known_of_a_changing_package_stays_known() -> None:
    olds = deployed(**{WEB: package(HOME)})
    same = checked(wish(**{WEB: package(HOME, images=UNKNOWN)}), olds).inputs
    assert not has_unknown(same["packages"])
    assert not diff(olds, same).has_changes
    newer = checked(wish(**{WEB: package(HOME, images=UNKNOWN, edition="e2")}), olds).inputs["packages"][WEB]
    assert (newer["artifactId"], newer["version"], newer["edition"]) == ("artifact-o-web", UNKNOWN, "e2")


@pytest.mark.parametrize("stable", [True, False])
def test_nothing_changed_is_no_diff(stable: bool) -> None:
    packages = {WEB: package(HOME, AWAY), DB: package(AWAY, HOME, owner="o-db")}
    olds = deployed(**packages)
    again = checked(wish(**dict(reversed(packages.items()))), olds, stable=stable)
    assert again.inputs == olds
    assert not diff(olds, again.inputs).has_changes


def test_an_incomplete_package_is_refused_and_everything_else_is_there() -> None:
    gap = package(HOME, AWAY, images=ids(HOME), reasons={AWAY: "DeliverFailed: QuotaExceed.Image"})
    found = checked(wish(**{WEB: gap, DB: package(HOME, owner="o-db")}))
    assert [failure.path for failure in found.failures] == [f"packages[{WEB!r}]"]
    reason = found.failures[0].reason
    for part in ("package web", AWAY, "QuotaExceed.Image", "stays as it was", "run pulumi up again"):
        assert part in reason
    assert found.inputs["substitutions"] == {WEB: ids(HOME), DB: ids(HOME)}


@dataclass(frozen=True)
class Gap:
    reasons: Any
    says: str
    reason: str


@pytest.mark.parametrize(
    "case",
    [
        Gap({AWAY: "quota"}, "quota", "its own reason"),
        Gap({"": "the run timed out"}, "timed out", "a reason for all"),
        Gap({}, "not delivered", "no reason"),
        Gap(None, "not delivered", "an older state"),
        Gap(UNKNOWN, "not delivered", "reasons that are not known yet"),
    ],
    ids=lambda case: case.reason,
)
def test_a_gap_names_its_cause(case: Gap) -> None:
    found = checked(wish(**{WEB: package(HOME, AWAY, images=ids(HOME), reasons=case.reasons)}))
    assert case.says in found.failures[0].reason


def test_a_draft_has_no_images_to_associate() -> None:
    failures = checked(wish(**{WEB: package(HOME, images={})})).failures
    assert len(failures) == 1
    assert HOME in failures[0].reason


def plain(images: Any) -> dict[str, Any]:
    return {"kind": "map", "images": images}


def test_a_plain_map_stands_for_a_package() -> None:
    images = {HOME: "m-bp1abcdefghij", AWAY: UNKNOWN}
    found = checked(wish(**{WEB: plain(images)}))
    assert found.failures == ()
    assert found.inputs["substitutions"] == {WEB: images}
    assert found.inputs["packages"] == {WEB: {"kind": "map"}}
    assert relation(found.inputs) == {}
    assert checked(wish(**{WEB: plain(UNKNOWN)})).inputs["substitutions"] == {WEB: UNKNOWN}


def test_a_marker_that_moves_between_a_map_and_a_package_forgets_the_other() -> None:
    olds = deployed(**{WEB: plain({HOME: "m-bp1abcdefghij"})})
    found = checked(wish(**{WEB: package(HOME, images=UNKNOWN)}), olds)
    assert found.inputs["substitutions"] == {WEB: {HOME: UNKNOWN}}


def test_a_region_that_drifted_away_gets_another_image_whatever_is_remembered() -> None:
    olds = deployed(**{WEB: package(HOME, AWAY)})
    news = wish(**{WEB: package(HOME, AWAY, images=UNKNOWN)})
    found = check(olds, news, assume_stable_delivery=True, distributed={"o-web": frozenset({HOME})})
    assert found.inputs["substitutions"] == {WEB: {HOME: ids(HOME, AWAY)[HOME], AWAY: UNKNOWN}}
