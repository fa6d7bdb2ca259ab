"""The life of a service on the real engine, told once for both transports: draft, beta, review, launch, drift, end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from emulator import offers
from stack.cloud import Cloud
from stack.diffs import changed_properties, property_lines, resource_block
from stack.engine import Stack
from stack.shops import MARKER, approve, as_seen, declare, gold, make_shop
from stack.wishes import GOLD_2

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
CUSTOMER = "1234567890123456"


@pytest.mark.parametrize(
    ("plugin", "whole"),
    [(False, True), (True, False), pytest.param(True, True, marks=pytest.mark.long)],
    ids=["dynamic", "plugin", "plugin-whole"],
)
def test_a_service_lives(cloud: Cloud, make_stack: Callable[..., Stack], *, plugin: bool, whole: bool) -> None:
    stack = make_shop(make_stack, cloud, plugin=plugin)
    declare(stack, plugin=plugin)
    stack.up().succeeded()
    first = as_seen(stack)
    assert (first["status"], first["stage"], first["serviceVersion"]) == ("Draft", "draft", "draft")
    assert first["permissions"] == {MARKER: "private"}
    if whole:
        is_edited_by_hand(stack, cloud)
    is_published(cloud, stack, plugin=plugin)
    if whole:
        moves_to_a_new_package(cloud, stack, plugin=plugin)
    stack.destroy().succeeded()
    cloud.advance(3600)
    assert cloud.ledger()["is_empty"], cloud.ledger()


def is_edited_by_hand(stack: Stack, cloud: Cloud) -> None:
    """What is ours is shown and put back, what is not stays as it was written."""
    service_id = as_seen(stack)["serviceId"]
    document = offers.document(cloud, service_id, "draft")
    document["SupplierDeployMetadata"]["ArtifactRelation"][MARKER]["ArtifactVersion"] = "7"
    theirs = {**document["SupplierDeployMetadata"]["ArtifactRelation"][MARKER], "ArtifactVersion": "1"}
    document["SupplierDeployMetadata"]["ArtifactRelation"]["theirs"] = theirs
    document["TemplateConfigs"][0]["HiddenParameterKeys"] = ["VpcId"]
    document["EnableVnc"] = True
    offers.edit(cloud, service_id, "draft", DeployMetadata=json.dumps(document))
    stack.refresh().succeeded()
    seen = stack.change()
    lines = property_lines(seen, "shop", "relations")
    assert any('"7" => "1"' in line for line in lines), seen
    after = offers.document(cloud, service_id, "draft")
    relation = after["SupplierDeployMetadata"]["ArtifactRelation"][MARKER]
    assert relation["ArtifactVersion"] == "1"
    assert after["SupplierDeployMetadata"]["ArtifactRelation"]["theirs"] == theirs
    assert after["TemplateConfigs"][0]["HiddenParameterKeys"] == ["VpcId"]
    assert after["EnableVnc"] is True
    stack.is_unchanged()


def is_published(cloud: Cloud, stack: Stack, *, plugin: bool) -> None:
    """A review is shown and not waited for; the first run after the approval goes on."""
    declare(stack, plugin=plugin, publishing="online", share_accounts=[CUSTOMER])
    seen = stack.preview().succeeded().text
    assert re.search(r'publishing\s*: ("draft" => )?"online"', seen), seen
    assert "submitted to a review by people" in seen
    stack.up().succeeded()
    assert (as_seen(stack)["status"], as_seen(stack)["serviceVersion"]) == ("Submitted", "draft")
    stack.up("--expect-no-changes").succeeded()
    approve(cloud, stack)
    seen = stack.change()
    assert '"Approved"' in seen, seen
    assert (as_seen(stack)["status"], as_seen(stack)["serviceVersion"]) == ("Online", "1")
    stack.up("--refresh", "--expect-no-changes").succeeded()


def moves_to_a_new_package(cloud: Cloud, stack: Stack, *, plugin: bool) -> None:
    """A new image: the package's next version, the service's next draft, and when that is online what it supersedes
    goes, first the service's version and then the package's, which a refresh finds unused."""
    wanted: dict[str, Any] = {"publishing": "online", "share_accounts": [CUSTOMER], "retain_versions": 0}
    declare(stack, plugin=plugin, package=gold(GOLD_2, retain_versions=0), **wanted)
    seen = stack.preview().succeeded().text
    lines = property_lines(seen, "shop", "relations")
    assert any("version" in line and '"1" => [unknown]' in line for line in lines), seen
    moved = stack.up().succeeded().text
    assert "version 1 stays for now" in moved, "in use by the service: no reason to fail"
    assert (as_seen(stack)["status"], as_seen(stack)["serviceVersion"]) == ("Submitted", "1")
    approve(cloud, stack)
    seen = stack.change()
    due = '"withdrawn and deleted: superseded, and no instance runs it"'
    assert due in seen, seen
    assert '"Approved"' in seen, seen
    after: dict[str, Any] = as_seen(stack)
    assert (after["status"], after["serviceVersion"]) == ("Online", "2")
    assert after["relations"][MARKER]["version"] == "2"
    assert after["versions"] == {"2": "Online"}
    document = offers.document(cloud, after["serviceId"], "2")
    del document["SupplierDeployMetadata"]["ArtifactRelation"]["theirs"]  # the last that names the package's version 1
    offers.edit(cloud, after["serviceId"], "2", DeployMetadata=json.dumps(document))
    stack.refresh().succeeded()
    seen = stack.change()
    assert property_lines(seen, "web", "superseded") == ['- 1: "no service uses it any more"'], seen
    assert changed_properties(seen, "web") == ["superseded"], seen
    assert not resource_block(seen, "shop"), "who uses the package has nothing to do"
    assert not resource_block(seen, "images"), seen
    artifact_id = after["relations"][MARKER]["artifactId"]
    assert [one.artifact_version for one in cloud.versions(artifact_id) if one.status != "Deleted"] == ["2"]
    stack.up("--expect-no-changes").succeeded()
