"""The example of two clusters, as its README says it: two commands bring up a service of four kinds of component, a
page shows it, a label that goes takes the gateway with it, and nothing is left."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from kubernetes.tools import Kubectl, Program
from made import made
from stack.conftest import engine  # noqa: F401 - a fixture
from stack.documented import run
from stack.engine import ROOT, Stack
from unit.clusters.test_page import Table

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
EXAMPLE = ROOT / "examples/clusters"
CLUSTERS = ("main", "edge-1")


@pytest.fixture
def stack(tmp_path: Path, engine: Path, helm_4: Program) -> Iterator[Stack]:  # noqa: F811
    folder = tmp_path / "cloud"
    environment = {
        "COMPUTENEST_CLOUD_DIR": str(folder),
        "COMPUTENEST_HELM": str(helm_4.path),
        "COMPUTENEST_KUBERNETES": str(made("tools/kubernetes/build")),
        "XDG_STATE_HOME": str(tmp_path),
    }
    program = EXAMPLE / "__main__.py"
    found = Stack(tmp_path / "stack", engine, {"computenest:cloud": "local"}, environment=environment, program=program)
    shutil.copytree(EXAMPLE / "charts", found.folder / "charts")
    yield found
    run("computenest cloud stop", where=tmp_path, env=found.env)


def deployments(stack: Stack, kubectl_program: Path) -> dict[str, list[str]]:
    """Cluster -> namespace and name of what runs there."""
    folder = Path(stack.environment["COMPUTENEST_CLOUD_DIR"])
    where = "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.status.readyReplicas}\n{end}"
    listed = {}
    for name in CLUSTERS:
        kubectl = Kubectl(kubectl_program, EmbeddedCluster(folder, name).kubeconfig, "default")
        listed[name] = sorted(kubectl("get", "deployments", "--all-namespaces", "-o", where).splitlines())
    return listed


def test_two_commands_bring_four_kinds_of_component_to_two_clusters(
    stack: Stack, kubectl_program: Path, tmp_path: Path
) -> None:
    readme = (EXAMPLE / "README.md").read_text()
    start, up, eval_, console = re.findall(r"^(?:computenest|pulumi|eval) .+$", readme, re.M)
    assert up == "pulumi up"
    run(start, where=tmp_path, env=stack.env)
    stack.up().succeeded()
    there = {
        "main": ["default/reports 1", "shop/shop-console 1"],
        "edge-1": ["certs/certs 1", "shop/shop-gateway 2"],
    }
    assert deployments(stack, kubectl_program) == there
    stack.run("preview", "--expect-no-changes").succeeded()
    run(f"{eval_}\n{console} --out console.html", where=tmp_path, env=stack.env)
    head, *rows = Table((tmp_path / "console.html").read_text()).rows
    assert head == ["cluster", "certs certs", "reports default", "shop-console shop", "shop-gateway shop"]
    ready, absent = "1.0.0 revision 1 ready", "– not there"
    assert rows == [
        ["computenest-main", absent, ready, ready, absent],
        ["computenest-edge-1", ready, absent, absent, ready],
    ]
    program = stack.folder / "__main__.py"
    program.write_text(program.read_text().replace('cluster("edge-1", tier="edge")', 'cluster("edge-1")'))
    assert "edge-1/gateway: uninstall" in stack.preview().succeeded().text
    stack.up().succeeded()
    assert deployments(stack, kubectl_program) == {**there, "edge-1": there["edge-1"][:1]}
    stack.destroy().succeeded()
    assert deployments(stack, kubectl_program) == {"main": [], "edge-1": []}
