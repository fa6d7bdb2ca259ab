"""Names that are taken, told before anything is made: by a resource of the stack under its former name, by another
one of the program; and a replacement under a new logical name, which is none of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lifecycle.checking import Checks

pytestmark = pytest.mark.timeout(600)

GOLD = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
TYPES: Mapping[str, Mapping[str, Any]] = {
    "EcsImagePackage": {"source": GOLD, "regions": ["cn-hangzhou"], "release": False},
    "FilePackage": {"source": {"kind": "text", "text": "hello"}, "fileName": "a.txt", "release": False},
}
TRANSPORTS = ("plugin", "dynamic")


def made(checks: Checks, transport: str, type_name: str, name: str) -> dict[str, Any]:
    """Checked inputs of a package that exists, as the resource `name` of the stack."""
    inputs, said = checks.check(transport, type_name, TYPES[type_name], olds={}, name=name)
    assert said == []
    lifecycle = checks.host.lifecycles[type_name]
    given = {**TYPES[type_name], "ownerId": inputs["ownerId"], "logicalName": name}
    checks.host.run(lifecycle.check(inputs, given))  # the process that creates has seen the text
    checks.host.run(lifecycle.create(inputs))
    checks.restart()
    return dict(inputs)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("type_name", TYPES)
def test_a_rename_without_an_alias_is_told_as_what_it_is(checks: Checks, type_name: str, transport: str) -> None:
    former = f"{transport}-{type_name}-old".lower()
    made(checks, transport, type_name, former)
    wanted = {**TYPES[type_name], "name": former}
    _, (said,) = checks.check(transport, type_name, wanted, olds={}, name="renamed")
    assert f"is named '{former}' already and is that of resource '{former}' of this stack" in said
    assert f"aliases=[pulumi.Alias(name='{former}')] keeps it" in said


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("type_name", TYPES)
def test_with_the_alias_it_stays_and_can_be_replaced(checks: Checks, type_name: str, transport: str) -> None:
    former = f"{transport}-{type_name}-alias".lower()
    inputs = made(checks, transport, type_name, former)
    wanted, renamed = {**TYPES[type_name], "name": former}, f"{former}-new"
    kept, said = checks.check(transport, type_name, wanted, olds=inputs, name=renamed)
    assert (said, kept["ownerId"], kept["artifactName"]) == ([], inputs["ownerId"], former)
    fresh, said = checks.check(transport, type_name, wanted, olds={}, name=renamed)  # --replace: checked anew
    assert (said, fresh["ownerId"], fresh["artifactName"]) == ([], inputs["ownerId"], f"{former}-g2")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("type_name", TYPES)
def test_replaced_by_force_it_is_known_by_its_alias(checks: Checks, type_name: str, transport: str) -> None:
    former = f"{transport}-{type_name}-forced".lower()
    inputs = made(checks, transport, type_name, former)
    wanted = {**TYPES[type_name], "name": former, "formerOwners": [inputs["ownerId"]]}  # checked once, without a state
    fresh, said = checks.check(transport, type_name, wanted, olds={}, name=f"{former}-new")
    assert (said, fresh["ownerId"], fresh["artifactName"]) == ([], inputs["ownerId"], f"{former}-g2")
    assert "formerOwners" not in fresh


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_two_packages_of_one_name_are_told_before_either_exists(checks: Checks, transport: str) -> None:
    for (one, wanted), (other, rival) in zip(TYPES.items(), reversed(TYPES.items()), strict=True):
        name = f"{transport}-{one}-{other}".lower()
        assert checks.check(transport, one, {**wanted, "name": name}, olds={}, name=f"{name}-1")[1] == []
        _, (said,) = checks.check(transport, other, {**rival, "name": name}, olds={}, name=f"{name}-2")
        assert f"package '{name}-1' of this program is named '{name}' too; rename one of them" in said
