"""What runs of every kind have: a wish, a screen, and an operation in a process that may be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.identity import mint_owner_id
from computenest.kernel.names import OwnerId
from lifecycle.faults import Faults

T = TypeVar("T")
OWNER = mint_owner_id(organization="acme", project="shop", stack="dev", type_token="EcsImagePackage", name="web")
HOME = "cn-hangzhou"


def custom(number: int) -> dict[str, Any]:
    """A custom image, the `number`th edition of it."""
    return {"kind": "custom", "imageId": f"m-bp1gold{number:013}", "region": HOME}


def wish(*regions: str, **inputs: Any) -> dict[str, Any]:
    """What a program asks for."""
    return {
        "ownerId": OWNER,
        "logicalName": "web",
        "name": "web",
        "source": custom(1),
        "regions": list(regions),
        **inputs,
    }


class Killed(Exception):
    """The process died in the middle of an operation."""


class Failed(Exception):
    """The run ended with an error; the state keeps what it had."""


@dataclass
class Screen:
    """`ports.Progress` that remembers."""

    shown: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def show(self, text: str) -> None:
        self.shown.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    @property
    def said(self) -> list[str]:
        """Whatever it was said as."""
        return [*self.shown, *self.warnings]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


@asynccontextmanager
async def _no_lease(_owner: OwnerId) -> AsyncIterator[None]:
    yield


async def in_process(operation: Coroutine[Any, Any, T], faults: Faults) -> T:
    """Runs an operation that a fault may kill, with every task that it started."""
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(operation)
    death = asyncio.ensure_future(faults.died.wait())
    try:
        await asyncio.wait({task, death}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Killed(faults.struck)
        return task.result()
    except ComputeNestError as error:
        raise Failed(str(error)) from error
    finally:
        orphans = asyncio.all_tasks() - before
        for orphan in orphans:
            orphan.cancel()
        await asyncio.gather(*orphans, return_exceptions=True)
