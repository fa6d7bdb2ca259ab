"""The pure functions of a type on property bags, as `serve/served.py` serves them to the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from computenest.kernel.lifecycle import Models
from computenest.kernel.outcome import Checked, Difference, Outcome
from computenest.serve.reading import read

Bag = Mapping[str, Any]


def check_of(models: Models, check: Callable[..., Checked[Any]]) -> Callable[..., Checked]:
    def on_bags(olds: Bag, news: Bag, **options: Any) -> Checked:
        given, failures = read(models.asked, news, computed=_keys(models))
        checked = check(models.desired.model_validate(olds) if olds else None, given, **options)
        return Checked(checked.inputs.bag(), (*failures, *checked.failures), checked.warnings)

    return on_bags


def diff_of(models: Models, diff: Callable[..., Difference]) -> Callable[[Bag, Bag], Difference]:
    """Of values of any kind: what a diff compares is whether they are the same."""
    return lambda olds, news: diff(_held(models.state, olds), _held(models.checked, news))


def preview_of(models: Models, preview: Callable[..., Any]) -> Callable[[Bag, Bag], dict[str, Any]]:
    def on_bags(inputs: Bag, former: Bag) -> dict[str, Any]:
        before = models.state.model_validate(former) if former else None
        found: dict[str, Any] = preview(models.checked.model_validate(inputs), before).bag()
        return found

    return on_bags


@dataclass(frozen=True)
class UseCases:
    """What changes something, of a type whose values are `models`."""

    inner: Any
    models: Models

    async def create(self, inputs: Bag) -> Outcome:
        return _bag(await self.inner.create(self.models.desired.model_validate(inputs)))

    async def update(self, inputs: Bag, former: Bag) -> Outcome:
        wanted, before = self.models.desired.model_validate(inputs), self.models.state.model_validate(former)
        return _bag(await self.inner.update(wanted, before))

    async def read(self, known: Bag) -> Outcome | None:
        found = await self.inner.read(self.models.state.model_validate(known))
        return None if found is None else _bag(found)

    async def delete(self, known: Bag) -> None:
        await self.inner.delete(self.models.state.model_validate(known))


def _bag(outcome: Outcome[Any]) -> Outcome:
    return replace(outcome, state=outcome.state.bag())


def _keys(models: Models) -> set[str]:
    return {info.alias or name for name, info in models.state.model_fields.items()}


def _held(model: Any, bag: Bag) -> Any:
    names = {info.alias or name: name for name, info in model.model_fields.items()}
    try:
        return model.model_validate(bag)
    except ValueError:
        lacking = {name: None for name, info in model.model_fields.items() if info.is_required()}
        return model.model_construct(**lacking | {names[key]: value for key, value in bag.items()})
