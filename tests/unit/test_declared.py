"""A property is declared once: what is said at its field is what the schema says, and what a diff does."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from computenest.kernel.fields import Computed, Given, Resource, about
from computenest.kernel.outcome import Difference
from computenest.resources._packages import image_package
from computenest.resources._packages.content_package import ContentPackage
from computenest.resources.catalog import TYPES
from computenest.resources.service import declaration as service
from computenest.resources.service_image_association.declaration import MODELS as ASSOCIATION_MODELS
from computenest.resources.service_image_association.diff import diff as association_diff
from computenest.resources.service_instance.declaration import MODELS as INSTANCE_MODELS
from computenest.resources.service_instance.declaration import Arguments
from computenest.resources.service_instance.diff import diff as instance_diff
from computenest.serve.schema.package import DECLARED, schema
from computenest.serve.schema_types import Types
from lifecycle import images
from lifecycle.kinds import CONTENT_DIFFS, CONTENTS
from unit.bags import diff_of

FOLDERS = "computenest.resources"
Diff = Callable[[Mapping[str, Any], Mapping[str, Any]], Difference]
DIFFS: Mapping[str, Diff] = {
    "EcsImagePackage": images.diff,
    "ServiceImageAssociation": diff_of(ASSOCIATION_MODELS, association_diff),
    "ServiceInstance": diff_of(INSTANCE_MODELS, instance_diff),
    **{CONTENTS[kind].declared.type_name: one for kind, one in CONTENT_DIFFS.items()},
}


def diff_by_type(type_name: str) -> Diff:
    """Of a type whose folder is as `make new-resource` writes it, found there."""
    if type_name in DIFFS:
        return DIFFS[type_name]
    folder = f"{FOLDERS}.{TYPES[type_name]}"
    declaration, diff = (importlib.import_module(f"{folder}.{part}") for part in ("declaration", "diff"))
    return diff_of(declaration.MODELS, diff.diff)


OF_OUR_OWN = {
    image_package.Arguments: {"distribution", "former_owners", "logical_name", "superseded"},
    service.Arguments: {"logical_name"},
    Arguments: {"logical_name", "fingerprint"},
    # Each of the three types says what it is made of.
    ContentPackage: {"source", "superseded"},
}
DEPENDS = {("EcsImagePackage", "direct"), ("ContainerGroup", "replicas")}
"""Replaces where the copies would have to move to another account; where a group becomes a set, or the other way."""


class Toy(BaseModel):
    colour: Annotated[str, Given("Its colour. Another one makes a new toy.", replaces=True)]
    wheels: Annotated[int, Given("How many wheels."), Field(ge=0)] = 4
    toy_id: Annotated[str, Computed("Its id.")] = ""


def test_one_declaration_is_schema_default_and_diff() -> None:
    toy = Resource("Toy", "A toy.", (Toy,))
    assert (toy.inputs, toy.replaces, toy.compared) == (("colour", "wheels"), ("colour",), ("colour", "wheels"))
    assert toy.defaults == {"toyId": "", "wheels": 4}
    made = Types().resource(toy)
    assert made["inputProperties"]["wheels"] == {"type": "integer", "default": 4, "description": "How many wheels."}
    assert made["inputProperties"]["colour"]["willReplaceOnChanges"]
    assert (made["requiredInputs"], made["required"]) == (["colour"], ["toyId"])
    assert "default" not in made["properties"]["wheels"]


@pytest.mark.parametrize("model", OF_OUR_OWN, ids=lambda model: model.__name__)
def test_no_property_is_silent(model: type[BaseModel]) -> None:
    silent = {name for name, info in model.model_fields.items() if not isinstance(about(info), Given | Computed)}
    assert silent == OF_OUR_OWN[model]


@pytest.mark.parametrize("type_name", sorted(DECLARED))
def test_another_value_is_a_change_and_replaces_where_that_is_declared(type_name: str) -> None:
    declared, diff = DECLARED[type_name], diff_by_type(type_name)
    for key in declared.compared:
        found = diff({}, {key: "another"})
        assert key in found.changes, key
        if (type_name, key) not in DEPENDS:
            assert (key in found.replaces) == (key in declared.replaces), key


@pytest.mark.parametrize("type_name", sorted(DECLARED))
def test_a_default_that_is_written_out_is_no_change(type_name: str) -> None:
    declared, diff = DECLARED[type_name], diff_by_type(type_name)
    for key in set(declared.compared) & set(declared.defaults):
        other = next(one for one in declared.compared if one != key)  # a change, so that nobody looks for a gap
        assert key not in diff({}, {key: declared.defaults[key], other: "another"}).changes, key


def test_the_schema_holds_every_declared_type() -> None:
    assert set(schema()["resources"]) == {f"computenest:index:{name}" for name in DECLARED}
