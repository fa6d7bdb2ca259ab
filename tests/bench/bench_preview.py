# ruff: noqa: T201 - a program that prints
"""What `pulumi preview` costs: `python tests/bench/bench_preview.py [rounds] [few]`, with the real engine.

Stacks on the embedded cloud: a program that only loads Pulumi's SDK, one with a dynamic resource that does nothing,
others with 1 package and with 24 on either transport; an association with 1 position, 1 marker and 1 region, another
with 500 positions, 5 markers and 30 regions. Previews in turn, so that other load on the machine meets all; nothing is
asserted. `few` leaves the large programs out. Processors: seconds of all processes of a preview that had ended with it.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stack.cloud import Cloud
from stack.engine import Stack, engine_folder
from stack.installed import installed
from stack.large import association, maps
from stack.wishes import REGIONS

ROUNDS = 5
CASES = {"1 position": (1, 1, 1), "500 positions": (500, 5, 30)}
EMPTY, NOTHING = "no resource", "1 dynamic resource that does nothing"
PROVIDER = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("nothing", props)


class Nothing(Resource):
    def __init__(self, name):
        super().__init__(Provider(), name, {})
"""
PACKAGES = """
import {module} as computenest

gold = computenest.CustomImage(image_id="m-bp1gold0000000000001", region="cn-hangzhou")
for number in range({{count}}):
    computenest.EcsImagePackage(f"p{{{{number:02}}}}", source=gold, regions={{regions}}, timeout_s=10**9)
"""
DYNAMIC = PACKAGES.format(module="pulumi_computenest")
PLUGIN = PACKAGES.format(module="pulumi_computenest.plugin")
PROGRAMS = {
    EMPTY: ("import pulumi\n", 0),
    NOTHING: ("import nothing\n\nnothing.Nothing('n')\n", 1),
    "1 package": (DYNAMIC, 1),
    "24 packages": (DYNAMIC, 24),
    "1 package on the plugin": (PLUGIN, 1),
    "24 packages on the plugin": (PLUGIN, 24),
}


def declare(stack: Stack, case: str, *, is_changed: bool) -> None:
    """The association of a case, with or without one other image."""
    positions, markers, regions = CASES[case]
    packages = maps(markers, regions)
    if is_changed:
        images = packages["ecs_image_0"]
        images[min(images)] = "m-changed0000000000000"
    stack.declare(associations={"shop": association(positions, packages)})


def timed(stack: Stack) -> tuple[float, float]:
    """Seconds of one preview: of the wall's clock, and of the processors."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    stack.preview().succeeded()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(folder: Path, cloud: Cloud, rounds: int, cases: Sequence[str]) -> None:
    """Run and print."""
    engine = engine_folder()
    stacks: dict[str, Stack] = {}
    for case in cases:
        name = case.replace(" ", "-")
        stacks[case] = Stack(
            folder=folder / name, engine=engine, config=cloud.config, environment=cloud.environment, is_cold=True
        )
        declare(stacks[case], case, is_changed=False)
        stacks[case].up().succeeded()
        size = len(json.dumps(stacks[case].resources()["shop"]))
        print(f"- {case}: the association takes {size:,} bytes of the state")
    print(f"\n| `pulumi preview`, median of {rounds} | 1 position | 500 positions | difference |\n|---|---|---|---|")
    for label, is_changed in (("nothing changed", False), ("one image changed", True)):
        seconds: dict[str, list[float]] = {case: [] for case in cases}
        for case, stack in stacks.items():
            declare(stack, case, is_changed=is_changed)
        for _ in range(rounds):
            for case, stack in stacks.items():
                seconds[case].append(timed(stack)[0])
        medians = [median(seconds[case]) for case in cases]
        small, large = medians[0], medians[-1]
        print(f"| {label} | {small:.2f} s | {large:.2f} s | {large - small:+.2f} s |", flush=True)


def measure_packages(folder: Path, cloud: Cloud, rounds: int, programs: Sequence[str]) -> None:
    """Run and print: programs whose resources have not changed."""
    stacks = {case: _program(folder / str(number), cloud, *PROGRAMS[case]) for number, case in enumerate(programs)}
    found: dict[str, list[tuple[float, float]]] = {case: [] for case in stacks}
    for _ in range(rounds):
        for case, stack in stacks.items():
            found[case].append(timed(stack))
    print(f"\n| `pulumi preview`, nothing changed, {rounds} in turn | | over {EMPTY} | over {NOTHING} |")
    print("|---|---|---|---|")
    for label, of in (("wall, median", _wall), ("processors, least", _processors)):
        seconds = {case: of(took) for case, took in found.items()}
        for case, took_s in seconds.items():
            over = [f"{took_s - seconds[floor]:+.2f} s" for floor in (EMPTY, NOTHING)]
            print(f"| {case}: {label} | {took_s:.2f} s | {over[0]} | {over[1]} |", flush=True)


def _wall(took: Sequence[tuple[float, float]]) -> float:
    """Seconds of the wall's clock: the median, which other load on the machine moves."""
    return median(wall_s for wall_s, _ in took)


def _processors(took: Sequence[tuple[float, float]]) -> float:
    """Seconds of the processors: the least, which it moves little."""
    return min(spent_s for _, spent_s in took)


def _program(folder: Path, cloud: Cloud, text: str, count: int) -> Stack:
    """A stack that is up, with the plugin for those that take it."""
    stack = Stack(
        folder=folder, engine=engine_folder(), config=cloud.config, environment=cloud.environment, is_cold=True
    )
    (folder / "__main__.py").write_text(text.format(count=count, regions=REGIONS))
    (folder / "nothing.py").write_text(PROVIDER)
    providers = f"plugins:\n  providers:\n    - name: computenest\n      path: {installed()}\n"
    (folder / "Pulumi.yaml").write_text(f"name: story\nruntime: python\n{providers if 'plugin' in text else ''}")
    stack.up().succeeded()
    return stack


def main() -> int:
    """Print the tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    is_few = "few" in sys.argv
    cases = list(CASES)[: 1 if is_few else None]
    programs = [case for case in PROGRAMS if not (is_few and case.startswith("24"))]
    with tempfile.TemporaryDirectory() as name:
        cloud = Cloud.start(Path(name) / "cloud", time_scale=20_000)
        try:
            measure_packages(Path(name) / "packages", cloud, rounds, programs)
            measure(Path(name), cloud, rounds, cases)
        finally:
            cloud.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
