"""`ContainerGroup`, as programs see it: they give what stands in `Arguments`, and get what stands in `State`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.arguments import Seconds
from computenest.kernel.fields import Asked, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.names import AccountName, RegionId
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.resources.container_group.containers import Container
from computenest.resources.container_group.model import AnyGroup, CpuArchitecture, Inputs, RestartPolicy, State, WaitFor
from computenest.resources.container_group.surroundings import AcrRegistry, RegistryLogin, Volume


class Arguments(AnyGroup[Unknown], Asked):
    """What a program gives. In place is what UpdateContainerGroup takes (facts §10.3), and nothing else."""

    name: Annotated[
        Maybe[str] | None,
        Given("The group's name, by default the resource's, in lower case.", replaces=True, is_always_shown=True),
    ] = None
    region: Annotated[
        Maybe[RegionId],
        Given("Where it runs.", replaces=True, is_always_shown=True, needed="a region is needed, such as cn-hangzhou"),
    ]
    containers: Annotated[
        Maybe[tuple[Container, ...]],
        Given(
            "What runs; changed in place, which starts changed containers again.",
            needed="a list of containers is needed, with at least one",
        ),
    ]
    init_containers: Annotated[
        Maybe[tuple[Container, ...]] | None,
        Given("What runs before, one after the other; changed in place, and taking away the last one replaces."),
    ] = None
    volumes: Annotated[
        Maybe[tuple[Volume, ...]] | None,
        Given("What containers mount; changed in place, and taking away the last one replaces."),
    ] = None
    registry_logins: Annotated[
        Maybe[tuple[RegistryLogin, ...]] | None,
        Given(
            "Logins of registries that images are pulled from; changed in place, and taking away the last one "
            "replaces. The cloud shows none of them, so that a change by hand cannot be seen."
        ),
    ] = None
    acr_registry_info: Annotated[
        Maybe[tuple[AcrRegistry, ...]] | None,
        Given(
            "Instances of Container Registry that are pulled from without a login; changed in place, and taking away "
            "the last one replaces. The cloud shows none of them."
        ),
    ] = None
    cpu_architecture: Annotated[
        Maybe[CpuArchitecture] | None, Given("`AMD64` (the default) or `ARM64`: what images are for.", replaces=True)
    ] = None
    restart_policy: Annotated[
        Maybe[RestartPolicy] | None, Given("`Always` (the default), `OnFailure` or `Never`; changed in place.")
    ] = None
    wait_for: Annotated[
        Maybe[WaitFor] | None,
        Given("What a run waits for: `Running` (the default), `Succeeded` for a job, or `none`.", is_compared=False),
    ] = None
    tags: Annotated[Maybe[Mapping[str, Maybe[str]]] | None, Given("Tags of the group.")] = None
    account: Annotated[
        AccountName | None, Given("A key of `computenest:accounts`: whose group it is.", replaces=True)
    ] = None
    timeout_s: Annotated[
        Maybe[Seconds] | None, Given("The longest that one operation may take, in seconds (default 1800).")
    ] = None


RESOURCE = Resource(
    "ContainerGroup",
    """Containers that run without a server of one's own (Elastic Container Instance).

Images are of public registries, of registries whose login or instance the group has, or of a ContainerImagePackage.
Those of packages are pulled with a temporary key, which a run takes together with a change that pulls, and never by
itself: what pulls again after the key's end fails, and a group that may do so is warned about with the time.

Containers, init containers, volumes, size, restart policy, DNS, logins and tags are changed in place while the group is
Pending or Running; everything else, and a change of a group that has ended, replaces it: another address, and what runs
stops. A job (`wait_for` Succeeded) that fails ends the run with its exit code and the last lines of its log, in which
the values of environment variables are blotted out; the next `pulumi up` makes a new group.

With `replicas` it is a set of such groups. A change is rolled through it, one group after the other, each in place or
replaced as a single one would be; one that fails stops the roll. The dynamic transport keeps
the whole of `containers` secret where one variable is.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
