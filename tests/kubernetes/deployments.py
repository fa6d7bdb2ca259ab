"""A deployment of a service on a real cluster, in a process of its own each time: what the engine does with it, without
the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from computenest.cloud.clock import RealClock
from computenest.kernel.outcome import Checked
from computenest.resources._components.api import KubernetesClusters
from computenest.resources._components.chart_store import ChartStore, PullKeys, no_keys
from computenest.resources._components.opened import Desk
from computenest.resources.cloud_service_deployment.lifecycle import CloudServiceDeploymentLifecycle
from computenest.resources.project_component.lifecycle import ProjectComponentLifecycle
from computenest.serve.lifecycles import served
from lifecycle.cores import core_of
from lifecycle.driver import Screen, _no_lease
from lifecycle.lives import LIVES, AnyLife, Subject

LIFECYCLES: Mapping[str, Callable[..., Any]] = {
    "CloudServiceDeployment": CloudServiceDeploymentLifecycle,
    "ProjectComponent": ProjectComponentLifecycle,
}


class _Subject(Subject):
    def __init__(self, type_name: str, keys: PullKeys) -> None:
        self.screen, self.type_name, self.keys = Screen(), type_name, keys

    def lifecycle(self) -> Any:
        clusters = KubernetesClusters(ChartStore(self.keys))
        desk = Desk(clusters, replace(clusters, is_patient=False), RealClock(), self.screen, _no_lease)
        return LIFECYCLES[self.type_name](core_of(self.screen), desk)


class Deployment:
    """One resource of a program, and its state."""

    type_name = "CloudServiceDeployment"

    def __init__(self, kubeconfig: Path | str, namespace: str, *, keys: PullKeys = no_keys, **given: Any) -> None:
        text = kubeconfig.read_text() if isinstance(kubeconfig, Path) else kubeconfig
        self.subject = _Subject(self.type_name, keys)
        self.life: AnyLife = LIVES["dynamic"](self.subject, name="shop")
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


class OneComponent(Deployment):
    """A component of a project."""

    type_name = "ProjectComponent"

    def news(self, *components: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        (only,) = components
        return {**self.given, **only, **more}


def component(name: str, chart: Path, **more: Any) -> dict[str, Any]:
    return {"name": name, "chart": {"kind": "folder", "path": str(chart)}, **more}
