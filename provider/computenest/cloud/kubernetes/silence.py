"""Ends what waits for a cluster that has stopped answering: a call alone waits for 30 s, and helm for its timeout."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from computenest.cloud.kubernetes.client import ApiClient
from computenest.kernel.errors import ComputeNestError, Transient

__all__ = ["while_it_answers"]

_LOOKS_S = 1.0
_MOST_MISSED = 2  # of 3 s each: a busy server may miss one


@asynccontextmanager
async def while_it_answers(client: ApiClient) -> AsyncIterator[None]:
    """What is done within ends about 7 s after the cluster's last answer, whatever it waits for.

    Raises:
        Transient: the cluster does not answer any more.
    """
    work = asyncio.current_task()
    silent: list[Transient] = []

    async def watch() -> None:
        missed = 0
        while work is not None:
            await asyncio.sleep(_LOOKS_S)
            try:
                await client.probe()
            except Transient as error:
                missed += 1
                if missed == _MOST_MISSED:
                    silent.append(error)
                    work.cancel()
                    return
            except ComputeNestError:
                missed = 0  # a refusal is an answer
            else:
                missed = 0

    watching = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if not silent or work is None or work.uncancel():  # somebody else wants its end, too
            raise
        raise silent[0] from None
    finally:
        watching.cancel()
