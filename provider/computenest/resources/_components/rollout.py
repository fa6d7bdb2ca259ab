"""In which order the clusters of one resource are brought to what is wanted, and when that stops. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass

from computenest.kernel import plan
from computenest.resources._components.placement import MAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How a change spreads.

    Args:
        at_once: how many clusters are worked on at the same time.
        wave_label: clusters with the same value of it go together, in the order of the values; "" for no waves.
        most_failures_percent: once more of all clusters than that have failed, no further one is begun.
    """

    at_once: int = 5
    wave_label: str = ""
    most_failures_percent: int = 100


@dataclass(frozen=True, slots=True)
class Begin(plan.Step):
    """Clusters whose turn it is."""

    clusters: tuple[str, ...]


def waves(labels: Mapping[str, Mapping[str, str]], strategy: Strategy) -> tuple[tuple[str, ...], ...]:
    """The clusters in the order in which they are begun: the main one first, for its control plane serves the others.

    Args:
        labels: cluster -> its labels.
        strategy: what the program says.
    """
    found: dict[tuple[int, tuple[tuple[int, str], ...]], list[str]] = {}
    for name, has in labels.items():
        value = has.get(strategy.wave_label)
        rank = 0 if name == MAIN else 1 if value is not None or not strategy.wave_label else 2
        found.setdefault((rank, _natural(value or "") if rank == 1 else ()), []).append(name)
    return tuple(tuple(found[key]) for key in sorted(found))


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    """So that wave 10 comes after wave 9."""
    return tuple((int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", text) if part)


def next_clusters(
    order: tuple[tuple[str, ...], ...], *, running: Set[str], ended: Set[str], failed: Set[str], strategy: Strategy
) -> plan.Step:
    """What comes next.

    Args:
        order: waves of clusters.
        running: worked on now.
        ended: at their end, well or not.
        failed: of those, which failed: a cluster that does not answer says nothing of the change, and is none of them.
        strategy: what the program says.
    """
    listed = [name for wave in order for name in wave]
    left = [name for name in listed if name not in ended and name not in running]
    if left and len(failed) * 100 > strategy.most_failures_percent * len(listed):
        if running:
            return plan.Await()
        count, of = len(failed), len(listed)
        return plan.Failed(
            f"{count} of {of} clusters failed, more than max_failures_percent ({strategy.most_failures_percent});"
            f" not begun: {', '.join(name or 'the main cluster' for name in left)}"
        )
    wave = next((one for one in order if not set(one) <= ended), ())
    now = [name for name in wave if name in left][: max(0, strategy.at_once - len(running))]
    if now:
        return Begin(tuple(now))
    return plan.Await() if running else plan.Done()
