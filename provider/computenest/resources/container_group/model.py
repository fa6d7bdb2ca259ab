"""What a container group is: as it is wanted, as the state records it, and as the cloud shows it.

Source of the API's fields: facts §10.1 to §10.3, §10.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, NewType

from pydantic import Field

from computenest.kernel.arguments import Count, Number, Seconds
from computenest.kernel.fields import About, Computed, Generation, Given, Reasons
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.kernel.unknown import U
from computenest.kernel.values import Model, Values
from computenest.resources.container_group.containers import Container
from computenest.resources.container_group.surroundings import AcrRegistry, DnsConfig, RegistryLogin, Volume

ContainerGroupId = NewType("ContainerGroupId", str)  # eci-…
RestartPolicy = Literal["Always", "OnFailure", "Never"]
WaitFor = Literal["Running", "Succeeded", "none"]
CpuArchitecture = Literal["AMD64", "ARM64"]

DEAD = frozenset({"Failed", "ScheduleFailed", "Expired"})  # facts §10.2
ENDED = DEAD | {"Succeeded"}
"""Of these statuses no update is taken (facts §10.3)."""
DEFAULT_TIMEOUT_S = 1800


class AnyGroup(Values, Generic[U]):
    """What a program says and the state keeps in the same form; where it says nothing, nothing is kept."""

    dns_config: Annotated[
        DnsConfig | U | None,
        Given("How names are looked up; changed in place, and taking it away replaces."),
    ] = None
    cpu: Annotated[Number | U | None, Given("vCPUs of the group; by default what its containers ask for.")] = None
    memory: Annotated[Number | U | None, Given("GiB of the group; by default what its containers ask for.")] = None
    instance_type: Annotated[
        str | U | None,
        Given("A type of ECS instance in place of `cpu` and `memory`, such as one with a GPU.", replaces=True),
    ] = None
    active_deadline_s: Annotated[
        Seconds | U | None, Given("After so many seconds the group is made to end.", replaces=True)
    ] = None
    v_switch_id: Annotated[str | U | None, Given("The switch whose network it is in.", replaces=True)] = None
    security_group_id: Annotated[str | U | None, Given("The security group it is in.", replaces=True)] = None
    auto_create_eip: Annotated[
        bool | U | None, Given("Whether it gets an address in the internet, which goes with it.", replaces=True)
    ] = None
    eip_bandwidth: Annotated[Count | U | None, Given("Of that address, in Mbit/s.", replaces=True)] = None
    eip_instance_id: Annotated[
        str | U | None, Given("An address in the internet that is there, `eip-…`.", replaces=True)
    ] = None
    replicas: Annotated[
        Count | U | None,
        Given(
            "Makes it a set of so many groups of this declaration, from 0 to 100, named `NAME-1` and so on; changed in "
            "place, and one group becoming a set, or a set one group, is replaced. A change of the declaration is "
            "rolled through the set, one group after the other."
        ),
    ] = None
    create_before_delete: Annotated[
        bool | U | None,
        Given(
            "Of a set: whether a group that takes no update goes only once its successor runs; by default it goes "
            "before.",
            is_compared=False,
        ),
    ] = None


class Inputs(AnyGroup[U], Generic[U]):
    """Checked inputs."""

    owner_id: OwnerId = OwnerId("")
    generation: Generation = 1
    name: str | U = ""
    region: RegionId | U = RegionId("")
    containers: tuple[Container, ...] | U = ()
    init_containers: tuple[Container, ...] | U = ()
    volumes: tuple[Volume, ...] | U = ()
    registry_logins: tuple[RegistryLogin, ...] | U = ()
    acr_registry_info: tuple[AcrRegistry, ...] | U = ()
    cpu_architecture: CpuArchitecture | U | None = None
    restart_policy: RestartPolicy | U = "Always"
    wait_for: WaitFor | U = "Running"
    tags: Mapping[str, str | U] | U = Field(default_factory=dict)
    account: AccountName = AccountName("")
    timeout_s: int | U = DEFAULT_TIMEOUT_S
    rollout: Annotated[
        Mapping[str, str | U] | U | None,
        Computed(
            "Of a set: name of each group -> the revision of the declaration that it has.",
            is_always_shown=False,
            is_compared=True,
        ),
    ] = None
    revision: Annotated[
        int | None,
        Computed("How often the declaration of a set has changed.", is_always_shown=False, is_internal=True),
    ] = None

    @property
    def is_set(self) -> bool:
        """Whether it is groups of one declaration, in any number, and not one group."""
        return self.replicas is not None

    @property
    def everything_run(self) -> tuple[Container, ...]:
        """All containers, as far as they are known, the init containers first."""
        lists = (self.init_containers, self.containers)
        return tuple(one for listed in lists if isinstance(listed, tuple) for one in listed)

    @property
    def has_packages(self) -> bool:
        """Whether a temporary key is needed to pull what it runs."""
        return any(one.package is not None for one in self.everything_run)


class Replica(Model):
    """One group of a set."""

    container_group_id: Annotated[str, About("Its id, `eci-…`.")]
    status: Annotated[str, About("As the cloud says; Incomplete where the last run did not finish it.")] = ""
    address: Annotated[str, About("Its address in the network; empty while it has none.")] = ""
    internet_address: Annotated[str, About("Its address in the internet; empty where it has none.")] = ""
    generation: Annotated[int, About("Which one in this place it is: of those before it were replaced.")] = 1
    incarnation: Annotated[int, About("How often a create has taken it over.")] = 1


class State(Inputs[U], Generic[U]):
    """With what the provider finds out."""

    container_group_id: Annotated[
        str | U, Computed("The group's id, `eci-…`; of a set, what its groups are tagged with.")
    ] = ""
    groups: Annotated[
        Mapping[str, Replica | U] | U | None,
        Computed("Of a set: name of each group -> the group.", is_always_shown=False),
    ] = None
    generations: Annotated[
        int | U | None,
        Computed("The highest generation of a set's groups so far.", is_always_shown=False, is_internal=True),
    ] = None
    status: Annotated[
        str | U, Computed("As the cloud says: Pending, Running, Succeeded, …; Incomplete after a failed run.")
    ] = ""
    address: Annotated[str | U, Computed("Its address in the network; empty while it has none.")] = ""
    internet_address: Annotated[str | U, Computed("Its address in the internet; empty where it has none.")] = ""
    key_expiry: Annotated[
        str | U,
        Computed("When the temporary key ends that it pulls with: epoch milliseconds of the cloud; empty for none."),
    ] = ""
    phase: Annotated[
        str | U, Computed("The cloud's status, of an incomplete one too.", is_always_shown=False, is_internal=True)
    ] = ""
    reasons: Reasons[U] = Field(default_factory=dict)
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
    message: str = ""


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
    init_containers: tuple[Seen, ...] = ()
    volumes: tuple[Volume, ...] = ()
    dns_config: DnsConfig | None = None
    internet_address: str = ""
