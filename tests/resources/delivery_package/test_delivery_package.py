"""What is special about `DeliveryPackage`; the laws of every type run over `subject.CASES` (tests/lifecycle)."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel import plan as steps
from computenest.kernel.unknown import UNKNOWN, Known
from computenest.resources._delivery.places import Lying, Place, is_mark_of, mark_of, marked_by
from computenest.resources.delivery_package import plan
from computenest.resources.delivery_package.check import check, described
from computenest.resources.delivery_package.declaration import Arguments
from computenest.resources.delivery_package.diff import diff
from computenest.resources.delivery_package.model import Described, Inputs, State

WEB: dict[str, Any] = {"reference": "acme/web:1"}
AT: dict[str, Any] = {"repository": "registry.example.com/pkg/shop"}
GIVEN: dict[str, Any] = {"ownerId": "o-1", "logicalName": "shop", "version": "1.0", "images": [WEB], "targets": [AT]}
HERE = Place("registry.example.com/pkg/shop", "1.0")


def checked(**more: Any) -> Any:
    return check(None, Arguments.model_validate({**GIVEN, **more}), replaced=None)


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"version": "1.0+2"}, "version", r"no \+"),
        ({"version": "v" * 101}, "version", "up to 100"),
        ({"version": "computenest-a-1"}, "version", "our own marks"),
        ({"images": [], "targets": []}, "charts", "an empty package"),
        ({"charts": [{}]}, "charts[0]", "one of `path`, `reference` and `package`"),
        ({"charts": [{"path": "a", "reference": "b"}]}, "charts[0]", "one of `path`, `reference` and `package`"),
        ({"charts": [{"path": "a", "name": "No"}]}, "charts[0].name", "lower-case"),
        ({"charts": [{"path": "a", "namespace": "a b"}]}, "charts[0].namespace", "lower-case"),
        ({"images": [{**WEB, "path": "a", "pulledFrom": "b"}]}, "images[0].pulledFrom", "one of"),
        ({"images": [{**WEB, "image": "a"}]}, "images[0].image", "there is none"),
        ({"files": {"../a": "a"}}, "files['../a']", "is relative"),
        ({"files": {"/a": "a"}}, "files['/a']", "is relative"),
        ({"targets": [{"repository": "shop"}]}, "targets[0].repository", "host and path"),
        ({"targets": [{"repository": "registry.example.com/shop:1"}]}, "targets[0].repository", "without a tag"),
        ({"targets": [AT, AT]}, "targets[1].repository", "targets[0] is the same"),
        ({"targets": [{**AT, "username": "a"}]}, "targets[0]", "both, username and password"),
        ({"since": "a.tar"}, "since", "there is no archive"),
    ],
)
def test_a_bad_input_is_refused_at_its_path(given: dict[str, Any], path: str, said: str) -> None:
    (failure,) = checked(**given).failures
    assert failure.path == path
    assert said.replace("\\", "") in failure.reason


def test_what_is_not_known_yet_is_not_guessed() -> None:
    found = checked(version=UNKNOWN, images=[{"reference": UNKNOWN}], targets=[{"repository": UNKNOWN}])
    assert found.failures == ()
    assert found.inputs.contents is found.inputs.registries is found.inputs.digest is UNKNOWN


def known(digest: str = "sha256:a", *, unread: int = 0, **contents: str) -> Any:
    given = {key: value for key, value in checked().inputs.bag().items() if value is not UNKNOWN}
    inputs = Inputs[Known].model_validate({**given, "digest": "?"})
    made = Described(digest, 10, unread, contents or {"image web": "sha256:w"}, {}, {}, (), {})
    return described(inputs, made).inputs


def test_a_digest_that_is_not_fetched_is_no_change_unless_what_is_in_it_is() -> None:
    inputs = known()
    state = State.made(inputs, package_id="dp-1", status="Available")
    assert diff(state, inputs).changes == ()
    unread = known("", unread=3 << 20)
    assert unread.digest == "unknown until fetched (3.0 MiB)"
    assert diff(state, unread).changes == ()
    assert "contents" in diff(state, known("", unread=1, **{"image web": "sha256:x"})).changes
    assert "registries" in diff(state, known("sha256:b")).changes
    assert "registries" in diff(State.made(state, registries={}), unread).changes, "it is not there"


@pytest.mark.parametrize(
    ("lying", "step"),
    [
        (Lying(), plan.Bring),
        (Lying("sha256:d", "sha256:d", is_whole=True), steps.Done),
        (Lying("sha256:d", "sha256:d", is_whole=False), plan.Bring),
        (Lying("sha256:d", "sha256:d", is_whole=True, is_signed=False), plan.Bring),
        (Lying("sha256:d", "", is_whole=True), plan.Bring),
        (Lying("sha256:x", "sha256:d"), plan.Bring),
        (Lying("sha256:x", ""), steps.Failed),
        (Lying("sha256:x", "sha256:x", is_others=True), steps.Failed),
        (Lying("sha256:x", "", frozenset({"sha256:x"})), plan.Bring),
    ],
)
def test_one_step_follows_from_what_lies_there(lying: Lying, step: type) -> None:
    found = plan.next_step("sha256:d", {HERE: lying}, {}, {})
    assert isinstance(found, step), found


def test_a_login_is_in_no_text_of_a_place() -> None:
    assert "hunter2" not in f"{Place('a', 'b', 'robot', 'hunter2')!r}{Place('a', 'b', 'robot', 'hunter2')}"


def test_a_mark_tells_whose_it_is_and_of_which_tag() -> None:
    owner: Any = "o-1"
    names = ["1.0", "1.1", mark_of(owner, 1, "1.0"), mark_of(owner, 2, "1.1"), "computenest-x"]
    assert marked_by(names, owner, 1) == ("1.0",)
    assert is_mark_of(mark_of(owner, 2, "1.1"), "1.1")
    assert not is_mark_of(mark_of(owner, 2, "1.1"), "1.0")
    assert not is_mark_of("1.1", "1.1")
