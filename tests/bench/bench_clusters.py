# ruff: noqa: T201 - a program that prints
"""How long a preview of many clusters takes: `python tests/bench/bench_clusters.py [CLUSTERS] [COMPONENTS]`, 20 and 10.

As many clusters as are asked for are started, each a real API server, and one service is previewed on all of them: as
it is installed first, and again unchanged. Beside it, in the same run, helm's own server dry run of the same releases
one after the other, which is what a script would do. Figures go into docs/benchmarks.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests")]

from computenest.cloud.kubernetes.embedded import EmbeddedCluster  # noqa: E402
from kubernetes.charts import Charts  # noqa: E402
from kubernetes.deployments import Deployment, component  # noqa: E402
from kubernetes.many import EDGE  # noqa: E402

NAMESPACE = "bench"


def main() -> None:
    clusters, components = (int(word) for word in [*sys.argv[1:3], *("20", "10")[len(sys.argv) - 1 :]])
    helm = subprocess.run(
        [ROOT / "tools/kubernetes/helm", "4"], check=True, capture_output=True, text=True
    ).stdout.strip()
    os.environ["COMPUTENEST_HELM"] = f"{helm}/helm"
    with tempfile.TemporaryDirectory() as folder:
        started = [EmbeddedCluster(Path(folder), f"c{number}") for number in range(clusters)]
        try:
            for one in started:
                one.start()
            print_table(started, components, Path(folder))
        finally:
            for one in started:
                one.stop()


def print_table(clusters: list[EmbeddedCluster], components: int, folder: Path) -> None:
    chart = Charts(folder / "charts").web(migrate=None)
    for one in clusters:
        kubectl = Path(os.environ["COMPUTENEST_HELM"]).parent / "kubectl"
        subprocess.run(
            [kubectl, "--kubeconfig", one.kubeconfig, "create", "namespace", NAMESPACE], check=True, stdout=2
        )
    guests = [
        {"name": one.name, "kubeconfig": one.kubeconfig.read_text(), "labels": {"tier": "edge"}} for one in clusters[1:]
    ]
    main_one = {"name": "main", "kubeconfig": clusters[0].kubeconfig.read_text(), "labels": {"tier": "edge"}}
    shop = Deployment(clusters[0].kubeconfig, NAMESPACE, cluster=main_one, clusters=guests, timeoutS=600)
    parts = [component(f"part{number}", chart, **EDGE) for number in range(components)]
    by_script_s = sequential(clusters, components, chart)
    first_s, notes = preview(shop, parts)
    assert notes == len(clusters) * components, f"{notes} releases were previewed"
    shop.up(*parts)
    again_s, notes = preview(shop, parts)
    assert notes == 0, "nothing changed"
    print(f"{len(clusters)} clusters x {components} components, {os.cpu_count()} processors\n")
    print("| what | seconds | of the script |\n| --- | --- | --- |")
    print(f"| `helm upgrade --install --dry-run=server`, one after the other | {by_script_s:.1f} | 1 |")
    print(f"| the first preview, every object tried | {first_s:.1f} | {first_s / by_script_s:.2f} |")
    print(f"| a preview of the unchanged | {again_s:.1f} | {again_s / by_script_s:.2f} |")
    print(f"\nunchanged / first: {again_s / first_s:.2f}")


def sequential(clusters: list[EmbeddedCluster], components: int, chart: Path) -> float:
    began_s = time.monotonic()
    for one in clusters:
        for number in range(components):
            words = ["upgrade", "--install", f"shop-part{number}", chart, "--dry-run=server", "--namespace", NAMESPACE]
            command = [os.environ["COMPUTENEST_HELM"], *words, "--kubeconfig", one.kubeconfig]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began_s


def preview(shop: Deployment, parts: list[dict[str, Any]]) -> tuple[float, int]:
    began_s = time.monotonic()
    seen = shop.check(*parts)
    assert seen.failures == (), seen.failures
    return time.monotonic() - began_s, len(seen.notes)


if __name__ == "__main__":
    main()
