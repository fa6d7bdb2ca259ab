"""What a service instance is: a deployment of one version of a service in one region, by one account.

`Wanted` is desired (it comes from checked inputs), `Instance` and `Part` are observed. Source of the API's fields:
facts §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NewType

from pydantic import ConfigDict, Field

from computenest.kernel.fields import Computed, Given
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.kernel.values import Model

__all__ = ["Instance", "InstanceId", "Part", "Summary", "Wanted"]

InstanceId = NewType("InstanceId", str)  # si-…

DEFAULT_TIMEOUT_S = 3600


class Wanted(Model):
    """A service instance as the program asks for it.

    1. `service_version` None: the version that is the service's default when the instance is made, never upgraded.
    2. `expected_images` is what an association promises (logical id -> image id); it decides nothing.
    """

    model_config = ConfigDict(extra="ignore")  # checked inputs hold more than the cloud is told

    owner_id: Annotated[
        OwnerId,
        Given(
            "The resource's identity, minted when it is first named and kept for ever.",
            is_optional=True,
            is_always_shown=True,
            is_compared=False,
        ),
    ]
    generation: Annotated[
        int, Computed("1, and one more for each replacement.", is_always_shown=False, is_internal=True)
    ] = 1
    # No action of the API moves an instance to another service, template, account or region, or renames it (facts §7).
    name: Annotated[
        str,
        Given(
            "The instance's name, by default the resource's. Changing it replaces the instance.",
            replaces=True,
            is_optional=True,
            is_always_shown=True,
        ),
    ]
    service_id: Annotated[
        str,
        Given("The service. Changing it replaces the instance.", replaces=True, is_optional=True, is_always_shown=True),
    ]
    service_version: Annotated[
        str | None,
        Given(
            "The version to run; another one upgrades in place. By default the one that is the service's default when "
            "the instance is made.",
            is_always_shown=True,
        ),
    ] = None
    region: Annotated[
        RegionId,
        Given("Where to deploy. Changing it replaces the instance.", replaces=True, is_always_shown=True),
    ]
    template_name: Annotated[
        str | None,
        Given(
            "Which of the service's templates, needed where it has several. Changing it replaces the instance.",
            replaces=True,
        ),
    ] = None
    parameters: Annotated[
        Mapping[str, Any],
        Given(
            "Parameters of the template. Others alone replace the instance, unless `operation` is given; together with "
            "another version they are part of the upgrade.",
            is_compared=False,
        ),
    ] = Field(default_factory=dict)
    concealed: Annotated[
        tuple[str, ...],
        Given(
            "Names of parameters whose value appears in no message and no output, besides those whose name speaks of a "
            "password, secret, token or key.",
            is_compared=False,
        ),
    ] = ()
    operation: Annotated[str | None, Given("Name of the supplier's operation that changes parameters in place.")] = None
    account: Annotated[
        AccountName,
        Given(
            "A key of `computenest:accounts`: the customer who deploys. Changing it replaces the instance.",
            replaces=True,
        ),
    ] = AccountName("")
    tags: Annotated[Mapping[str, str], Given("Tags of the instance.")] = Field(default_factory=dict)
    resource_group_id: Annotated[str | None, Given("Changing it replaces the instance.", replaces=True)] = None
    expected_images: Annotated[
        Mapping[str, str],
        Computed(
            "Logical id -> the image that the association promises, known in a preview already.",
            is_always_shown=False,
            is_compared=True,
        ),
    ] = Field(default_factory=dict)
    timeout_s: Annotated[int, Given("The longest that one operation may take, in seconds.")] = DEFAULT_TIMEOUT_S

    def deployment_parameters(self) -> dict[str, Any]:
        """`Parameters` of the API, which hold the deployment region (facts §7)."""
        return {**self.parameters, "RegionId": self.region}


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of ListServiceInstances."""

    instance_id: InstanceId
    name: str
    status: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Instance:
    """What GetServiceInstance shows; `stack` is the id and region of its ROS stack, None before there is one."""

    instance_id: InstanceId
    name: str
    status: str
    status_detail: str
    progress_percent: int | None
    service_id: str
    service_version: str
    template_name: str
    parameters: Mapping[str, Any]
    outputs: Mapping[str, Any]
    stack: tuple[str, RegionId] | None
    tags: Mapping[str, str]
    resource_group_id: str
    modified: str
    upgradable: tuple[str, ...] | None = None
    """Versions that it may be upgraded to, where the cloud says which."""


@dataclass(frozen=True, slots=True)
class Part:
    """One resource that a deployment made. `image_id` is "" where it runs no ECS image, or none can be told."""

    logical_id: str
    resource_type: str
    physical_id: str
    status: str
    region: RegionId
    image_id: str = ""

    def wire(self) -> dict[str, str]:
        """As an output."""
        found = {
            "logicalId": self.logical_id,
            "type": self.resource_type,
            "physicalId": self.physical_id,
            "status": self.status,
            "region": self.region,
        }
        return {**found, "imageId": self.image_id} if self.image_id else found
