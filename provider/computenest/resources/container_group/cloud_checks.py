"""The questions that a check of a group may ask the cloud: read-only, bounded, and none of a group that stays as it is.

Whether the region has the product, what a new or another size costs, and whether the account may have so much more.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from computenest.kernel.arguments import quoted
from computenest.kernel.costs import Cost
from computenest.kernel.names import OwnerId, RegionId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.regions import nearest
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.reconcile.asking import asked
from computenest.resources.container_group.model import Inputs
from computenest.resources.container_group.ports import Offers, Usage
from computenest.resources.container_group.shapes import DEFAULT

_SHOWN_REGIONS = 4


@dataclass(slots=True)
class GroupChecks:
    """Checks groups of one account against what the cloud says."""

    offers: Offers
    _regions: asyncio.Task[frozenset[RegionId]] | None = None
    _usage: dict[RegionId, asyncio.Task[Usage]] = field(default_factory=dict)
    _more: dict[RegionId, dict[OwnerId, float]] = field(default_factory=lambda: defaultdict(dict))
    """Region -> vCPUs that each group of the program takes beyond what it had: one run may make a hundred."""

    async def check(self, olds: Inputs[Known] | None, checked: Checked[Inputs[Unknown]]) -> Checked[Inputs[Unknown]]:
        """With what the cloud says of a group that is new, or in another region, or of another size."""
        inputs = checked.inputs
        is_elsewhere = olds is None or (olds.region, olds.account) != (inputs.region, inputs.account)
        if inputs.region is UNKNOWN or checked.failures:
            return checked
        if olds is not None and not is_elsewhere and _all_of(olds) == _all_of(inputs):
            return checked
        return await asked(checked, self._answered(None if is_elsewhere else olds, checked), path="region")

    async def _answered(
        self, olds: Inputs[Known] | None, checked: Checked[Inputs[Unknown]]
    ) -> Checked[Inputs[Unknown]]:
        inputs = checked.inputs
        region, there = RegionId(str(inputs.region)), await self._known_regions()
        if region not in there:
            near = nearest(region, there)
            meant = f"did you mean {near}?" if near else f"it is in {', '.join(sorted(there)[:_SHOWN_REGIONS])}, …"
            why = f"there is no Elastic Container Instance in {quoted(str(region))}; {meant}"
            return checked.plus((Failure("region", why),))
        size = _size(inputs)
        if size is None:
            return checked
        cpu, memory = size
        usage, price = await asyncio.gather(
            self._used(region), self.offers.price(region=region, cpu=cpu, memory=memory)
        )
        before = _size(olds) if olds is not None else None
        more, number = self._more[region], _number_of(inputs)
        had = before[0] * _number_of(olds) if olds is not None and before is not None else 0.0
        more[inputs.owner_id] = cpu * number - had
        taken = usage.used_cpu + sum(more.values())
        if usage.most_cpu and taken > usage.most_cpu:
            why = (
                f"with it this account would have {taken:g} vCPUs in {region}, and may have {usage.most_cpu:g}; ask "
                "for a higher quota, or run less"
            )
            return checked.plus((Failure("cpu", why),))
        if price is None:
            return checked
        size_said = f"{f'{number} × ' if inputs.is_set else ''}{cpu:g} vCPUs, {memory:g} GiB"
        cost = Cost(str(inputs.name), price.an_hour * number, price.currency, size_said)
        return checked.plus(warnings=(cost.sentence,))

    async def _known_regions(self) -> frozenset[RegionId]:
        if self._regions is None or (self._regions.done() and self._regions.exception()):
            self._regions = asyncio.create_task(self.offers.regions())
        return await self._regions

    async def _used(self, region: RegionId) -> Usage:
        task = self._usage.get(region)
        if task is None or (task.done() and task.exception()):
            task = self._usage[region] = asyncio.create_task(self.offers.usage(region=region))
        return await task


def _all_of(inputs: Inputs[Unknown]) -> tuple[tuple[float, float] | None, int]:
    return _size(inputs), _number_of(inputs)


def _number_of(inputs: Inputs[Unknown]) -> int:
    """How many groups there are; a number that is not known yet counts as one."""
    return inputs.replicas if isinstance(inputs.replicas, int) else 1


def _size(inputs: Inputs[Unknown]) -> tuple[float, float] | None:
    """vCPUs and GiB as the cloud counts them (facts §10.4); None where that is not known."""
    if inputs.instance_type is not None or UNKNOWN in (inputs.cpu, inputs.memory, inputs.containers):
        return None
    given = (inputs.cpu, inputs.memory)
    if given == (None, None):
        own = inputs.containers if isinstance(inputs.containers, tuple) else ()
        if any(UNKNOWN in (one.cpu, one.memory) for one in own):
            return None
        given = (sum(_number(one.cpu) for one in own), sum(_number(one.memory) for one in own))
    return _number(given[0]) or DEFAULT[0], _number(given[1]) or DEFAULT[1]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
