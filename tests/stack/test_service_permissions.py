"""Private, public, private: who may deploy the service and launch from its images, by trying, at every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stack.cloud import Cloud
from stack.customers import Account
from stack.diffs import property_lines
from stack.engine import Stack
from stack.shops import MARKER, SHOP_REGIONS, approve, as_seen, declare, make_shop

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


@pytest.mark.parametrize("plugin", [False, pytest.param(True, marks=pytest.mark.long)], ids=["dynamic", "plugin"])
def test_exactly_the_permitted_can_launch(cloud: Cloud, make_stack: Callable[..., Stack], *, plugin: bool) -> None:
    stack = make_shop(make_stack, cloud, plugin=plugin)
    accounts = {name: Account(cloud, name) for name in ("customer", "stranger")}
    customer = accounts["customer"].uid
    declare(stack, plugin=plugin, publishing="online")
    stack.up().succeeded()
    approve(cloud, stack)
    stack.up().succeeded()
    assert who_can(stack, accounts) == set()

    shared = f"private, shared with {customer}"
    change(stack, plugin, f'"private" => "{shared}"', share_accounts=[customer])
    assert who_can(stack, accounts) == {"customer"}

    seen = change(stack, plugin, f'"{shared}" => "public"', share_accounts=[customer], visibility="public")
    assert "cannot be taken back" in seen, seen
    assert who_can(stack, accounts) == {"customer", "stranger"}

    seen = change(stack, plugin, f'"public" => "{shared}"', share_accounts=[customer], visibility="private")
    assert "cannot be taken back" not in seen, seen
    assert who_can(stack, accounts) == {"customer"}

    change(stack, plugin, f'"{shared}" => "private"', share_accounts=[])
    assert who_can(stack, accounts) == set()
    stack.destroy().succeeded()
    cloud.advance(3600)
    assert cloud.ledger()["is_empty"], cloud.ledger()


def change(stack: Stack, plugin: bool, expected: str, **service: Any) -> str:
    """Declares it, sees the permissions in the preview before anything happens, and does it; the preview."""
    declare(stack, plugin=plugin, publishing="online", **service)
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "shop", "permissions") == [f"~ {MARKER}: {expected}"], seen
    stack.up().succeeded()
    assert as_seen(stack)["serviceVersion"] == "1", "who may launch is no matter of a version"
    return seen


def who_can(stack: Stack, accounts: dict[str, Account]) -> set[str]:
    """The accounts that can; whether by the service or by the image's id makes no difference."""
    service, images = as_seen(stack)["serviceId"], stack.resources()["web"]["outputs"]["images"]
    found = set()
    for name, account in accounts.items():
        answers = {account.deploys(service, SHOP_REGIONS[0])}
        answers |= {account.launches(images[region], region) for region in SHOP_REGIONS}
        assert len(answers) == 1, (name, answers)
        if answers == {True}:
            found.add(name)
    return found
