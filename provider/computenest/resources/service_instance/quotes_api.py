"""Questions to the cloud before a deployment. All of them read only (user SDK 4.5.3)."""

from __future__ import annotations

from computenest.cloud.calls import RegionalCalls
from computenest.cloud.endpoints import Product
from computenest.cloud.wire import object_in, objects_in, text
from computenest.resources.service_instance.quotes import Charge, Obstacle, Question, charges_in


class CloudQuotes(RegionalCalls):
    """What the user's API says to one account of a deployment before there is one; nothing is changed."""

    product = Product.COMPUTE_NEST_USER

    async def price(self, *, of: Question) -> tuple[Charge, ...]:
        """GetServiceEstimateCost: what each resource, and a product of the marketplace, costs."""
        answer = await self._call("GetServiceEstimateCost", {**_named(of), "Parameters": of.parameters})
        commodity = object_in(answer.get("Commodity"))
        return charges_in({**object_in(answer.get("Resources")), **{f"commodity {k}": v for k, v in commodity.items()}})

    async def obstacles(self, *, of: Question) -> tuple[Obstacle, ...]:
        """CheckServiceDeployable: balance and quotas."""
        answer = await self._call("CheckServiceDeployable", _named(of))
        return tuple(
            Obstacle(text(one.get("Type")), text(one.get("Value")), text(one.get("Message")))
            for one in objects_in(answer, "CheckResults")
        )

    async def check_name(self, *, of: Question) -> None:
        """ValidateServiceInstanceName: an error where the name is refused."""
        await self._call("ValidateServiceInstanceName", {**_named(of), "ServiceInstanceName": of.name})


def _named(of: Question) -> dict[str, str]:
    given = {"ServiceId": of.service_id, "ServiceVersion": of.version, "TemplateName": of.template_name}
    return {key: value for key, value in given.items() if value}
