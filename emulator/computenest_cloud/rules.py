"""The rules the cloud follows, read from `facts/*.yaml`, its own and each service's: what is known, from where, how
surely, and what can be switched.

A rule that nobody outside Alibaba Cloud could verify has a *switch* with two positions; software that must work with
the real cloud is tested with every switch in both. Numbers (durations, limits) are *parameters*. Both are changed at
start (`--switch`) or at run time (control plane), and kept in the state.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from computenest_cloud.services import FOLDERS
from computenest_cloud.services import HERE as SERVICES_DIR
from computenest_cloud.store.database import Store

Confidence = Literal["documented", "measured", "inferred", "assumed"]
FACTS_DIR = Path(__file__).with_name("facts")
Value = str | int | float | bool


class Switch(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    positions: tuple[bool | str | int, ...]
    default: bool | str | int


class Parameter(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    default: float
    unit: str


class Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    statement: str
    source: str
    confidence: Confidence
    verdict: str = ""
    """Of an assumed one: how it stands to public material, and what of that was looked through."""
    switch: Switch | None = None
    parameter: Parameter | None = None


class Topic(BaseModel):
    """One file of facts. `title`: of its table in docs/emulator-fidelity.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    facts: tuple[Fact, ...]


class UnknownRuleError(Exception):
    """A switch or parameter that does not exist, or a position that it does not have."""


@cache
def load_facts() -> Mapping[str, tuple[Fact, ...]]:
    """Topic -> its facts, in the order of the files."""
    return {topic: found.facts for topic, found in load_topics().items()}


@cache
def load_topics() -> Mapping[str, Topic]:
    """The cloud's own facts and those of each service that is in the list, by the names of the files."""
    folders = (FACTS_DIR, *(SERVICES_DIR / folder / "facts" for folder in FOLDERS))
    paths = [path for folder in folders for path in folder.glob("*.yaml")]
    return {
        path.stem: Topic.model_validate(yaml.safe_load(path.read_text("utf-8")))
        for path in sorted(paths, key=lambda path: path.stem)
    }


@cache
def first_rules() -> Mapping[str, str]:
    """Id -> confidence of the rules that there were when public material was first gone through."""
    lines = FACTS_DIR.joinpath("first.txt").read_text("utf-8").splitlines()
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def all_facts() -> tuple[Fact, ...]:
    return tuple(fact for facts in load_facts().values() for fact in facts)


def _same_value(left: object, right: object) -> bool:
    return str(left).lower() == str(right).lower()


class Rules:
    """The positions in force."""

    def __init__(self, store: Store, at_start: Mapping[str, Any]) -> None:
        self._store = store
        self._switches = {fact.switch.key: fact.switch for fact in all_facts() if fact.switch}
        self._parameters = {fact.parameter.key: fact.parameter for fact in all_facts() if fact.parameter}
        self._at_start = {key: self._parse(key, value) for key, value in at_start.items()}
        self._changed: dict[str, Value] = {**self._store.setting("rules", {}), **self._at_start}
        self._save()

    def _save(self) -> None:
        self._store.put_setting("rules", dict(self._changed))

    def _parse(self, key: str, value: Any) -> Value:
        switch = self._switches.get(key)
        if switch is not None:
            for position in switch.positions:
                if _same_value(position, value):
                    return position
            raise UnknownRuleError(f"{key} has the positions {', '.join(map(str, switch.positions))}; not {value!r}")
        if key not in self._parameters:
            known = ", ".join(sorted({*self._switches, *self._parameters}))
            raise UnknownRuleError(f"there is no switch or parameter {key!r}; known: {known}")
        try:
            number = float(value)
        except (TypeError, ValueError) as error:
            raise UnknownRuleError(f"{key} takes a number, not {value!r}") from error
        if not 0 <= number < float("inf"):
            raise UnknownRuleError(f"{key} takes a number of at least 0, not {value!r}")
        return number

    def check(self, key: str, value: Any) -> None:
        """Raises `UnknownRuleError`: `change` would refuse it."""
        self._parse(key, value)

    def change(self, values: Mapping[str, Any]) -> None:
        """All of them or, when one is unknown, none."""
        parsed = {key: self._parse(key, value) for key, value in values.items()}
        self._changed.update(parsed)
        self._save()

    def reset(self) -> None:
        """Back to the positions of the start."""
        self._changed = dict(self._at_start)
        self._save()

    def position(self, key: str) -> bool | str | int:
        changed = self._changed.get(key)
        if changed is None:
            return self._switches[key].default
        return changed if isinstance(changed, bool | str | int) else str(changed)

    def is_on(self, key: str) -> bool:
        return self.position(key) is True

    def number(self, key: str) -> float:
        return float(self._changed.get(key, self._parameters[key].default))

    def positions(self) -> dict[str, Value]:
        return {key: self.position(key) for key in self._switches} | {key: self.number(key) for key in self._parameters}
