"""What is wrong with a service's inputs, each with its path, all at once; and what a preview knows although it is half
unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from unit.service.services import CheckedService, check

TEMPLATE = """ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: web}}
"""
TARGET = {"artifactId": "artifact-1", "version": "1", "ownerId": "o-p", "generation": 1, "edition": "e1"}


def wish(**changes: Any) -> dict[str, Any]:
    plain = {
        "ownerId": "o-1",
        "infos": {"en-US": "Shop"},
        "templates": {"main": {"text": TEMPLATE}},
        "relations": {"web": TARGET},
    }
    return {**plain, **changes}


def checked(olds: Mapping[str, Any] | None = None, **changes: Any) -> CheckedService:
    return check(olds or {}, wish(**changes))


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        ({"infos": {}}, "infos", "a map from locale to name"),
        ({"infos": {"de-DE": "Laden"}}, "infos['de-DE']", "no locale of Compute Nest"),
        ({"infos": {"en-US": {"name": ""}}}, "infos['en-US'].name", "at least 1 character"),
        ({"infos": {"en-US": {"name": "a", "icon": "b"}}}, "infos['en-US'].icon", ""),
        ({"templates": {"main": {"regions": []}}}, "templates['main']", "the template's text is needed"),
        ({"templates": {"main": {"text": "{"}}}, "templates['main']", ""),
        ({"templates": {"main": {"text": TEMPLATE, "region": []}}}, "templates.main.region", "no such property"),
        (
            {"templates": {"main": {"text": TEMPLATE, "options": {"Url": "x"}}}},
            "templates['main'].options.Url",
            "the resource's own",
        ),
        ({"relations": {"wep": TARGET}}, "relations['wep']", "stands in none of the templates main"),
        ({"relations": {"Resources.Web.Properties.ImageId": TARGET}}, None, "literal texts only, not as paths"),
        ({"relations": {"web": {"version": "1"}}}, "relations['web']", "give a package"),
        (
            {"relations": {"web": {**TARGET, "name": "p", "reasons": {"cn-beijing": "CreateFailed"}}}},
            "relations['web']",
            "package p is incomplete in cn-beijing: CreateFailed; the service stays as it was",
        ),
        ({"visibility": "secret"}, "visibility", "public"),
        ({"visibility": "publik"}, "visibility", "or 'hidden', not 'publik'; did you mean 'public'?"),
        ({"publishing": "now"}, "publishing", "'draft', 'beta' or 'online'"),
        ({"shareAccounts": ["12"]}, "shareAccounts['12']", "16 digits"),
        ({"shareAccounts": {"1000000000000001": "All"}}, "shareAccounts['1000000000000001']", "no permission"),
        ({"shareAccounts": [str(10**15 + n) for n in range(51)]}, "shareAccounts", "51 accounts are too many"),
        ({"tags": {"computenest:owner": "x"}}, "tags.computenest:owner", "reserved"),
        ({"visibilty": "public"}, "visibilty", "did you mean 'visibility'?"),
        (
            {
                "templates": {"main": {"text": TEMPLATE, "regions": ["cn-beijing", "cn-shanghai"]}},
                "relations": {"web": {**TARGET, "distribution": {"cn-beijing": "copy"}}},
            },
            "templates['main'].regions",
            "may be deployed in cn-shanghai, but the package of marker 'web' is not distributed there",
        ),
    ],
)
def test_it_is_refused_where_it_stands(changes: dict[str, Any], path: str | None, reason: str) -> None:
    failures = checked(**changes).checked.failures
    assert len(failures) == 1, failures
    assert path in (None, failures[0].path)
    assert reason in failures[0].reason


def test_every_failure_is_told_at_once() -> None:
    failures = checked(infos={"de-DE": "Laden"}, shareAccounts=["1"], publishing="now").checked.failures
    assert {failure.path for failure in failures} == {"infos['de-DE']", "shareAccounts['1']", "publishing"}


def test_no_text_of_a_template_is_kept() -> None:
    found = checked()
    assert "ROSTemplate" not in repr(found.checked.inputs)
    assert list(found.texts.values()) == [TEMPLATE]


def test_an_unknown_package_keeps_what_its_change_leaves() -> None:
    before = checked().checked.inputs
    outputs = {"artifactId": UNKNOWN, "version": UNKNOWN, "reasons": UNKNOWN}
    same = checked(before, relations={"web": {**TARGET, **outputs}}).checked.inputs["relations"]["web"]
    assert (same["artifactId"], same["version"]) == ("artifact-1", "1"), "the edition says that nothing changes"
    other = checked(before, relations={"web": {**TARGET, **outputs, "edition": "e2"}}).checked.inputs["relations"][
        "web"
    ]
    assert (other["artifactId"], other["version"]) == ("artifact-1", UNKNOWN), "another version of the same artifact"
    replaced = checked(before, relations={"web": {**TARGET, **outputs, "generation": 2}}).checked.inputs
    assert replaced["relations"]["web"]["artifactId"] is UNKNOWN
    assert replaced["edition"] is UNKNOWN


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "private"),
        ({"visibility": "public"}, "public"),
        ({"visibility": "hidden"}, "private"),
        ({"shareAccounts": ["1000000000000001"]}, "private, shared with 1000000000000001"),
        ({"shareAccounts": ["1000000000000001"], "visibility": "public"}, "public"),
        ({"shareAccounts": [UNKNOWN]}, UNKNOWN),
    ],
)
def test_who_may_launch_is_known_before(changes: dict[str, Any], said: Any) -> None:
    found = checked(**changes).checked.inputs["permissions"]
    assert (found if found is UNKNOWN else found["web"]) == said


def test_what_cannot_be_undone_is_said_once() -> None:
    before = checked().checked.inputs
    assert any("cannot be taken back" in line for line in checked(before, visibility="public").warnings)
    public = checked(before, visibility="public").checked.inputs
    assert not checked(public, visibility="public").warnings
    assert not checked(public, visibility="private").warnings
    assert any("review by people" in line for line in checked(before, publishing="online").warnings)
