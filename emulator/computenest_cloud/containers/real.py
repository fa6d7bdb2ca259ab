"""Containers that really run: in namespaces of their own, without a network, with limits, by an OCI runtime (runc).

A run is a job to its end: what it printed, how long it took and what it ended with is then what happens in the cloud's
time, as if a script had said it. What does not end in time is stopped, and counts as running until it is told to stop.
"""

import asyncio
import json
import os
import shutil
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from computenest_cloud.containers.scripts import Script

RUNTIME = "COMPUTENEST_OCI_RUNTIME"
LINES, LINE_BYTES = 2000, 4096
PROCESSES = 256
PERIOD_US = 100_000
GIB = 1 << 30
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
CAPABILITIES = tuple(f"CAP_{name}" for name in ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID", "KILL"))
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Job:
    """What runs. `layers`: the files of the image's layers, the lowest first. `memory_gib`: 0 for no limit."""

    layers: Sequence[Path]
    command: Sequence[str]
    environment: Mapping[str, str]
    working_dir: str = "/"
    cpu: float = 0.0
    memory_gib: float = 0.0


def find_runtime() -> str | None:
    """The runtime of this machine; None where there is none, where an empty COMPUTENEST_OCI_RUNTIME says so, or where
    this process may not make namespaces."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    return os.environ[RUNTIME] or None if RUNTIME in os.environ else shutil.which("runc")


class Runner:
    """`longest_s`: of this machine's time, for one run."""

    def __init__(self, runtime: str, longest_s: float) -> None:
        self._runtime, self._longest_s = runtime, longest_s

    async def run(self, job: Job) -> Script:
        """What it did; of what cannot be started, the runtime's words and 128."""
        folder = Path(mkdtemp(prefix="computenest-container-"))
        name = folder.name  # once on this machine: control groups of two clouds lie side by side
        try:
            await asyncio.to_thread(unpack, job.layers, folder / "rootfs")
            (folder / "config.json").write_text(json.dumps(spec_of(name, job)))
            return await self._ran(name, folder)
        except (OSError, tarfile.TarError) as failure:
            return Script(((0.0, f"it cannot be started: {failure}"),), 0.0, 128, "StartError")
        finally:
            await self._call("--root", str(folder / "state"), "delete", "--force", name)
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _ran(self, name: str, folder: Path) -> Script:
        state, begun = str(folder / "state"), time.monotonic()
        arguments = ("--root", state, "run", "--keep", "--bundle", str(folder), name)
        process = await asyncio.create_subprocess_exec(
            self._runtime,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_BYTES,
        )
        lines: list[tuple[float, str]] = []
        try:
            async with asyncio.timeout(self._longest_s):
                await _read(process.stdout, lines, begun)
                code = await process.wait()
        except TimeoutError:
            await self._call("--root", state, "kill", name, "KILL")
            await process.wait()
            return Script(tuple(lines), None)
        script = Script(tuple(lines), time.monotonic() - begun, code)
        return replace(script, reason="OOMKilled") if code and was_out_of_memory(name) else script

    async def _call(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            self._runtime, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        await process.wait()


async def _read(output: asyncio.StreamReader | None, lines: list[tuple[float, str]], begun: float) -> None:
    while output is not None:
        try:
            line = await output.readline()
        except ValueError:  # a line that is longer than anybody reads
            continue
        if not line:
            return
        if len(lines) < LINES:
            lines.append((time.monotonic() - begun, line.decode("utf-8", "replace").rstrip("\r\n")))


def unpack(layers: Sequence[Path], root: Path) -> None:
    """The layers one over the other; what one of them takes away (`.wh.NAME`) is gone. Nothing lands outside."""
    root.mkdir(parents=True)
    for layer in layers:
        with tarfile.open(layer) as archive:
            for member in archive:
                name = Path(os.path.normpath("/" + member.name)).relative_to("/")
                if not name.name.startswith(WHITEOUT):
                    archive.extract(member, root, filter="tar")
                    continue
                gone = (
                    [*inside(root, name.parent).iterdir()]
                    if name.name == OPAQUE
                    else [inside(root, name.parent) / name.name.removeprefix(WHITEOUT)]
                )
                for one in gone:
                    shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink(missing_ok=True)


def inside(root: Path, name: Path) -> Path:
    """Raises `OSError`: a link leads out of the image."""
    found = (root / name).resolve()
    if not found.is_relative_to(root.resolve()):
        raise OSError(f"{name} leads out of the image")
    return found


def spec_of(name: str, job: Job) -> dict[str, Any]:
    """The runtime's configuration (OCI runtime specification 1.0.2)."""
    limits: dict[str, Any] = {"pids": {"limit": PROCESSES}, "devices": [{"allow": False, "access": "rwm"}]}
    if job.memory_gib:
        limit = int(job.memory_gib * GIB)
        limits["memory"] = {"limit": limit, "swap": limit}
    if job.cpu:
        limits["cpu"] = {"quota": int(job.cpu * PERIOD_US), "period": PERIOD_US}
    given = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **job.environment}
    kept = {key: list(CAPABILITIES) for key in ("bounding", "effective", "permitted")}
    plain = ["nosuid", "noexec", "nodev"]
    return {
        "ociVersion": "1.0.2",
        "hostname": "container",
        "root": {"path": "rootfs"},
        "process": {
            "args": [*job.command],
            "cwd": job.working_dir or "/",
            "env": [f"{key}={value}" for key, value in given.items()],
            "user": {"uid": 0, "gid": 0},
            "capabilities": kept,
            "noNewPrivileges": True,
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": plain},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": plain},  # noqa: S108
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [*plain, "ro"]},
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "cgroupsPath": f"/computenest/{name}",
            "resources": limits,
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def was_out_of_memory(name: str) -> bool:
    """Whether the kernel has ended something of it for its memory: either generation of control groups says so."""
    for path in (
        CGROUPS / "memory/computenest" / name / "memory.oom_control",
        CGROUPS / "computenest" / name / "memory.events",
    ):
        try:
            counts = dict(line.split(maxsplit=1) for line in path.read_text().splitlines() if " " in line)
        except OSError:
            continue
        if int(counts.get("oom_kill", "0")) > 0:
            return True
    return False
