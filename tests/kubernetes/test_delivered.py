"""A delivery package on a real cluster and a registry of its own: with the engine, on both transports, and in a place
without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.resources._components.api import KubernetesClusters
from delivery.installs import NAMED, asked, installation, packed
from delivery.test_installing import pushed, refused, said
from delivery.test_packages import tags, uploads
from kubernetes.tools import Kubectl, Program
from lifecycle.driver import Failed
from plugin.stacks import YamlStack, camel
from stack.conftest import engine  # noqa: F401 - a fixture
from stack.engine import Stack
from uploads.conftest import registry_binary, tools
from uploads.rig import Rig

__all__ = ["registry_binary", "tools"]
pytestmark = [pytest.mark.timeout(900)]
PROGRAM = Path(__file__).parents[1] / "stack" / "installation_program.py"
SECRET = "hunter2-hunter2"


@pytest.fixture
def rigs(tmp_path: Path, registry_binary: Path) -> Iterator[list[Rig]]:
    """The vendor's registry, and the cluster's."""
    started = [Rig(tmp_path / name, registry_binary, is_open=True) for name in ("vendor", "site")]
    yield started
    for one in started:
        one.stop()


def images_of(kubectl: Kubectl) -> dict[str, str]:
    """Container -> image, of every pod of the namespace."""
    found = {}
    for pod in kubectl.objects("pod").values():
        for one in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
            found[one["name"]] = one["image"]
    return found


def test_a_package_is_installed_reconfigured_upgraded_and_uninstalled(
    rigs: list[Rig], cluster: EmbeddedCluster, kubectl: Kubectl, helm_4: Program, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("COMPUTENEST_HELM", str(helm_4.path))
    vendor, site = rigs
    where = f"{site.host}/shop"
    reach = {"name": "main", "kubeconfig": cluster.kubeconfig.read_text()}
    more: dict[str, Any] = {"cluster": reach, "namespace": kubectl.namespace}
    _, first = pushed(tmp_path, vendor)
    life = installation(tmp_path, clusters=KubernetesClusters())
    notes = "\n".join(said(life, asked(first, where, **more)))
    assert "shop: install 1.0.0" in notes
    assert f"+ Deployment {kubectl.namespace}/shop" in notes
    assert life.up(asked(first, where, **more)) == "create"
    assert images_of(kubectl) == {
        "gateway": f"{where}/acme/gateway:1.0",
        "setup": f"{where}/acme/setup:1.0",
        "web": f"{where}/acme/web:1.0",
    }
    assert life.up(asked(first, where, **more)) == "same"
    clusterfile = tmp_path / "Clusterfile"
    spec = {"appName": "shop", "path": "values.yaml", "strategy": "merge", "data": "replicas: 2\n"}
    document = {"apiVersion": "sealer.io/v1", "kind": "Config", "metadata": {"name": "size"}, "spec": spec}
    clusterfile.write_text(json.dumps(document))
    more |= {"clusterfile": str(clusterfile)}
    assert "spec.replicas: 1 => 2" in "\n".join(said(life, asked(first, where, **more)))
    assert life.up(asked(first, where, **more)) == "update"
    assert kubectl.get("deployment", "shop")["spec"]["replicas"] == 2
    assert life.up(asked(first, where, **more)) == "same"
    _, second = pushed(tmp_path, vendor, version="1.1.0", seed=1)
    notes = "\n".join(said(life, asked(second, where, **more)))
    assert "shop: upgrade 1.0.0 -> 1.1.0" in notes
    assert "! Job migrate: runs (pre-upgrade hook)" in notes
    count = uploads(site)
    assert life.up(asked(second, where, **more)) == "update"
    assert uploads(site) == count + 3
    assert life.state["rollout"] == {"gateway": "1.1.0", "shop": "1.1.0"}
    assert life.refresh()
    assert life.up(asked(second, where, **more)) == "same"
    other = installation(tmp_path, clusters=KubernetesClusters(), name="other")
    taken = {path for path, _ in refused(other, {**asked(second, where, **more), "ownerId": "o-2"})}
    assert taken == {"package"}, "two of one name in one namespace are one another's"
    life.destroy()
    assert kubectl.objects("deployment") == {}
    assert tags(site) == []


def test_a_chart_that_fails_leaves_the_images_and_the_next_run_goes_on(
    rigs: list[Rig], cluster: EmbeddedCluster, kubectl: Kubectl, helm_4: Program, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("COMPUTENEST_HELM", str(helm_4.path))
    vendor, site = rigs
    reach = {"name": "main", "kubeconfig": cluster.kubeconfig.read_text()}
    _, reference = pushed(tmp_path, vendor)
    given = asked(reference, f"{site.host}/shop", cluster=reach, namespace=kubectl.namespace, timeoutS=10)
    life = installation(tmp_path, clusters=KubernetesClusters())
    with pytest.raises(Failed, match="shop"):
        life.up({**given, "configuration": {"shop": {"stuck": True}}})
    assert life.state["status"] == "Incomplete"
    assert life.state["rollout"] == {"gateway": "1.0.0"}
    count = uploads(site)
    assert life.up(given) == "update"
    assert (life.state["status"], uploads(site)) == ("Installed", count)
    life.destroy()
    assert tags(site) == []


@dataclass
class Story:
    """One stack of a package and its installation."""

    stack: Stack
    base: dict[str, Any]

    def declare(self, package: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        data = {**self.base, "package": package, "configuration": configuration}
        if isinstance(self.stack, YamlStack):
            self.stack.write(_in_yaml(data))
        else:
            self.stack.declare(**data)


@pytest.fixture(params=["dynamic", "yaml"])
def story(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    engine: Path,  # noqa: F811
    cluster: EmbeddedCluster,
    namespace: str,
    helm_4: Program,
    rigs: list[Rig],
) -> Story:
    vendor, site = rigs
    environment = {"COMPUTENEST_HELM": str(helm_4.path), "COMPUTENEST_CLOUD_DIR": str(tmp_path / "none")}
    given: dict[str, Any] = {
        "folder": tmp_path / "stack",
        "engine": engine,
        "config": {"computenest:cloud": "local"},
        "environment": environment,
    }
    stack = YamlStack(**given) if request.param == "yaml" else Stack(**given, program=PROGRAM)
    base = {
        "cluster": {"kubeconfig": cluster.kubeconfig.read_text()},
        "repository": f"{vendor.host}/pkg/shop",
        "registry": {"address": f"{site.host}/shop"},
        "named": NAMED,
        "namespace": namespace,
    }
    return Story(stack, base)


@pytest.mark.stack
def test_a_program_makes_a_package_and_installs_it(
    story: Story, kubectl: Kubectl, rigs: list[Rig], tmp_path: Path
) -> None:
    stack, (vendor, site), wares = story.stack, rigs, tmp_path / "wares"
    story.declare(packed(wares), {"shop": {"replicas": 2, "password": {"secret": SECRET}}})
    said = stack.preview().succeeded().text
    assert not isinstance(stack, YamlStack) or "is brought by this program" in said, said
    assert tags(site) == tags(vendor) == []
    stack.up().succeeded()
    assert kubectl.get("deployment", "shop")["status"]["readyReplicas"] == 2
    assert images_of(kubectl)["web"] == f"{site.host}/shop/acme/web:1.0"
    stack.run("preview", "--expect-no-changes").succeeded()
    story.declare(packed(wares), {"shop": {"replicas": 1, "password": {"secret": SECRET}}})
    said = stack.preview().succeeded().text
    assert "spec.replicas: 2 => 1" in said, said
    assert SECRET not in said
    stack.up().succeeded()
    story.declare(packed(wares, version="1.1.0", seed=1), {"shop": {"replicas": 1, "password": {"secret": SECRET}}})
    stack.up().succeeded()
    assert stack.resources()["shop"]["outputs"]["rollout"] == {"gateway": "1.1.0", "shop": "1.1.0"}
    stack.run("preview", "--expect-no-changes").succeeded()
    assert SECRET not in json.dumps(stack.export())
    stack.destroy().succeeded()
    assert kubectl.objects("deployment") == {}
    assert tags(site) == tags(vendor) == []


def _in_yaml(data: Mapping[str, Any]) -> dict[str, Any]:
    def known(value: Any) -> Any:
        if isinstance(value, Mapping) and set(value) == {"secret"}:
            return {"fn::secret": value["secret"]}
        return {key: known(item) for key, item in value.items()} if isinstance(value, Mapping) else value

    package = {**camel(dict(data["package"])), "targets": [{"repository": data["repository"]}]}
    installed = {
        "cluster": "${main.access}",
        "package": f'${{package.references["{data["repository"]}"]}}',
        "registry": data["registry"],
        "images": data["named"],
        "configuration": known(data["configuration"]),
        "namespace": data["namespace"],
        "timeoutS": 60,
    }
    return {
        "main": {"type": "computenest:Cluster", "properties": dict(data["cluster"])},
        "package": {"type": "computenest:DeliveryPackage", "properties": package},
        "shop": {"type": "computenest:DeliveryInstallation", "properties": installed},
    }
