# ruff: noqa: T201 - a program that prints
"""How long a preview of many clusters takes: `python tests/bench/bench_clusters.py [CLUSTERS [COMPONENTS [ROUNDS]]]`.

As many clusters as are asked for (20, of 10 components) are started, each a real API server, and one service is
previewed on all of them: as it is installed first, and again unchanged. Beside it, in the same run and in turn, helm's
own server dry run of the same releases one after the other, which is what a script would do. Seconds by the clock, and
of the processors: of this process, of every helm, and of all API servers and their storage. The least of the rounds (2)
counts. Figures go into docs/benchmarks.md. A cluster takes 350 MiB, so 20 of them 7 GiB.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests")]

from computenest.cloud.kubernetes.embedded import EmbeddedCluster  # noqa: E402
from kubernetes.charts import Charts  # noqa: E402
from kubernetes.deployments import Deployment, component  # noqa: E402
from kubernetes.many import EDGE  # noqa: E402

NAMESPACE = "bench"
CLUSTER_MIB = 350
READS = '{{ $system := lookup "v1" "Namespace" "" "kube-system" }}'
"""A template that says so is rendered by each cluster."""


@dataclass(frozen=True, slots=True)
class Took:
    """What something took, by the clock and of the processors."""

    wall_s: float
    processor_s: float

    def least(self, other: Took) -> Took:
        return Took(min(self.wall_s, other.wall_s), min(self.processor_s, other.processor_s))

    def row(self, what: str, script: Took) -> str:
        ratios = (self.wall_s / max(script.wall_s, 1e-9), self.processor_s / max(script.processor_s, 1e-9))
        return f"| {what} | {self.wall_s:.1f} | {ratios[0]:.2f} | {self.processor_s:.1f} | {ratios[1]:.2f} |"


@dataclass(frozen=True, slots=True)
class Bench:
    """The clusters, and what is on them."""

    clusters: list[EmbeddedCluster]
    components: int
    rounds: int

    def took(self, work: Callable[[], None]) -> Took:
        began_s, processors_s = time.monotonic(), self._processors_s()
        work()
        return Took(time.monotonic() - began_s, self._processors_s() - processors_s)

    def _processors_s(self) -> float:
        own = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        handles = [handle for one in self.clusters if (handle := one.running())]
        servers = (pid for handle in handles for pid in (handle.pid, handle.etcd_pid))
        return sum(one.ru_utime + one.ru_stime for one in own) + sum(map(processor_s, servers))

    def script(self, chart: Path) -> None:
        """What somebody without the provider would run."""
        for one in self.clusters:
            for number in range(self.components):
                words = ["upgrade", "--install", f"shop-part{number}", chart, "--dry-run=server"]
                command = [os.environ["COMPUTENEST_HELM"], *words, "--namespace", NAMESPACE]
                subprocess.run([*command, "--kubeconfig", one.kubeconfig], check=True, stdout=subprocess.DEVNULL)

    def shop(self) -> Deployment:
        main, *guests = (
            {"name": one.name, "kubeconfig": one.kubeconfig.read_text(), "labels": {"tier": "edge"}}
            for one in self.clusters
        )
        given = {"clusters": guests, "maxClustersAtOnce": 10, "timeoutS": 600}
        return Deployment(self.clusters[0].kubeconfig, NAMESPACE, cluster=main, **given)

    def parts(self, chart: Path) -> list[dict[str, Any]]:
        return [component(f"part{number}", chart, **EDGE) for number in range(self.components)]

    def preview(self, shop: Deployment, parts: list[dict[str, Any]], *, notes: int) -> Callable[[], None]:
        def work() -> None:
            seen = shop.check(*parts)
            assert (seen.failures, seen.warnings, len(seen.notes)) == ((), (), notes), seen

        return work


def processor_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    given = sys.argv[1:]
    clusters, components, rounds = (int(word) for word in [*given, *("20", "10", "2")[len(given) :]])
    print(f"{clusters} clusters take {clusters * CLUSTER_MIB:,} MiB", file=sys.stderr)
    made = subprocess.run([ROOT / "tools/kubernetes/helm", "4"], check=True, stdout=subprocess.PIPE, text=True)
    os.environ["COMPUTENEST_HELM"] = f"{made.stdout.strip()}/helm"
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), clusters) as started:
        print_table(Bench(started, components, rounds), Charts(Path(folder) / "charts"))


@contextmanager
def running(folder: Path, count: int) -> Iterator[list[EmbeddedCluster]]:
    """Clusters with the namespace in each; as many begin at once as there are processors."""
    clusters = [EmbeddedCluster(folder, f"c{number}") for number in range(count)]
    kubectl = Path(os.environ["COMPUTENEST_HELM"]).parent / "kubectl"

    def start(one: EmbeddedCluster) -> None:
        one.start()
        command = [kubectl, "--kubeconfig", one.kubeconfig, "create", "namespace", NAMESPACE]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            list(told("started", pool.map(start, clusters), count))
            yield clusters
        finally:
            list(pool.map(EmbeddedCluster.stop, clusters))


def told(what: str, done: Iterator[None], count: int) -> Iterator[None]:
    for number, one in enumerate(done, 1):
        print(f"{what}: {number} of {count}", file=sys.stderr)
        yield one


def print_table(bench: Bench, charts: Charts) -> None:
    chart, reading = charts.web(migrate=None), charts.web(migrate=None, reads=READS)
    shop, releases = bench.shop(), len(bench.clusters) * bench.components
    works = {
        "script": lambda: bench.script(chart),
        "first": bench.preview(shop, bench.parts(chart), notes=releases),
        "each": bench.preview(shop, bench.parts(reading), notes=releases),
    }
    script, first, each = in_turn(bench, works)
    print(f"installing {releases} releases", file=sys.stderr)
    shop.up(*bench.parts(chart))
    (again,) = in_turn(bench, {"unchanged": bench.preview(shop, bench.parts(chart), notes=0)})
    print(f"{len(bench.clusters)} clusters x {bench.components} components, {os.cpu_count()} processors\n")
    print("| what | seconds | of the script | processor seconds | of the script |\n| --- | --- | --- | --- | --- |")
    print(script.row("`helm upgrade --install --dry-run=server`, one after the other", script))
    print(first.row("the first preview, every object tried on every cluster", script))
    print(each.row("the same of a chart that each cluster renders itself (`lookup`)", script))
    print(again.row("a preview of the unchanged", script))


def in_turn(bench: Bench, works: dict[str, Callable[[], None]]) -> list[Took]:
    """The least that each took, in rounds: load that comes and goes meets all of them."""
    found: dict[str, Took] = {}
    for number in range(bench.rounds):
        for name, work in works.items():
            took = bench.took(work)
            found[name] = took.least(found.get(name, took))
            seconds = f"{took.wall_s:.1f} s, {took.processor_s:.1f} of the processors"
            print(f"round {number + 1}: {name} {seconds}", file=sys.stderr)
    return list(found.values())


if __name__ == "__main__":
    main()
