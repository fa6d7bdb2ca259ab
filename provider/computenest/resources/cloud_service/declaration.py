"""`CloudService`, as programs see it: they give what stands in `Arguments`, and get what stands in `State`."""

from __future__ import annotations

from typing import Annotated

from computenest.kernel.fields import Asked, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.resources._components.model import Component
from computenest.resources.cloud_service.model import Inputs, State


class Arguments(Asked):
    """What a program gives."""

    name: Annotated[
        Maybe[str] | None,
        Given("The service's name, by default the resource's, in lower case.", is_always_shown=True),
    ] = None
    version: Annotated[Maybe[str] | None, Given("The service's version, for people.")] = None
    components: Annotated[
        Maybe[tuple[Component, ...]],
        Given("What it is made of.", needed="a list of components is needed, with at least one"),
    ]


RESOURCE = Resource(
    "CloudService",
    """What a service on Kubernetes is made of: components, each a Helm chart with its values.

It is a definition, and nothing in any cluster: a CloudServiceDeployment brings it to one, with a configuration of its
own over the values here.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
