"""The life of a stack on the real engine, told with every switch as it comes and with every switch flipped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stack.cloud import Cloud
from stack.diffs import changed_properties, property_lines
from stack.engine import Stack
from stack.wishes import BUILT, GOLD_1, GOLD_2, MARKET, REGIONS, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

MARKERS = {"ecs_image_web": "web", "ecs_image_gateway": "gateway"}
ADDED = "ap-southeast-1"


def flipped(facts: Any) -> dict[str, Any]:
    """Every switch in the position that is not its default."""
    return {
        name: next(position for position in switch["positions"] if position != switch["default"])
        for name, switch in switches(facts).items()
    }


def switches(facts: Any) -> dict[str, Any]:
    return {fact["switch"]["key"]: fact["switch"] for fact in facts["facts"] if fact.get("switch")}


def declare(stack: Stack, **web: Any) -> None:
    stack.declare(
        packages={
            "web": package(**{"source": GOLD_1, **web}),
            "gateway": package(MARKET, ["cn-beijing", "cn-hangzhou", "cn-shanghai"]),
            "worker": package(BUILT, ["cn-hangzhou"]),
        },
        associations={"shop": association(MARKERS)},
    )


def images(stack: Stack, name: str = "web") -> dict[str, str]:
    return dict(stack.resources()[name]["outputs"]["images"])


def test_a_stack_lives_with_every_switch_at_its_default(cloud: Cloud, stack: Stack) -> None:
    tell_the_story(cloud, stack, reissues=False)


@pytest.mark.long  # states: lifecycle/test_embedded.py, with all of them at once
def test_a_stack_lives_with_every_switch_flipped(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    cloud = start_cloud()
    chosen = flipped(cloud.control("GET", "facts"))
    assert len(chosen) >= 10
    cloud.control("PUT", "facts", chosen)
    tell_the_story(cloud, make_stack(cloud), reissues=True)


@pytest.mark.long
@pytest.mark.timeout(3600)  # a whole life for each of them
def test_a_stack_lives_with_each_switch_flipped_alone(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    cloud = start_cloud()
    for key, position in sorted(flipped(cloud.control("GET", "facts")).items()):
        cloud.control("POST", "reset")
        cloud.control("PUT", "facts", {key: position})
        tell_the_story(cloud, make_stack(cloud), reissues=key == "delivery.reissues_unchanged_regions")


def tell_the_story(cloud: Cloud, stack: Stack, *, reissues: bool) -> None:
    first = begins_and_stays(stack)
    gains_a_region(stack, first, reissues=reissues)
    changes_its_source(stack)
    drifts_and_is_repaired(cloud, stack, reissues=reissues)
    loses_a_region(stack)
    is_renamed_and_replaced(cloud, stack)
    stack.destroy().succeeded()
    cloud.advance(3600)  # copies may be removed later than the artifact
    assert_nothing_is_left(cloud)


def begins_and_stays(stack: Stack) -> dict[str, str]:
    declare(stack)
    stack.up().succeeded()
    first = images(stack)
    assert sorted(first) == sorted(REGIONS)
    stack.refresh().succeeded()
    declare(stack, regions=list(reversed(REGIONS)))
    stack.run("preview", "--expect-no-changes").succeeded()
    return first


def gains_a_region(stack: Stack, first: dict[str, str], *, reissues: bool) -> None:
    declare(stack, regions=[*REGIONS, ADDED])
    seen = stack.change()
    assert property_lines(seen, "web", "distribution") == [f'+ {ADDED}: "copy of {GOLD_1["image_id"]}"']
    assert changed_properties(seen, "web") == ["distribution"]
    lines = property_lines(seen, "shop", "substitutions")
    assert lines == ["~ ecs_image_web: {", f"+ {ADDED}: [unknown]"], lines
    for region, image in first.items():
        assert f'{region}: "{image}"' in " ".join(seen.split()).replace(" : ", ": "), (region, seen)
    now = images(stack)
    assert sorted(now) == sorted([*REGIONS, ADDED])
    assert all((now[r] != first[r]) == reissues for r in REGIONS)
    assert stack.resources()["web"]["outputs"]["reissued"] is reissues
    substitutions = stack.resources()["shop"]["outputs"]["substitutions"]["ecs_image_web"]
    assert substitutions == now


def changes_its_source(stack: Stack) -> None:
    before = images(stack)
    declare(stack, regions=[*REGIONS, ADDED], source=GOLD_2)
    seen = stack.change()
    old, new = GOLD_1["image_id"], GOLD_2["image_id"]
    assert property_lines(seen, "web", "distribution") == [
        f'~ {region}: "copy of {old}" => "copy of {new}"' for region in sorted(before)
    ]
    lines = property_lines(seen, "shop", "substitutions")
    assert lines == ["~ ecs_image_web: {", *(f'~ {r}: "{before[r]}" => [unknown]' for r in sorted(before))], lines
    assert not set(images(stack).values()) & set(before.values())
    stack.up("--expect-no-changes").succeeded()


def drifts_and_is_repaired(cloud: Cloud, stack: Stack, *, reissues: bool) -> None:
    before = images(stack)
    cloud.control("DELETE", "images", {"region": "cn-beijing", "image_id": before["cn-beijing"]})
    artifact = stack.resources()["web"]["outputs"]["artifactId"]
    cloud.control("POST", "artifacts/edit", {"artifact_id": artifact, "set": {"description": "edited by hand"}})
    stack.refresh().succeeded()
    seen = stack.change()
    assert property_lines(seen, "web", "distribution") == [f'+ cn-beijing: "copy of {GOLD_2["image_id"]}"'], seen
    assert "edited by hand" in seen
    lines = property_lines(seen, "shop", "substitutions")
    unsure = sorted(before) if reissues else ["cn-beijing"]  # the repair is a new version, and a re-issue was seen
    assert lines == ["~ ecs_image_web: {", *(f'~ {r}: "{before[r]}" => [unknown]' for r in unsure)], lines
    after = images(stack)
    assert sorted(after) == sorted(before)
    assert after["cn-beijing"] != before["cn-beijing"]
    stack.is_unchanged()


def loses_a_region(stack: Stack) -> None:
    declare(stack, regions=REGIONS, source=GOLD_2)
    seen = stack.change()
    assert property_lines(seen, "web", "distribution") == [f'- {ADDED}: "copy of {GOLD_2["image_id"]}"']
    lines = property_lines(seen, "shop", "substitutions")
    assert [line.split(":")[0] for line in lines if line.startswith("-")] == [f"- {ADDED}"], lines
    assert sorted(images(stack)) == sorted(REGIONS)


def is_renamed_and_replaced(cloud: Cloud, stack: Stack) -> None:
    before = stack.resources()["web"]["outputs"]
    declared = {
        "front": package(GOLD_2, REGIONS, options={"aliases": ["web"]}),
        "gateway": package(MARKET, ["cn-beijing", "cn-hangzhou", "cn-shanghai"]),
        "worker": package(BUILT, ["cn-hangzhou"]),
    }
    markers = {"ecs_image_web": "front", "ecs_image_gateway": "gateway"}
    stack.declare(packages=declared, associations={"shop": association(markers)})
    stack.up("--expect-no-changes").succeeded()
    renamed = stack.resources()["front"]
    assert renamed["outputs"]["artifactId"] == before["artifactId"]
    declared["front"] = package(GOLD_2, REGIONS, name="shop-front", options={"aliases": ["web"]})
    stack.declare(packages=declared, associations={"shop": association(markers)})
    stack.up().succeeded()
    replaced = stack.resources()["front"]["outputs"]
    assert replaced["artifactId"] != before["artifactId"]
    assert replaced["generation"] == before["generation"] + 1
    is_replaced_by_force(cloud, stack)
    assert stack.resources()["front"]["outputs"]["artifactId"] == replaced["artifactId"]


def is_replaced_by_force(cloud: Cloud, stack: Stack) -> None:
    """A create cannot tell `--replace` from a crash, so it adopts; the delete that follows must not take it away."""
    before = stack.resources()["worker"]
    stack.up("--replace", before["urn"]).succeeded()
    after = stack.resources()["worker"]["outputs"]
    assert after["images"] == before["outputs"]["images"]
    assert after["artifactId"] in json.dumps(cloud.ledger())
    stack.is_unchanged()


def assert_nothing_is_left(cloud: Cloud) -> None:
    ledger = cloud.ledger()
    assert sum(account["images_created"] for account in ledger["accounts"].values()) > 0
    assert ledger["is_empty"], ledger
