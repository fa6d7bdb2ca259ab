"""`sealer run`, unmodified, installs a delivery package on the embedded cluster, and a second run upgrades it."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.kernel.unknown import Known
from computenest.resources.delivery_package.model import DeliveredChart, Inputs
from delivery.packs import push
from delivery.sealers import client
from kubernetes.tools import Kubectl, Program
from registry.images import chart
from uploads.conftest import registry_binary
from uploads.rig import Rig
from uploads.tools import is_root

__all__ = ["registry_binary"]
pytestmark = [
    pytest.mark.long,  # builds sealer once
    pytest.mark.skipif(not is_root(), reason="sealer run wants to be root"),
]
OF_ETC = ("passwd", "group", "hosts", "nsswitch.conf", "ld.so.cache")
CLUSTERFILE = """\
apiVersion: sealer.io/v2
kind: Cluster
metadata: {{name: my-cluster}}
spec:
  image: {image}
  hosts: [{{ips: [{address}], roles: [master]}}]
  registry: {{externalRegistry: {{domain: 127.0.0.1, port: 5000}}}}
"""


@pytest.fixture
def open_registry(tmp_path: Path, registry_binary: Path) -> Iterator[Rig]:
    started = Rig(tmp_path / "registry", registry_binary, is_open=True)
    yield started
    started.stop()


def own_address() -> str:
    """One of this machine that is no loopback's: sealer runs there without ssh, and nothing is sent to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # finds a way, and sends nothing
        return str(probe.getsockname()[0])


def test_sealer_runs_a_package_and_a_second_run_upgrades_it(
    open_registry: Rig,
    cluster: EmbeddedCluster,
    helm_4: Program,
    kubectl_program: Path,
    namespace: str,
    tmp_path: Path,
) -> None:
    where = chart(tmp_path / "charts", name="shop", version="1.0.0")
    charts = (DeliveredChart(path=str(where), namespace=namespace),)
    inputs = Inputs[Known](name="shop", version="1.0.0", charts=charts)
    asyncio.run(push(inputs, tmp_path / "cache", open_registry.host, "pkg/shop", "1.0.0"))
    image = f"{open_registry.host}/pkg/shop:1.0.0"
    kubectl = Kubectl(kubectl_program, cluster.kubeconfig, "kube-system")
    text = CLUSTERFILE.format(image=image, address=own_address())
    kubectl("create", "configmap", "sealer-clusterfile", f"--from-literal=Clusterfile={text}")
    home, etc, programs = tmp_path / "home", tmp_path / "etc", tmp_path / "bin"
    (home / ".kube").mkdir(parents=True)
    (etc / "kubernetes").mkdir(parents=True)
    for name in OF_ETC:
        if (Path("/etc") / name).exists():
            shutil.copy(Path("/etc") / name, etc)
    for target in (home / ".kube/config", etc / "kubernetes/admin.conf"):
        shutil.copy(cluster.kubeconfig, target)
    programs.mkdir()
    for program in (helm_4.path, kubectl_program):
        shutil.copy(program, programs)
    (tmp_path / "var").mkdir()
    inside = (
        f"mount --bind {tmp_path}/var /var/lib && mount --bind {home} /root && mount --bind {etc} /etc"
        f' && mount --bind {programs} /usr/local/bin && exec {tmp_path}/sealer "$@"'
    )
    shutil.copy(client("sealer"), tmp_path / "sealer")  # its own place may lie below what is hidden

    def sealer(*words: str) -> str:
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", inside, "sealer", *words], capture_output=True, text=True, check=False,
            cwd=tmp_path, env={"HOME": "/root", "STORAGE_DRIVER": "vfs", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        sealer("pull", "--skip-tls-verify", image)
        for revision in ("1", "2"):
            sealer("run", "--ignore-cache", image)
            listed = helm_4.path, "list", "--namespace", namespace, "--kubeconfig", cluster.kubeconfig, "-o", "json"
            (release,) = json.loads(subprocess.run(listed, check=True, capture_output=True).stdout)
            seen = release["name"], release["chart"], release["revision"], release["status"]
            assert seen == ("shop", "shop-1.0.0", revision, "deployed")
    finally:
        kubectl("delete", "configmap", "sealer-clusterfile")
