"""The steps of direct distribution, and the calls that change permissions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.errors import Invalid
from computenest.kernel.names import ImageId, RegionId
from computenest.resources._packages.direct_model import copy_name, copy_tags, copy_token, ended_mark, share_mark
from computenest.resources._packages.model import Image
from computenest.resources.ecs_image_package.direct.orphans import (
    Known,
    is_needed_by_others,
    known_in,
    orphans_among,
    shares_among,
)
from computenest.resources.ecs_image_package.direct.plan import (
    Distribute,
    Look,
    next_step,
    owes_share,
    permission_calls,
    plan,
    problems,
)
from lifecycle.images import Image as Package
from lifecycle.images import check, package_of

HOME, NORTH, EAST = RegionId("cn-hangzhou"), RegionId("cn-beijing"), RegionId("cn-shanghai")
HUB = "2000000000000002"


def inputs(**more: Any) -> dict[str, Any]:
    return {
        "ownerId": "o-1",
        "name": "web",
        "source": {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": HOME},
        "regions": [NORTH, EAST],
        "direct": {"hubAccount": "hub", "hubUid": HUB, **more.pop("direct", {})},
        **more,
    }


def package(**more: Any) -> Package:
    checked = check({}, inputs(**more), recorded=None)
    assert not checked.failures, checked.failures
    return package_of(checked.inputs)


def copy(made: Package, region: RegionId, number: int = 1, status: str = "Available", **more: Any) -> Image:
    values: dict[str, Any] = {"name": copy_name(made, region), "tags": copy_tags(made, region), **more}
    return Image(image_id=ImageId(f"m-{number:020}"), status=status, **values)


def source(**more: Any) -> Image:
    return Image(image_id=ImageId("m-bp1gold0000000000001"), status="Available", size_gib=40, **more)


def test_from_nothing_the_first_copy_is_made_beside_the_wanted_ones() -> None:
    steps = plan(package(), Look({}, source()))
    assert (steps.needs_root, steps.missing, steps.copies) == (True, {NORTH, EAST}, 3)


def test_a_source_region_that_is_wanted_costs_no_copy_more() -> None:
    steps = plan(package(regions=[HOME, NORTH]), Look({}, source()))
    assert (steps.needs_root, steps.missing, steps.copies) == (True, {NORTH}, 2)


def test_what_the_hub_owns_is_not_shared_and_serves_its_own_region() -> None:
    steps = plan(package(account="hub", regions=[HOME, NORTH]), Look({}, source()))
    assert (steps.needs_root, steps.missing) == (False, {NORTH})


def test_a_region_that_is_added_copies_one_image_and_one_that_is_removed_deletes_one() -> None:
    made = package()
    look = Look({NORTH: [copy(made, NORTH)], HOME: [], EAST: []}, source())
    steps = plan(made, look)
    assert (steps.needs_root, steps.missing, steps.surplus) == (False, {EAST}, ())
    fewer = package(regions=[EAST])
    look = Look({NORTH: [copy(fewer, NORTH)], EAST: [copy(fewer, EAST, 2)]}, source())
    steps = plan(fewer, look)
    assert (steps.copies, [p.region for p in steps.surplus]) == (0, [NORTH])


def test_a_star_needs_its_centre_again() -> None:
    made = package(direct={"topology": "star"})
    assert plan(made, Look({NORTH: [copy(made, NORTH)]}, source())).needs_root


def test_another_source_makes_other_copies_beside_the_old_ones() -> None:
    old = package()
    new = package(source={"kind": "custom", "imageId": "m-bp1gold0000000000002", "region": HOME})
    steps = plan(new, Look({NORTH: [copy(old, NORTH)], EAST: [copy(old, EAST, 2)]}, source()))
    assert steps.missing == {NORTH, EAST}
    assert len(steps.surplus) == 2
    assert copy_name(old, NORTH) != copy_name(new, NORTH)
    assert copy_token(old, NORTH, "") != copy_token(new, NORTH, "")


def test_running_copies_are_waited_for_and_failed_ones_go_first() -> None:
    made = package()
    images = {NORTH: [copy(made, NORTH, status="Waiting")], EAST: [copy(made, EAST, 2, "CreateFailed")]}
    steps = plan(made, Look(images, source()))
    assert (set(steps.running), steps.missing, len(steps.blocking)) == ({NORTH}, {EAST}, 1)


def test_a_copy_that_lost_its_tags_is_known_by_its_id() -> None:
    made = package()
    bare = copy(made, NORTH, tags={})
    look = Look({NORTH: [bare], EAST: [copy(made, EAST, 2)]}, source())
    assert plan(made, look, {bare.image_id}).copies == 0
    assert problems(made, look, plan(made, look))  # without the id it is a stranger's with our name


def test_everything_wrong_is_said_before_the_first_copy() -> None:
    made = package(direct={"imageQuota": 1})
    foreign = copy(made, NORTH, tags={})
    look = Look({NORTH: [foreign], EAST: [copy(made, EAST, 3, name="other", tags={})]}, source(is_encrypted=True))
    said = " ".join(problems(made, look, plan(made, look)))
    for part in ("does not carry this stack's tag", "1 of 1 images", "is encrypted"):
        assert part in said
    assert "does not exist" in " ".join(problems(made, Look(), plan(made, Look())))


@given(st.sets(st.integers(0, 60), max_size=50), st.sets(st.integers(0, 60), max_size=50))
def test_permission_calls_reach_the_wish_in_tens_and_never_pass_fifty(now: set[int], then: set[int]) -> None:
    have, wanted = {str(n) for n in now}, {str(n) for n in then}
    for call in permission_calls(have, wanted):
        assert max(len(call.add), len(call.remove)) <= 10
        have = (have | set(call.add)) - set(call.remove)
        assert len(have) <= 50
    assert have == wanted
    assert not permission_calls(wanted, wanted)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"direct": {"permit": [str(10**15 + n) for n in range(51)]}}, "direct.permit"),
        ({"direct": {"permit": [HUB]}}, "direct.permit"),
        ({"direct": {"permit": ["me"]}}, "direct.permit[0]"),
        ({"direct": {"hubUid": None}}, "direct.hubUid"),
        ({"direct": {"topology": "ring"}}, "direct.topology"),
        ({"direct": {"what": 1}}, "direct.what"),
        ({"release": False}, "release"),
        ({"source": {"kind": "marketplace", "commodityCode": "c", "commodityVersion": "v"}}, "source"),
    ],
)
def test_bad_input_is_refused_where_it_is(change: dict[str, Any], path: str) -> None:
    failures = check({}, inputs(**change), recorded=None).failures
    assert path in {failure.path for failure in failures}, failures


def test_a_managed_package_has_no_key_more() -> None:
    given = inputs()
    del given["direct"]
    assert "direct" not in check({}, given, recorded=None).inputs


def test_orphans_are_what_the_stack_no_longer_knows() -> None:
    mine, other = package(direct={"stack": "shop/dev"}), package(direct={"stack": "shop/dev"}, ownerId="o-2")
    images = {NORTH: [copy(mine, NORTH), copy(other, NORTH, 2)], EAST: [copy(mine, EAST, 3, tags={})]}
    urn = "urn:pulumi:dev::shop::pulumi-python:dynamic/computenest:EcsImagePackage::web"
    export = {"deployment": {"resources": [{"urn": urn, "outputs": {"ownerId": "o-1", "generation": 1}}]}}
    known = known_in(export)
    assert known.stacks == {"shop/dev"}
    assert [p.image_id for p in orphans_among(images, known, stacks=known.stacks)] == [f"m-{2:020}"]
    with pytest.raises(Invalid):
        known_in({"deployment": {"pending_operations": [{}]}})
    with pytest.raises(Invalid):
        known_in([])


def test_shares_that_no_stack_knows_are_found_by_the_tag_on_their_source() -> None:
    mine, other, foreign = (
        package(direct={"stack": stack}, ownerId=owner)
        for stack, owner in (("shop/dev", "o-1"), ("shop/dev", "o-2"), ("shop/prod", "o-3"))
    )
    marks = {**share_mark(mine), **share_mark(other), **share_mark(foreign)}
    source = Image(image_id=ImageId("m-bp1gold0000000000001"), status="Available", tags=marks)
    known = Known(frozenset({"shop/dev"}), frozenset({("o-1", "1")}))
    (share,) = shares_among({HOME: [source]}, known, stacks=known.stacks)
    assert {share.tag: f"{HUB}/shop/dev"} == share_mark(other)
    assert (share.region, share.image_id, share.account) == (HOME, source.image_id, HUB)
    assert is_needed_by_others(share, source)
    assert not is_needed_by_others(share, source.model_copy(update={"tags": share_mark(other)}))


def test_a_share_that_was_ended_for_another_run_is_found_as_well() -> None:
    mine, other = (package(direct={"stack": "shop/dev"}, ownerId=owner) for owner in ("o-1", "o-2"))
    marks = {**ended_mark(mine), **ended_mark(other)}
    source = Image(image_id=ImageId("m-bp1gold0000000000001"), status="Available", tags=marks)
    known = Known(frozenset({"shop/dev"}), frozenset({("o-1", "1")}))
    (share,) = shares_among({HOME: [source]}, known, stacks=known.stacks)
    assert {share.tag: f"{HUB}/shop/dev"} == ended_mark(other)
    assert not is_needed_by_others(share, source)


def test_a_source_is_owed_its_share_back_only_where_that_share_is_ours() -> None:
    wanted, other = package(), package(ownerId="o-2")
    cases: tuple[tuple[dict[str, str], set[str], bool], ...] = (
        ({}, {HUB}, False),
        (share_mark(wanted), set(), True),
        (ended_mark(wanted), set(), False),
        (ended_mark(wanted), {HUB}, True),
        ({**ended_mark(wanted), **share_mark(other)}, {HUB}, False),
        (share_mark(other), {HUB}, False),
    )
    for tags, shares, owes in cases:
        source = Image(image_id=ImageId("m-bp1gold0000000000001"), status="Available", tags=tags)
        assert owes_share(wanted, source, shares) is owes, (tags, shares)


def test_an_export_names_the_accounts_of_the_sources() -> None:
    urn = "urn:pulumi:dev::shop::computenest:index:EcsImagePackage::web"
    outputs = {"ownerId": "o-1", "account": "supplier", "direct": {"hubAccount": "hub", "stack": "shop/old"}}
    known = known_in({"deployment": {"resources": [{"urn": urn, "outputs": outputs}]}})
    assert known.accounts == {"supplier"}
    assert known.stacks == {"shop/dev", "shop/old"}


def story(made: Package, look: Look, *, is_new: bool = True, has_moved: bool = False, copied: bool = True) -> list[str]:
    """The steps of one run, by name, where everything that is taken succeeds but, perhaps, the copies."""
    steps, taken, is_copied, names = plan(made, look), set[str](), None, list[str]()
    if not (steps.copies or steps.running):
        is_copied = True
    while not names or names[-1] not in {"Done", "Short", "Refuse"}:
        step = next_step(
            made, look, steps, taken=taken, is_new=is_new, has_moved=has_moved, is_copied=is_copied
        )  # fmt: skip
        names.append(type(step).__name__)
        assert len(names) < 10, names
        if isinstance(step, Distribute):
            is_copied = copied
        else:
            taken.add(names[-1])
    return names


def test_a_run_shares_copies_and_ends_and_nothing_is_done_twice() -> None:
    made = package()
    assert story(made, Look({}, source())) == ["Share", "Distribute", "Done"]
    assert story(made, Look({}, source()), copied=False) == ["Share", "Distribute", "Short"]
    assert story(made, Look({}, None)) == ["Refuse"]
    there = {region: [copy(made, region, number)] for number, region in enumerate((NORTH, EAST))}
    assert story(made, Look(there, source())) == ["Adopt", "Done"]
    assert story(made, Look(there, source()), is_new=False) == ["Done"]
    assert story(made, Look(there, source(), (source(),)), is_new=False) == ["EndForgotten", "Done"]
    assert story(made, Look(there, source()), is_new=False, has_moved=True) == ["EndForgotten", "Done"]
    failed = {NORTH: [copy(made, NORTH, 1, "CreateFailed")], EAST: [copy(made, EAST, 2, "Creating")]}
    assert story(made, Look(failed, source())) == ["Adopt", "Unblock", "Distribute", "Done"]
