"""Whose an object is that no state knows: the mark is a digest, and names prove it."""

from __future__ import annotations

import pytest

from computenest.kernel.identity import mint_owner_id, owner_tags
from computenest.kernel.names import OwnerId
from computenest.resources._packages.keys import file_key, owner_part
from computenest.resources._program.orphans import Marked, Stacks, accounts_in, orphaned, types_in

STACKS = Stacks(frozenset({"shop/dev"}))
TYPES = {
    "EcsImagePackage": "artifact",
    "ContainerImagePackage": "artifact",
    "HelmChartPackage": "artifact",
    "FilePackage": "artifact",
    "Service": "service",
    "ServiceInstance": "instance",
}


def owner(type_name: str, name: str = "web", *, stack: str = "dev", organization: str = "organization") -> OwnerId:
    return mint_owner_id(organization=organization, project="shop", stack=stack, type_token=type_name, name=name)


def marked(type_name: str, *names: str, of: OwnerId, generation: int = 1) -> Marked:
    return Marked(TYPES[type_name], type_name, "id-1", names, owner_tags(of, generation))


@pytest.mark.parametrize("type_name", TYPES)
def test_every_type_is_told_by_its_name(type_name: str) -> None:
    mine = marked(type_name, "other", "web", of=owner(type_name))
    replaced = marked(type_name, "web-g2", of=owner(type_name), generation=2)
    theirs = marked(type_name, "web", of=owner(type_name, stack="prod"))
    renamed = marked(type_name, "Shop", of=owner(type_name))
    by_hand = Marked(TYPES[type_name], type_name, "id-2", ("web",))
    seen = [mine, replaced, theirs, renamed, by_hand]
    assert orphaned(seen, STACKS, known=()) == ((mine, replaced), 2)
    known = {(mine.owner, "1"), (theirs.owner, "1")}
    assert orphaned(seen, STACKS, known=known) == ((replaced,), 0)
    named = Stacks(STACKS.names, resources=("web",))
    assert orphaned([renamed, theirs], named, known=()) == ((renamed,), 1)
    elsewhere = marked(type_name, "web", of=owner(type_name, organization="acme"))
    assert orphaned([elsewhere], STACKS, known=()) == ((), 1)
    assert orphaned([elsewhere], Stacks(STACKS.names, ("acme",)), known=()) == ((elsewhere,), 0)


def test_a_file_is_told_by_its_key() -> None:
    mine = owner("FilePackage")
    key = file_key(f"https://b.oss-cn-hangzhou.aliyuncs.com/1/x/{owner_part(mine)}-g1/{'0' * 16}/app.bin")
    assert key is not None
    assert not STACKS.own_key(key)
    assert Stacks(STACKS.names, resources=("web",)).own_key(key)
    assert file_key("https://b.oss-cn-hangzhou.aliyuncs.com/1/x/app.bin") is None


def test_the_accounts_of_an_export() -> None:
    rows = [
        {"inputs": {"ownerId": "o-1", "account": "hub"}},
        {"inputs": {"account": "no"}},
        {"outputs": {"ownerId": 1}},
    ]
    assert accounts_in({"deployment": {"resources": rows}}) == {"hub"}


def test_the_types_of_an_export_are_named_alike_on_both_transports() -> None:
    rows = [{"type": "pulumi-python:dynamic/computenest:Service"}, {"type": "computenest:index:FilePackage"}, {}]
    assert types_in({"deployment": {"resources": rows}}) == {"Service", "FilePackage", ""}
