"""`Cluster`, as programs see it: they give what stands in `Arguments`, and get what stands in `State`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.fields import Asked, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.resources.cluster.model import Inputs, State


class Arguments(Asked):
    """What a program gives."""

    name: Annotated[
        Maybe[str] | None,
        Given("What it is called; by default as the resource, in lower case.", replaces=True, is_always_shown=True),
    ] = None
    kubeconfig: Annotated[
        Maybe[str] | None,
        Given(
            "The text of a kubeconfig, kept as a secret; by default that of `$KUBECONFIG` or `~/.kube/config`, which"
            " each run reads anew.",
        ),
    ] = None
    context: Annotated[Maybe[str] | None, Given("Which context of it; by default its current one.")] = None
    kubernetes_version: Annotated[
        Maybe[str] | None,
        Given("`v1.31.0`: what previews render charts for while the cluster is not there yet.", is_compared=False),
    ] = None
    labels: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None,
        Given('What `cluster_selector` of components is matched with: `{"tier": "edge"}`. Nothing is written there.'),
    ] = None


RESOURCE = Resource(
    "Cluster",
    """A Kubernetes cluster that is there, or that another resource of the program makes: how it is reached.

Nothing is made and nothing is deleted. The cluster's identity (the uid of its namespace kube-system) is remembered:
other credentials for it are taken, another cluster under its name is refused.""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
