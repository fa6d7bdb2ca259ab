"""What something costs, in the one sentence that previews say and reports add up. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Cost", "cost_in", "in_all"]

_SENTENCE = re.compile(
    r"(?:^|: )(?P<name>[^:\s]+) costs (?P<amount>[0-9.]+(?:e[+-]?[0-9]+)?) (?P<currency>[A-Z]{3}) "
    r"an hour while it runs(?: \((?P<size>[^()]*)\))?$"
)


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
