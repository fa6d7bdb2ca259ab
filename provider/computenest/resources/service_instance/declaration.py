"""`ServiceInstance`, as programs see it: what the cloud is told stands at the fields of `Wanted`, the rest here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from computenest.kernel.fields import About, Computed, Given, Resource
from computenest.kernel.names import OwnerId, RegionId
from computenest.kernel.values import Model
from computenest.resources.service_instance.model import Wanted

__all__ = ["RESOURCE"]


class AssociationReference(Model):
    """What an instance takes of its template's association: its outputs."""

    owner_id: Annotated[
        OwnerId | None, About("The association's identity: with it a preview is exact region by region.")
    ] = None
    positions: Annotated[Mapping[str, tuple[str, ...]], About("The association's `positions`.")]
    substitutions: Annotated[Mapping[str, Mapping[str, str]], About("The association's `substitutions`.")]


class ServiceReference(Model):
    """What an instance takes of its service: its outputs."""

    edition: Annotated[
        str | None, About("The service's `edition`: tells in a preview whether a new version will be made.")
    ] = None
    generation: Annotated[int | None, About("The service's generation.")] = None
    owner_id: Annotated[OwnerId | None, About("The service's identity.")] = None
    publishing: Annotated[str | None, About("The service's `publishing`.")] = None
    service_id: Annotated[str, About("The service's id.")]
    service_version: Annotated[str | None, About("The version to run.")] = None
    stage: Annotated[str | None, About("The service's `stage`.")] = None


class InstanceResource(Model):
    """One resource that a deployment made."""

    image_id: Annotated[str | None, About("The ECS image that it runs, where it runs one.")] = None
    logical_id: Annotated[str, About("Its name in the template, `Group.Inner` for one of a nested stack.")]
    physical_id: Annotated[str, About("Its id in the cloud; several with commas for a group.")]
    region: Annotated[RegionId, About("Where it is.")]
    status: Annotated[str, About("As ROS says: CREATE_COMPLETE, …")]
    type: Annotated[str, About("Its type in the template, such as `ALIYUN::ECS::Instance`.")]


class Arguments(Model):
    """What decides how an instance is asked for, and is not told to the cloud."""

    association: Annotated[
        AssociationReference | None,
        Given(
            "What the service's template is associated with: previews then show the image of each resource.",
            is_shown=False,
            is_compared=False,
        ),
    ] = None
    service: Annotated[
        ServiceReference | None,
        Given(
            "A service of this stack, in place of `serviceId` and `serviceVersion`.",
            is_shown=False,
            is_compared=False,
        ),
    ] = None
    upgrade: Annotated[
        str | None,
        Given(
            "When another version of a Service of the same program upgrades: `changed`, the default, where it deploys "
            "something else in this region; `always`; or `replace`, as `changed`, and a new instance is made where a "
            "launch exchanged what the version deploys that it runs, to which no upgrade leads.",
            is_compared=False,
        ),
    ] = None


class Outputs(Model):
    """What the provider finds out about an instance."""

    images: Annotated[Mapping[str, str], Computed("Logical id -> the image that the resource really runs.")]
    incarnation: Annotated[
        int,
        Computed(
            "How often a create has taken the instance over; 0 while nobody has seen it.",
            is_always_shown=False,
            is_internal=True,
        ),
    ]
    instance_id: Annotated[
        str,
        Computed("The instance's id in Compute Nest; empty while it waits for the reviewers of its service."),
    ]
    outputs: Annotated[Mapping[str, Any], Computed("The outputs of the template.", is_always_shown=False)]
    reason: Annotated[str, Computed("Why it is not as wished, empty where it is.", is_always_shown=False)]
    resources: Annotated[tuple[InstanceResource, ...], Computed("Everything that the deployment made.")]
    service_mark: Annotated[
        Mapping[str, Any],
        Computed(
            "What the state keeps of the service: enough to tell what a change of it will do.",
            is_always_shown=False,
            is_internal=True,
        ),
    ]
    status: Annotated[
        str,
        Computed(
            "As the cloud says: Deployed, DeployedFailed, Upgrading, …; Waiting while nothing is in the cloud because "
            "reviewers have its service."
        ),
    ]


RESOURCE = Resource(
    "ServiceInstance",
    """A service deployed in one region: the region decides which image each of its resources runs.

A deployment that fails ends the run at once, with the cause; the next `pulumi up` makes a new instance and deletes the
failed one. Another version of the service is an upgrade in place, and one that fails leaves what runs running.

It is imported by its id, `si-…`, or `ACCOUNT/si-…` where it belongs to an account of `computenest:accounts`.""",
    (Wanted, Arguments, Outputs),
)
