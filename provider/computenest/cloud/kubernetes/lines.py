"""One client a cluster for all who ask it at the same time: what it serves is read once, and it is probed once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from computenest.cloud.kubernetes.client import ApiClient
from computenest.cloud.kubernetes.kubeconfig import Access
from computenest.kernel.errors import ComputeNestError


@dataclass(slots=True)
class _Line:
    client: ApiClient
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_open: bool = False
    error: ComputeNestError | None = None
    users: int = 0


@dataclass(slots=True)
class Lines:
    """Open ones, by whom they reach; each is closed when the last who uses it leaves."""

    _open: dict[str, _Line] = field(default_factory=dict)

    @asynccontextmanager
    async def line(self, key: str, reach: Access) -> AsyncIterator[ApiClient]:
        """A client of a cluster that has answered.

        Args:
            key: the same for the same cluster and credentials.
            reach: how it is reached.

        Raises:
            ComputeNestError: it did not, and all who wait for this line hear of it at once.
        """
        if key not in self._open:
            self._open[key] = _Line(ApiClient(reach))
        line = self._open[key]
        line.users += 1
        try:
            async with line.opening:
                if line.error is not None:
                    raise line.error
                if not line.is_open:
                    await line.client.__aenter__()
                    try:
                        await line.client.probe()
                    except ComputeNestError as error:
                        line.error = error
                        raise
                    line.is_open = True
            yield line.client
        finally:
            line.users -= 1
            if not line.users:
                del self._open[key]
                await line.client.__aexit__(None, None, None)
