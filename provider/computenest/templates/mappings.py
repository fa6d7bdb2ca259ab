"""Region-to-image maps that somebody writes by hand, which a package replaces.

A map counts when image positions read it and its first or its second keys are regions: then a distributed package
knows the same and keeps it current. The report gives its lines, so that a person can find and drop it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from computenest.templates.looks import entries_of
from computenest.templates.model import ImageMapping, Position
from computenest.templates.nodes import MappingNode
from computenest.templates.resolve import RosTemplate

_REGION = re.compile(r"(?:cn|ap|us|eu|me|na|rus|in|sa)-[a-z0-9]+(?:-[a-z0-9]+)*")
_LABEL = re.compile(r"Mappings\.([^.]+)\.([^.]+)\.(.*)", re.DOTALL)


def replaceable_mappings(template: RosTemplate, positions: Iterable[Position]) -> tuple[ImageMapping, ...]:
    """The maps that feed image positions and are keyed by region, first or second, in the file's order."""
    readers: dict[str, dict[str, None]] = {}
    leaves: dict[str, dict[tuple[str, str], None]] = {}
    for position in positions:
        match = _LABEL.search(position.leaf)
        if match:
            readers.setdefault(match.group(1), {})[position.path] = None
            leaves.setdefault(match.group(1), {})[match.group(2), match.group(3)] = None
    found = []
    for name, paths in readers.items():
        node = template.mappings.get(name)
        if not isinstance(node, MappingNode):
            continue
        rows, columns = (tuple(dict.fromkeys(keys)) for keys in zip(*leaves[name], strict=True))
        regions = tuple(node.entries)
        is_second = not _are_regions(regions)
        if is_second:
            regions, columns = _second_keys(node, rows), rows
            if not _are_regions(regions):
                continue
        regions = tuple(region for region in regions if _has_image(node, region, columns, is_second=is_second))
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
                columns=columns,
                paths=tuple(paths),
                is_region_second=is_second,
            )
        )
    return tuple(found)


def _are_regions(keys: tuple[str, ...]) -> bool:
    return bool(keys) and all(_REGION.fullmatch(key) for key in keys)


def _second_keys(node: MappingNode, rows: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of those rows that image positions read."""
    return tuple(dict.fromkeys(key for row in rows for key in entries_of(node.get(row))))


def _has_image(node: MappingNode, region: str, columns: tuple[str, ...], *, is_second: bool) -> bool:
    """Whether a region has one of the images that positions read."""
    pairs = ((column, region) if is_second else (region, column) for column in columns)
    return any(second in entries_of(node.get(first)) for first, second in pairs)
