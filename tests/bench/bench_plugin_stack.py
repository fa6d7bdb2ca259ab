# ruff: noqa: T201, ARG002, N802 - a program that prints; the protocol's own names and arguments
"""What a plugin's resource adds to `pulumi up` where nothing changes: `python tests/bench/bench_plugin_stack.py [n]`.

Stacks of a Python program on the real engine: n component resources (1,000), which have no provider at all; n packages
on the plugin; and the same packages on a provider that answers at once, which tells what of it the engine and the SDK
for Python take for any provider's resource. In turn, so that other load on the machine meets all; the median of five,
and nothing is asserted.
"""

from __future__ import annotations

import copy
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import grpc
from google.protobuf import empty_pb2

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from computenest.transports.plugin.protos import plugin_pb2, provider_pb2, provider_pb2_grpc
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


class Instant(provider_pb2_grpc.ResourceProviderServicer):
    """A provider that finds everything as it was, at once: what is left are the engine and the SDK."""

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="0.1.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.olds)

    def Diff(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)


def serve_instant() -> int:
    """Starts it in this process; the port."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Instant(), server)
    port = int(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    globals()["_kept"] = server  # it ends with the last reference to it
    return port


def measure(stacks: Mapping[str, tuple[Stack, dict[str, str]]], count: int) -> None:
    """Runs without changes, in turn, and prints the table."""
    seconds: dict[str, list[tuple[float, float]]] = {kind: [] for kind in stacks}
    for _ in range(ROUNDS):
        for kind, (stack, environment) in stacks.items():
            one = replace_environment(stack, environment)
            seconds[kind].append(timed(one, "--expect-no-changes"))
    medians = {kind: [median(column) for column in zip(*found, strict=True)] for kind, found in seconds.items()}
    floor = medians["component resources"]
    print(
        f"\n| `up` without changes, {count} of them, median of {ROUNDS} | wall | each adds | processors | each adds |"
    )
    print("|---|---|---|---|---|")
    for kind, (wall_s, spent_s) in medians.items():
        more = [(found - least) * 1e3 / count for found, least in zip((wall_s, spent_s), floor, strict=True)]
        print(f"| {kind} | {wall_s:.2f} s | {more[0]:.2f} ms | {spent_s:.2f} s | {more[1]:.2f} ms |")


def replace_environment(stack: Stack, more: Mapping[str, str]) -> Stack:
    """The same stack, run with other variables."""
    other = copy.copy(stack)
    other.environment = {**stack.environment, **more}
    return other


def main() -> int:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    regions = [] if len(sys.argv) < 3 else sys.argv[2].split(",")
    with tempfile.TemporaryDirectory() as name:
        cloud = Cloud.start(Path(name) / "cloud", time_scale=20_000)
        try:
            components = make(Path(name) / "components", cloud, COMPONENTS.format(count=count))
            packages = make(Path(name) / "packages", cloud, PLUGIN.format(count=count, regions=regions or REGIONS))
            for stack in (components, packages):
                first_s, _ = timed(stack, "--parallel", "256")
                print(f"- first `up` of {count} {stack.folder.name}: {first_s:.1f} s", flush=True)
            cloud.control("DELETE", "calls")
            attach = {"PULUMI_DEBUG_PROVIDERS": f"computenest:{serve_instant()}"}
            stacks = {
                "component resources": (components, {}),
                "the same packages on a provider that answers at once": (packages, attach),
                "packages on the plugin": (packages, {}),
            }
            measure(stacks, count)
            print(f"\ncalls to the cloud in these runs: {cloud.calls()['counts'] or 'none'}")
        finally:
            cloud.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
