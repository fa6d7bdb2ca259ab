# ruff: noqa: T201 - a program that prints
"""What `pulumi preview` of dynamic resources costs: `python tests/bench/bench_preview.py`, with the real engine.

Stacks on the embedded cloud: an association with 1 position, 1 marker and 1 region, another with 500 positions,
5 markers and 30 regions; a program that only loads Pulumi's SDK, one with 1 package, one with 24. Previews in turn, so
that other load on the machine meets all; medians, and nothing is asserted.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stack.cloud import Cloud
from stack.engine import Stack, engine_folder
from stack.large import association, maps
from stack.wishes import GOLD_1, package

ROUNDS = 5
CASES = {"1 position": (1, 1, 1), "500 positions": (500, 5, 30)}
PACKAGES = {"no resource": 0, "1 package": 1, "24 packages": 24}


def declare(stack: Stack, case: str, *, is_changed: bool) -> None:
    """The association of a case, with or without one other image."""
    positions, markers, regions = CASES[case]
    packages = maps(markers, regions)
    if is_changed:
        images = packages["ecs_image_0"]
        images[min(images)] = "m-changed0000000000000"
    stack.declare(associations={"shop": association(positions, packages)})


def timed(stack: Stack) -> float:
    """Seconds of one preview."""
    began = time.perf_counter()
    stack.preview().succeeded()
    return time.perf_counter() - began


def measure(folder: Path, cloud: Cloud) -> None:
    """Run and print."""
    engine = engine_folder()
    stacks: dict[str, Stack] = {}
    for case in CASES:
        name = case.replace(" ", "-")
        stacks[case] = Stack(folder=folder / name, engine=engine, config=cloud.config, environment=cloud.environment)
        declare(stacks[case], case, is_changed=False)
        stacks[case].up().succeeded()
        size = len(json.dumps(stacks[case].resources()["shop"]))
        print(f"- {case}: the association takes {size:,} bytes of the state")
    print(f"\n| `pulumi preview`, median of {ROUNDS} | 1 position | 500 positions | difference |\n|---|---|---|---|")
    for label, is_changed in (("nothing changed", False), ("one image changed", True)):
        seconds: dict[str, list[float]] = {case: [] for case in CASES}
        for case, stack in stacks.items():
            declare(stack, case, is_changed=is_changed)
        for _ in range(ROUNDS):
            for case, stack in stacks.items():
                seconds[case].append(timed(stack))
        small, large = (median(seconds[case]) for case in CASES)
        print(f"| {label} | {small:.2f} s | {large:.2f} s | {large - small:+.2f} s |", flush=True)


def measure_packages(folder: Path, cloud: Cloud) -> None:
    """Run and print: programs of packages that have not changed."""
    engine = engine_folder()
    stacks: dict[str, Stack] = {}
    for case, count in PACKAGES.items():
        stack = Stack(folder=folder / str(count), engine=engine, config=cloud.config, environment=cloud.environment)
        stack.declare(packages={f"p{number:02}": package(GOLD_1) for number in range(count)})
        if not count:
            (stack.folder / "__main__.py").write_text("import pulumi\n")
        stack.up().succeeded()
        stacks[case] = stack
    seconds: dict[str, list[float]] = {case: [] for case in stacks}
    for _ in range(ROUNDS):
        for case, stack in stacks.items():
            seconds[case].append(timed(stack))
    medians = {case: median(found) for case, found in seconds.items()}
    least = next(iter(medians.values()))
    print(f"\n| `pulumi preview`, nothing changed, median of {ROUNDS} | | more than the first |\n|---|---|---|")
    for case, found in medians.items():
        print(f"| {case} | {found:.2f} s | {found - least:+.2f} s |")


def main() -> int:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        cloud = Cloud.start(Path(name) / "cloud")
        try:
            measure(Path(name), cloud)
            measure_packages(Path(name) / "packages", cloud)
        finally:
            cloud.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
