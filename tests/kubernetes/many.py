"""Three clusters of a test: one that stands for the main one, and two that components go to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.tools import Kubectl

WITHIN_S = 10.0
EDGE = {"clusterSelector": {"matchLabels": {"tier": "edge"}}}


class Guests:
    """The further clusters, by their names, and what a program says of them."""

    def __init__(self, clusters: dict[str, EmbeddedCluster], kubectl: Path, namespace: str) -> None:
        self.clusters = clusters
        self._kubectl, self._namespace = kubectl, namespace

    def kubectl(self, name: str) -> Kubectl:
        return Kubectl(self._kubectl, self.clusters[name].kubeconfig, self._namespace)

    def declared(self, *without: str, **labels: dict[str, str]) -> list[dict[str, Any]]:
        """All but some, with `tier: edge` where nothing else is said."""
        listed = {name: one for name, one in self.clusters.items() if name not in without}
        return [
            {
                "name": name,
                "kubeconfig": one.kubeconfig.read_text(),
                "labels": labels.get(name.replace("-", "_"), {"tier": "edge"}),
            }
            for name, one in listed.items()
        ]

    def deployments(self) -> dict[str, list[str]]:
        """Cluster -> the Deployments of the test's namespace."""
        return {name: sorted(self.kubectl(name).objects("deployment")) for name in self.clusters}


@contextmanager
def standing_still(one: EmbeddedCluster) -> Iterator[None]:
    """It takes calls, and answers none."""
    handle = one.running()
    assert handle is not None
    os.kill(handle.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(handle.pid, signal.SIGCONT)


@contextmanager
def soon() -> Iterator[None]:
    """Within what a person waits for."""
    began_s = time.monotonic()
    yield
    assert time.monotonic() - began_s < WITHIN_S
