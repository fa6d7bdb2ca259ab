"""HCL with exact byte marks, from tree-sitter's grammar.

Gives the blocks and attributes of a file and the parts of an expression, and refuses a file in which the grammar
found an error: tree-sitter itself never refuses, it guesses, and no edit may rest on a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from computenest.domain.template.source import Source

__all__ = ["Block", "Expression", "attributes", "blocks", "parse_expression", "parse_hcl", "string_span", "text_of"]

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))|([$%])\4\{')
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_MAX_CODE = 0x10FFFF
_MAX_ERROR_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A node of type `expression` with the source that it stands in."""

    node: Node
    source: Source

    @property
    def at(self) -> int:
        """Where it begins, in characters of the source."""
        return self.source.char_of(self.source.base + self.node.start_byte)

    def within(self, node: Node) -> Expression:
        """Another expression of the same file."""
        return Expression(node, self.source)

    @property
    def parts(self) -> list[Node]:
        """Its named children without comments."""
        return [child for child in self.node.named_children if child.type != "comment"]


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" … { body }`."""

    type: str
    labels: tuple[str, ...]
    body: Node | None
    source: Source


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_hcl.language()))


def parse_hcl(source: Source) -> Node | None:
    """The body of a file, None if it is empty.

    Raises:
        TemplateRefused: at the first line that the grammar cannot read.
    """
    data = source.data[source.base :] if source.base else source.data
    root = _parser().parse(data).root_node
    if root.has_error:
        char = source.char_of(source.base + _first_error(root, data))
        raise source.refusal_at("not HCL: the syntax is broken at or after this line", char)
    return next((child for child in root.named_children if child.type == "body"), None)


def parse_expression(source: Source) -> Expression | None:
    """`${…}` as the expression in it, with marks in `source`; None if that is not what the whole text is."""
    data = source.data
    # the same length, so that marks stay: `${ x }` becomes `x= x `, an attribute
    root = _parser().parse(b"x=" + data[2:-1] + b" ").root_node
    body = next((child for child in root.named_children if child.type == "body"), None)
    if root.has_error or body is None or len(body.named_children) != 1:
        return None
    found = next(iter(attributes(body)), None)
    return None if found is None else Expression(found[1], source)


def _first_error(root: Node, data: bytes) -> int:
    """The byte where the first broken node begins; in a tree of garbage, where the search ended."""
    cursor = root.walk()
    at = 0
    for _ in range(_MAX_ERROR_STEPS):
        node = cursor.node
        if node is None:
            break
        if node.has_error or node.is_error or node.is_missing:
            at = node.start_byte
            if not cursor.goto_first_child():
                break
        elif not cursor.goto_next_sibling():
            break  # the broken node itself, none of its children
    # an error node may begin in the white space before the trouble
    while at < len(data) and data[at : at + 1].isspace():
        at += 1
    return _char_boundary(data, at)


def _char_boundary(data: bytes, at: int) -> int:
    while 0 < at < len(data) and data[at] & 0xC0 == 0x80:
        at -= 1
    return min(at, len(data))


def text_of(node: Node) -> str:
    """The source text of a node."""
    return node.text.decode("utf-8", "replace") if node.text is not None else ""


def blocks(body: Node | None, source: Source) -> Iterator[Block]:
    """The blocks of a body."""
    for node in body.named_children if body is not None else ():
        if node.type != "block":
            continue
        parts = node.named_children
        labels = []
        inner = None
        for part in parts[1:]:
            if part.type == "body":
                inner = part
            elif part.type == "string_lit":
                labels.append(text_of(part).strip('"'))
            elif part.type == "identifier":
                labels.append(text_of(part))
        yield Block(text_of(parts[0]), tuple(labels), inner, source)


def attributes(body: Node | None) -> Iterator[tuple[str, Node]]:
    """The attributes of a body: name and expression."""
    for node in body.named_children if body is not None else ():
        if node.type == "attribute":
            parts = [part for part in node.named_children if part.type != "comment"]
            if len(parts) == 2:
                yield text_of(parts[0]), parts[1]


def string_span(node: Node, source: Source) -> tuple[int, int, str] | None:
    """Characters and decoded text of a quoted string without interpolation, None for anything else."""
    parts = node.children
    if len(parts) < 2 or parts[0].type != "quoted_template_start":
        return None
    if any(part.type != "template_literal" for part in parts[1:-1]):
        return None
    start = source.char_of(source.base + parts[0].end_byte)
    end = source.char_of(source.base + parts[-1].start_byte)
    return start, end, _ESCAPE.sub(_unescape, source.text[start:end])


def _unescape(match: re.Match[str]) -> str:
    short, long, simple, sign = match.groups()
    if sign:
        return f"{sign}{{"
    code = short or long
    return chr(min(int(code, 16), _MAX_CODE)) if code else _ESCAPED[simple]
