"""`CloudService`: a definition, and nothing in any cluster."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from computenest.resources.cloud_service.lifecycle import CloudServiceLifecycle
from computenest.serve.lifecycles import served
from lifecycle.cores import core_of
from lifecycle.driver import Screen

WEB: dict[str, Any] = {"name": "web", "chart": {"kind": "folder", "path": "/charts/web"}, "values": {"a": UNKNOWN}}
GIVEN: dict[str, Any] = {"ownerId": "o-1", "logicalName": "Shop", "version": "1.0", "components": [WEB]}


@pytest.fixture
def lifecycle() -> Any:
    return served(CloudServiceLifecycle(core_of(Screen())))


def checked(lifecycle: Any, **more: Any) -> Any:
    return asyncio.run(lifecycle.check({}, {**GIVEN, **more}))


def test_a_preview_knows_its_definition_but_for_what_nobody_knows(lifecycle: Any) -> None:
    inputs = checked(lifecycle).inputs
    definition = lifecycle.preview(inputs, {})["definition"]
    assert definition == {"name": "shop", "version": "1.0", "components": [WEB]}
    known = checked(lifecycle, components=[{**WEB, "values": {"a": 1}}]).inputs
    made = asyncio.run(lifecycle.create(known))
    assert made.state["definition"]["components"][0]["values"] == {"a": 1}
    assert not lifecycle.diff(made.state, known).has_changes
    other = checked(lifecycle, components=[{**WEB, "values": {"a": 2}}]).inputs
    assert lifecycle.diff(made.state, other).changes == ("components",)


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"components": []}, "components", "1 to 100"),
        ({"components": [{**WEB, "needs": ["web"]}]}, "components", "web needs web"),
        ({"components": [WEB, {**WEB, "name": "db", "needs": ["wbe"]}]}, "components[1].needs[0]", "mean 'web'"),
        ({"components": [{**WEB, "chart": {"kind": "git"}}]}, "components[0].chart.kind", "folder"),
        ({"name": "A"}, "name", "a-z"),
    ],
)
def test_a_bad_input_is_refused_at_its_path(lifecycle: Any, given: dict[str, Any], path: str, said: str) -> None:
    failures = checked(lifecycle, **given).failures
    assert [(one.path, said in one.reason) for one in failures] == [(path, True)], failures


def test_a_secret_of_a_component_makes_the_definition_secret(lifecycle: Any) -> None:
    path = ("components", 0, "values", "a")
    assert lifecycle.secrets(frozenset({path})) == {path, ("definition",)}
