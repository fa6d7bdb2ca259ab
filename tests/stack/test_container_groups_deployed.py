"""A service whose template runs an image package as a container group, deployed by a service instance of its stack: the
customer's group pulls with the key of the deployment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alibabacloud_eci20180808 import models as eci
from alibabacloud_eci20180808.client import Client as EciClient

from registry.test_stacked_groups import TEMPLATE
from stack.cloud import Cloud
from stack.contents import Wares, make_wares
from stack.engine import Stack
from uploads.sources import layer, write_layout

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

REGION = "cn-beijing"


@pytest.mark.parametrize("plugin", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_service_instance_runs_the_package_as_a_container_group(
    cloud: Cloud, make_stack: Callable[..., Stack], tmp_path: Path, *, plugin: bool
) -> None:
    wares = Wares(tmp_path, plugin=plugin)
    wares.sell(cloud, TEMPLATE, {"{{ computenest::acrimage::web }}": "web"}, REGION)
    write_layout(tmp_path / "image", [layer(1)])
    stack = make_wares(make_stack, cloud, plugin=plugin)
    wares.declare(stack)
    stack.up().succeeded()
    cloud.advance(300)
    request = eci.DescribeContainerGroupsRequest(region_id=REGION)
    (group,) = cloud.sdk(EciClient, "customer").describe_container_groups(request).body.container_groups
    assert group.status == "Running"
    assert group.containers[0].image == stack.resources()["web"]["outputs"]["reference"]
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    cloud.advance(86_400)
    assert cloud.ledger()["is_empty"], cloud.ledger()
