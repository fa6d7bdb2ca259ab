"""What a component of a cluster is: as it is wanted, and as the state records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import U
from computenest.kernel.values import Json, Values
from computenest.resources._components.model import Chart, ChartFolder, ClusterAccess

__all__ = ["DEFAULT_TIMEOUT_S", "Inputs", "State"]

DEFAULT_TIMEOUT_S = 1800


class Inputs(Values, Generic[U]):
    """Checked inputs."""

    owner_id: OwnerId = OwnerId("")
    generation: Annotated[
        int, Computed("1, and one more for each replacement.", is_always_shown=False, is_internal=True)
    ] = 1
    cluster: ClusterAccess | U = Field(default_factory=lambda: ClusterAccess(name=""))
    name: str | U = ""
    chart: Chart | U = Field(default_factory=lambda: ChartFolder(path=""))
    values: Mapping[str, Json] | U = Field(default_factory=dict)
    namespace: str | U = ""
    release: str | U = ""
    concealed: tuple[str, ...] = ()
    timeout_s: int | U = DEFAULT_TIMEOUT_S
    uid: Annotated[
        str | U, Computed("Of the cluster's namespace kube-system: what tells it from another of its name.")
    ] = ""
    brought: Annotated[
        str | U,
        Computed(
            "The version that the last run which did something brought, or found there; a higher one that somebody else"
            " brought since is no change.",
            is_compared=True,
        ),
    ] = ""
    drifted: Annotated[
        str | U,
        Computed(
            "What was found otherwise than the last run left it, and is brought back; empty after a run.",
            is_compared=True,
            is_always_shown=False,
        ),
    ] = ""


class State(Inputs[U], Generic[U]):
    """With what the provider finds out."""

    status: Annotated[str | U, Computed("Deployed; Incomplete after a failed run.")] = ""
    version: Annotated[str | U, Computed("Of the chart that is there, whoever brought it.")] = ""
    revision: Annotated[int | U, Computed("Of its release.")] = 0
    releases: Annotated[
        tuple[str, ...] | U,
        Computed("`namespace/release` of what may be there.", is_always_shown=False, is_internal=True),
    ] = ()
    reasons: Annotated[
        Mapping[str, str] | U, Computed("Why it is not as wanted; empty where it is.", is_always_shown=False)
    ] = Field(default_factory=dict)
    incarnation: Annotated[
        int,
        Computed("How often a create has taken it over.", is_always_shown=False, is_internal=True),
    ] = 1

    @property
    def tags(self) -> Mapping[str, str]:
        """Kubernetes has labels."""
        return {}
