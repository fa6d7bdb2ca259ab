"""A property is declared once, at the field of the model that reads it: what it means, and what a change of it does.

    retain_versions: Annotated[int, Given("How many superseded versions to keep."), Field(ge=0, le=100)] = 1

From there come the schema and with it every language's SDK, what a diff compares, and which changes replace.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, TypeAlias

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import U
from computenest.kernel.values import Json, Values


@dataclass(frozen=True, slots=True)
class About:
    """What a field means, in a sentence or two, for every language at once; by itself that of a part of a property.

    Args:
        description: that.
        is_secret: whether every language takes it as a secret, of a part of a property.
    """

    description: str
    is_secret: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Given(About):
    """A property that programs give.

    Args:
        replaces: whether only a new resource can have another value.
        is_optional: whether programs may leave out what checked inputs always have.
        is_needed: whether programs have to give what may be left out where the inputs of before have it.
        asked: what programs give, where checked inputs keep something else.
        is_shown: whether the state shows it too.
        is_always_shown: whether every state has it.
        is_compared: whether another value is a change.
        needed: what a program is told that gives something else than can be read.
    """

    replaces: bool = False
    is_optional: bool = False
    is_needed: bool = False
    asked: object = None
    is_shown: bool = True
    is_always_shown: bool = False
    is_compared: bool = True
    needed: str = ""


Owner: TypeAlias = Annotated[
    OwnerId,
    Given(
        "The resource's identity, minted when it is first named and kept for ever.",
        is_always_shown=True,
        is_compared=False,
    ),
]
"""`ownerId`, which every type has."""


class Asked(Values):
    """What a program gives, whatever else: what it calls the resource, and whose that is."""

    logical_name: str = ""
    owner_id: Owner = OwnerId("")


@dataclass(frozen=True, slots=True)
class Computed(About):
    """A property that the provider finds out.

    Args:
        is_always_shown: whether every state has it.
        is_compared: whether checked inputs hold it too, and another value there is a change.
        shown: what the schema says, where models know it better.
        is_internal: whether only the provider needs it: the state shows it, and programs have no name for it.
    """

    is_always_shown: bool = True
    is_compared: bool = False
    is_internal: bool = False
    shown: object = None


Generation: TypeAlias = Annotated[
    int, Computed("1, and one more for each replacement.", is_always_shown=False, is_internal=True)
]
"""`generation`, which every type has that can be replaced."""

Reasons: TypeAlias = Annotated[
    Mapping[str, str] | U, Computed("Why it is not as wanted; empty where it is.", is_always_shown=False)
]
"""`reasons` of a state whose operation did not finish."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a type: its name on the wire and in models, its field, and what is said at it.

    Args:
        shown: the field of the state, which may keep something else than a program gives.
    """

    key: str
    name: str
    info: FieldInfo
    about: Given | Computed
    shown: FieldInfo


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One type of resource, as programs see it.

    Args:
        type_name: `EcsImagePackage`.
        description: what it is, for the reference pages.
        models: where its properties are declared, in any number; a later one wins. One that says nothing of a field
            of an earlier one has what the state keeps of it.
        versioned: properties another value of which makes another version of what is in the cloud.
    """

    type_name: str
    description: str
    models: tuple[type[BaseModel], ...]
    versioned: frozenset[str] = frozenset()
    properties: Mapping[str, Property] = field(init=False)
    inputs: tuple[str, ...] = field(init=False)
    """What programs give."""
    replaces: tuple[str, ...] = field(init=False)
    """What only a new resource can have another value of."""
    compared: tuple[str, ...] = field(init=False)
    """What is a change where a program's value is another than the state's."""
    defaults: Mapping[str, Json] = field(init=False)
    """Value of what a program leaves out, for whatever has one."""

    def __post_init__(self) -> None:
        found: dict[str, Property] = {}
        for model in self.models:
            _declare(model, found)
        properties = dict(sorted(found.items()))
        given = {key: one.about for key, one in properties.items() if isinstance(one.about, Given)}
        values = {key: one.info.get_default(call_default_factory=True) for key, one in properties.items()}
        made = {
            "properties": properties,
            "inputs": tuple(given),
            "replaces": tuple(key for key, about in given.items() if about.replaces),
            "compared": tuple(key for key, one in properties.items() if one.about.is_compared),
            "defaults": {
                key: value
                for key, value in values.items()
                if value is not None and not properties[key].info.is_required()
            },
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def changed(self, old: BaseModel, new: BaseModel) -> tuple[str, ...]:
        """The properties that are a change, by their keys."""
        return tuple(
            key
            for key in self.compared
            if getattr(old, self.properties[key].name) != getattr(new, self.properties[key].name)
        )


def key_of(name: str, info: FieldInfo) -> str:
    """The field's name on the wire. pydantic 2.11 names none before a deferred model is built, later ones do."""
    return info.alias or to_camel(name)


def about(info: FieldInfo) -> About | None:
    """What is said at a field, None where nobody outside hears of it."""
    return next((one for one in info.metadata if isinstance(one, About)), None)


def summary_of(model: type[BaseModel]) -> str:
    """The first paragraph of what is said of a model."""
    return (inspect.getdoc(model) or "").partition("\n\n")[0].replace("\n", " ")


def _declare(model: type[BaseModel], found: dict[str, Property]) -> None:
    for name, info in model.model_fields.items():
        key, said = key_of(name, info), about(info)
        if isinstance(said, Given | Computed):
            found[key] = Property(key, name, info, said, info)
        elif key in found:
            found[key] = replace(found[key], shown=info)
