"""What a deployment's own parameters decide of a ROS template: which conditions hold.

A value that is not known decides nothing: the answer is then None, and both branches stay possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from computenest.templates.nodes import MappingNode, Node, ScalarNode, SequenceNode

_MAX_DEPTH = 24
_REGION = "ALIYUN::Region"

Texts = Callable[[Node], tuple[str, ...] | None]
"""The texts that a value can be, None where nobody knows."""

FunctionOf = Callable[[Node], tuple[str, Node] | None]


@dataclass(frozen=True, slots=True)
class Given:
    """What a deployment is given.

    Args:
        parameters: name -> value as text, None for one that is not known yet.
        region: where it is deployed.
        is_whole: a parameter that is not named takes its default; otherwise somebody else may set it.
    """

    parameters: Mapping[str, str | None]
    region: str
    is_whole: bool = True

    def text(self, name: str, default: str | None) -> str | None:
        """The value of a parameter, None where it is not known."""
        if name in self.parameters:
            return self.parameters[name]
        return default if self.is_whole else None

    def pseudo(self, name: str) -> str | None:
        """The value of a pseudo parameter, None where it is not known."""
        return self.region if name == _REGION else None

    def of_nested_stack(self) -> Given:
        """What a nested stack is given beside what its parent binds: nothing, so that defaults count."""
        return Given({}, self.region)


def condition_of(
    node: Node, conditions: Mapping[str, Node], *, texts: Texts, function_of: FunctionOf, depth: int = 0
) -> bool | None:
    """Whether a condition holds; None where that is not known.

    Args:
        node: a condition's name, or what it is made of.
        conditions: the section `Conditions`.
    """
    if depth > _MAX_DEPTH:
        return None

    def holds(part: Node) -> bool | None:
        return condition_of(part, conditions, texts=texts, function_of=function_of, depth=depth + 1)

    if isinstance(node, MappingNode) and [*node.entries] == ["Condition"]:
        node = node.entries["Condition"].value
    called = function_of(node)
    if called is None or called[0] == "Condition":
        if not isinstance(node, ScalarNode):
            return None
        if node.value in conditions:
            return holds(conditions[node.value])
        return {"true": True, "false": False}.get(node.value.lower())
    name, argument = called
    parts: Sequence[Node] = argument.items if isinstance(argument, SequenceNode) else (argument,)
    if name == "Fn::Not" and len(parts) == 1:
        inner = holds(parts[0])
        return None if inner is None else not inner
    if name in ("Fn::And", "Fn::Or"):
        decisive = name == "Fn::Or"
        found = [holds(part) for part in parts]
        if decisive in found:
            return decisive
        return None if None in found else not decisive
    if name == "Fn::Equals" and len(parts) == 2:
        return _equal(texts(parts[0]), texts(parts[1]))
    return None


def _equal(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> bool | None:
    if one is None or other is None:
        return None
    ours, theirs = {_normal(text) for text in one}, {_normal(text) for text in other}
    if ours & theirs:
        return True if len(ours) == len(theirs) == 1 else None
    # 1 and 1.0 may be one number to the cloud, or two texts.
    return None if {_number(text) for text in ours} & {_number(text) for text in theirs} - {None} else False


def _normal(text: str) -> str:
    """One writing for each boolean."""
    return text.lower() if text.lower() in ("true", "false") else text


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
