"""One embedded cluster for all workers of a run, started when a test first needs it; each test has its own namespace.

A cluster costs 300 MiB and some seconds, so the workers share it: they find it by a folder of the run, and the last
one that used it stops it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.charts import Charts
from kubernetes.tools import Kubectl, Program
from made import made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    """The run's cluster."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "cluster"
    folder.mkdir(exist_ok=True)
    cluster = EmbeddedCluster(folder, "main")
    _count(folder, 1)
    cluster.start()
    yield cluster
    if _count(folder, -1) == 0:
        cluster.stop()


def _count(folder: Path, change: int) -> int:
    """How many workers use it now."""
    with (folder / "users").open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        count = int(file.read() or 0) + change
        file.truncate(0)
        file.write(str(count))
        return count


@pytest.fixture(scope="session")
def helm_4() -> Program:
    return Program(made("tools/kubernetes/helm", "4") / "helm")


@pytest.fixture(scope="session")
def helm_3() -> Program:
    return Program(made("tools/kubernetes/helm", "3") / "helm")


@pytest.fixture(scope="session")
def kubectl_program(helm_4: Program) -> Path:
    return helm_4.path.parent / "kubectl"


@pytest.fixture
def namespace(request: pytest.FixtureRequest, kubectl_program: Path, cluster: EmbeddedCluster) -> str:
    """A namespace of the test's own; the cluster goes with the run, so nobody clears it."""
    told = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
    name = f"{told}-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:8]}"
    Kubectl(kubectl_program, cluster.kubeconfig, name)("create", "namespace", name)
    return name


@pytest.fixture
def kubectl(kubectl_program: Path, cluster: EmbeddedCluster, namespace: str) -> Kubectl:
    return Kubectl(kubectl_program, cluster.kubeconfig, namespace)


@pytest.fixture
def helm(helm_4: Program, cluster: EmbeddedCluster, namespace: str) -> Callable[..., str]:
    """Unmodified helm 4 in the test's namespace."""
    return helm_4.within(cluster.kubeconfig, namespace)


@pytest.fixture
def charts(tmp_path: Path) -> Charts:
    return Charts(tmp_path / "charts")
