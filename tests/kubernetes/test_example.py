"""The example that README sends people to: three charts, packaged, pushed to the real registry and deployed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.tools import Kubectl, Program
from stack.cloud import Cloud
from stack.conftest import engine, start_cloud  # noqa: F401 - fixtures
from stack.engine import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
EXAMPLE = ROOT / "examples/cloud-service"


@pytest.fixture
def stack(
    tmp_path: Path,
    engine: Path,  # noqa: F811
    start_cloud: Callable[..., Cloud],  # noqa: F811
    cluster: EmbeddedCluster,
    helm_4: Program,
) -> Stack:
    cloud = start_cloud()
    reach = {"COMPUTENEST_HELM": str(helm_4.path), "KUBECONFIG": str(cluster.kubeconfig)}
    environment = {**cloud.environment, **reach}
    folder, program = tmp_path / "stack", EXAMPLE / "__main__.py"
    made = Stack(folder, engine, cloud.config, environment=environment, program=program)
    shutil.copytree(EXAMPLE / "charts", made.folder / "charts")
    return made


def test_three_charts_become_packages_and_a_service(stack: Stack, kubectl: Kubectl, namespace: str) -> None:
    program = stack.folder / "__main__.py"
    program.write_text(
        program.read_text().replace("    service=shop,\n", f'    service=shop,\n    namespace="{namespace}",\n')
    )
    said = stack.preview().succeeded().text
    for name, kind in (("database", "StatefulSet"), ("api", "Deployment"), ("web", "Ingress")):
        assert f"{name}: install 1.0.0" in said, said
        assert f"+ {kind} {namespace}/shop-{name}" in said, "it is rendered before it is pushed"
    assert kubectl.objects("deployment") == {}
    stack.up().succeeded()
    found: dict[str, Any] = kubectl.objects("deployment", "statefulset")
    assert {name: one["status"]["readyReplicas"] for name, one in found.items()} == {
        "Deployment shop-api": 2,
        "Deployment shop-web": 2,
        "StatefulSet shop-database": 1,
    }
    stack.run("preview", "--expect-no-changes").succeeded()
    bump(stack.folder / "charts/web", "registry.example.com/shop/web:1.1.0")
    said = stack.preview().succeeded().text
    assert '~ web     : "1.0.0" => "1.1.0"' in said, said
    assert "web: upgrade 1.0.0 -> 1.1.0" in said
    assert "'registry.example.com/shop/web:1.0.0' => 'registry.example.com/shop/web:1.1.0'" in said
    assert "api: upgrade" not in said, "what does not change is not told of"
    assert "api: reconfigure" not in said
    password = kubectl.get("secret", "shop-database")["data"]
    stack.up().succeeded()
    assert kubectl.get("secret", "shop-database")["data"] == password
    assert stack.resources()["shop"]["outputs"]["rollout"] == {"api": "1.0.0", "database": "1.0.0", "web": "1.1.0"}
    stack.run("preview", "--expect-no-changes").succeeded()
    assert "cr_temp_user" not in str(stack.export())
    said = stack.destroy().succeeded().text
    assert "a StatefulSet's claims stay" in said, said
    assert kubectl.objects("deployment", "statefulset", "service", "ingress") == {}


def bump(chart: Path, image: str) -> None:
    """Version 1.1.0 with another image."""
    about = chart / "Chart.yaml"
    about.write_text(about.read_text().replace("version: 1.0.0", "version: 1.1.0"))
    values = chart / "values.yaml"
    values.write_text(values.read_text().replace("registry.example.com/shop/web:1.0.0", image))
