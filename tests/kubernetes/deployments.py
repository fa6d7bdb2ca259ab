"""A deployment of a service on a real cluster, in a process of its own each time: what the engine does with it, without
the engine."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from computenest.cloud.clock import RealClock
from computenest.kernel.outcome import Checked
from computenest.resources._components.api import KubernetesClusters
from computenest.resources._components.opened import Desk
from computenest.resources.cloud_service_deployment.lifecycle import CloudServiceDeploymentLifecycle
from computenest.serve.lifecycles import served
from lifecycle.driver import Screen, _no_lease
from lifecycle.lives import DynamicLife, Subject, on_its_own_loop
from lifecycle.transports import CoreOfOne

__all__ = ["Deployment", "component"]

T = TypeVar("T")


class _Subject(Subject):
    type_name = "CloudServiceDeployment"

    def __init__(self) -> None:
        self.screen = Screen()

    def lifecycle(self) -> Any:
        clusters = KubernetesClusters()
        desk = Desk(clusters, clusters, RealClock(), self.screen, _no_lease)
        core: Any = CoreOfOne(self.screen)
        return CloudServiceDeploymentLifecycle(core, desk)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return on_its_own_loop(work)


class Deployment:
    """One resource of a program, and its state."""

    def __init__(self, kubeconfig: Path | str, namespace: str, **given: Any) -> None:
        text = kubeconfig.read_text() if isinstance(kubeconfig, Path) else kubeconfig
        self.subject = _Subject()
        self.life: DynamicLife[Any] = DynamicLife(self.subject, name="shop")
        base = {"ownerId": "o-1", "logicalName": "shop", "namespace": namespace, "timeoutS": 60}
        self.given = {**base, "cluster": {"name": "main", "kubeconfig": text}, **given}

    def news(self, *components: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return {**self.given, "service": {"name": "shop", "components": list(components)}, **more}

    def check(self, *components: Mapping[str, Any], **more: Any) -> Checked:
        """What a preview says."""
        return self.asked(self.news(*components, **more))

    def asked(self, news: Mapping[str, Any]) -> Checked:
        """The same, of whatever a program asks for."""
        return self.subject.run(served(self.subject.lifecycle()).check(self.life.inputs, news))

    def up(self, *components: Mapping[str, Any], **more: Any) -> str:
        """What was done."""
        return self.life.up(self.news(*components, **more))

    def said(self) -> list[str]:
        """Warnings of the operations so far."""
        return list(self.subject.screen.warnings)


def component(name: str, chart: Path, **more: Any) -> dict[str, Any]:
    return {"name": name, "chart": {"kind": "folder", "path": str(chart)}, **more}
