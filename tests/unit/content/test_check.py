"""Inputs of container image, chart and file packages: every failure at once, with its path; and what a preview says."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.resources._packages import content_check
from computenest.resources._packages.content_model import Described, Kind
from computenest.resources._packages.model import AnyPackage
from lifecycle.kinds import CONTENT_DIFFS, CONTENT_PREVIEWS, CONTENTS
from unit.bags import check_of

READ: dict[Kind, dict[str, str] | None] = {}
"""What the source was that was read last."""
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
WISHES: dict[Kind, dict[str, Any]] = {
    Kind.IMAGE: {"source": {"kind": "layout", "path": "image"}},
    Kind.CHART: {"source": {"kind": "directory", "path": "chart"}},
    Kind.FILE: {"source": {"kind": "file", "path": "dir/app.tgz"}, "regions": ["cn-beijing", "cn-hangzhou"]},
}


def checked(
    kind: Kind,
    olds: dict[str, Any] | None = None,
    *,
    digest: str | None = DIGEST,
    recorded: AnyPackage[Known] | None = None,
    **given: Any,
) -> Checked:
    news = {"ownerId": "o-1", "logicalName": "web", **WISHES[kind], **given}

    def check(olds: Any, news: Any) -> Checked[Any]:
        first = content_check.check(olds, news, recorded=recorded)
        source = READ[kind] = content_check.readable_source(first)
        described = None if digest is None or source is None else Described(digest, 10, "shop", "1.0")
        return content_check.finish(first, described)

    return check_of(CONTENTS[kind].models, check)(olds or {}, news)


def permission_notes(kind: Kind, olds: dict[str, Any], inputs: Any) -> tuple[str, ...]:
    models = CONTENTS[kind].models
    before: Any = models.desired.made(models.state.model_validate(olds))
    after: Any = models.checked.model_validate(inputs)
    return content_check.permission_notes(before, after)


def state(kind: Kind, **given: Any) -> dict[str, Any]:
    inputs = dict(checked(kind, **given).inputs)
    placed = (
        {"url": "https://b.oss-cn-hangzhou.aliyuncs.com/1/x/app.tgz"}
        if kind is Kind.FILE
        else {"repositoryId": "crr-1"}
    )
    return {**inputs, **placed, "artifactId": "artifact-1", "status": "Available", "version": "1", "incarnation": 1}


@pytest.mark.parametrize("kind", Kind)
def test_a_plain_wish_is_sound_and_stays_the_same(kind: Kind) -> None:
    first = checked(kind)
    assert first.failures == ()
    assert first.inputs["content"] == DIGEST
    assert first.inputs["name"] == "web"
    again = checked(kind, dict(first.inputs))
    assert again == first
    assert not CONTENT_DIFFS[kind](state(kind), first.inputs).has_changes


def test_an_image_has_a_tag_of_its_own_content_unless_one_is_given() -> None:
    assert checked(Kind.IMAGE).inputs["tag"] == "sha256-" + "a" * 12
    assert checked(Kind.IMAGE, tag="1.0").inputs["tag"] == "1.0"
    assert checked(Kind.IMAGE).inputs["repository"] == "web"
    assert checked(Kind.IMAGE, digest=None).inputs["tag"] is UNKNOWN


def test_platforms_are_read_with_the_source_and_are_no_difference_by_themselves() -> None:
    first = checked(Kind.IMAGE, platforms=["linux/amd64", "linux/arm64"])
    assert first.failures == ()
    read = READ[Kind.IMAGE]
    assert read is not None
    assert read["platforms"] == "linux/amd64,linux/arm64"
    assert not CONTENT_DIFFS[Kind.IMAGE](state(Kind.IMAGE), first.inputs).has_changes
    assert "platforms" not in checked(Kind.IMAGE, platforms=[]).inputs
    for unknown in (UNKNOWN, ["linux/amd64", UNKNOWN]):
        open_yet = checked(Kind.IMAGE, platforms=unknown)
        assert open_yet.failures == ()
        assert READ[Kind.IMAGE] is None
        assert open_yet.inputs["content"] is UNKNOWN


def test_a_chart_has_its_own_name_and_version() -> None:
    inputs = checked(Kind.CHART).inputs
    assert (inputs["repository"], inputs["tag"]) == ("shop", "1.0")


def test_a_file_tells_each_region_what_it_gets() -> None:
    inputs = checked(Kind.FILE).inputs
    assert inputs["distribution"] == {"cn-beijing": DIGEST, "cn-hangzhou": DIGEST}
    assert inputs["fileName"] == "app.tgz"
    kept = checked(Kind.FILE, dict(inputs), regions=None)
    assert kept.inputs["distribution"] == inputs["distribution"]


def test_a_text_never_enters_the_state() -> None:
    inputs = checked(Kind.FILE, source={"kind": "text", "text": "hidden"}, fileName="a.txt").inputs
    assert "hidden" not in str(inputs)
    assert inputs["content"] == DIGEST


@pytest.mark.parametrize("kind", Kind)
def test_where_the_source_lies_is_no_difference_but_its_content_is(kind: Kind) -> None:
    moved = checked(kind, source={**WISHES[kind]["source"], "path": "elsewhere/app.tgz"})
    assert not CONTENT_DIFFS[kind](state(kind), moved.inputs).has_changes
    changed = CONTENT_DIFFS[kind](state(kind), checked(kind, digest=OTHER).inputs)
    assert "content" in changed.changes
    assert changed.replaces == ()


WRONG: list[tuple[Kind, dict[str, Any], str, str]] = [
    (Kind.IMAGE, {"source": None}, "source", "a source is needed"),
    (Kind.IMAGE, {"source": {"kind": "zip"}}, "source.kind", "'zip' is none of"),
    (Kind.IMAGE, {"source": {"kind": "layout"}}, "source.path", "'path' is needed"),
    (Kind.IMAGE, {"source": {"kind": "layout", "path": "x", "pth": 1}}, "source.pth", "no such property"),
    (Kind.IMAGE, {"name": "Web Shop"}, "repository", "give it a `repository` of its own"),
    (Kind.IMAGE, {"repository": "Web"}, "repository", "cannot be a repository"),
    (Kind.IMAGE, {"tag": "a b"}, "tag", "cannot be a tag"),
    (Kind.IMAGE, {"platforms": "linux/amd64"}, "platforms", "a list of platforms is needed"),
    (Kind.IMAGE, {"platforms": ["linux/amd64", "arm64"]}, "platforms[1]", "write it as linux/amd64"),
    (Kind.IMAGE, {"platforms": [7]}, "platforms[0]", "has to be a text"),
    (Kind.CHART, {"platforms": ["linux/amd64"]}, "platforms", "there is no property 'platforms'"),
    (Kind.IMAGE, {"regions": ["cn-beijing"]}, "regions", "one registry for all regions"),
    (Kind.IMAGE, {"repositry": "x"}, "repositry", "did you mean 'repository'?"),
    (Kind.IMAGE, {"permission": "Private"}, "permission", "Automatic"),
    (Kind.FILE, {"permission": "Public"}, "permission", "for container images and charts only"),
    (Kind.CHART, {"tag": "1"}, "", ""),
    (Kind.FILE, {"regions": "cn-beijing"}, "regions", "a list of regions"),
    (Kind.FILE, {"regions": ["", 7]}, "regions[1]", "has to be a text"),
    (Kind.FILE, {"fileName": "a/b"}, "fileName", "without slashes"),
    (Kind.FILE, {"source": {"kind": "text", "text": "x"}}, "fileName", "needs a file name"),
    (Kind.FILE, {"source": {"kind": "text"}, "fileName": "a"}, "source.text", "a text is needed"),
    (Kind.FILE, {"tags": {"computenest:x": "y"}}, "tags.computenest:x", "reserved"),
    (Kind.FILE, {"timeoutS": 0}, "timeoutS", "above 0"),
]


@pytest.mark.parametrize(("kind", "given", "path", "words"), WRONG, ids=[str(row[1]) for row in WRONG])
def test_what_is_wrong_has_its_path(kind: Kind, given: dict[str, Any], path: str, words: str) -> None:
    failures = {failure.path: failure.reason for failure in checked(kind, **given).failures}
    assert (words in failures[path]) if path else not failures


def test_everything_wrong_is_told_at_once() -> None:
    assert len(checked(Kind.FILE, source=None, regions="x", fileName="a/b", nme=1).failures) == 4


@pytest.mark.parametrize("kind", Kind)
def test_what_is_unknown_is_skipped(kind: Kind) -> None:
    for given in ({"source": UNKNOWN}, {"source": {**WISHES[kind]["source"], "path": UNKNOWN}}, {"name": UNKNOWN}):
        found = checked(kind, **given)
        assert found.failures == ()
        previewed = CONTENT_PREVIEWS[kind](found.inputs, {})
        assert previewed["edition"] is UNKNOWN


def test_public_is_said_to_be_for_ever_and_back_is_a_replacement() -> None:
    (note,) = permission_notes(Kind.IMAGE, state(Kind.IMAGE), checked(Kind.IMAGE, permission="Public").inputs)
    assert "cannot be undone" in note
    assert CONTENT_DIFFS[Kind.IMAGE](state(Kind.IMAGE), checked(Kind.IMAGE, permission="Public").inputs).replaces == ()
    public = state(Kind.IMAGE, permission="Public")
    (note,) = permission_notes(Kind.IMAGE, public, checked(Kind.IMAGE).inputs)
    assert "replaced" in note
    assert CONTENT_DIFFS[Kind.IMAGE](public, checked(Kind.IMAGE).inputs).replaces == ("permission",)
    assert permission_notes(Kind.IMAGE, public, checked(Kind.IMAGE, permission="Public").inputs) == ()


def test_a_file_that_was_declared_public_is_not_replaced_when_that_is_taken_out() -> None:
    public, inputs = state(Kind.FILE) | {"permission": "Public"}, checked(Kind.FILE).inputs
    assert CONTENT_DIFFS[Kind.FILE](public, inputs).replaces == ()
    assert permission_notes(Kind.FILE, public, inputs) == ()


def test_a_replacement_counts_its_generation() -> None:
    known = AnyPackage[Known].model_validate(checked(Kind.IMAGE).inputs)
    inputs = checked(Kind.IMAGE, recorded=known).inputs
    assert (inputs["generation"], inputs["artifactName"]) == (2, "web-g2")


@pytest.mark.parametrize("kind", Kind)
def test_a_preview_promises_what_stays(kind: Kind) -> None:
    former = state(kind)
    former["edition"] = CONTENT_PREVIEWS[kind](checked(kind).inputs, {})["edition"]
    same = CONTENT_PREVIEWS[kind](checked(kind, timeoutS=60).inputs, former)
    assert (same["version"], same["status"]) == ("1", "Available")
    other = CONTENT_PREVIEWS[kind](checked(kind, digest=OTHER).inputs, former)
    assert other["version"] is UNKNOWN
    assert other["artifactId"] == "artifact-1"
    assert other.get("digest", OTHER) == OTHER


@pytest.mark.parametrize("kind", Kind)
def test_an_incomplete_state_always_differs(kind: Kind) -> None:
    assert CONTENT_DIFFS[kind]({**state(kind), "status": "Incomplete"}, checked(kind).inputs).changes == ("status",)
