"""An instance is upgraded when what the new version of its service deploys in its region differs; else it stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from computenest.resources._program.related import Deployed, Versions
from computenest.resources.ecs_image_package.declaration import MODELS as IMAGES
from computenest.resources.service_instance import check as checks
from computenest.resources.service_instance import diff as differences
from computenest.resources.service_instance.declaration import MODELS
from computenest.resources.service_instance.deploys import Deploys, Offered
from lifecycle.kinds import CONTENTS
from unit.bags import check_of, diff_of
from unit.service.services import facts

check, diff = check_of(MODELS, checks.check), diff_of(MODELS, differences.diff)

TEXT = "ImageId: image_web\nUrl: '{{ computenest::file::setup }}'\n"
FILE = "{{ computenest::file::setup }}"


def offered(**changes: Any) -> dict[str, Any]:
    """A service's checked inputs."""
    relations = {
        "image_web": {"artifactId": "a-web", "version": "1"},
        FILE: {"artifactId": "a-file", "version": "1"},
        "image_other": {"artifactId": "a-other", "version": "1"},
    }
    templates = {"main": {"digest": "d1"}, "other": {"digest": "o1"}}
    return {
        "ownerId": "o-service",
        "infos": {"en-US": {"name": "Shop"}},
        "templates": templates,
        "relations": relations,
        "visibility": "public",
        "publishing": "online",
        "edition": "e1",
        "metadata": {"A": 1},
        **changes,
    }


def images(**changes: Any) -> dict[str, Any]:
    by_region = {"cn-beijing": "m-beijing", "cn-hangzhou": "m-hangzhou", **changes}
    return {"image_web": {region.replace("_", "-"): image for region, image in by_region.items()}}


def related(**versions: str) -> dict[str, Any]:
    relations = offered()["relations"]
    named = {"web": "image_web", "file": FILE, "other": "image_other"}
    return {**relations, **{named[key]: {**relations[named[key]], "version": to} for key, to in versions.items()}}


def wish(version: Any = "1", stage: Any = "online", **more: Any) -> dict[str, Any]:
    service = {
        "ownerId": "o-service",
        "generation": 1,
        "serviceId": "service-1",
        "serviceVersion": version,
        "stage": stage,
        "edition": f"e{version}" if isinstance(version, str) else UNKNOWN,
        "publishing": "online",
    }
    return {
        "ownerId": "o-1",
        "logicalName": "shop",
        "region": "cn-beijing",
        "templateName": "main",
        "service": {**service, **more.pop("service", {})},
        **more,
    }


def checked(olds: Mapping[str, Any], news: Mapping[str, Any], deploys: Deploys | None) -> dict[str, Any]:
    found = check(olds, news, recorded=None, deploys=deploys)
    assert not found.failures, found.failures
    return dict(found.inputs)


def deploys(
    now: Mapping[str, Any],
    substitutions: Any = None,
    before: Mapping[str, Any] | None = None,
    packages: Versions | None = None,
) -> Deploys:
    shown, known = images() if substitutions is None else substitutions, packages or {}
    former = Offered(facts(before), images(), known) if before else None
    return Deploys(Offered(facts(now), shown, known), former, TEXT)


FIRST = checked({}, wish(), deploys(offered()))

SAME: dict[str, tuple[dict[str, Any], Any]] = {
    "another region": (offered(relations=related(web="2")), images(cn_shanghai="m-shanghai")),
    "another image elsewhere": (offered(relations=related(web="2")), images(cn_hangzhou="m-other")),
    "names": (offered(infos={"en-US": {"name": "Store"}}), None),
    "a template of others": (offered(templates={"main": {"digest": "d1"}, "other": {"digest": "o2"}}), None),
    "a package of others": (offered(relations=related(other="2")), None),
    "where it may be deployed": (
        offered(templates={"main": {"digest": "d1", "regions": ["cn-beijing"]}, "other": {"digest": "o1"}}),
        None,
    ),
}
OTHER: dict[str, tuple[dict[str, Any], Any]] = {
    "its image": (offered(relations=related(web="2")), images(cn_beijing="m-new")),
    "its template": (offered(templates={"main": {"digest": "d2"}, "other": {"digest": "o1"}}), None),
    "its file": (offered(relations=related(file="2")), None),
    "deploy metadata": (offered(metadata={"A": 2}), None),
    "operation metadata": (offered(operationMetadata={"Ports": [1]}), None),
    "its template's options": (
        offered(templates={"main": {"digest": "d1", "options": {"A": 1}}, "other": {"digest": "o1"}}),
        None,
    ),
    "a relation less": (offered(relations={"image_web": related()["image_web"]}), None),
}


@pytest.mark.parametrize("case", SAME)
def test_it_stays(case: str) -> None:
    now, shown = SAME[case]
    found = checked(FIRST, wish("2"), deploys(now, shown))
    assert {key: found[key] for key in ("serviceVersion", "serviceMark", "fingerprint")} == {
        key: FIRST[key] for key in ("serviceVersion", "serviceMark", "fingerprint")
    }
    third = checked(found, wish("3"), deploys(now, shown))
    assert third["serviceVersion"] == "1", "and goes on to stay"


@pytest.mark.parametrize("case", OTHER)
def test_it_is_upgraded(case: str) -> None:
    now, shown = OTHER[case]
    found = checked(FIRST, wish("2"), deploys(now, shown))
    assert found["serviceVersion"] == "2"
    assert found["fingerprint"] != FIRST["fingerprint"]


@pytest.mark.parametrize("case", [*SAME, *OTHER])
def test_a_state_of_before_is_compared_with_what_it_runs(case: str) -> None:
    former = {key: value for key, value in FIRST.items() if key != "fingerprint"}
    now, shown = {**SAME, **OTHER}[case]
    found = checked(former, wish("2"), deploys(now, shown, before=offered()))
    assert found["serviceVersion"] == ("1" if case in SAME else "2")
    elsewhere = checked(former, wish("2"), deploys(now, shown, before=offered(edition="e0")))
    assert elsewhere["serviceVersion"] == "2", "the last run left the service at another version than the instance's"


@pytest.mark.parametrize("version", ["draft", "beta"])
def test_drafts_and_betas_too(version: str) -> None:
    stage = {"publishing": version, "edition": "e1"}
    first = checked({}, wish(version, stage=version, service=stage), deploys(offered()))
    again = wish(version, stage=version, service={**stage, "edition": "e2"})
    now, shown = SAME["another region"]
    assert checked(first, again, deploys(now, shown))["serviceMark"] == first["serviceMark"]
    now, shown = OTHER["its image"]
    assert checked(first, again, deploys(now, shown))["serviceMark"]["edition"] == "e2"


def test_a_preview_stays_as_far_as_its_assumptions_go() -> None:
    coming = wish(UNKNOWN, stage=UNKNOWN)
    now = offered(relations=related(web=UNKNOWN))  # type: ignore[arg-type] - not known before it is made
    found = checked(FIRST, coming, deploys(now, images(cn_shanghai=UNKNOWN)))
    assert found["serviceVersion"] == "1"
    assert UNKNOWN not in found.values()
    assert checked(FIRST, coming, deploys(now, images(cn_beijing=UNKNOWN)))["serviceVersion"] is UNKNOWN
    assert checked(FIRST, coming, deploys(now, UNKNOWN))["serviceVersion"] is UNKNOWN
    new_file = offered(relations=related(file=UNKNOWN))  # type: ignore[arg-type]
    assert checked(FIRST, coming, deploys(new_file))["serviceVersion"] is UNKNOWN


def test_relations_that_a_program_cannot_hand_over_in_part() -> None:
    """YAML makes a map with one unknown in it unknown as a whole."""
    only = {"image_web": related()["image_web"]}
    before = offered(relations=only)
    first = checked({}, wish(), deploys(before))
    coming, now = wish(UNKNOWN, stage=UNKNOWN), offered(relations=UNKNOWN)
    assert checked(first, coming, deploys(now, images(cn_shanghai=UNKNOWN), before))["serviceVersion"] == "1"
    assert checked(first, coming, deploys(now, images(cn_beijing=UNKNOWN), before))["serviceVersion"] is UNKNOWN
    assert checked(FIRST, coming, deploys(now, images(), offered()))["serviceVersion"] is UNKNOWN, "there are others"


def test_always_goes_on_as_before() -> None:
    now, shown = SAME["another region"]
    found = checked(FIRST, wish("2", upgrade="always"), deploys(now, shown))
    assert found["serviceVersion"] == "2"
    stayed = checked(FIRST, wish("2"), deploys(now, shown))
    assert checked(stayed, wish("2", upgrade="always"), deploys(now, shown))["serviceVersion"] == "2"


def test_other_parameters_come_with_the_version_rather_than_with_a_replacement() -> None:
    now, shown = SAME["another region"]
    other = {"parameters": {"Amount": 2}}
    assert checked(FIRST, wish("2", **other), deploys(now, shown))["serviceVersion"] == "2"
    in_place = checked(FIRST, wish("2", **other, operation="resize"), deploys(now, shown))
    assert in_place["serviceVersion"] == "1", "an operation changes them where it is"


def test_what_reviewers_have_is_not_what_runs() -> None:
    """While version 2 is under review its content says nothing of version 1; once it is online it counts."""
    ahead = wish("1", stage="submitted", service={"edition": "e2"})
    now, shown = OTHER["its image"]
    submitted = checked(FIRST, ahead, deploys(now, shown))
    assert submitted["fingerprint"] == FIRST["fingerprint"]
    assert checked(submitted, wish("2"), deploys(now, shown))["serviceVersion"] == "2"


def test_a_run_without_its_service_changes_nothing() -> None:
    now, shown = SAME["another region"]
    stayed = checked(FIRST, wish("2"), deploys(now, shown))
    assert checked(stayed, wish("2"), None)["serviceVersion"] == "1"


def test_a_version_that_the_program_names_is_the_version() -> None:
    now, shown = SAME["another region"]
    assert checked(FIRST, wish("2", serviceVersion="2"), deploys(now, shown))["serviceVersion"] == "2"


def test_another_word_for_when_to_upgrade_is_refused() -> None:
    found = check({}, wish(upgrade="never"), recorded=None)
    assert [failure.path for failure in found.failures] == ["upgrade"]


WHERE = ["cn-beijing", "cn-hangzhou"]
KINDS: dict[str, dict[str, Any]] = {
    "FilePackage": {"ownerId": "o-file", "generation": 1, "fileName": "setup.sh", "content": "sha256:1"},
    "ContainerImagePackage": {"repository": "web", "tag": "1.0", "content": "sha256:1"},
    "HelmChartPackage": {"repository": "web", "tag": "1.0", "content": "sha256:1"},
    "EcsImagePackage": {"images": {"cn-beijing": "m-beijing", "cn-hangzhou": "m-hangzhou"}},
}
"""A state of each type of package, as far as it decides what is deployed."""
SOURCE = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
PROMISED: Mapping[str, Any] = {
    "EcsImagePackage": IMAGES.promised,
    **{one.declared.type_name: one.models.promised for one in CONTENTS.values()},
}
SAME_THERE: dict[str, tuple[dict[str, Any], ...]] = {
    "FilePackage": ({"regions": [*WHERE, "cn-shanghai"]}, {"versionName": "next"}, {"repairs": 1}),
    "ContainerImagePackage": ({"versionName": "next"}, {"description": "next"}),
    "HelmChartPackage": ({"description": "next"},),
    "EcsImagePackage": (
        {"images": {"cn-beijing": "m-beijing", "cn-hangzhou": "m-other", "cn-shanghai": "m-shanghai"}},
        {"images": {"cn-beijing": "m-beijing", "cn-shanghai": UNKNOWN}},
    ),
}
OTHER_THERE: dict[str, tuple[dict[str, Any], ...]] = {
    "FilePackage": ({"content": "sha256:2"}, {"fileName": "other.sh"}, {"generation": 2}, {"regions": WHERE[1:]}),
    "ContainerImagePackage": ({"content": "sha256:2"}, {"tag": "2.0"}, {"repository": "shop"}),
    "HelmChartPackage": ({"content": "sha256:2"}, {"tag": "2.0"}, {"account": "another"}),
    "EcsImagePackage": ({"images": {"cn-beijing": "m-new"}}, {"images": {"cn-beijing": UNKNOWN}}, {"images": UNKNOWN}),
}
CHANGES = [(kind, change, stays) for stays in (True, False) for kind in KINDS
           for change in (SAME_THERE if stays else OTHER_THERE)[kind]]  # fmt: skip


def version_of(kind: str, **changes: Any) -> Deployed:
    known = {"artifactId": "a-file", **KINDS[kind], **changes}
    if kind == "FilePackage":
        known["distribution"] = dict.fromkeys(known.pop("regions", WHERE), known["content"])
    source = {"source": SOURCE} if kind == "EcsImagePackage" else {}
    made: Deployed = PROMISED[kind].model_validate({**source, **known})
    return made


@pytest.mark.parametrize("version", ["2", UNKNOWN])
@pytest.mark.parametrize(("kind", "change", "stays"), CHANGES)
def test_a_package_of_any_type_counts_by_what_it_is_in_the_region(
    kind: str, change: dict[str, Any], stays: bool, version: Any
) -> None:
    """Also where the state's fingerprint is of the form of before, which counted versions, or there is none."""
    before, now = offered(), offered(relations=related(file=version))
    packages = {"a-file": {"1": version_of(kind), version: version_of(kind, **change)}}
    first = checked({}, wish(), deploys(before, packages=packages))
    nameless = {key: value for key, value in first.items() if key != "fingerprint"}
    coming = wish(version, stage=UNKNOWN if version is UNKNOWN else "online")
    for olds in (first, FIRST, nameless):
        found = checked(olds, coming, deploys(now, before=before, packages=packages))
        assert found["serviceVersion"] == ("1" if stays else version), olds.get("fingerprint")
        again = checked(found, coming, deploys(now, before=now, packages=packages))
        assert again["serviceVersion"] == found["serviceVersion"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_leaves_packages_out_stays_where_nothing_became_another_version(kind: str) -> None:
    """It has not come across them (`--target`), and so cannot say what they are."""
    before = offered()
    packages = {"a-file": {"1": version_of(kind)}}
    first = checked({}, wish(), deploys(before, packages=packages))
    found = checked(first, wish("2"), deploys(offered(infos={"en-US": {"name": "Store"}}), before=before))
    assert (found["serviceVersion"], found["fingerprint"]) == ("1", first["fingerprint"])
    now = offered(relations=related(file="2"))
    assert checked(first, wish("2"), deploys(now, before=before))["serviceVersion"] == "2"


def test_one_that_is_let_go_of_its_version_moves_on() -> None:
    """What its service has become meanwhile says nothing of the version that it was held at."""
    now, shown = OTHER["its image"]
    held = checked(FIRST, wish("2", serviceVersion="1"), deploys(now, shown))
    assert held["serviceVersion"] == "1"
    again = checked(held, wish("2", serviceVersion="1"), deploys(now, shown, before=now))
    assert checked(again, wish("2"), deploys(now, shown, before=now))["serviceVersion"] == "2"


class TestALaunchThatUpdatesAVersionInPlace:
    """The number stays, and what it deploys is another; fact of the emulator: svc-034."""

    EXCHANGED = wish("1", service={"edition": "e2"})
    RUNS: Mapping[str, Any] = {**FIRST, "status": "Deployed"}

    @staticmethod
    def of(olds: Mapping[str, Any], news: Mapping[str, Any], case: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        now, shown = {**SAME, **OTHER}[case]
        found = check(olds, news, recorded=None, deploys=deploys(now, shown))
        assert not found.failures
        return dict(found.inputs), found.warnings

    @pytest.mark.parametrize("case", OTHER)
    def test_what_runs_is_kept_and_every_check_says_so(self, case: str) -> None:
        found, notes = self.of(FIRST, self.EXCHANGED, case)
        assert [note for note in notes if "a launch updated it in place" in note and "`upgrade: replace`" in note]
        assert found == FIRST
        assert not diff(self.RUNS, found).has_changes
        assert self.of(found, self.EXCHANGED, case) == (found, notes)
        moved, notes = self.of(found, wish("2"), case)
        assert (moved["serviceVersion"], notes) == ("2", ())

    @pytest.mark.parametrize("upgrade", [None, "always", "replace"])
    @pytest.mark.parametrize("case", SAME)
    def test_one_that_deploys_the_same_is_nothing_to_say(self, case: str, upgrade: str | None) -> None:
        found, notes = self.of(FIRST, {**self.EXCHANGED, "upgrade": upgrade}, case)
        assert (notes, diff(self.RUNS, found).replaces) == ((), ())

    @pytest.mark.parametrize("case", OTHER)
    def test_a_new_instance_is_made_where_one_is_asked_for(self, case: str) -> None:
        found, notes = self.of(FIRST, {**self.EXCHANGED, "upgrade": "replace"}, case)
        assert (notes, found["serviceMark"]["edition"]) == ((), "e2")
        assert diff(self.RUNS, found).replaces == ("serviceMark",)
        kept, _ = self.of(FIRST, self.EXCHANGED, case)
        later, _ = self.of(kept, {**self.EXCHANGED, "upgrade": "replace"}, case)
        assert diff({**self.RUNS, **kept}, later).replaces == ("serviceMark",), "asked for later"

    def test_a_version_that_the_program_names_replaces_nothing(self) -> None:
        first = checked({}, wish(serviceVersion="1"), deploys(offered()))
        now, shown = OTHER["its image"]
        pinned = {**wish("2", serviceVersion="1"), "upgrade": "replace"}
        found = check(first, pinned, recorded=None, deploys=deploys(now, shown))
        assert (found.warnings, diff({**first, "status": "Deployed"}, found.inputs).changes) == ((), ())

    def test_a_run_that_leaves_the_service_out_keeps_what_is_known(self) -> None:
        for upgrade in (None, "replace"):
            found = check(FIRST, {**self.EXCHANGED, "upgrade": upgrade}, recorded=None, deploys=None)
            assert {key: found.inputs[key] for key in FIRST} == FIRST
            assert found.warnings == ()

    def test_other_parameters_replace_it_and_nothing_is_said_of_keeping(self) -> None:
        found, notes = self.of(FIRST, {**self.EXCHANGED, "parameters": {"Amount": 2}}, "its image")
        assert (notes, diff(self.RUNS, found).replaces) == ((), ("parameters",))

    def test_a_preview_says_that_it_may_come_to_a_replacement(self) -> None:
        coming, (now, shown) = wish(UNKNOWN, stage=UNKNOWN), OTHER["its image"]
        told = {
            upgrade: check(FIRST, {**coming, "upgrade": upgrade}, recorded=None, deploys=deploys(now, shown)).warnings
            for upgrade in (None, "always", "replace")
        }
        assert (told[None], told["always"]) == ((), ())
        assert "should the launch update version 1 in place" in told["replace"][0]
