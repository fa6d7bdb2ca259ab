"""Whatever type is served is served everywhere: schema, both transports, both classes of the SDK for Python."""

from __future__ import annotations

import pulumi
import pytest

import pulumi_computenest
from computenest.cloud.settings import parse_settings
from computenest.resources._program.core import Core
from computenest.serve.lifecycles import lifecycles
from computenest.serve.plugin.status import EngineStatus
from computenest.serve.schema import schema
from computenest.transports.dynamic import lifecycles as dynamic
from computenest.transports.dynamic import providers
from pulumi_computenest import plugin

SERVED = tuple(lifecycles(Core(parse_settings({"computenest:cloud": "local"}, environ={}), EngineStatus())))

FIRST = ("EcsImagePackage", "ServiceImageAssociation")  # their states name another module


def test_the_schema_has_what_is_served_and_nothing_else() -> None:
    assert sorted(schema()["resources"]) == sorted(f"computenest:index:{name}" for name in SERVED)


@pytest.mark.parametrize("name", SERVED)
def test_both_modules_of_the_sdk_have_it_with_the_same_outputs(name: str) -> None:
    one, other = getattr(pulumi_computenest, name), getattr(plugin, name)
    assert name in pulumi_computenest.__all__
    assert name in plugin.__all__
    assert issubclass(one, pulumi.dynamic.Resource)
    assert issubclass(other, pulumi.CustomResource)
    public = [{key for key in dir(found) if not key.startswith("_")} - {"provider"} for found in (one, other)]
    assert public[0] == public[1]


@pytest.mark.parametrize("name", SERVED)
def test_every_output_of_the_schema_has_a_property_or_is_an_input(name: str) -> None:
    spec = schema()["resources"][f"computenest:index:{name}"]
    assert set(spec["required"]) <= set(spec["properties"])
    assert all(text["description"] for text in spec["properties"].values())


@pytest.mark.parametrize("name", SERVED)
def test_the_dynamic_host_finds_its_lifecycle(name: str) -> None:
    module = providers if name in FIRST else dynamic
    provider = getattr(module, f"{name}Provider")
    assert issubclass(provider, providers.Provider)
    assert provider.type_name == name
    assert provider.__module__ == module.__name__, "states refer to it by module and name"
