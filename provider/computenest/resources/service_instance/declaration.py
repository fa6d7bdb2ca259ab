"""`ServiceInstance`, as programs see it: what is told to the cloud stands at the fields of `Wanted`, the rest here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import model_validator

from computenest.kernel.fields import About, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.names import OwnerId, RegionId
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.kernel.values import Values
from computenest.resources.service_instance.model import State, Wanted


class AssociationReference(Values):
    """What an instance takes of its template's association: its outputs."""

    owner_id: Annotated[
        Maybe[OwnerId] | None, About("The association's identity: with it a preview is exact region by region.")
    ] = None
    positions: Annotated[Maybe[Mapping[str, tuple[str, ...]]] | None, About("The association's `positions`.")]
    substitutions: Annotated[
        Maybe[Mapping[str, Maybe[Mapping[str, Maybe[str]]]]] | None, About("The association's `substitutions`.")
    ]

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        """What a preview does not know of one, a program may leave out."""
        if not isinstance(given, Mapping):
            return given
        if "ownerId" not in given and "substitutions" not in given:
            raise ValueError("it is no ServiceImageAssociation: give one of this stack")
        return {"positions": None, "substitutions": None, **given}


class ServiceReference(Values):
    """What an instance takes of its service: its outputs."""

    edition: Annotated[
        Maybe[str] | None, About("The service's `edition`: tells in a preview whether a new version will be made.")
    ] = None
    generation: Annotated[Maybe[int] | None, About("The service's generation.")] = None
    owner_id: Annotated[Maybe[OwnerId] | None, About("The service's identity.")] = None
    publishing: Annotated[Maybe[str] | None, About("The service's `publishing`.")] = None
    service_id: Annotated[Maybe[str] | None, About("The service's id.")]
    service_version: Annotated[Maybe[str] | None, About("The version to run.")] = None
    stage: Annotated[Maybe[str] | None, About("The service's `stage`.")] = None

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        """What a preview does not know of one, a program may leave out."""
        if not isinstance(given, Mapping):
            return given
        if "ownerId" not in given and "serviceId" not in given:
            raise ValueError("it is no Service: give one of this stack, or a service's id")
        return {"serviceId": UNKNOWN, **given}


class Arguments(Wanted[Unknown]):
    """What a program gives: besides what is wanted what decides how an instance is asked for."""

    logical_name: str = ""
    region: Annotated[
        Maybe[RegionId],
        Given(
            "Where to deploy. Changing it replaces the instance.",
            replaces=True,
            is_always_shown=True,
            needed="the region to deploy in is needed, such as cn-hangzhou",
        ),
    ]
    association: Annotated[
        Maybe[AssociationReference] | None,
        Given(
            "What the service's template is associated with: previews then show the image of each resource.",
            is_shown=False,
            is_compared=False,
        ),
    ] = None
    service: Annotated[
        Maybe[str | ServiceReference] | None,
        Given(
            "A service of this stack, in place of `serviceId` and `serviceVersion`.",
            asked=ServiceReference,
            needed="a Service of this stack, or a service's id, is needed",
            is_shown=False,
            is_compared=False,
        ),
    ] = None


RESOURCE = Resource(
    "ServiceInstance",
    """A service deployed in one region: the region decides which image each of its resources runs.

A deployment that fails ends the run at once, with the cause; the next `pulumi up` makes a new instance and deletes the
failed one. Another version of the service is an upgrade in place, and one that fails leaves what runs running.

It is imported by its id, `si-…`, or `ACCOUNT/si-…` where it belongs to an account of `computenest:accounts`.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Wanted[Unknown], Wanted[Known], State[Known], State[Unknown])
