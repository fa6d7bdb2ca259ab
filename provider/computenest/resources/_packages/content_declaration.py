"""One type of package that content is put somewhere for, as its folder declares it."""

from __future__ import annotations

from dataclasses import dataclass, field

from computenest.kernel.fields import Computed, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.content_package import ContentState
from computenest.resources._packages.model import AnyState

MADE_OF = Given("What the package is made of.", is_always_shown=True, is_compared=False, needed="a source is needed")


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """One such type.

    Args:
        kind: its artifacts' type in the API.
        declared: the type, as programs see it.
        models: of its values.
        state: what is recorded of one.
        promised: what a preview says of one.
    """

    kind: Kind
    declared: Resource
    models: Models
    state: type[ContentState[Known]]
    promised: type[ContentState[Unknown]]
    placed: tuple[str, ...] = field(init=False)
    """What is known once the content lies somewhere: names of fields."""

    def __post_init__(self) -> None:
        found = [one for one in self.declared.properties.values() if isinstance(one.about, Computed)]
        names = {one.name for one in found if not one.about.is_compared} - AnyState.model_fields.keys()
        object.__setattr__(self, "placed", tuple(sorted(names)))
