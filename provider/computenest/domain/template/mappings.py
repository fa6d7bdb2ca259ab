"""Region-to-image maps that somebody writes by hand, which a package replaces.

A map counts when image positions read it and its top keys are regions: then a distributed package knows the same
and keeps it current. The report gives its lines, so that a person can find and drop it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from computenest.domain.template.model import ImageMapping, Position
from computenest.domain.template.nodes import MappingNode
from computenest.domain.template.resolve import RosTemplate

__all__ = ["replaceable_mappings"]

_REGION = re.compile(r"(?:cn|ap|us|eu|me|na|rus|in|sa)-[a-z0-9]+(?:-[a-z0-9]+)*")
_LABEL = re.compile(r"Mappings\.([^.]+)\.[^.]+\.(.*)", re.DOTALL)


def replaceable_mappings(template: RosTemplate, positions: Iterable[Position]) -> tuple[ImageMapping, ...]:
    """The maps that feed image positions and are keyed by region, in the file's order."""
    readers: dict[str, dict[str, None]] = {}
    columns: dict[str, dict[str, None]] = {}
    for position in positions:
        match = _LABEL.search(position.leaf)
        if match:
            readers.setdefault(match.group(1), {})[position.path] = None
            columns.setdefault(match.group(1), {})[match.group(2)] = None
    found = []
    for name, paths in readers.items():
        node = template.mappings.get(name)
        if not isinstance(node, MappingNode):
            continue
        regions = tuple(key for key in node.entries if _REGION.fullmatch(key))
        if not regions or len(regions) < len(node.entries):
            continue
        last = max(node.start, node.end - 1)
        # a block mapping's end mark stands before the next token: step back over the white space
        while last > node.start and template.source.text[min(last, len(template.source.text) - 1)].isspace():
            last -= 1
        found.append(
            ImageMapping(
                name=name,
                first_line=template.source.line(node.start),
                last_line=template.source.line(last),
                regions=regions,
                columns=tuple(columns[name]),
                paths=tuple(paths),
            )
        )
    return tuple(found)
