"""What a service instance is: a deployment of one version of a service in one region, by one account.

`Wanted` is desired (it comes from checked inputs), `Instance` and `InstanceResource` are observed, `State` is recorded.
Source of the API's fields: facts §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NewType

from pydantic import BeforeValidator, Field

from computenest.kernel.arguments import Seconds
from computenest.kernel.fields import About, Computed, Generation, Given, Owner
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.kernel.unknown import UNKNOWN, Known, U
from computenest.kernel.values import Json, Model, Values

InstanceId = NewType("InstanceId", str)  # si-…

DEFAULT_TIMEOUT_S = 3600


def _number(value: object) -> object:
    """A version as it is given: its number is one to YAML."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class ServiceMark(Values, Generic[U]):
    """Which service it is, and what the version that instances are made of is made of."""

    owner_id: str | U | None = None
    generation: int | U | None = None
    edition: str | U | None = None
    publishing: str | U | None = None
    stage: str | U | None = None

    @property
    def has_unknown(self) -> bool:
        return any(value is UNKNOWN for _, value in self)


class InstanceResource(Model):
    """One resource that a deployment made."""

    image_id: Annotated[str | None, About("The ECS image that it runs, where it runs one.")] = None
    logical_id: Annotated[str, About("Its name in the template, `Group.Inner` for one of a nested stack.")]
    physical_id: Annotated[str, About("Its id in the cloud; several with commas for a group.")]
    region: Annotated[RegionId, About("Where it is.")]
    status: Annotated[str, About("As ROS says: CREATE_COMPLETE, …")]
    type: Annotated[str, About("Its type in the template, such as `ALIYUN::ECS::Instance`.")]


class Wanted(Values, Generic[U]):
    """A service instance as it is wanted: checked inputs.

    1. `service_version` None: the version that is the service's default when the instance is made, never upgraded.
    2. `expected_images` is what an association promises (logical id -> image id); it decides nothing.
    """

    owner_id: Owner = OwnerId("")
    generation: Generation = 1
    # No action of the API moves an instance to another service, template, account or region, or renames it (facts §7).
    name: Annotated[
        str | U,
        Given(
            "The instance's name, by default the resource's. Changing it replaces the instance.",
            replaces=True,
            is_always_shown=True,
        ),
    ] = ""
    service_id: Annotated[
        str | U,
        Given("The service. Changing it replaces the instance.", replaces=True, is_always_shown=True),
    ] = ""
    service_version: Annotated[
        Annotated[str, BeforeValidator(_number)] | U | None,
        Given(
            "The version to run; another one upgrades in place. By default the one that is the service's default when "
            "the instance is made.",
            is_always_shown=True,
        ),
    ] = None
    region: RegionId | U = RegionId("")
    template_name: Annotated[
        str | U | None,
        Given(
            "Which of the service's templates, needed where it has several. Changing it replaces the instance.",
            replaces=True,
        ),
    ] = None
    parameters: Annotated[
        Mapping[str, Json | U] | U,
        Given(
            "Parameters of the template. Others alone replace the instance, unless `operation` is given; together with "
            "another version they are part of the upgrade.",
            is_compared=False,
            needed="a map from parameter to value is needed",
        ),
    ] = Field(default_factory=dict)
    concealed: Annotated[
        tuple[str | U, ...] | U,
        Given(
            "Names of parameters whose value appears in no message and no output, besides those whose name speaks of a "
            "password, secret, token or key.",
            is_compared=False,
        ),
    ] = ()
    operation: Annotated[
        str | U | None, Given("Name of the supplier's operation that changes parameters in place.")
    ] = None
    power: Annotated[
        Literal["running", "stopped"] | U | None,
        Given(
            "`stopped`: its machines are stopped; `running`: they are started. Left alone where it is not given. The "
            "service's `operations.power` has to offer it."
        ),
    ] = None
    on_failure: Annotated[
        Literal["replace", "continue", "leave"] | U | None,
        Given(
            "What is done with a deployment that failed: `replace`, the default, makes a new instance; `continue` goes "
            "on with the one that is there, with the parameters of now; `leave` changes nothing.",
            is_compared=False,
        ),
    ] = None
    account: Annotated[
        AccountName | U,
        Given(
            "A key of `computenest:accounts`: the customer who deploys. Changing it replaces the instance.",
            replaces=True,
        ),
    ] = AccountName("")
    tags: Annotated[Mapping[str, str | U] | U, Given("Tags of the instance.")] = Field(default_factory=dict)
    resource_group_id: Annotated[str | U | None, Given("Changing it replaces the instance.", replaces=True)] = None
    upgrade: Annotated[
        str | U | None,
        Given(
            "When another version of a Service of the same program upgrades: `changed`, the default, where it deploys "
            "something else in this region; `always`; or `replace`, as `changed`, and a new instance is made where a "
            "launch exchanged what the version deploys that it runs, to which no upgrade leads.",
            is_compared=False,
        ),
    ] = None
    service_mark: Annotated[
        ServiceMark[U] | None,
        Computed(
            "What the state keeps of the service: enough to tell what a change of it will do.",
            is_always_shown=False,
            is_internal=True,
            shown=Mapping[str, Any],
        ),
    ] = None
    fingerprint: str | U | None = None
    """Of what its version deploys in its region (`deploys.py`)."""
    expected_images: Annotated[
        Mapping[str, str | U] | U,
        Computed(
            "Logical id -> the image that the association promises, known in a preview already.",
            is_always_shown=False,
            is_compared=True,
        ),
    ] = Field(default_factory=dict)
    timeout_s: Annotated[Seconds | U, Given("The longest that one operation may take, in seconds.")] = DEFAULT_TIMEOUT_S


class State(Wanted[U], Generic[U]):
    """An instance as a state has it, or as a preview promises it."""

    images: Annotated[Mapping[str, str] | U, Computed("Logical id -> the image that the resource really runs.")] = (
        Field(default_factory=dict)
    )
    incarnation: Annotated[
        int | U | None,
        Computed(
            "How often a create has taken the instance over; 0 while nobody has seen it.",
            is_always_shown=False,
            is_internal=True,
        ),
    ] = None
    instance_id: Annotated[
        str | U,
        Computed("The instance's id in Compute Nest; empty while it waits for the reviewers of its service."),
    ] = ""
    outputs: Annotated[Mapping[str, Json] | U, Computed("The outputs of the template.", is_always_shown=False)] = Field(
        default_factory=dict
    )
    reason: Annotated[str | U, Computed("Why it is not as wished, empty where it is.", is_always_shown=False)] = ""
    resources: Annotated[tuple[InstanceResource, ...] | U, Computed("Everything that the deployment made.")] = ()
    status: Annotated[
        str | U,
        Computed(
            "As the cloud says: Deployed, DeployedFailed, Upgrading, …; Waiting while nothing is in the cloud because "
            "reviewers have its service."
        ),
    ] = ""
    resource_id: str | U | None = None
    """The id of a resource that waited before there was an instance."""


def given_to(wanted: Wanted[Known]) -> Mapping[str, Json]:
    """`Parameters` of the API, which hold the deployment region (facts §7)."""
    return {**wanted.parameters, "RegionId": wanted.region}


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
    parameters: Mapping[str, Json]
    outputs: Mapping[str, Json]
    stack: tuple[str, RegionId] | None
    tags: Mapping[str, str]
    resource_group_id: str
    modified: str
    upgradable: tuple[str, ...] | None = None
    """Versions that it may be upgraded to, where the cloud says which."""
