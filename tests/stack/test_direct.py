"""Direct distribution on the real engine: three accounts, twelve regions, and everything that happens to a package."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stack.cloud import Cloud
from stack.diffs import changed_properties, property_lines
from stack.engine import Stack
from stack.wishes import GOLD_1, GOLD_2, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]  # the machine may be busy; the engine runs twenty times

TWELVE = [
    *("ap-northeast-1", "ap-southeast-1", "ap-southeast-5", "cn-beijing", "cn-chengdu", "cn-guangzhou"),
    *("cn-hangzhou", "cn-hongkong", "cn-shanghai", "cn-shenzhen", "eu-central-1", "us-east-1"),
]
UNSHARING_FAILS = {
    "match": {"service": "ecs", "account": "supplier", "action": "ModifyImageSharePermission"},
    "skip": 1,  # the first one shares the source
    "effect": {"kind": "error", "status": 403, "code": "Forbidden.RAM", "message": "User not authorized."},
}
ADDED, REMOVED = "us-west-1", "cn-chengdu"
TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web:
    Type: ALIYUN::ECS::Instance
    Properties: {ImageId: ecs_image_web, InstanceType: ecs.g7.large}
"""


def uid(cloud: Cloud, account: str) -> str:
    return str(cloud.handle["accounts"][account]["uid"])


def declare(cloud: Cloud, stack: Stack, **more: Any) -> None:
    permit = more.pop("permit", [uid(cloud, "customer")])
    direct = {"hub_account": "hub", "hub_uid": uid(cloud, "hub"), "permit": permit, **more.pop("direct", {})}
    stack.declare(
        packages={"web": package(**{"regions": TWELVE, "source": GOLD_1, "direct": direct, **more})},
        associations={"shop": association({"ecs_image_web": "web"}, TEMPLATE)},
    )


def copies(cloud: Cloud) -> dict[str, str]:
    """Region -> image of the hub account, which may have one in each."""
    rows = cloud.ledger()["accounts"]["hub"]["images_outstanding"]
    assert max(Counter(row["region"] for row in rows).values(), default=1) == 1, rows
    return {row["region"]: row["image_id"] for row in rows}


def judge(cloud: Cloud, stack: Stack, regions: list[str], permitted: list[str]) -> dict[str, str]:
    """The state and the cloud agree, the permissions are exact, and nothing else is anywhere."""
    state = stack.resources()["web"]["outputs"]
    assert state["status"] == "Available"
    assert sorted(state["images"]) == sorted(regions)
    assert state["images"] == copies(cloud)
    ledger = cloud.ledger()["accounts"]
    shares = Counter((row["region"], row["account"]) for row in ledger["hub"]["shares_outstanding"])
    assert shares == Counter((region, account) for region in regions for account in permitted)
    assert ledger["supplier"]["shares_outstanding"] == []
    found: dict[str, str] = state["images"]
    return found


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["grows", "whole"])
def test_a_package_lives_in_accounts_of_ones_own(cloud: Cloud, stack: Stack, *, whole: bool) -> None:
    """The states of the rest of its life: simulation/scenarios.py."""
    first = begins(cloud, stack)
    more = gains_a_region(cloud, stack, first)
    if whole:
        changes(cloud, stack, more)
    stack.destroy().succeeded()
    ledger = cloud.ledger()
    assert ledger["is_empty"], ledger


def begins(cloud: Cloud, stack: Stack) -> dict[str, str]:
    declare(cloud, stack)
    seen = stack.preview().succeeded().text
    for region in TWELVE:
        assert f'{region}: "copy of {GOLD_1["image_id"]}"' in " ".join(seen.split()).replace(" : ", ": "), seen
    stack.up().succeeded()
    first = judge(cloud, stack, TWELVE, [uid(cloud, "customer")])
    stack.run("preview", "--expect-no-changes").succeeded()
    calls = cloud.calls()["counts"]
    assert calls["CopyImage"] == 12
    assert calls["ModifyImageSharePermission"] == 12 + 2
    return first


def gains_a_region(cloud: Cloud, stack: Stack, first: dict[str, str]) -> dict[str, str]:
    declare(cloud, stack, regions=[*TWELVE, ADDED])
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == [f'+ {ADDED}: "copy of {GOLD_1["image_id"]}"']
    assert changed_properties(seen, "web") == ["distribution"]
    assert property_lines(seen, "shop", "substitutions") == ["~ ecs_image_web: {", f"+ {ADDED}: [unknown]"]
    stack.up().succeeded()
    more = judge(cloud, stack, [*TWELVE, ADDED], [uid(cloud, "customer")])
    assert {region: more[region] for region in TWELVE} == first
    assert cloud.calls()["counts"]["CopyImage"] == 13
    return more


def changes(cloud: Cloud, stack: Stack, more: dict[str, str]) -> None:
    """Regions, source and permissions, what was lost, and what cannot be."""
    customer, hub = uid(cloud, "customer"), uid(cloud, "hub")
    fewer = [region for region in TWELVE if region != REMOVED]
    declare(cloud, stack, regions=[*fewer, ADDED])
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == [f'- {REMOVED}: "copy of {GOLD_1["image_id"]}"']
    stack.up().succeeded()
    judge(cloud, stack, [*fewer, ADDED], [customer])
    assert cloud.calls()["counts"]["CopyImage"] == 13

    declare(cloud, stack, regions=fewer, source=GOLD_2)
    seen = stack.preview().succeeded().text
    old, new = GOLD_1["image_id"], GOLD_2["image_id"]
    wanted = {region: f'~ {region}: "copy of {old}" => "copy of {new}"' for region in fewer}
    wanted[ADDED] = f'- {ADDED}: "copy of {old}"'
    assert property_lines(seen, "web", "distribution") == [wanted[region] for region in sorted(wanted)]
    stack.up().succeeded()
    second = judge(cloud, stack, fewer, [customer])
    assert not set(second.values()) & set(more.values())

    accounts = [str(10**15 + number) for number in range(12)]
    declare(cloud, stack, regions=fewer, source=GOLD_2, permit=accounts)
    seen = stack.preview().succeeded().text
    assert changed_properties(seen, "web") == ["direct"]
    stack.up().succeeded()
    assert judge(cloud, stack, fewer, accounts) == second

    is_repaired(cloud, stack, second, accounts, fewer)
    declare(cloud, stack, regions=fewer, source=GOLD_2, permit=[hub])
    assert "owns the copies" in stack.preview().failed().text


def is_repaired(cloud: Cloud, stack: Stack, images: dict[str, str], accounts: list[str], regions: list[str]) -> None:
    cloud.control("DELETE", "images", {"region": "cn-beijing", "image_id": images["cn-beijing"]})
    stack.refresh().succeeded()
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == [f'+ cn-beijing: "copy of {GOLD_2["image_id"]}"'], seen
    stack.up().succeeded()
    after = judge(cloud, stack, regions, accounts)
    stack.is_unchanged()
    assert {r for r in regions if after[r] != images[r]} == {"cn-beijing"}


@pytest.mark.long  # plugin/test_forgotten.py tells of it in a stack of its own
def test_orphans_are_listed_and_removed(cloud: Cloud, stack: Stack) -> None:
    declare(cloud, stack, regions=["cn-beijing", "cn-shanghai"])
    cloud.faults(UNSHARING_FAILS)
    assert "Forbidden.RAM" in stack.up().failed().text
    cloud.faults()
    assert orphans(stack, json.dumps(stack.export())) == (0, ["no orphans of story/dev"])
    forgotten = json.dumps({"version": 3, "deployment": {"resources": []}})
    code, lines = orphans(stack, forgotten, "--stack", "story/dev")
    assert code == 1
    assert {line.split()[1] for line in lines} == {*copies(cloud).values(), GOLD_1["image_id"]}
    assert sorted(copies(cloud)) == ["cn-beijing", "cn-hangzhou", "cn-shanghai"]
    (shared,) = (line for line in lines if GOLD_1["image_id"] in line)
    assert shared.endswith(f"shared with {uid(cloud, 'hub')}  still shared")
    code, lines = orphans(stack, forgotten, "--stack", "story/dev", "--remove")
    assert (code, len(lines)) == (0, 4)
    assert cloud.ledger()["is_empty"]
    assert orphans(stack, forgotten, "--stack", "story/dev") == (0, ["no orphans of story/dev"])


def orphans(stack: Stack, export: str, *options: str) -> tuple[int, list[str]]:
    """Runs the command on an export; its exit code and lines."""
    program = Path(sys.executable).parent / "computenest"
    command = [program, "orphans", "-", "--account", "hub", "--config", "computenest:cloud=local", *options]
    run = subprocess.run(command, input=export, capture_output=True, text=True, env=stack.env, cwd=stack.folder)
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines()
