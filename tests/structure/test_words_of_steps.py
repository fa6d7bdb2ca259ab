"""What a plan's last step says is told: no run of a type leaves a field of it unread, and the base of all runs knows
`Failed` alone."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import pytest
from typing_extensions import get_original_bases

from computenest import resources
from computenest.kernel.plan import Await, Done, Fail, Failed, Step
from computenest.reconcile.objects import ObjectRun
from computenest.reconcile.reconciler import Run

ENDS = (Await, Done, Fail)


def below(cls: type) -> Iterator[type]:
    for one in cls.__subclasses__():
        yield one
        yield from below(one)


def of_provider(cls: type) -> list[type]:
    """Its subclasses, of all types of resource; a dataclass with slots leaves one behind that nobody can name."""
    for module in pkgutil.walk_packages(resources.__path__, "computenest.resources."):
        importlib.import_module(module.name)
    found = (one for one in dict.fromkeys(below(cls)) if one.__module__.startswith("computenest."))
    return [one for one in found if getattr(sys.modules[one.__module__], one.__name__, None) is one]


def given(run: type) -> dict[Any, Any]:
    """What a run's class has in the place of each parameter of `Run`: classes, or parameters of its own."""
    if run is Run:
        return {one: one for one in Run.__parameters__}  # type: ignore[attr-defined]
    for base in get_original_bases(run):
        origin = get_origin(base) or base
        if isinstance(origin, type) and issubclass(origin, Run):
            own = origin.__parameters__  # type: ignore[attr-defined]
            said = get_args(base)
            within = {one: said[at] if at < len(said) else one.__default__ for at, one in enumerate(own)}
            return {one: within.get(found, found) for one, found in given(origin).items()}
    raise AssertionError(f"{run.__name__} is no run")


def ends_of(run: type) -> set[type[Step]]:
    """With what the plan of a run's type waits or ends, besides what the base knows."""
    found = [one.__default__ if isinstance(one, TypeVar) else one for one in given(run).values()]
    classes = {each for one in found for each in (get_args(one) if get_origin(one) in (Union, UnionType) else (one,))}
    return {one for one in classes if isinstance(one, type) and issubclass(one, ENDS)} - {*ENDS, Failed}


def read_by(run: type) -> set[str]:
    """The names of attributes that a run's classes read; the base's aside."""
    own = [one for one in run.__mro__ if issubclass(one, Run) and one not in (Run, ObjectRun)]
    trees = (ast.parse(textwrap.dedent(inspect.getsource(one))) for one in own)
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def dropped(run: type) -> list[str]:
    """What nobody would hear of."""
    ends = ends_of(run)
    silent = [] if run.failed is not Run.failed else [one.__name__ for one in ends if issubclass(one, Fail)]  # type: ignore[attr-defined]
    fields = {f"{one.__name__}.{field.name}" for one in ends for field in dataclasses.fields(one)}
    return sorted((*silent, *(one for one in fields if one.partition(".")[2] not in read_by(run))))


RUNS = [one for one in of_provider(Run) if not inspect.isabstract(one)]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.__module__.removeprefix('computenest.resources.')}")
def test_a_run_tells_all_that_its_plan_waits_or_ends_with(run: type) -> None:
    assert dropped(run) == []


def test_every_end_of_a_plan_is_that_of_a_run() -> None:
    """One that no run names would come to the base, which has no words for it."""
    known = {each for run in RUNS for each in ends_of(run)}
    ends = {one for end in ENDS for one in of_provider(end)} - {*ENDS, Failed}
    assert ends - known == set()


@dataclass(frozen=True)
class Mute(Fail):
    why: str
    version: str


class Dropping(Run[Any, Await, Done, Mute]):
    """Leaves it to the base."""


class Hearing(Dropping):
    def failed(self, step: Mute) -> Any:
        return self.kept(step.why)


def test_a_run_that_drops_what_its_plan_says_is_found() -> None:
    assert dropped(Dropping) == ["Mute", "Mute.version", "Mute.why"]
    assert dropped(Hearing) == ["Mute.version"]
