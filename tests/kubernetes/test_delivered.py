"""A delivery package on a real cluster and a registry of its own: with the engine, on both transports, and in a place
without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.resources._components.api import KubernetesClusters
from delivery.installs import NAMED, asked, installation, packed
from delivery.test_installing import pushed, refused, said, save
from delivery.test_packages import tags, uploads
from kubernetes.striking import helms_of
from kubernetes.tools import Kubectl, Program
from lifecycle.driver import Failed
from plugin.stacks import YamlStack
from stack.conftest import engine  # noqa: F401 - a fixture
from stack.described import PROGRAM, its, new, resource, secret
from stack.engine import Stack
from stack.killing import clear_up
from stack.processes import end, servers, until
from uploads.conftest import registry_binary, tools
from uploads.rig import ROOT, Rig
from uploads.tools import Tools, is_root

__all__ = ["registry_binary", "tools"]
pytestmark = [pytest.mark.timeout(900)]
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
        base = self.base
        lists = {"charts": "DeliveredChart", "images": "DeliveredImage"}
        told = {key: [new(class_, **one) for one in package[key]] for key, class_ in lists.items()}
        targets = [new("DeliveryTarget", repository=base["repository"])]
        installed = {
            "cluster": its("main", in_yaml="access"),
            "package": its("package", "references", base["repository"]),
            "registry": new("InstallationRegistry", **base["registry"]),
            "images": [new("ImageValue", **one) for one in NAMED],
            "configuration": configuration,
            "namespace": base["namespace"],
            "timeout_s": 60,
        }
        made = {
            "main": resource("Cluster", **base["cluster"]),
            "package": resource("DeliveryPackage", **{**package, **told, "targets": targets}),
            "shop": resource("DeliveryInstallation", **installed),
        }
        self.stack.describe(made, rollout=its("shop", "rollout"))


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
        "namespace": namespace,
    }
    return Story(stack, base)


@pytest.mark.stack
def test_a_program_makes_a_package_and_installs_it(
    story: Story, kubectl: Kubectl, rigs: list[Rig], tmp_path: Path
) -> None:
    stack, (vendor, site), wares = story.stack, rigs, tmp_path / "wares"
    story.declare(packed(wares), {"shop": {"replicas": 2, "password": secret(SECRET)}})
    said = stack.preview().succeeded().text
    assert not isinstance(stack, YamlStack) or "is brought by this program" in said, said
    assert tags(site) == tags(vendor) == []
    stack.up().succeeded()
    assert kubectl.get("deployment", "shop")["status"]["readyReplicas"] == 2
    assert images_of(kubectl)["web"] == f"{site.host}/shop/acme/web:1.0"
    stack.run("preview", "--expect-no-changes").succeeded()
    story.declare(packed(wares), {"shop": {"replicas": 1, "password": secret(SECRET)}})
    said = stack.preview().succeeded().text
    assert "spec.replicas: 2 => 1" in said, said
    assert SECRET not in said
    stack.up().succeeded()
    story.declare(packed(wares, version="1.1.0", seed=1), {"shop": {"replicas": 1, "password": secret(SECRET)}})
    stack.up().succeeded()
    assert stack.resources()["shop"]["outputs"]["rollout"] == {"gateway": "1.1.0", "shop": "1.1.0"}
    stack.run("preview", "--expect-no-changes").succeeded()
    assert SECRET not in json.dumps(stack.export())
    stack.destroy().succeeded()
    assert kubectl.objects("deployment") == {}
    assert tags(site) == tags(vendor) == []


@pytest.mark.stack
@pytest.mark.long
@pytest.mark.parametrize("victim", ["provider", "both"])
@pytest.mark.parametrize("moment", ["a package is there", "an image is there", "a helm runs", "a chart is there"])
def test_the_next_up_ends_what_a_kill_left(
    moment: str, victim: str, story: Story, kubectl: Kubectl, rigs: list[Rig], tmp_path: Path
) -> None:
    """Nothing is doubled, and what others have in the same place stays."""
    stack, (vendor, site), wares = story.stack, rigs, tmp_path / "wares"
    story.declare(packed(wares), {})
    looks = {
        "a package is there": lambda: tags(vendor) != [],
        "an image is there": lambda: tags(site) != [],
        "a helm runs": lambda: helms_of(kubectl.namespace) != [],
        "a chart is there": lambda: kubectl.objects("deployment") != {},
    }
    with stack.start("up", "--yes", "--skip-preview", is_struck=True) as run:
        until(looks[moment], run)
        end(*servers(run.pid))
        if victim == "both":
            end(run.pid)
        run.communicate(timeout=300)
    if victim == "both":
        clear_up(stack)
    stack.up().succeeded()
    assert kubectl.get("deployment", "shop")["status"]["readyReplicas"] == 1
    assert helms_of(kubectl.namespace) == []
    stack.run("preview", "--expect-no-changes").succeeded()
    mine = next(iter(stack.resources()["shop"]["outputs"]["loaded"]))
    repository = site.folder / "data/docker/registry/v2/repositories" / mine.partition("/")[2].rpartition(":")[0]
    shutil.copytree(repository / "_manifests/tags/1.0", repository / "_manifests/tags/theirs")
    stack.destroy().succeeded()
    assert kubectl.objects("deployment") == {}
    assert (tags(site), tags(vendor)) == (["theirs"], []), "somebody else's tag"


@pytest.mark.stack
@pytest.mark.long
def test_two_stacks_with_one_package_leave_each_other_whole(
    story: Story, kubectl: Kubectl, tools: Tools, rigs: list[Rig], tmp_path: Path
) -> None:
    stack, (vendor, site), wares = story.stack, rigs, tmp_path / "wares"
    story.declare(packed(wares), {})
    stack.up().succeeded()
    other = replace(stack, folder=tmp_path / "other", name="second")
    second = Story(other, {**story.base, "namespace": f"{kubectl.namespace[:40]}-b"})
    second.declare(packed(wares), {})
    other.up().succeeded()
    other.destroy().succeeded()
    assert kubectl.get("deployment", "shop")["status"]["readyReplicas"] == 1
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    for place in stack.resources()["shop"]["outputs"]["loaded"]:
        tools.run("crane", "validate", "--remote", place)
    stack.destroy().succeeded()
    assert (tags(site), tags(vendor)) == ([], [])


@pytest.fixture
def airless() -> Iterator[str]:
    """A network namespace without a network."""
    name = f"computenest-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    subprocess.run(["ip", "netns", "del", name], check=True)


@pytest.mark.long
@pytest.mark.skipif(not is_root(), reason="a network namespace wants to be made by root")
def test_an_archive_is_installed_where_there_is_no_network(
    airless: str,
    rigs: list[Rig],
    cluster: EmbeddedCluster,
    registry_binary: Path,
    helm_4: Program,
    kubectl_program: Path,
    tmp_path: Path,
) -> None:
    """On a second cluster, from its own registry, by whose log every image comes from there."""
    del cluster  # the first, which is somewhere else
    _, reference = pushed(tmp_path, rigs[0])
    archive, folder = tmp_path / "shop.tar", tmp_path / "airless"
    save(reference, archive)
    for rig in rigs:
        rig.stop()
    folder.mkdir()
    env = {**os.environ, "COMPUTENEST_HELM": str(helm_4.path), "PYTHONPATH": f"{ROOT}/tests"}
    words = [sys.executable, ROOT / "tests/delivery/airgapped.py", folder, archive, registry_binary, kubectl_program]
    done = subprocess.run(
        ["ip", "netns", "exec", airless, *words], capture_output=True, text=True, env=env, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads(done.stdout)
    assert (told["links"], told["reachable"]) == (["lo"], [])
    assert (told["ups"], told["ready"], told["left"]) == (["create", "same"], 1, [])
    site = f"{told['host']}/shop/acme"
    assert told["loaded"] == [f"{site}/{name}:1.0" for name in ("gateway", "migrate", "setup", "web")]
    assert told["images"] == [one for one in told["loaded"] if "/migrate:" not in one], "a hook of upgrades ran not yet"
    assert sorted(told["pulls"]) == [one.removesuffix(":1.0") for one in told["images"]]
    assert all(manifests >= 1 and blobs >= 4 for manifests, blobs in told["pulls"].values()), told
