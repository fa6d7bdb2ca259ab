"""What a component of a cluster is: as it is wanted, and as the state records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.unknown import U
from computenest.kernel.values import Json
from computenest.resources._components.deployed import DeployedInputs, DeployedState
from computenest.resources._components.model import Chart, ChartFolder


class Inputs(DeployedInputs[U], Generic[U]):
    """Checked inputs."""

    name: str | U = ""
    chart: Chart | U = Field(default_factory=lambda: ChartFolder(path=""))
    values: Mapping[str, Json] | U = Field(default_factory=dict)
    namespace: str | U = ""
    release: str | U = ""
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


class State(Inputs[U], DeployedState[U], Generic[U]):
    """With what the provider finds out."""

    version: Annotated[str | U, Computed("Of the chart that is there, whoever brought it.")] = ""
    revision: Annotated[int | U, Computed("Of its release.")] = 0
    releases: Annotated[
        tuple[str, ...] | U,
        Computed("`namespace/release` of what may be there.", is_always_shown=False, is_internal=True),
    ] = ()
    incarnation: Annotated[
        int,
        Computed("How often a create has taken it over.", is_always_shown=False, is_internal=True),
    ] = 1
