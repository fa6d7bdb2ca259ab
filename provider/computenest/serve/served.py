"""A lifecycle as transports serve it: on property bags, the only place where those become models, and models bags.

No state decides anything that is not as this provider wrote it, and what a program hands over in a wrong form is
refused with its path.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.fields import key_of
from computenest.kernel.lifecycle import Lifecycle, Models, Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference, Failure, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.values import Values
from computenest.serve.reading import read
from computenest.serve.shapes import Bags

Bag: TypeAlias = Mapping[str, Any]
"""The properties of a resource as an engine has them: plain values, UNKNOWN where a preview knows none."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a read came to; `inputs` are those that would make what is there."""

    outcome: Outcome[Bag]
    inputs: Bag


@dataclass(frozen=True, slots=True)
class Served:
    """`inner`, on property bags: `news` and `inputs` always hold `ownerId`, and `news` `logicalName`."""

    inner: Lifecycle[Any, Any, Any, Any, Any]

    @property
    def shape(self) -> Shape:
        return self.inner.shape

    @property
    def _models(self) -> Models:
        return self.inner.shape.models

    @property
    def _bags(self) -> Bags:
        return Bags(self.inner.shape)

    async def check(self, olds: Bag, news: Bag) -> Checked[Bag]:
        """Checked inputs with every failure, and what a preview should say beside them."""
        models = self._models
        try:
            given, failures = read(models.asked, news, computed=_keys(models.state))
            former = models.desired.model_validate(olds) if olds else None
            checked = await self.inner.check(former, given)
        except ComputeNestError:
            raise
        except Exception as error:
            wrong = self._bags.misshapen(news, strict=False)
            if not wrong:
                raise self._bags.explained(error, olds, name=str(news.get("logicalName", ""))) from error
            return Checked(news, tuple(Failure(path, reason) for path, reason in wrong))
        return Checked(checked.inputs.bag(), (*failures, *checked.failures), checked.warnings, checked.notes)

    def diff(self, olds: Bag, news: Bag) -> Difference:
        """What separates the state (`olds`, outputs included) from the desired state (`news`, checked inputs)."""
        self._bags.refuse_damaged(olds)
        with self._explaining(olds, news):
            return self.inner.diff(self._models.state.model_validate(olds), self._models.checked.model_validate(news))

    def preview(self, inputs: Bag, former: Bag) -> Bag:
        """The state as an operation would leave it, UNKNOWN where only the cloud can tell; `former` is {} before a
        create."""
        with self._explaining(inputs, former):
            before = self._models.state.model_validate(former) if former else None
            promised: Bag = self.inner.preview(self._models.checked.model_validate(inputs), before).bag()
            return promised

    async def create(self, inputs: Bag) -> Outcome[Bag]:
        with self._explaining(inputs):
            return _bag(await self.inner.create(self._models.desired.model_validate(inputs)))

    async def update(self, inputs: Bag, former: Bag) -> Outcome[Bag]:
        self._bags.refuse_damaged(former)
        with self._explaining(inputs, former):
            wanted, before = self._models.desired.model_validate(inputs), self._models.state.model_validate(former)
            return _bag(await self.inner.update(wanted, before))

    async def read(self, id_: str, known: Bag, *, owner_id: OwnerId) -> Found | None:
        """What is there now, None where it is gone; an import knows nothing but the id. Where the cloud cannot
        tell, what is known."""
        is_import = not known and bool(owner_id)
        sound = {} if is_import else self._bags.repaired(id_, known)
        with self._explaining(known):
            before = self._models.state.model_validate(sound) if sound else None
            found = await self.inner.read(id_, before, owner_id=owner_id)
            return None if found is None else Found(_bag(found), self._models.desired.made(found.state).bag())

    async def delete(self, known: Bag) -> None:
        self._bags.refuse_damaged(known)
        with self._explaining(known):
            await self.inner.delete(self._models.state.model_validate(known))

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """The secret paths of inputs, and those of what is computed from them."""
        return self.inner.secrets(given)

    @contextlib.contextmanager
    def _explaining(self, *bags: Bag) -> Iterator[None]:
        try:
            yield
        except ComputeNestError:
            raise
        except Exception as error:
            raise self._bags.explained(error, *bags) from error


@functools.cache
def _keys(model: type[Values]) -> frozenset[str]:
    return frozenset(key_of(name, info) for name, info in model.model_fields.items())


def _bag(outcome: Outcome[Any]) -> Outcome[Bag]:
    return replace(outcome, state=outcome.state.bag())
