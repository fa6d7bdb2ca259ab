"""Literals that YAML's aliases and merge keys put into several places of a template.

A substitution rewrites bytes, and so reaches every place that takes them. Who means one property has to know the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import islice

from computenest.templates.model import Position
from computenest.templates.nodes import MappingNode, Node, ScalarNode
from computenest.templates.paths import child, item
from computenest.templates.source import Source
from computenest.templates.spans import literal_span

_ANCHOR = re.compile(r"&(\w[\w.\-]*)")
_MAX_ANCHORS = 200
_MAX_STEPS = 20_000  # aliases of aliases multiply; beyond this nothing is concluded
_MAX_DEPTH = 60
_MAX_PATHS = 20


def shared_literals(
    root: MappingNode, source: Source, positions: Collection[Position], *, sections: Collection[str]
) -> dict[int, tuple[str, ...]]:
    """The first byte of each literal that stands in several places -> their paths, in the file's order.

    Only what stands below `sections` counts: a block that holds an anchor for others is no place of its own.
    """
    names = set(islice(_ANCHOR.findall(source.text), _MAX_ANCHORS))
    if len(names) < _MAX_ANCHORS and not any(f"*{name}" in source.text for name in names):
        return {}
    starts = {position.start for position in positions if position.start is not None}
    values = {position.value for position in positions}
    found: dict[int, list[str]] = {}
    steps = 0
    open_nodes: list[tuple[Node, str, int]] = [
        (entry.value, key, 0) for key, entry in reversed(list(root.entries.items())) if key in sections
    ]
    while open_nodes and steps < _MAX_STEPS:
        steps += 1
        node, path, depth = open_nodes.pop()
        if isinstance(node, ScalarNode):
            span = literal_span(source, node) if node.value in values else ""
            if not isinstance(span, str) and (start := source.byte_of(span[0])) in starts:
                found.setdefault(start, []).append(path)
        elif depth < _MAX_DEPTH:
            inner = (
                [(entry.value, child(path, key), depth + 1) for key, entry in node.entries.items()]
                if isinstance(node, MappingNode)
                else [(element, item(path, number), depth + 1) for number, element in enumerate(node.items)]
            )
            open_nodes += reversed(inner)
    return {start: tuple(paths[:_MAX_PATHS]) for start, paths in found.items() if len(paths) > 1}
