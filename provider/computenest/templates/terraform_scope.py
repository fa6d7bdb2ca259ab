"""Where a Terraform expression is read: in an instance of a module, inside loops.

A folder may be called as a module several times, each time with other arguments; the same expression then means
something else in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from computenest.templates.hcl import Expression
from computenest.templates.hcl_tokens import Item
from computenest.templates.ros_template import Budget, RosTemplate
from computenest.templates.terraform_folder import Folder
from computenest.templates.terraform_heads import Head, Lazy, Place, Way

if TYPE_CHECKING:
    from computenest.templates.terraform_modules import Instances

Outputs: TypeAlias = "Callable[[Scope, str, Place, Way], Iterator[Head]]"


@dataclass(frozen=True, slots=True)
class World:
    """What all scopes of one scan share: the folders by path, how far to go, the outputs of module calls, and the ROS
    template around the files, whose parameters set the variables of the outermost folder."""

    folders: Mapping[str, Folder]
    budget: Budget
    outputs: Outputs
    template: RosTemplate | None = None
    tokens: dict[tuple[int, int, int], list[Item]] = field(default_factory=dict)

    def items(self, value: Expression) -> list[Item]:
        """An expression's outermost tokens, read once."""
        key = (id(value.source), value.start, value.end)
        known = self.tokens.get(key)
        if known is None:
            known = self.tokens[key] = value.items()
        return known


@dataclass(frozen=True, slots=True)
class Scope:
    """An instance of a folder: `address` is Terraform's (`module.web["a"]`), `given` are the arguments of the call
    (None where the folder is applied itself), `names` what loops around the expression bind."""

    world: World
    folder: Folder
    address: str = ""
    given: Mapping[str, Lazy] | None = None
    names: Mapping[str, Lazy] = field(default_factory=dict)
    depth: int = 0
    calls: dict[str, Instances] = field(default_factory=dict)  # the instances of each module call, made once

    def binding(self, names: Mapping[str, Lazy]) -> Scope:
        """This scope inside a loop."""
        return replace(self, names={**self.names, **names}) if names else self
