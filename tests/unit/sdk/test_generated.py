"""The SDK for Python is what the declarations say, and what is written by hand of a type."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

import pulumi_computenest
from computenest.kernel.fields import Computed
from computenest.serve.generate.__main__ import files
from computenest.serve.generate.resources import taken
from computenest.serve.schema import schema
from computenest.serve.schema.package import DECLARED
from pulumi_computenest import plugin

ROOT = Path(__file__).parents[3]


def test_what_is_committed_is_what_is_written() -> None:
    made = files()
    stale = [path for path, text in made.items() if not (ROOT / path).exists() or (ROOT / path).read_text() != text]
    assert stale == [], "run `make generate` and commit what it writes"
    declared = ROOT / "sdk/python/pulumi_computenest/declared"
    assert {str(path.relative_to(ROOT)) for path in declared.rglob("*.py")} <= set(made)
    assert len(made) > 20


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_every_property_is_an_argument_or_is_hidden_by_name(name: str) -> None:
    """Nothing that is declared is lost on the way to a program."""
    made = getattr(pulumi_computenest, name)
    arguments = set(inspect.signature(made).parameters)
    wanted = {snake(key) for key in schema()["resources"][f"computenest:index:{name}"]["inputProperties"]}
    assert wanted - arguments == {"owner_id", *HIDDEN.get(name, ())}
    assert [one for one in arguments - {"opts"} if f"    {one}: " not in made.__doc__] == [], (
        "every one has its sentence"
    )
    assert inspect.signature(getattr(plugin, name)) == inspect.signature(made)


HIDDEN = {
    "CloudServiceDeployment": {"concealed"},  # values that are outputs
    "DeliveryInstallation": {"concealed"},
    "ClusterComponent": {"concealed"},  # the same
    "FilePackage": {"source"},  # `file`
    "ProjectComponent": {"concealed"},
    "Service": {"associations"},  # `templates`
    "ServiceImageAssociation": {"template_name"},  # `template`
    "ServiceInstance": {"concealed", "service_id"},  # `parameters`, `service`
}


def snake(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_every_output_that_is_not_internal_has_a_property_in_both(name: str) -> None:
    computed = {
        key
        for key, one in DECLARED[name].properties.items()
        if isinstance(one.about, Computed) and one.about.is_always_shown and not one.about.is_internal
    }
    assert computed <= set(taken(DECLARED[name]))
    for module in (pulumi_computenest, plugin):
        for key in taken(DECLARED[name]):
            found = getattr(getattr(module, name), snake(key))
            assert isinstance(found, property)
            assert found.__doc__


@pytest.mark.parametrize("handed_on", ["ClusterAccess", "ServiceDefinition"])
def test_what_one_resource_hands_to_another_has_no_enumeration(handed_on: str) -> None:
    """A program in YAML cannot assign an enumeration within an output to the same within an input."""
    types, waiting = schema()["types"], [f"computenest:index:{handed_on}"]
    seen: set[str] = set()
    while waiting:
        token = waiting.pop()
        assert "enum" not in types[token], token
        refs = re.findall(r"#/types/(computenest:index:\w+)", json.dumps(types[token]))
        waiting += {*refs} - seen
        seen |= {*refs}
