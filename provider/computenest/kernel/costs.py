"""What something costs or copies, in the one sentence that previews say and reports add up. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SLOTS = 5
"""Copies that run at once into one region (facts §4)."""
GIB_S = 6.0
"""Seconds that a GiB takes (assumed: the cloud promises nothing; see docs/cloud/ecs-images.md)."""

_SENTENCE = re.compile(
    r"(?:^|: )(?P<name>[^:\s]+) costs (?P<amount>[0-9.]+(?:e[+-]?[0-9]+)?) (?P<currency>[A-Z]{3}) "
    r"an hour while it runs(?: \((?P<size>[^()]*)\))?$"
)


_COPIES = re.compile(
    r"(?:^|: )(?P<name>[^:\s]+) copies (?P<gib>\d+) GiB into (?P<regions>\d+) regions?: \d+ GiB to copy and to keep, "
)


@dataclass(frozen=True, slots=True)
class Copying:
    """Copies of one image that a run begins.

    Args:
        name: the package's.
        gib: the image's size, as the cloud shows it.
        regions: into how many.
    """

    name: str
    gib: int
    regions: int

    @property
    def sentence(self) -> str:
        where = f"{self.regions} {'region' if self.regions == 1 else 'regions'}"
        minutes = minutes_of({"": [self.gib]})
        total = self.gib * self.regions
        return f"{self.name} copies {self.gib} GiB into {where}: {total} GiB to copy and to keep, about {minutes} min"


def copying_in(message: str) -> Copying | None:
    """The copies that a message of a preview tells; None for any other message."""
    found = _COPIES.search(message)
    return None if found is None else Copying(found["name"], int(found["gib"]), int(found["regions"]))


def minutes_of(sizes: Mapping[str, Iterable[int]]) -> int:
    """How long copies take together, at least a minute; region -> the size of each copy into it, in GiB.

    Regions do not wait for each other; within one some run at once and the others wait.
    """
    longest = 0.0
    for each in sizes.values():
        ordered = sorted(each, reverse=True)
        longest = max(longest, sum(ordered[::SLOTS]) * GIB_S)  # each turn takes as long as its largest
    return max(1, round(longest / 60))


@dataclass(frozen=True, slots=True)
class Cost:
    """What something costs for an hour.

    Args:
        name: what costs it.
        size: in words.
    """

    name: str
    amount: float
    currency: str
    size: str = ""

    @property
    def sentence(self) -> str:
        of = f" ({self.size})" if self.size else ""
        return f"{self.name} costs {self.amount:g} {self.currency} an hour while it runs{of}"


def cost_in(message: str) -> Cost | None:
    """The cost that a message of a preview tells, whoever's name stands before it; None for any other message."""
    found = _SENTENCE.search(message)
    if found is None:
        return None
    return Cost(found["name"], float(found["amount"]), found["currency"], found["size"] or "")


def in_all(costs: Iterable[Cost]) -> str:
    """All of them together, a sum a currency: `1.5 CNY`."""
    sums: dict[str, float] = defaultdict(float)
    for one in costs:
        sums[one.currency] += one.amount
    return ", ".join(f"{amount:g} {currency}" for currency, amount in sorted(sums.items()))
