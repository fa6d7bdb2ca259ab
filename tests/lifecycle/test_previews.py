"""Laws of previews over every type of resource and both transports.

A preview of an unchanged and complete resource is empty and knows every output; no line of a diff has two equal values;
and what a preview of a change shows as known is what `up` makes.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest

import pulumi_computenest as computenest
from computenest.serve.lifecycles import served
from computenest.serve.plugin.partial import difference_of, partial
from lifecycle.cases import CASES
from lifecycle.lives import LIVES, AnyLife
from lifecycle.processes import Plugin
from unit.plugin import laws

pytestmark = pytest.mark.timeout(900)

OF_OBJECTS = [name for name, case in CASES.items() if not case.make().is_pure]
"""What makes nothing leaves nothing undone."""
OF_AN_ASSOCIATION = {"expectedImages"}  # an instance without one has none: the class says so by itself


def public_outputs(type_name: str) -> set[str]:
    """The outputs that the properties of a type's class read, by their names in the state."""
    found: set[str] = set()
    for base in getattr(computenest, type_name).__mro__:
        for value in vars(base).values():
            if isinstance(value, property) and base.__module__.startswith("pulumi_computenest"):
                found |= set(re.findall(r'self\._\w+\("(\w+)"\)', inspect.getsource(value.fget)))  # type: ignore[arg-type]
    return found


def seen_by_a_preview(life: AnyLife, number: int) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Checked inputs, the diff with its paths, and the outputs as the plugin previews them."""
    subject = life.subject
    lifecycle = served(subject.lifecycle())

    async def preview() -> Any:
        news = subject.news(number)
        name = "web" if life.transport is Plugin else news.get("logicalName", "web")  # the URN's
        checked = await lifecycle.check(life.inputs, {**news, "logicalName": name})
        assert checked.failures == ()
        difference = difference_of(lifecycle, life.state, checked.inputs) if life.state else (None, {})
        return dict(checked.inputs), difference, dict(lifecycle.preview(checked.inputs, life.state))

    return subject.run(preview())


def at(values: Any, path: str) -> Any:
    """The value at a path of a detailed diff."""
    for key, index, quoted in re.findall(r'([^.\[\]"]+)(?![^\[]*\])|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]', path):
        if index:
            values = values[int(index)] if isinstance(values, list | tuple) and int(index) < len(values) else None
        else:
            values = values.get(key or quoted) if isinstance(values, Mapping) else None
    return values


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("name", CASES)
def test_unchanged_is_empty_and_known(name: str, transport: str) -> None:
    life = LIVES[transport](CASES[name].make())
    life.up(life.subject.news(1))
    inputs, (difference, detail), _ = seen_by_a_preview(life, 1)
    laws.assert_nothing_to_do(difference)
    assert detail == {}
    assert inputs == {**inputs, **life.inputs}, "what the state has is what is checked again"
    public = public_outputs(life.subject.type_name) - OF_AN_ASSOCIATION
    assert len(public) >= 2, "the properties of its class are found"
    assert {key for key in public if key not in life.state} == set(), "the engine shows as unknown what a state lacks"


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("name", CASES)
def test_what_is_known_comes_true(name: str, transport: str) -> None:
    life = LIVES[transport](CASES[name].make())
    for number in (1, 2):
        inputs, (difference, detail), previewed = seen_by_a_preview(life, number)
        if life.state:
            assert difference.has_changes
            assert_no_line_is_idle(detail, life.state, inputs)
        life.up(life.subject.news(number))
        told = previewed if transport == "plugin" else inputs
        known = {key: value for key, value in told.items() if key in life.state}
        laws.assert_kept(known, {key: life.state[key] for key in known}, told=(name, number))


@pytest.mark.parametrize("reasons", [{}, {"": "why"}])
@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("name", OF_OBJECTS)
def test_what_did_not_finish_is_finished_and_no_line_has_two_equal_values(
    name: str, transport: str, reasons: dict[str, str]
) -> None:
    """Whatever of its state says so: a region that lacks its image, or nothing but the status."""
    life = LIVES[transport](CASES[name].make())
    life.up(life.subject.news(1))
    status = {"ServiceInstance": "Upgrading"}.get(name, "Incomplete")
    whole = {**life.state, "status": status, "reasons": reasons, "reason": reasons.get("", "")}
    fewer = {"images": dict([*whole["images"].items()][:-1])} if name.startswith("EcsImagePackage") else {}
    reviewed = {"review": "Approved"} if name == "Service" else {}
    for told in ({}, fewer, reviewed):
        life.state = {**whole, **told}
        inputs, (difference, detail), _ = seen_by_a_preview(life, 1)
        assert difference.has_changes, "what is incomplete is finished"
        assert not difference.replaces
        assert_no_line_is_idle(detail, partial(life.state), {**inputs, **told} if told is reviewed else inputs)


def assert_no_line_is_idle(detail: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """A diff shows a path's value in the state and among the inputs."""
    assert detail
    for path in detail:
        assert at(before, path) != at(after, path), (path, at(before, path))
