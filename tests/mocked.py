"""A Python program without the engine: its resources are registered with a monitor of the tests' own."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.runtime import mocks

from lifecycle.virtual import end_everything


def run(program: Callable[[], Any], monitor: mocks.MockMonitor, *, organization: str, is_preview: bool) -> Any:
    """The value of what `program` returns; each call is a run of its own of the same stack."""
    return contextvars.Context().run(_run, program, monitor, organization, is_preview)


def _run(program: Callable[[], Any], monitor: mocks.MockMonitor, organization: str, is_preview: bool) -> Any:
    loop, found = asyncio.new_event_loop(), []
    asyncio.set_event_loop(loop)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def once() -> Any:
        return pulumi.Output.from_input(program()).apply(found.append)

    try:
        options = {"project": "shop", "stack": "dev", "organization": organization}
        mocks.set_mocks(monitor.mocks, preview=is_preview, monitor=monitor, **options)
        once()
    finally:
        loop.run_until_complete(end_everything())
        asyncio.set_event_loop(None)
        loop.close()
    return found[0]
