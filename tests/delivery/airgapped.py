"""Run in a network namespace that has nothing but a loopback: installs an archive on a cluster of its own from a
registry of its own, and says what happened, as JSON: `airgapped.py FOLDER ARCHIVE REGISTRY KUBECTL`."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.resources._components.api import KubernetesClusters
from delivery.installs import asked, installation
from kubernetes.tools import Kubectl
from uploads.rig import Rig

NAMESPACE = "shop"


def reachable(address: str) -> bool:
    try:
        socket.create_connection((address, 443), timeout=2).close()
    except OSError:
        return False
    return True


def pods_images(kubectl: Kubectl) -> list[str]:
    """The images of every pod of the cluster."""
    specs = [one["spec"] for one in json.loads(kubectl("get", "pod", "-A", "-o", "json"))["items"]]
    return sorted({one["image"] for spec in specs for one in (*spec.get("initContainers", ()), *spec["containers"])})


def pulls(rig: Rig) -> dict[str, list[int]]:
    """Image -> its manifests and blobs that the node asked for, by the registry's own log: `Go-http-client` is the
    node's, and the provider's is another."""
    found: dict[str, list[int]] = {}
    for line in (rig.folder / "registry.log").read_text().splitlines():
        asked = re.search(r'"(?:GET|HEAD) /v2/(\S+)/(manifests|blobs)/\S+ HTTP/1.1" 200 .*"Go-http-client', line)
        if asked:
            counts = found.setdefault(f"{rig.host}/{asked[1]}", [0, 0])
            counts[asked[2] == "blobs"] += 1
    return found


def main() -> None:
    folder, archive, binary, kubectl_program = map(Path, sys.argv[1:])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    links = json.loads(subprocess.run(["ip", "-j", "link"], check=True, capture_output=True, text=True).stdout)
    told: dict[str, Any] = {"links": [one["ifname"] for one in links]}
    told["reachable"] = [address for address in ("192.0.2.1", "1.1.1.1") if reachable(address)]
    site, cluster = Rig(folder / "site", binary, is_open=True), EmbeddedCluster(folder, "second")
    try:
        cluster.start()
        kubectl = Kubectl(kubectl_program, cluster.kubeconfig, NAMESPACE)
        reach = {"name": "second", "kubeconfig": cluster.kubeconfig.read_text()}
        life = installation(folder, clusters=KubernetesClusters())
        news = asked(str(archive), f"{site.host}/shop", cluster=reach, namespace=NAMESPACE)
        told["ups"] = [life.up(news), life.up(news)]
        told["ready"] = kubectl.get("deployment", "shop")["status"]["readyReplicas"]
        told["images"] = pods_images(kubectl)
        told["loaded"] = sorted(life.state["loaded"])
        told["pulls"] = pulls(site)
        life.destroy()
        told["left"] = sorted(kubectl.objects("deployment"))
    finally:
        cluster.stop()
        site.stop()
    told["host"] = site.host
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
