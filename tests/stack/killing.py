"""The five moments at which a distribution is killed, and what has to be true after the documented commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stack.cloud import Cloud
from stack.engine import Stack
from stack.wishes import REGIONS

__all__ = ["MOMENTS", "SLOW", "VICTIMS", "clear_up", "hub", "judge"]

SLOW = 120.0
"""Time scale at which a distribution takes about five seconds of the world's time."""
VICTIMS = ("engine", "provider", "both")


def called(action: str) -> Callable[[Cloud], bool]:
    return lambda cloud: action in dict(cloud.calls()["counts"])


def hub(cloud: Cloud) -> dict[str, Any]:
    """The ledger of the account that the copies live in."""
    return dict(cloud.ledger()["accounts"]["hub"])


MOMENTS: dict[str, Callable[[Cloud], bool]] = {
    "the first look": called("ListArtifacts"),
    "the artifact exists": called("CreateArtifact"),
    "it is released": called("ReleaseArtifact"),
    "the first copy runs": lambda cloud: hub(cloud)["images_created"] >= 1,
    "the last copies run": lambda cloud: hub(cloud)["images_created"] >= len(REGIONS),
}


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
