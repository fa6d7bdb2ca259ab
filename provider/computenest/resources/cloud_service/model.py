"""What a service is: a name, a version for people, and components. Nothing of it is in any cluster."""

from __future__ import annotations

from typing import Annotated, Generic

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import U
from computenest.kernel.values import Values
from computenest.resources._components.model import Component, ServiceDefinition


class Inputs(Values, Generic[U]):
    """Checked inputs."""

    owner_id: OwnerId = OwnerId("")
    name: str | U = ""
    version: str | U | None = None
    components: tuple[Component, ...] | U = ()


class State(Inputs[U], Generic[U]):
    """With what is made of it."""

    definition: Annotated[ServiceDefinition | U, Computed("What a CloudServiceDeployment takes.")] = Field(
        default_factory=lambda: ServiceDefinition(name="", components=())
    )
