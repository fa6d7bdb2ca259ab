"""A hub of a test: the main cluster with the real CRD of Open Cluster Management, and its clusters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kubernetes.tools import Kubectl
from made import made

SECRET = "computenest-kubeconfig"


def install_hub(kubectl: Kubectl) -> None:
    """The CRD, unmodified (tools/kubernetes/crds). Others may do the same at the same time."""
    folder = made("tools/kubernetes/crds")
    kubectl("apply", "--server-side", "--force-conflicts", "--filename", str(folder))
    kubectl("wait", "--for=condition=Established", "crd/managedclusters.cluster.open-cluster-management.io")


class HubOfTest:
    """The clusters of one test on a hub that several share: their names begin with the test's own."""

    def __init__(self, program: Path, kubeconfig: Path, prefix: str) -> None:
        self._program, self._kubeconfig, self._prefix = program, kubeconfig, prefix
        self.kubectl = Kubectl(program, kubeconfig, "default")
        install_hub(self.kubectl)

    def name(self, short: str) -> str:
        return f"{self._prefix}-{short}"

    def add(self, short: str, kubeconfig: Path | str | None = None, *, accepted: bool = True, **labels: str) -> str:
        """Registers a cluster, with its namespace and its Secret where it has one; its name."""
        name = self.name(short)
        self._apply(
            {
                "apiVersion": "cluster.open-cluster-management.io/v1",
                "kind": "ManagedCluster",
                "metadata": {"name": name, **({"labels": labels} if labels else {})},
                "spec": {"hubAcceptsClient": accepted},
            }
        )
        self._apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        if kubeconfig is not None:
            self.keep(short, kubeconfig.read_text() if isinstance(kubeconfig, Path) else kubeconfig)
        return name

    def keep(self, short: str, text: str) -> None:
        """Puts a kubeconfig into the cluster's Secret."""
        about = {"name": SECRET, "namespace": self.name(short)}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": {"kubeconfig": text}}
        self._within(short)("apply", "--filename", "-", given=json.dumps(secret))

    def forget(self, short: str) -> None:
        """Takes the Secret away."""
        self._within(short)("delete", "secret", SECRET)

    def _within(self, short: str) -> Kubectl:
        return Kubectl(self._program, self._kubeconfig, self.name(short))

    def label(self, short: str, *words: str) -> None:
        """As a person does it."""
        self.kubectl("label", "managedcluster", self.name(short), "--overwrite", *words)

    def labels(self, short: str) -> dict[str, str]:
        found: dict[str, Any] = self.kubectl.get("managedcluster", self.name(short))
        return dict(found["metadata"].get("labels") or {})

    def set_accepted(self, short: str, *, accepted: bool) -> None:
        patch = json.dumps({"spec": {"hubAcceptsClient": accepted}})
        self.kubectl("patch", "managedcluster", self.name(short), "--type=merge", "--patch", patch)

    def clear(self) -> None:
        """Others list the same hub."""
        self.kubectl("delete", "managedcluster", "--ignore-not-found", *map(self.name, ("a", "b", "c")))

    def _apply(self, document: dict[str, Any]) -> None:
        """By a manager of its own: an apply of another one takes over what a client-side one has set."""
        self.kubectl("apply", "--server-side", "--field-manager=test", "--filename", "-", given=json.dumps(document))
