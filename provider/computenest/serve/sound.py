"""Around a lifecycle, for both transports: no state decides anything that is not as this provider wrote it, and what a
program hands over in a wrong form is refused with its path."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.lifecycle import Found, Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference, Failure, Outcome
from computenest.kernel.shapes import Shape
from computenest.serve.served import Served
from computenest.serve.shapes import Bags
from computenest.serve.typed import Typed

__all__ = ["Sound"]


@dataclass(frozen=True, slots=True)
class Sound:
    """`inner`, given only bags that it can read."""

    inner: Served

    @property
    def shape(self) -> Shape:
        return self.inner.shape

    @property
    def _bags(self) -> Bags:
        return Bags(self.inner.shape)

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        try:
            checked = await self.inner.check(olds, news)
        except ComputeNestError:
            raise
        except Exception as error:
            wrong = self._bags.misshapen(news, strict=False)
            if not wrong:
                raise self._bags.explained(error, olds, name=str(news.get("logicalName", ""))) from error
            return Checked(news, tuple(Failure(path, reason) for path, reason in wrong))
        return checked if isinstance(self.inner, Typed) else self._bags.with_failures(news, checked)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        self._bags.refuse_damaged(olds)
        with self._explaining(olds, news):
            return self.inner.diff(olds, news)

    def preview(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._explaining(inputs, former):
            return self.inner.preview(inputs, former)

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        with self._explaining(inputs):
            return await self.inner.create(inputs)

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        self._bags.refuse_damaged(former)
        with self._explaining(inputs, former):
            return await self.inner.update(inputs, former)

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        is_import = not known and bool(owner_id)
        sound = {} if is_import else self._bags.repaired(id_, known)
        with self._explaining(known):
            return await self.inner.read(id_, sound, owner_id=owner_id)

    async def delete(self, known: Mapping[str, Any]) -> None:
        self._bags.refuse_damaged(known)
        with self._explaining(known):
            await self.inner.delete(known)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return self.inner.secrets(given)

    @contextlib.contextmanager
    def _explaining(self, *bags: Mapping[str, Any]) -> Iterator[None]:
        try:
            yield
        except ComputeNestError:
            raise
        except Exception as error:
            raise self._bags.explained(error, *bags) from error
