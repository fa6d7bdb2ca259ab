"""Direct distribution killed and stopped at its moments, whoever serves it: what is done, and what has to hold."""

from __future__ import annotations

import random

from stack.cloud import Cloud
from stack.engine import Stack
from stack.killing import VICTIMS, Moment, kill, orphan, wake
from stack.test_direct import TWELVE, judge, uid

SCALE = 300.0
"""Time scale at which the copies take a few seconds of the world's time."""
_CALLS = 110
"""About what one run makes."""


MOMENTS = {
    "the source is shared": Moment("ModifyImageSharePermission"),
    "the first copy runs": Moment("CopyImage"),
    "some copies run": Moment("CopyImage", 5),
    "permissions are being set": Moment("ModifyImageSharePermission", 3),
}


def random_moment(seed: int) -> tuple[str, Moment]:
    """Who is killed, and after how many calls."""
    chance = random.Random(seed)
    calls, victim = chance.randint(1, _CALLS), chance.choice(VICTIMS)
    return victim, Moment(calls=calls)


def kill_and_resume(cloud: Cloud, stack: Stack, victim: str, moment: Moment) -> None:
    """Kills `victim` at `moment` of an `up`; the documented commands and one more `up` make it whole."""
    kill(cloud, stack, moment, victim)
    stack.up().succeeded()
    _is_whole(cloud, stack)


def stop_and_resume(cloud: Cloud, stack: Stack, moment: Moment) -> None:
    """The engine is killed and its provider stopped; the next run is done when the provider wakes up again."""
    orphans = orphan(cloud, stack, moment)
    stack.up().succeeded()
    judge(cloud, stack, TWELVE, [uid(cloud, "customer")])
    wake(orphans)
    stack.refresh().succeeded()
    stack.up().succeeded()  # ends what the orphan may have begun in the second or two that it had
    stack.run("preview", "--expect-no-changes").succeeded()
    _is_whole(cloud, stack)


def _is_whole(cloud: Cloud, stack: Stack) -> None:
    judge(cloud, stack, TWELVE, [uid(cloud, "customer")])
    assert cloud.ledger()["accounts"]["hub"]["images_created"] == len(TWELVE), "nothing was copied twice"
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
