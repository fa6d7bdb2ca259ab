"""Reads `pulumi preview --diff`: which lines begin with +, - or ~ under a resource's property."""

from __future__ import annotations

import re

_HEAD = re.compile(r"^\s*(?P<op>[+~-]{1,2}|\+-|-\+)?\s*(?P<type>[\w:/.-]+): \((?P<what>[\w -]+)\)")


def resource_block(text: str, name: str) -> list[str]:
    """The lines that a diff prints for the resource of this logical name, empty where it prints none."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if _HEAD.match(line):
            blocks.append([])
        if blocks:
            blocks[-1].append(line)
    for block in blocks:
        if any(f"::{name}]" in line for line in block[:3]):
            return block
    return []


def property_lines(text: str, name: str, prop: str) -> list[str]:
    """The changed lines (with their +, - or ~) under one property of a resource, without the property's own line."""
    lines = resource_block(text, name)
    start = next((i for i, line in enumerate(lines) if re.match(rf"^\s*[+~-]?\s*{prop}\s*:", line)), None)
    if start is None:
        return []
    indent = _indent(lines[start])
    found = []
    for line in lines[start + 1 :]:
        if line.strip() and _indent(line) <= indent:
            break
        if re.match(r"^\s*[+~-]\s", line):
            found.append(" ".join(line.split()).replace(" : ", ": "))
    return found


def changed_properties(text: str, name: str) -> list[str]:
    """The top-level properties that a diff shows as added, changed or removed for a resource."""
    lines = resource_block(text, name)[1:]  # below its type
    marked = [re.match(r"^(\s*)[+~-]\s+([\w]+)\s*:", line) for line in lines]
    found = [(len(m.group(1)), m.group(2)) for m in marked if m]
    least = min((depth for depth, _ in found), default=0)
    return sorted(name for depth, name in found if depth == least)


def _indent(line: str) -> int:
    """The column of the property's name, whatever sign stands before it."""
    return len(line) - len(line.lstrip(" +~-"))
