"""Installations of packages in processes of their own: real packages and registries, and a cluster in memory or a real
one; and the charts that they are made of, whose values name their images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from computenest.cloud.clock import RealClock
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._components.opened import Desk
from computenest.resources._program.core import CHECK_RETRY
from computenest.resources.delivery_installation.api import KeptPackages, LocalRegistries
from computenest.resources.delivery_installation.lifecycle import DeliveryInstallationLifecycle
from computenest.resources.delivery_installation.use_cases import Installations
from delivery.wares import images_at
from lifecycle.cores import core_of
from lifecycle.driver import Screen, _no_lease
from lifecycle.faults import Halting
from lifecycle.lives import LIVES, AnyLife, Subject
from lifecycle.virtual import VirtualClock
from resources.clusters import ClustersInMemory
from written import write_chart

NAMED = [
    {"chart": "gateway", "value": "image", "image": "acme/gateway:1.0"},
    {"chart": "shop", "value": "migrate", "image": "acme/migrate:1.0", "part": "pinned"},
    {"chart": "shop", "value": "setup", "image": "acme/setup:1.0"},
    {"chart": "shop", "value": "web.repository", "image": "acme/web:1.0", "part": "repository"},
]
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: NAME}}
  template:
    metadata:
      labels: {app: NAME}
      annotations: {virtual-node.computenest.aliyun.com/never-ready: {{ .Values.stuck | quote }}}
    spec:
"""
_SHOP = """\
      initContainers: [{name: setup, image: "{{ .Values.setup }}"}]
      containers: [{name: web, image: "{{ .Values.web.repository }}:{{ .Values.web.tag }}"}]
"""
_GATEWAY = """\
      containers: [{name: gateway, image: "{{ .Values.image }}"}]
"""
_HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: migrate, image: "{{ .Values.migrate }}"}]}
"""
_VALUES = {
    "shop": """\
stuck: false
replicas: 1
setup: acme/setup:1.0
migrate: acme/migrate:1.0
web: {repository: acme/web, tag: "1.0"}
""",
    "gateway": "stuck: false\nreplicas: 1\nimage: acme/gateway:1.0\n",
}


def charts_at(folder: Path, *, version: str = "1.0.0") -> list[Path]:
    """`gateway`, and `shop` with an init container and a hook."""
    files = {
        name: {"templates/deployment.yaml": _DEPLOYMENT.replace("NAME", name) + below, **more}
        for name, below, more in (("gateway", _GATEWAY, {}), ("shop", _SHOP, {"templates/hook.yaml": _HOOK}))
    }
    where = folder / f"charts-{version}"
    return [write_chart(where / name, name, version, _VALUES[name], found) for name, found in files.items()]


def packed(folder: Path, *, version: str = "1.0.0", seed: int = 0) -> dict[str, Any]:
    """What a program gives to a package of two charts and four images.

    Args:
        seed: another one gives the last image another layer.
    """
    charts = [{"path": str(one), "namespace": "shop"} for one in charts_at(folder, version=version)]
    return {"version": version, "charts": charts, "images": images_at(folder, seed=seed)}


class Installing(Subject):
    """The lifecycle as a process has it, with a cache of its own.

    Args:
        folder: of the cache.
        clusters: `ports.Clusters`; by default one in memory.
    """

    type_name = "DeliveryInstallation"

    def __init__(self, folder: Path, clusters: Any = None) -> None:
        self.folder, self.screen = folder, Screen()
        self.clusters: Any = clusters or ClustersInMemory.of(VirtualClock(), Halting(), "main")

    def lifecycle(self) -> DeliveryInstallationLifecycle:
        clock, kept = RealClock(), KeptPackages(self.folder / "delivery-packages")
        desk = Desk(self.clusters, self.clusters, clock, self.screen, _no_lease)
        registries: Any = LocalRegistries(packages=kept)
        bearing = retrying(registries, Retry(attempts=2, budget_s=5.0), clock)
        packages: Any = retrying(kept, CHECK_RETRY, clock)
        made = Installations(desk, packages, bearing, retrying(registries, CHECK_RETRY, clock))
        return DeliveryInstallationLifecycle(core_of(self.screen), open=lambda _: made)


def installation(folder: Path, transport: str = "plugin", clusters: Any = None, *, name: str = "shop") -> AnyLife:
    """One resource of a program."""
    life = LIVES[transport](Installing(folder / "cache", clusters))
    life.name = name
    return life


def asked(package: str, registry: str, **more: Any) -> Mapping[str, Any]:
    """What a program gives to an installation."""
    given = {"ownerId": "o-1", "logicalName": "shop", "cluster": {"name": "main", "kubeconfig": "text"}}
    return {**given, "package": package, "registry": {"address": registry}, "images": NAMED, "timeoutS": 60, **more}
