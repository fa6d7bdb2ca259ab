"""Runs that are struck: the cloud stands still at a moment, so that it is the same one on a slow machine and a fast."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from stack.cloud import Cloud
from stack.engine import Stack
from stack.processes import end, is_alive, servers, until, watch_until
from stack.wishes import REGIONS

SLOW = 120.0
"""Time scale at which a distribution takes about five seconds of the world's time."""
VICTIMS = ("engine", "provider", "both")
_LONGEST_S = 300


@dataclass(frozen=True)
class Moment:
    """Right after the cloud did what this call asked for, and before anybody knows.

    Args:
        action: of clients or of the cloud itself; "" for any of clients.
        calls: how many of them.
    """

    action: str = ""
    calls: int = 1


MOMENTS = {
    "the first look": Moment("ListArtifacts"),
    "the artifact exists": Moment("CreateArtifact"),
    "it is released": Moment("ReleaseArtifact"),
    "the first copy runs": Moment("CopyImage"),
    "the last copies run": Moment("CopyImage", len(REGIONS)),
}


def hub(cloud: Cloud) -> dict[str, Any]:
    """The ledger of the account that the copies live in."""
    return dict(cloud.ledger()["accounts"]["hub"])


@contextmanager
def held(cloud: Cloud, stack: Stack, moment: Moment, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A run that waits for a cloud which stands still at `moment`; the cloud goes on when the block ends."""
    cloud.control("PUT", "hold", asdict(moment))
    run = stack.start(*(command or ("up",)), "--yes", "--skip-preview", is_struck=True)
    try:
        until(lambda: cloud.control("GET", "hold")["is_reached"], run)
        yield run
    finally:
        cloud.control("DELETE", "hold")


def kill(cloud: Cloud, stack: Stack, moment: Moment, victim: str, *command: str) -> None:
    """Kills `victim` of a run at `moment`; then what README, "After a crash", asks for."""
    with held(cloud, stack, moment, *command) as run:
        below = servers(run.pid)
        assert below, "a process that serves the provider"
        if victim in {"provider", "both"}:
            end(*below)
        if victim in {"engine", "both"}:
            end(run.pid)
    run.communicate(timeout=_LONGEST_S)
    assert run.returncode != 0
    if victim != "provider":
        clear_up(stack)


def orphan(cloud: Cloud, stack: Stack, moment: Moment) -> list[int]:
    """Kills the engine of an `up` at `moment` and stops its provider; then what README, "After a crash", asks for."""
    with held(cloud, stack, moment) as run:
        orphans = servers(run.pid)
        assert orphans, "a process that serves the provider"
        end(*orphans, how=signal.SIGSTOP)
        end(run.pid)
    for pipe in (run.stdout, run.stderr):
        if pipe is not None:
            pipe.close()
    run.wait(_LONGEST_S)
    clear_up(stack)
    return orphans


def wake(orphans: list[int]) -> None:
    """Orphans go on, and end by themselves."""
    end(*orphans, how=signal.SIGCONT)
    watch_until(lambda: not any(is_alive(pid) for pid in orphans))


def clear_up(stack: Stack) -> None:
    """What README, "After a crash", asks for where the engine itself was killed."""
    stack.run("cancel", "--yes").succeeded()
    stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").succeeded()


def judge(cloud: Cloud, stack: Stack) -> None:
    """One more `up` makes the package `web` whole, with nothing made twice; nothing is left after it all."""
    stack.up().succeeded()
    assert not stack.export()["deployment"].get("pending_operations")
    images = stack.resources()["web"]["outputs"]["images"]
    assert sorted(images) == sorted(REGIONS)
    copies = hub(cloud)
    assert len(copies["images_outstanding"]) == len(REGIONS), copies
    assert copies["images_created"] == len(REGIONS), "nothing was copied twice"
    assert len(cloud.ledger()["accounts"]["supplier"]["artifacts_outstanding"]) == 1
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
