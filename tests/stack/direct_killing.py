"""Direct distribution killed and stopped at its moments, whoever serves it: what is done, and what has to hold."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

from stack.cloud import Cloud
from stack.engine import Stack
from stack.killing import VICTIMS, clear_up
from stack.processes import end, is_alive, until, watch_until
from stack.test_direct import TWELVE, judge, uid

__all__ = ["MOMENTS", "SCALE", "kill_and_resume", "random_moment", "stop_and_resume"]

SCALE = 300.0
"""Time scale at which the copies take a few seconds of the world's time."""
_CALLS = 110
"""About what one run makes."""


def _shares(cloud: Cloud) -> int:
    return int(cloud.calls()["counts"].get("ModifyImageSharePermission", 0))


MOMENTS: dict[str, Callable[[Cloud], bool]] = {
    "the source is shared": lambda cloud: _shares(cloud) >= 1,
    "the first copy runs": lambda cloud: cloud.ledger()["accounts"]["hub"]["images_created"] >= 1,
    "some copies run": lambda cloud: cloud.ledger()["accounts"]["hub"]["images_created"] >= 5,
    "permissions are being set": lambda cloud: _shares(cloud) >= 3,
}


def random_moment(seed: int) -> tuple[str, Callable[[Cloud], bool]]:
    """Who is killed, and after how many calls."""
    chance = random.Random(seed)
    calls, victim = chance.randint(1, _CALLS), chance.choice(VICTIMS)
    return victim, lambda cloud: sum(cloud.calls()["counts"].values()) >= calls


def kill_and_resume(
    cloud: Cloud, stack: Stack, victim: str, moment: Callable[[Cloud], bool], below: Callable[[int], list[int]]
) -> None:
    """Kills `victim` at `moment` of an `up`; the documented commands and one more `up` make it whole."""
    cloud.control("DELETE", "calls")
    run = stack.start("up", "--yes", "--skip-preview")
    until(cloud, moment, run)
    servers = below(run.pid)
    assert servers, "a process that serves the provider"
    if victim in {"provider", "both"}:
        end(*servers)
    if victim in {"engine", "both"}:
        end(run.pid)
    run.communicate(timeout=60)
    assert run.returncode != 0
    if victim != "provider":
        clear_up(stack)
    stack.up().succeeded()
    _is_whole(cloud, stack)


def stop_and_resume(
    cloud: Cloud, stack: Stack, moment: Callable[[Cloud], bool], below: Callable[[int], list[int]]
) -> None:
    """The engine is killed and its provider stopped; the next run is done when the provider wakes up again."""
    cloud.control("DELETE", "calls")
    run = stack.start("up", "--yes", "--skip-preview")
    until(cloud, moment, run)
    orphans = below(run.pid)
    assert orphans, "a process that serves the provider"
    end(*orphans, how=signal.SIGSTOP)
    end(run.pid)
    run.stdout.close()  # type: ignore[union-attr]
    run.stderr.close()  # type: ignore[union-attr]
    run.wait(30)
    clear_up(stack)
    stack.up().succeeded()
    judge(cloud, stack, TWELVE, [uid(cloud, "customer")])
    end(*orphans, how=signal.SIGCONT)
    watch_until(lambda: not any(is_alive(pid) for pid in orphans))
    stack.refresh().succeeded()
    stack.up().succeeded()  # ends what the orphan may have begun in the second or two that it had
    stack.run("preview", "--expect-no-changes").succeeded()
    _is_whole(cloud, stack)


def _is_whole(cloud: Cloud, stack: Stack) -> None:
    judge(cloud, stack, TWELVE, [uid(cloud, "customer")])
    assert cloud.ledger()["accounts"]["hub"]["images_created"] == len(TWELVE), "nothing was copied twice"
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
