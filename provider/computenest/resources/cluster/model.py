"""What a cluster is to a program: how it is reached, and which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic

from pydantic import Field

from computenest.kernel.fields import Computed
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import U
from computenest.kernel.values import Values
from computenest.resources._components.model import ClusterAccess


class Inputs(Values, Generic[U]):
    """Checked inputs."""

    owner_id: OwnerId = OwnerId("")
    name: str | U = ""
    kubeconfig: str | U | None = None
    context: str | U | None = None
    kubernetes_version: str | U | None = None
    labels: Mapping[str, str | U] | U | None = None
    uid: Annotated[str | U, Computed("Of its namespace kube-system: what tells it from another of the same name.")] = ""


class State(Inputs[U], Generic[U]):
    """With what the provider finds out."""

    access: Annotated[
        ClusterAccess | U, Computed("How it is reached: what a CloudServiceDeployment takes. It is a secret.")
    ] = Field(default_factory=lambda: ClusterAccess(name=""))
    version: Annotated[str | U, Computed("Of Kubernetes, as the cluster said when it was looked at last.")] = ""
