"""What a type of resource brings for `computenest logs` to read what was written down: `logs.LOGS` in its folder."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from computenest.kernel.logs import LogLine
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._program.session import Session


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose logs are asked for.

    Args:
        name: of the resource in its program; an id where only that was given.
        cloud_id: what the cloud calls it, "" where nothing is there.
        region: where it is, "" where the type's logs need none.
        account: whose it is, "" for the default one.
    """

    name: str
    cloud_id: str
    region: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Logs:
    """How one reads what the cloud wrote down of a resource of a type.

    Args:
        type_name: of the resources.
        id_output: the output that holds the cloud's id: `instanceId`.
        id_prefix: what such ids begin with, by which one is known that stands alone: `si-`.
        lines: all of them of what is there, the oldest first. What it raises is a `ComputeNestError`.
    """

    type_name: str
    id_output: str
    id_prefix: str
    lines: Callable[[Session, Subject], Coroutine[Any, Any, tuple[LogLine, ...]]]


P = TypeVar("P")


def patient(session: Session, port: P) -> P:
    """A port of that session that is asked again as a run would."""
    return retrying(port, Retry(), session.clock)
