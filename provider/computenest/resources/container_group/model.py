"""What a container group is: as it is wanted, as the state records it, and as the cloud shows it.

Source of the API's fields: facts §10.1 to §10.3, §10.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NewType

from pydantic import Field

from computenest.kernel.fields import About, Computed
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.kernel.unknown import Maybe, U
from computenest.kernel.values import Model, Values

__all__ = [
    "DEAD",
    "DEFAULT_TIMEOUT_S",
    "ENDED",
    "Container",
    "ContainerGroup",
    "ContainerGroupId",
    "Inputs",
    "RestartPolicy",
    "Seen",
    "State",
    "WaitFor",
]

ContainerGroupId = NewType("ContainerGroupId", str)  # eci-…
RestartPolicy = Literal["Always", "OnFailure", "Never"]
WaitFor = Literal["Running", "Succeeded", "none"]

DEAD = frozenset({"Failed", "ScheduleFailed", "Expired"})  # facts §10.2
ENDED = DEAD | {"Succeeded"}
"""Of these statuses no update is taken (facts §10.3)."""
DEFAULT_TIMEOUT_S = 1800


class Port(Model):
    """A port that a container listens on."""

    port: Annotated[Maybe[int], About("From 1 to 65535.")]
    protocol: Annotated[Maybe[Literal["TCP", "UDP"]] | None, About("`TCP` (the default) or `UDP`.")] = None


class Container(Model):
    """One container of a group."""

    name: Annotated[Maybe[str], About("Its name, once in a group.")]
    image: Annotated[Maybe[str], About("`registry/repository:tag`, of a registry that asks for no login.")]
    command: Annotated[Maybe[tuple[Maybe[str], ...]] | None, About("In place of the image's entry point.")] = None
    args: Annotated[Maybe[tuple[Maybe[str], ...]] | None, About("In place of the image's command.")] = None
    cpu: Annotated[Maybe[float] | None, About("vCPUs.")] = None
    memory: Annotated[Maybe[float] | None, About("GiB.")] = None
    environment: Annotated[Maybe[Mapping[str, Maybe[str]]] | None, About("Variable -> value.")] = None
    ports: Annotated[Maybe[tuple[Port, ...]] | None, About("What it listens on.")] = None
    working_dir: Annotated[Maybe[str] | None, About("Where its command begins.")] = None

    def like(self, other: Container) -> Container:
        """This one, without what the other leaves out."""
        kept: dict[str, Any] = {}
        for name in other.model_fields_set:
            here, there = getattr(self, name), getattr(other, name)
            if there is not None:
                kept[name] = there if here is None and not there else here
        if isinstance(kept.get("ports"), tuple) and isinstance(other.ports, tuple):
            silent = {one.port for one in other.ports if one.protocol is None}
            kept["ports"] = tuple(
                Port(port=one.port) if one.port in silent and one.protocol == "TCP" else one for one in kept["ports"]
            )
        return Container(**kept)

    def request(self) -> dict[str, Any]:
        """As CreateContainerGroup and UpdateContainerGroup take it, nothing of it unknown."""
        given = self.wire()
        variables = given.get("environment", {})
        return {
            "Name": given["name"],
            "Image": given["image"],
            "Command": given.get("command"),
            "Arg": given.get("args"),
            "Cpu": given.get("cpu"),
            "Memory": given.get("memory"),
            "WorkingDir": given.get("workingDir"),
            "EnvironmentVar": [{"Key": key, "Value": value} for key, value in sorted(variables.items())],
            "Port": [{"Port": one["port"], "Protocol": one.get("protocol")} for one in given.get("ports", ())],
        }


class Inputs(Values, Generic[U]):
    """Checked inputs."""

    owner_id: OwnerId = OwnerId("")
    generation: Annotated[
        int, Computed("1, and one more for each replacement.", is_always_shown=False, is_internal=True)
    ] = 1
    name: str | U = ""
    region: RegionId | U = RegionId("")
    containers: tuple[Container, ...] | U = ()
    cpu: float | U | None = None
    memory: float | U | None = None
    restart_policy: RestartPolicy | U = "Always"
    wait_for: WaitFor | U = "Running"
    active_deadline_s: int | U | None = None
    v_switch_id: str | U | None = None
    security_group_id: str | U | None = None
    tags: Mapping[str, str | U] | U = Field(default_factory=dict)
    account: AccountName = AccountName("")
    timeout_s: int | U = DEFAULT_TIMEOUT_S


class State(Inputs[U], Generic[U]):
    """With what the provider finds out."""

    container_group_id: Annotated[str | U, Computed("The group's id, `eci-…`.")] = ""
    status: Annotated[
        str | U, Computed("As the cloud says: Pending, Running, Succeeded, …; Incomplete after a failed run.")
    ] = ""
    address: Annotated[str | U, Computed("Its address in the network; empty while it has none.")] = ""
    phase: Annotated[
        str | U, Computed("The cloud's status, of an incomplete one too.", is_always_shown=False, is_internal=True)
    ] = ""
    reasons: Annotated[
        Mapping[str, str] | U, Computed("Why it is not as wanted; empty where it is.", is_always_shown=False)
    ] = Field(default_factory=dict)
    incarnation: Annotated[
        int,
        Computed(
            "How often a create has taken it over; 0 while nobody has seen it.",
            is_always_shown=False,
            is_internal=True,
        ),
    ] = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """A container as DescribeContainerGroups shows it: as it would be asked for, and what it does."""

    container: Container
    state: str
    exit_code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ContainerGroup:
    """What the cloud shows."""

    container_group_id: ContainerGroupId
    name: str
    status: str
    cpu: float
    memory: float
    restart_policy: str
    address: str
    containers: tuple[Seen, ...]
    tags: Mapping[str, str]
