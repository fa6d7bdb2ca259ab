# ruff: noqa: T201 - a program that prints
"""What a plugin's resource adds to `pulumi up` where nothing changes: `python tests/bench/bench_plugin_stack.py [n]`.

Two stacks of one Python program on the real engine: n plugin resources (1,000), and n component resources, which have
no provider at all and are the engine's own floor. In turn, so that other load on the machine meets both; the median
of five, and nothing is asserted.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stack.cloud import Cloud
from stack.engine import Stack, engine_folder
from stack.installed import installed

ROUNDS = 5
REGIONS = ["cn-beijing", "cn-hangzhou", "cn-shanghai"]
COMPONENTS = """
import pulumi

for number in range({count}):
    pulumi.ComponentResource("bench:index:Nothing", f"p{{number:04}}")
"""
PLUGIN = """
import pulumi_computenest.plugin as computenest

gold = computenest.CustomImage(image_id="m-bp1gold0000000000001", region="cn-hangzhou")
for number in range({count}):
    computenest.EcsImagePackage(f"p{{number:04}}", source=gold, regions={regions}, timeout_s=10**9)
"""


def make(folder: Path, cloud: Cloud, program: str) -> Stack:
    """A stack with the program, and the plugin where the wheel has it."""
    stack = Stack(folder=folder, engine=engine_folder(), config=cloud.config, environment=cloud.environment)
    (folder / "__main__.py").write_text(program)
    providers = f"plugins:\n  providers:\n    - name: computenest\n      path: {installed()}\n"
    (folder / "Pulumi.yaml").write_text(f"name: story\nruntime: python\n{providers}")
    return stack


def timed(stack: Stack, *options: str) -> tuple[float, float]:
    """Seconds of one `up`: of the wall's clock, and of the processors', all processes of the run together."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    stack.run("up", "--yes", "--skip-preview", *options, timeout_s=3600).succeeded()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, spent_s


def main() -> int:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        cloud = Cloud.start(Path(name) / "cloud", time_scale=20_000)
        try:
            programs = {
                "component": COMPONENTS.format(count=count),
                "plugin": PLUGIN.format(count=count, regions=REGIONS),
            }
            stacks = {kind: make(Path(name) / kind, cloud, program) for kind, program in programs.items()}
            for kind, stack in stacks.items():
                first_s, _ = timed(stack, "--parallel", "256")
                print(f"- first `up` of {count} {kind} resources: {first_s:.1f} s", flush=True)
            cloud.control("DELETE", "calls")
            seconds: dict[str, list[tuple[float, float]]] = {kind: [] for kind in stacks}
            for _ in range(ROUNDS):
                for kind, stack in stacks.items():
                    seconds[kind].append(timed(stack, "--expect-no-changes"))
            print(f"- calls to the cloud in {ROUNDS} runs without changes: {cloud.calls()['counts'] or 'none'}")
            floor, whole = ([median(column) for column in zip(*seconds[kind], strict=True)] for kind in stacks)
            added = [(more - less) * 1e3 / count for less, more in zip(floor, whole, strict=True)]
            print(f"\n| `up` without changes, {count} resources, median of {ROUNDS} | wall | processors |")
            print("|---|---|---|")
            print(f"| component resources | {floor[0]:.2f} s | {floor[1]:.2f} s |")
            print(f"| plugin resources | {whole[0]:.2f} s | {whole[1]:.2f} s |")
            print(f"| added by a resource | {added[0]:.2f} ms | {added[1]:.2f} ms |")
        finally:
            cloud.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
