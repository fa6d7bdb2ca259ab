"""Around a resource as the plugin serves it: no state decides anything that is not as this provider wrote it,
and what a program hands over in a wrong form is refused with its path."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.domain.errors import ComputeNestError
from computenest.domain.names import OwnerId
from computenest.domain.outcome import Checked, Difference, Failure, Outcome
from computenest.transports import shapes
from computenest.transports.lifecycle import Found
from computenest.transports.plugin.detail import Change
from computenest.transports.plugin.resources import Resource
from computenest.transports.plugin.values import Path

__all__ = ["Sound"]


@dataclass(frozen=True, slots=True)
class Sound:
    """`inner`, given only bags that it can read.

    Args:
        type_name: `EcsImagePackage`.
        inner: the resource itself.
    """

    type_name: str
    inner: Resource

    async def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], *, owner_id: OwnerId, name: str
    ) -> tuple[Checked, tuple[str, ...]]:
        try:
            checked, warnings = await self.inner.check(olds, news, owner_id=owner_id, name=name)
        except ComputeNestError:
            raise
        except Exception as error:
            wrong = shapes.misshapen(self.type_name, news, strict=False)
            if not wrong:
                raise shapes.explained(self.type_name, name, error, olds) or error from error
            return Checked(news, tuple(Failure(path, reason) for path, reason in wrong)), ()
        return shapes.with_shapes(self.type_name, news, checked), warnings

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Difference, dict[str, Change]]:
        self._refuse_damaged(olds)
        with self._explaining(olds, news):
            return self.inner.diff(olds, news)

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._explaining(inputs, former):
            return self.inner.foresee(inputs, former)

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        with self._explaining(inputs):
            return await self.inner.create(inputs)

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        self._refuse_damaged(former)
        with self._explaining(inputs, former):
            return await self.inner.update(inputs, former)

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        sound = shapes.repaired(self.type_name, id_, known)
        if known and (why := shapes.damaged(self.type_name, id_, sound, needs=("ownerId",))) is not None:
            raise why  # nobody can tell whose it is, and what is nobody's would be taken for gone
        with self._explaining(known):
            return await self.inner.read(id_, sound, owner_id=owner_id)

    async def delete(self, known: Mapping[str, Any]) -> None:
        self._refuse_damaged(known)
        with self._explaining(known):
            await self.inner.delete(known)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return self.inner.secrets(given)

    def _refuse_damaged(self, known: Mapping[str, Any]) -> None:
        needs = shapes.needs(self.type_name, known)
        if (why := shapes.damaged(self.type_name, shapes.name_in(known), known, needs=needs)) is not None:
            raise why

    @contextlib.contextmanager
    def _explaining(self, *bags: Mapping[str, Any]) -> Iterator[None]:
        try:
            yield
        except ComputeNestError:
            raise
        except Exception as error:
            raise shapes.explained(self.type_name, shapes.name_in(*bags), error, *bags) or error from error
