"""What stories of service instances say often: an offer, its next version, a wish."""

from __future__ import annotations

from typing import Any

from computenest.kernel.identity import mint_owner_id
from emulator import offers
from emulator.harness import GOLDEN_2, Cloud
from lifecycle.lives import AnyLife

OWNER = mint_owner_id(
    organization="organization", project="shop", stack="dev", type_token="ServiceInstance", name="shop"
)


def offer(cloud: Cloud, template: str = offers.TEMPLATE, **more: Any) -> tuple[str, str]:
    """A public service online, whose template's marker is a package's image: (service id, artifact id)."""
    artifact_id = cloud.released("web")
    text = offers.metadata(offers.relation(artifact_id), offers.upload(cloud, template))
    service_id = offers.save(cloud, text, **{"share_type": "Public", **more})
    offers.publish(cloud, service_id)
    return service_id, artifact_id


def next_version(cloud: Cloud, service_id: str, artifact_id: str, *, regions: tuple[str, ...] | None = None) -> None:
    """Version 2 of the package, and of the service."""
    more = {} if regions is None else {"regions": regions}
    cloud.next_version(artifact_id, source=GOLDEN_2, **more)
    text = offers.metadata(offers.relation(artifact_id, "2"), offers.upload(cloud))
    offers.save(cloud, text, service_id=service_id, share_type="Public")
    offers.publish(cloud, service_id)


def wanted(**news: Any) -> dict[str, Any]:
    """What a program asks for."""
    return {"ownerId": OWNER, "logicalName": "shop", "region": "cn-beijing", **news}


def preview(stack: AnyLife, **news: Any) -> dict[str, Any]:
    """What the engine shows of them before `up`."""
    process = stack.process()
    return stack.preview(process, process.check(stack.urn, stack.inputs, wanted(**news)))


def would(stack: AnyLife, **news: Any) -> str:
    """What `up` would do with one that there is."""
    process = stack.process()
    found = process.diff(stack.line, process.check(stack.urn, stack.inputs, wanted(**news)))
    return "replace" if found.replaces else "update" if found.has_changes else "same"
