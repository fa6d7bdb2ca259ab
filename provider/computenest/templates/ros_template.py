"""What resolving needs of a ROS template: its sections by name, what a parent gives it, and what was found wrong.

Sections are read where somebody looks; the budget and the remarks are those of the whole file, nested stacks included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from computenest.kernel.nearest import nearest
from computenest.templates.conditions import Given
from computenest.templates.leaves import MAX_POSITIONS, Leaf
from computenest.templates.model import Remark
from computenest.templates.nodes import MappingNode, Node, ScalarNode
from computenest.templates.source import Source

_MAX_REMARKS = 1_000


@dataclass(slots=True)
class Budget:
    """How many steps resolving may still take in one file; shared by nested templates."""

    steps: int = 4 * MAX_POSITIONS

    def spend(self, source: Source, char: int, *, steps: int = 1) -> None:
        """Some steps less.

        Raises:
            TemplateRefused: when nothing is left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise source.refusal_at("the image properties take too many values to list (aliases?)", char)


Outside: TypeAlias = "Callable[[ScalarNode, Source], Sequence[Leaf] | None]"
"""What a text of a template within another language can be, None where it is what stands there."""


@dataclass(frozen=True, slots=True)
class RosTemplate:
    """What resolving needs of a template. `bindings` are the values that a parent gives a nested stack's
    parameters, with the parent that they are written in."""

    source: Source
    budget: Budget
    parameters: Mapping[str, Node] = field(default_factory=dict)
    mappings: Mapping[str, Node] = field(default_factory=dict)
    variables: Mapping[str, Node] = field(default_factory=dict)  # section `Locals`
    resources: Mapping[str, Node] = field(default_factory=dict)
    bindings: Mapping[str, tuple[Node, RosTemplate]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)  # shared by nested templates
    conditions: Mapping[str, Node] = field(default_factory=dict)
    given: Given | None = None  # to one deployment; None for whatever any of them may be given
    is_whole: bool = True  # a fragment may well refer to what it does not declare
    outside: Outside | None = None  # what a language around the template makes of its texts

    def remark(self, rule: str, char: int, message: str, *, value: str | None = None, path: str = "") -> None:
        """Remember what is wrong at a character of the source."""
        if len(self.remarks) < _MAX_REMARKS:
            line = self.source.line(char)
            self.remarks.append(Remark(rule=rule, path=path, line=line, message=message, value=value))

    def leads_nowhere(self, char: int, message: str, *, name: str, names: Iterable[str]) -> None:
        """Remember a name that nothing has, with the nearest that something has."""
        if self.is_whole:
            meant = nearest(name, names)
            self.remark("dead-reference", char, message + (f"; the nearest is `{meant[:80]}`" if meant else ""))


def function_of(node: Node) -> tuple[str, Node] | None:
    """The function that a node calls, long (`Fn::If`) whatever way it is written, and its argument."""
    tag = node.tag
    if tag.startswith("!") and len(tag) > 1:
        name = tag[1:]
        return (name if name in ("Ref", "Condition") else f"Fn::{name}"), node
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        entry = next(iter(node.entries.values()))
        if entry.key == "Ref" or entry.key.startswith("Fn::"):
            return entry.key, entry.value
    return None
