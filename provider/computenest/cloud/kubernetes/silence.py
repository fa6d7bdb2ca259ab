"""Ends what waits for a cluster that has stopped answering: a call alone waits for 30 s, and helm for its timeout."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from computenest.cloud.kubernetes.client import ApiClient
from computenest.kernel.errors import ComputeNestError, Transient

_LOOKS_S = 1.0
_MOST_MISSED = 2  # of 3 s each: a busy server may miss one


class _Watch:
    """One for all that waits for a cluster at the same time: each look is a call."""

    def __init__(self, client: ApiClient) -> None:
        self.works: list[asyncio.Task[Any] | None] = []
        self.error: Transient | None = None
        self.looking = asyncio.create_task(self._look(client))

    async def _look(self, client: ApiClient) -> None:
        missed = 0
        while missed < _MOST_MISSED:
            await asyncio.sleep(_LOOKS_S)
            try:
                await client.probe()
            except Transient as error:
                missed += 1
                self.error = error if missed == _MOST_MISSED else None
            except ComputeNestError:
                missed = 0  # a refusal is an answer
            else:
                missed = 0
        for work in self.works:
            if work is not None:
                work.cancel()


_WATCHES: WeakKeyDictionary[ApiClient, _Watch] = WeakKeyDictionary()


@asynccontextmanager
async def while_it_answers(client: ApiClient) -> AsyncIterator[None]:
    """What is done within ends about 7 s after the cluster's last answer, whatever it waits for.

    Raises:
        Transient: the cluster does not answer any more.
    """
    work, watch = asyncio.current_task(), _WATCHES.get(client)
    if watch is None or watch.error is not None:
        watch = _WATCHES[client] = _Watch(client)
    watch.works.append(work)
    try:
        yield
    except asyncio.CancelledError:
        if watch.error is None or work is None or work.uncancel():  # somebody else wants its end, too
            raise
        raise watch.error from None
    finally:
        watch.works.remove(work)
        if not watch.works:
            watch.looking.cancel()
            if _WATCHES.get(client) is watch:
                del _WATCHES[client]
