"""The life of a service and of its customer's instance on the real engine, with every switch of the facts flipped at
once. Each alone is told without the engine (lifecycle/test_each_switch.py); with every switch as it comes it is what
the other tests of services tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from computenest_cloud.rules import load_facts
from emulator import offers
from stack.cloud import Cloud
from stack.customers import Account
from stack.diffs import property_lines
from stack.engine import Stack
from stack.instances import MODULES, TEMPLATE, InstanceStory, tell_of
from stack.test_instances import (
    ONLINE,
    SHOP,
    fails_at_once_and_is_replaced,
    is_deleted_by_hand_and_made_anew,
    moves_on_with_its_service,
)

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(3600)]

MARKER = "ecs_image_web"
KEEPS_NUMBERS = "launch.of_a_draft"
"""No upgrade leads from a version to itself, so this story would end otherwise: stack/test_updated_versions.py tells of
it in both positions."""
FLIPPED = {
    fact.switch.key: next(position for position in fact.switch.positions if position != fact.switch.default)
    for facts in load_facts().values()
    for fact in facts
    if fact.switch is not None and fact.switch.key != KEEPS_NUMBERS
}
NOT_SUBSTITUTED = {
    "substitution.follows_functions": "ImageId: {Fn::If: [Wide, ecs_image_web, ecs_image_web]}",
    "substitution.types": "ImageId: ecs_image_web",
}
ODD = """\
ROSTemplateFormatVersion: '2015-09-01'
Conditions: {{Wide: {{Fn::Equals: ['1', '1']}}}}
Resources:
  Web:
    Type: ALIYUN::ECS::{type}
    Properties: {{{image}, InstanceType: ecs.g7.large, MaxAmount: 1}}
"""
PLAIN = "ImageId: ecs_image_web"
EVERYWHERE = TEMPLATE
"""Of types only that are substituted in either position."""


@pytest.mark.parametrize("transport", MODULES)
def test_it_lives_with_every_switch_flipped(
    transport: str, start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    cloud = start_cloud()
    assert {"service.checks_relations", "instance.deleted_shows_as", "ros.image_change"} <= set(FLIPPED)
    cloud.control("PUT", "facts", FLIPPED)
    tell_the_story(cloud, make_stack, transport)


def tell_the_story(cloud: Cloud, make_stack: Callable[..., Stack], transport: str) -> None:
    story = tell_of(cloud, make_stack, transport, template=EVERYWHERE, service={"visibility": "public"})
    is_edited_by_hand(story)
    story.declare(service=ONLINE)
    story.publish()
    fails_at_once_and_is_replaced(story)
    is_for_those_it_is_shared_with(story)
    moves_on_with_its_service(story)
    is_deleted_by_hand_and_made_anew(story)
    story.stack.destroy().succeeded()
    cloud.advance(3600)  # copies may be removed later than the artifact
    assert cloud.ledger()["is_empty"], cloud.ledger()


def is_edited_by_hand(story: InstanceStory) -> None:
    """In the draft: a version is shown and put back, what others wrote stays."""
    stack, cloud = story.stack, story.cloud
    stack.up().succeeded()
    stack.run("preview", "--expect-no-changes").succeeded()
    service_id = stack.resources()["service"]["outputs"]["serviceId"]
    document = offers.document(cloud, service_id, "draft")
    relations = document["SupplierDeployMetadata"]["ArtifactRelation"]
    theirs = dict(relations[MARKER])
    relations["theirs"] = theirs
    relations[MARKER] = {**relations[MARKER], "ArtifactVersion": "7"}
    offers.edit(cloud, service_id, "draft", DeployMetadata=json.dumps(document))
    stack.refresh().succeeded()
    seen = stack.preview().succeeded().text
    assert any('"7" => "1"' in line for line in property_lines(seen, "service", "relations")), seen
    stack.up().succeeded()
    after = offers.document(cloud, service_id, "draft")["SupplierDeployMetadata"]["ArtifactRelation"]
    assert after[MARKER]["ArtifactVersion"] == "1"
    assert after["theirs"] == theirs
    stack.is_unchanged()


def is_for_those_it_is_shared_with(story: InstanceStory) -> None:
    """Private and shared with the customer, then public again; the customer's instance is not touched by it."""
    accounts = {name: Account(story.cloud, name) for name in ("customer", "stranger")}
    assert launchers(story, accounts) == {"customer", "stranger"}
    private: dict[str, Any] = {**ONLINE, "visibility": "private", "share_accounts": [accounts["customer"].uid]}
    story.declare(service=private)
    seen = story.stack.preview().succeeded().text
    assert property_lines(seen, "service", "permissions") == [
        f'~ {MARKER}: "public" => "private, shared with {accounts["customer"].uid}"'
    ], seen
    before = story.instance()["instanceId"]
    story.stack.up().succeeded()
    assert launchers(story, accounts) == {"customer"}
    story.declare(service=ONLINE)
    story.stack.up().succeeded()
    assert launchers(story, accounts) == {"customer", "stranger"}
    assert story.instance()["instanceId"] == before
    story.stack.run("preview", "--expect-no-changes").succeeded()


def launchers(story: InstanceStory, accounts: dict[str, Account]) -> set[str]:
    image = story.delivered()["cn-beijing"]
    return {name for name, account in accounts.items() if account.launches(image, "cn-beijing")}


@pytest.mark.parametrize("key", sorted(NOT_SUBSTITUTED))
def test_what_the_cloud_does_not_substitute_fails_with_its_cause(
    key: str, start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    """A deployment of a template that this cloud does not understand as we do ends at once and says so; with another
    template the next run is whole."""
    switches = {key: FLIPPED[key], "review.approves_at_once": 1}
    cloud = start_cloud(switches=switches)
    kind = "LaunchTemplate" if key == "substitution.types" else "InstanceGroup"
    template = ODD.format(type=kind, image=NOT_SUBSTITUTED[key])
    story = tell_of(cloud, make_stack, "dynamic", template=template, instances={"shop": SHOP})
    failed = story.stack.up().failed().text
    assert "DeployedFailed: " in failed
    assert "InvalidImageId.NotFound" in failed
    assert MARKER in failed, failed
    story.declare(template=ODD.format(type="InstanceGroup", image=PLAIN))
    story.stack.up().succeeded()
    assert story.instance()["images"] == {"Web": story.delivered()["cn-beijing"]}
    story.stack.run("preview", "--expect-no-changes").succeeded()
    story.stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"], cloud.ledger()
