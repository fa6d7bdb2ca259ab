"""A lifecycle on models, served on property bags: the only place where one becomes the other."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from computenest.kernel.fields import key_of
from computenest.kernel.lifecycle import Found, Lifecycle, Models, Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.values import Values
from computenest.serve.reading import read

__all__ = ["Typed"]


@dataclass(frozen=True, slots=True)
class Typed:
    """`inner`, on bags."""

    inner: Lifecycle[Any, Any, Any, Any, Any]
    models: Models

    @property
    def shape(self) -> Shape:
        return self.inner.shape

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        given, failures = read(self.models.asked, news, computed=_keys(self.models.state))
        former = self.models.desired.model_validate(olds) if olds else None
        checked = await self.inner.check(former, given)
        return Checked(checked.inputs.bag(), (*failures, *checked.failures), checked.warnings, checked.notes)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        return self.inner.diff(self.models.state.model_validate(olds), self.models.checked.model_validate(news))

    def preview(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        before = self.models.state.model_validate(former) if former else None
        promised: Mapping[str, Any] = self.inner.preview(self.models.checked.model_validate(inputs), before).bag()
        return promised

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        return _bag(await self.inner.create(self.models.desired.model_validate(inputs)))

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        wanted, before = self.models.desired.model_validate(inputs), self.models.state.model_validate(former)
        return _bag(await self.inner.update(wanted, before))

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        before = self.models.state.model_validate(known) if known else None
        found = await self.inner.read(id_, before, owner_id=owner_id)
        if found is None:
            return None
        return Found(_bag(found), self.models.desired.made(found.state).bag())

    async def delete(self, known: Mapping[str, Any]) -> None:
        await self.inner.delete(self.models.state.model_validate(known))

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return self.inner.secrets(given)


@functools.cache
def _keys(model: type[Values]) -> frozenset[str]:
    return frozenset(key_of(name, info) for name, info in model.model_fields.items())


def _bag(outcome: Outcome[Any]) -> Outcome:
    return replace(outcome, state=outcome.state.bag())
