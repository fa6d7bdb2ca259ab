"""Looks into a tree that may be of any shape: what is not there, or of another kind, is nothing."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.templates.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode


def value_at(node: Node | None, *keys: str) -> Node | None:
    """The value that keys lead to, one below the other; None where there is none."""
    for key in keys:
        node = node.get(key) if isinstance(node, MappingNode) else None
    return node


def entries_of(node: Node | None) -> Mapping[str, Entry]:
    """The entries of a mapping, none of anything else."""
    return node.entries if isinstance(node, MappingNode) else {}


def items_of(node: Node | None) -> tuple[Node, ...]:
    """The items of a list, none of anything else."""
    return node.items if isinstance(node, SequenceNode) else ()


def text_of(node: Node | None) -> str | None:
    """A single value as it is written, None of anything else."""
    return node.value if isinstance(node, ScalarNode) else None
