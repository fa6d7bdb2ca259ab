# ruff: noqa: T201, ARG002, N802 - a program that prints; the protocol's own names and arguments
"""What a plugin's resource adds to `pulumi up` where nothing changes.

    python tests/bench/bench_plugin_stack.py [n] [regions, with commas] [rounds]

Stacks on the real engine, in turn, so that other load on the machine meets all; the median of five, and nothing is
asserted. Of a Python program: n component resources (1,000), which have no provider at all; n of the smallest resource
that a provider can have, without inputs and outputs, on one that answers at once: the floor of any provider; n packages
on that provider, which is what the SDK for Python and the engine take for their inputs and outputs; and n packages on
the plugin. The same packages of a YAML program as well, which has no SDK.
"""

from __future__ import annotations

import copy
import json
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

from computenest.serve.plugin.protos import plugin_pb2, provider_pb2, provider_pb2_grpc
from plugin.stacks import YamlStack, package
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
SMALLEST = """
import pulumi

for number in range({count}):
    pulumi.CustomResource("computenest:index:Nothing", f"p{{number:04}}", {{}})
"""
PLUGIN = """
import pulumi_computenest.plugin as computenest

gold = computenest.CustomImage(image_id="m-bp1gold0000000000001", region="cn-hangzhou")
for number in range({count}):
    computenest.EcsImagePackage(f"p{{number:04}}", source=gold, regions={regions}, timeout_s=10**9)
"""


GOLD = {"kind": "custom", "image_id": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
# Without these the engine writes the whole state before and after each resource of the first `up`.
ONCE = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}


def make(folder: Path, cloud: Cloud, program: str) -> Stack:
    """A stack with the program, and the plugin where the wheel has it."""
    stack = Stack(
        folder=folder, engine=engine_folder(), config=cloud.config, environment=cloud.environment, is_cold=True
    )
    (folder / "__main__.py").write_text(program)
    providers = f"plugins:\n  providers:\n    - name: computenest\n      path: {installed()}\n"
    (folder / "Pulumi.yaml").write_text(f"name: story\nruntime: python\n{providers}")
    return stack


def make_yaml(folder: Path, cloud: Cloud, duplicate: Stack, count: int, regions: list[str]) -> Stack:
    """The stack of a YAML program with the same packages, on the state of `duplicate`, which made them."""
    stack = YamlStack(
        folder=folder, engine=engine_folder(), config=cloud.config, environment=cloud.environment, is_cold=True
    )
    # A list of its own for each: YAML would write one that is shared as an alias, which Pulumi does not read.
    stack.write({f"p{number:04}": package(GOLD, list(regions), timeoutS=10**9) for number in range(count)})
    (folder / "state.json").write_text(json.dumps(duplicate.export()))
    stack.run("stack", "import", "--file", "state.json").succeeded()
    timed(stack)  # what differs between the two languages, such as the dependencies of properties, is written once
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

    def Create(self, request: Any, context: Any) -> Any:
        return provider_pb2.CreateResponse(id=request.urn)

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


def measure(stacks: Mapping[str, tuple[Stack, dict[str, str]]], count: int, rounds: int) -> None:
    """Runs without changes, in turn, and prints the table."""
    seconds: dict[str, list[tuple[float, float]]] = {kind: [] for kind in stacks}
    for _ in range(rounds):
        for kind, (stack, environment) in stacks.items():
            one = replace_environment(stack, environment)
            seconds[kind].append(timed(one, "--expect-no-changes"))
    medians = {kind: [median(column) for column in zip(*found, strict=True)] for kind, found in seconds.items()}
    floor = next(iter(medians.values()))
    print(
        f"\n| `up` without changes, {count} of them, median of {rounds} | wall | each adds | processors | each adds |"
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
    regions = REGIONS if len(sys.argv) < 3 else sys.argv[2].split(",")
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else ROUNDS
    with tempfile.TemporaryDirectory() as name:
        cloud = Cloud.start(Path(name) / "cloud", time_scale=20_000)
        try:
            attach = {"PULUMI_DEBUG_PROVIDERS": f"computenest:{serve_instant()}"}
            components = make(Path(name) / "components", cloud, COMPONENTS.format(count=count))
            smallest = make(Path(name) / "smallest", cloud, SMALLEST.format(count=count))
            packages = make(Path(name) / "packages", cloud, PLUGIN.format(count=count, regions=regions))
            for stack, environment in ((components, {}), (smallest, attach), (packages, {})):
                first_s, _ = timed(replace_environment(stack, {**environment, **ONCE}), "--parallel", "256")
                print(f"- first `up` of {count} {stack.folder.name}: {first_s:.1f} s", flush=True)
            in_yaml = make_yaml(Path(name) / "yaml", cloud, packages, count, regions)
            cloud.control("DELETE", "calls")
            stacks = {
                "component resources": (components, {}),
                "the smallest resource, on a provider that answers at once": (smallest, attach),
                "packages on that provider": (packages, attach),
                "packages on the plugin": (packages, {}),
                "packages on the plugin, of a YAML program": (in_yaml, {}),
            }
            measure(stacks, count, rounds)
            print(f"\ncalls to the cloud in these runs: {cloud.calls()['counts'] or 'none'}")
        finally:
            cloud.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
