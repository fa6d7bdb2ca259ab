"""What stories of services say often: a wish, a review, an edit in the console, an instance."""

from __future__ import annotations

from typing import Any

from alibabacloud_computenestsupplier20210521 import models as nest

from computenest.kernel.identity import mint_owner_id
from emulator import offers
from emulator.harness import Cloud
from lifecycle.lives import AnyLife

OWNER = mint_owner_id(organization="organization", project="shop", stack="dev", type_token="Service", name="shop")
CUSTOMER, STRANGER = "1234567890123456", "6543210987654321"
MARKER = "image_web"


def wish(artifact_id: str, version: str = "1", **more: Any) -> dict[str, Any]:
    """What a program asks for."""
    return {
        "ownerId": OWNER,
        "logicalName": "shop",
        "infos": {"en-US": {"name": "Shop"}},
        "templates": {"standard": {"text": offers.TEMPLATE}},
        "relations": {MARKER: {"artifactId": artifact_id, "version": version}},
        **more,
    }


def approve(cloud: Cloud, stack: AnyLife, **decided: Any) -> None:
    offers.review(cloud, stack.state["registrationId"], **decided)


def online(cloud: Cloud, stack: AnyLife, news: dict[str, Any]) -> None:
    """Up, approved, up."""
    stack.up({**news, "publishing": "online"})
    approve(cloud, stack)
    stack.up({**news, "publishing": "online"})
    assert stack.state["status"] == "Online"


def metadata(cloud: Cloud, stack: AnyLife, version: str | None = None) -> dict[str, Any]:
    return offers.document(cloud, stack.state["serviceId"], version)


def edit(cloud: Cloud, stack: AnyLife, version: str, **fields: Any) -> None:
    """Somebody changes it in the console."""
    offers.edit(cloud, stack.state["serviceId"], version, **fields)


def deploy(cloud: Cloud, service_id: str, version: str) -> str:
    """An instance of the supplier's own; its id."""
    request = nest.CreateServiceInstanceRequest(
        region_id=offers.CONTROL_REGION,
        service_id=service_id,
        service_version=version,
        name=f"i{version}",
        parameters={"RegionId": "cn-beijing"},
    )
    found = str(cloud.nest().create_service_instance(request).body.service_instance_id)
    cloud.advance(600)
    return found


def undeploy(cloud: Cloud, instance_id: str) -> None:
    request = nest.DeleteServiceInstancesRequest(region_id=offers.CONTROL_REGION, service_instance_id=[instance_id])
    cloud.nest().delete_service_instances(request)
    cloud.advance(600)
