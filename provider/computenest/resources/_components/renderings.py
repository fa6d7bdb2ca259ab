"""What a chart comes to, made once for all clusters that would be given the same: helm is the dearest of a preview.

Two clusters of the same version that serve the same kinds render a chart with the same values alike, unless a template
reads the cluster itself (`lookup`): such a chart is rendered by each.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from computenest.cloud.kubernetes.helm import HelmChart, reads_cluster
from computenest.resources._components.observation import Rendering
from computenest.resources._components.plan import Declared

_LAST_S = 60.0  # clusters are asked at once; what a chart makes up, and the date, may be others the next time


@dataclass(slots=True)
class _Entry:
    began_s: float
    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    found: Rendering | None = None
    is_of_one: bool = False
    """Whether it failed, or holds for one cluster alone: then each makes its own, and hears helm's own words."""


@dataclass(slots=True)
class Renderings:
    """Those of the last minute."""

    _known: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Entry]] = field(default_factory=WeakKeyDictionary)

    async def of(
        self,
        declared: Declared,
        chart: HelmChart,
        *,
        is_upgrade: bool,
        serves: str,
        make: Callable[[], Awaitable[Rendering]],
    ) -> Rendering:
        """What the chart comes to on a cluster; made for it where nobody else would be given the same.

        Args:
            declared: whose release, and with which values.
            chart: which.
            is_upgrade: whether the release is there.
            serves: the same for clusters that a template cannot tell apart but by `lookup`.
            make: renders it with this cluster's help.
        """
        if chart.reads_cluster or reads_cluster(repr(declared.values).encode()):  # values may be templates, too: `tpl`
            return await make()
        entry = self._entry(_digest(declared, chart, serves, is_upgrade=is_upgrade))
        if entry.found is None and not entry.is_of_one:
            async with entry.making:  # whoever makes it and loses its cluster leaves it to the next one
                if entry.found is None and not entry.is_of_one:
                    return await _made(entry, make)
        return entry.found or await make()

    def _entry(self, key: str) -> _Entry:
        known = self._known.setdefault(asyncio.get_running_loop(), {})
        now_s = time.monotonic()
        for old in [old for old, one in known.items() if now_s - one.began_s > _LAST_S]:
            del known[old]
        return known.setdefault(key, _Entry(now_s))


async def _made(entry: _Entry, make: Callable[[], Awaitable[Rendering]]) -> Rendering:
    try:
        found = await make()
    except Exception:
        entry.is_of_one = True
        raise
    entry.is_of_one = found.is_of_one
    entry.found = None if found.is_of_one else found
    return found


def _digest(declared: Declared, chart: HelmChart, serves: str, *, is_upgrade: bool) -> str:
    """Of all that a template is given. Values by their `repr`, which tells 1 from "1" and from True, and what is not
    known yet from every text; hashed, for some are secrets."""
    given = [chart.digest, declared.release, declared.namespace, repr(declared.values), serves, is_upgrade]
    return hashlib.sha256(json.dumps(given).encode(errors="surrogatepass")).hexdigest()
