"""What the cloud says of a deployment before there is one: what it costs, and what stands in its way. Pure.

The forms are those of the user's API (SDK 4.5.3: GetServiceEstimateCost, CheckServiceDeployable); prices of resources
are as ROS estimates them. How a period is written is read tolerantly: public pages show `/Hour` and `/Month`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from computenest.kernel.costs import Cost
from computenest.kernel.names import AccountName, RegionId
from computenest.kernel.unknown import Known, Unknown, has_unknown
from computenest.kernel.values import Json
from computenest.resources.service_instance.model import Wanted

MONTH_H = 730
"""Hours of a month, as prices are compared: a twelfth of 365 days."""
_HOURS = {"hour": 1, "day": 24, "week": 7 * 24, "month": MONTH_H, "year": 12 * MONTH_H}
_PERIOD = re.compile(rf"^/?\s*(\d*)\s*({'|'.join(_HOURS)})s?$", re.IGNORECASE)
_FINE = {"", "true", "pass", "passed", "success", "ok", "normal"}


@dataclass(frozen=True, slots=True)
class Question:
    """Which deployment is asked about; equal ones are asked about once a process."""

    service_id: str
    version: str
    template_name: str
    region: RegionId
    name: str
    account: AccountName
    parameters: str
    """As JSON text."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a resource costs.

    Args:
        hours: the period that the amount is for; None for one that is not known, or none.
    """

    amount: float
    currency: str
    hours: float | None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One result of CheckServiceDeployable.

    Args:
        kind: `Balance` or `Quota`.
        value: its result; of what form is documented nowhere.
    """

    kind: str
    value: str
    message: str

    @property
    def said(self) -> str:
        """What a reader should know; "" where nothing is in the way."""
        if self.value.strip().lower() in _FINE:
            return ""
        return f"{self.kind}: {self.message or self.value}"


def question_of(inputs: Wanted[Unknown], olds: Wanted[Known] | None) -> Question | None:
    """What to ask of a deployment that is new, or is going to be another; None where that is not known yet."""
    asked_about = (inputs.service_id, inputs.service_version, inputs.template_name, inputs.region, inputs.parameters)
    if has_unknown([*asked_about, inputs.name, inputs.account]) or not (inputs.service_id and inputs.service_version):
        return None
    before = None
    if olds is not None:
        before = (olds.service_id, olds.service_version, olds.template_name, olds.region, olds.parameters)
    if before == asked_about:
        return None
    given = inputs.parameters if isinstance(inputs.parameters, Mapping) else {}
    return Question(
        service_id=str(inputs.service_id),
        version=str(inputs.service_version),
        template_name=str(inputs.template_name or ""),
        region=RegionId(str(inputs.region)),
        name=str(inputs.name),
        account=AccountName(str(inputs.account)),
        parameters=json.dumps({"RegionId": inputs.region, **given}, sort_keys=True, default=str),
    )


def hours_in(unit: str) -> float | None:
    """`/Hour` is 1, `/1 Month` 730; None for what is no period."""
    found = _PERIOD.match(unit.strip())
    return None if found is None else float(found[1] or 1) * _HOURS[found[2].lower()]


def prices_said(name: str, charges: Iterable[Charge]) -> list[str]:
    """The price, a sentence a currency that reports add up, and one of what has no period; [] where there is none."""
    hourly: dict[str, float] = {}
    once: dict[str, float] = {}
    for charge in charges:
        if charge.hours:
            hourly[charge.currency] = hourly.get(charge.currency, 0) + charge.amount / charge.hours
        else:
            once[charge.currency] = once.get(charge.currency, 0) + charge.amount
    said = [
        Cost(name, amount, currency, f"about {amount * MONTH_H:.2f} {currency} a month").sentence
        for currency, amount in sorted(hourly.items())
        if amount
    ]
    amounts = [f"{amount:.2f} {currency}" for currency, amount in sorted(once.items()) if amount]
    if amounts:
        said.append(f"{name} costs {' and '.join(amounts)} besides, for which the cloud names no period")
    return said


def charges_in(resources: Mapping[str, Json]) -> tuple[Charge, ...]:
    """Of `Resources` of an answer: those whose price the cloud knows."""
    found = []
    for entry in resources.values():
        result = _map(_map(entry).get("Result"))
        order, supplement = _map(result.get("Order")), _map(result.get("OrderSupplement"))
        try:
            amount = float(str(order.get("TradeAmount") or 0))
        except ValueError:
            continue
        if amount:
            hours = hours_in(str(supplement.get("PriceUnit") or ""))
            found.append(Charge(amount, str(order.get("Currency") or ""), hours))
    return tuple(found)


def _map(value: object) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
