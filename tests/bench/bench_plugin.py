"""What the plugin costs: its size, its start, its configuration, and 200 packages × 10 regions created at once.

    python tests/bench/bench_plugin.py [packages] [time scale] [starts]

Of the built wheel, alone in an environment of its own (tools/installed). Spoken to directly over its protocol, without
the engine, whose own floor is another matter. The critical path is the cloud's: from the first artifact to the last
region delivered, in seconds of the cloud's clock as it ran.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import grpc.aio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2, provider_pb2_grpc
from stack.cloud import Cloud
from stack.installed import installed

PLUGIN = installed() / "pulumi-resource-computenest"
REGIONS = [
    *("ap-northeast-1", "ap-southeast-1", "ap-southeast-3", "cn-beijing", "cn-chengdu"),
    *("cn-guangzhou", "cn-hangzhou", "cn-shanghai", "cn-shenzhen", "eu-central-1"),
]
TYPE = "computenest:index:EcsImagePackage"
STARTS = 5
SIZES = """
import json, pathlib, re
from importlib import metadata
from importlib.util import cache_from_source
from packaging.requirements import Requirement

def closure(name, found, extras=("",)):
    key = re.sub("[-_.]+", "-", name).lower()
    if key not in found:
        found[key] = metadata.distribution(name)
        for line in found[key].requires or ():
            needed = Requirement(line)
            if any(needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in extras):
                closure(needed.name, found, ("", *needed.extras))
    return found

def size(distribution):
    files = [pathlib.Path(file.locate()) for file in distribution.files or () if file.suffix != ".pyc"]
    compiled = [pathlib.Path(cache_from_source(path)) for path in files if path.suffix == ".py"]
    return [sum(path.stat().st_size for path in paths if path.is_file()) for paths in (files, compiled)]

ours, theirs = closure("pulumi-computenest", {}), closure("pulumi", {})
beyond = {name: size(found) for name, found in ours.items() if name not in theirs}
print(json.dumps(dict(sorted(beyond.items(), key=lambda item: -item[1][0]))))
"""


def started(environment: dict[str, str]) -> tuple[subprocess.Popen[str], str, float]:
    """The plugin's process, its address, and the seconds until it said so."""
    began = time.perf_counter()
    process = subprocess.Popen([PLUGIN], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    return process, f"127.0.0.1:{port}", time.perf_counter() - began


def memory_mib(pid: int) -> float:
    """The most memory that the process ever held, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


async def configured(address: str) -> tuple[provider_pb2_grpc.ResourceProviderStub, float]:
    began = time.perf_counter()
    options = (("grpc.max_receive_message_length", -1),)
    stub = provider_pb2_grpc.ResourceProviderStub(grpc.aio.insecure_channel(address, options=options))
    await stub.Configure(provider_pb2.ConfigureRequest(args=values.write({"cloud": "local"})), wait_for_ready=True)
    return stub, time.perf_counter() - began


async def create(stub: provider_pb2_grpc.ResourceProviderStub, number: int) -> tuple[str, Any, Any, Any]:
    """The URN, the wish, the checked inputs and the state of a package made anew."""
    urn = f"urn:pulumi:bench::bench::{TYPE}::p{number:03}"
    wish = {
        "source": {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"},
        "regions": REGIONS,
        "timeoutS": 10**8,
    }
    checked = await stub.Check(provider_pb2.CheckRequest(urn=urn, news=values.write(wish)))
    assert not checked.failures, checked.failures
    made = await stub.Create(provider_pb2.CreateRequest(urn=urn, properties=checked.inputs))
    assert len(values.read(made.properties).values["images"]) == len(REGIONS)
    return urn, values.write(wish), checked.inputs, made.properties


async def look_again(stub: provider_pb2_grpc.ResourceProviderStub, urn: str, wish: Any, olds: Any, state: Any) -> None:
    """What an `up` without changes asks of a resource."""
    checked = await stub.Check(provider_pb2.CheckRequest(urn=urn, olds=olds, news=wish))
    found = await stub.Diff(provider_pb2.DiffRequest(urn=urn, olds=state, news=checked.inputs))
    assert found.changes == provider_pb2.DiffResponse.DIFF_NONE, found


async def many(environment: dict[str, str], packages: int) -> dict[str, float]:
    process, address, _ = started(environment)
    try:
        stub, _ = await configured(address)
        began = time.perf_counter()
        made = await asyncio.gather(*(create(stub, number) for number in range(packages)))
        wall_s, again = time.perf_counter() - began, []
        for _ in range(STARTS):
            began = time.perf_counter()
            await asyncio.gather(*(look_again(stub, *one) for one in made))
            again.append((time.perf_counter() - began) * 1e3 / packages)
        return {"wall_s": wall_s, "memory_mib": memory_mib(process.pid), "again_ms": statistics.median(again)}
    finally:
        process.terminate()
        process.wait(10)


def print_size() -> None:
    """What `pip install pulumi-computenest` adds to an environment that has Pulumi's SDK."""
    asked = subprocess.run([installed() / "python", "-c", SIZES], capture_output=True, text=True, check=True)
    sizes: dict[str, tuple[int, int]] = json.loads(asked.stdout)
    largest = ", ".join(f"{name} {size / 1e6:.1f}" for name, (size, _) in list(sizes.items())[:6])
    whole, compiled = (sum(column) / 1e6 for column in zip(*sizes.values(), strict=True))
    sys.stdout.write(
        f"size beyond pulumi: {whole:.1f} MB in {len(sizes)} distributions (MB: {largest}), "
        f"and {compiled:.1f} MB that Python compiles of it\n"
    )


async def main() -> None:
    print_size()
    packages = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    scale = float(sys.argv[2]) if len(sys.argv) > 2 else 600.0
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud.start(Path(folder) / "cloud", time_scale=scale)
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder, **cloud.environment}
        starts, configures = [], []
        for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else STARTS):
            process, address, start_s = started(environment)
            starts.append(start_s)
            configures.append((await configured(address))[1])
            process.terminate()
            process.wait(10)
        sys.stdout.write(
            f"start {statistics.median(starts):.3f} s, configured after {statistics.median(configures):.3f} s more"
            + "\n"
        )
        found = await many(environment, packages)
        ledger, calls = cloud.ledger(), cloud.calls()
        cloud.stop()
    sys.stdout.write(
        f"{packages} packages × {len(REGIONS)} regions: {found['wall_s']:.1f} s, {found['memory_mib']:.0f} MiB, "
        f"no change {found['again_ms']:.2f} ms each\n"
    )
    sys.stdout.write(
        f"in flight at once, by the cloud: {ledger['deliveries_in_flight_peak']}; calls: {calls['counts']}" + "\n"
    )


if __name__ == "__main__":
    asyncio.run(main())
