"""HCL with exact marks: blocks, attributes, and an expression's parts where somebody asks for them.

Every file is checked to its end, because no edit may rest on a guess; but most attributes are one simple value that
a single match reads, and only the few that can lead to an image are taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from computenest.templates.hcl_tokens import IDENTIFIER, Item, Walker
from computenest.templates.source import Source

MAX_DEPTH = 100

_COMMENT = r"\#[^\n]*+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/"
_ANYWHERE = re.compile(rf"(?:[ \t\r\n]++|{_COMMENT})*+")
_INLINE = r"(?:[ \t]++|/\*(?:[^*\n]++|\*(?!/))*+\*/)*+"
_STATEMENT = re.compile(
    rf'({IDENTIFIER}){_INLINE}(?:(=)(?![=>])|((?:{_INLINE}(?:"[^"\\\r\n]*+"|{IDENTIFIER}))*+){_INLINE}\{{)'
)
_LABEL = re.compile(rf'"([^"]*+)"|({IDENTIFIER})')
_PATH = rf"{IDENTIFIER}(?:\.(?:{IDENTIFIER}|\*)|\[\d++\])*+"
_TEXT = rf'"(?:[^"\\$%\r\n]++|\$\{{{_PATH}\}}|[$%](?!\{{))*+"'
_VALUE = rf"(?:{_TEXT}|\d++(?:\.\d++)?+|{_PATH})"
_SIMPLE = re.compile(rf"[ \t]*+((?:{_VALUE}|\[{_VALUE}(?:,[ \t]*+{_VALUE})*+\])(?=[ \t]*+(?:\r?\n|\Z|#|//)))")
# one attribute in one line, and everything blank behind it: most of every file
_FAST = re.compile(rf"({IDENTIFIER})[ \t]*+=[ \t]*+({_VALUE})[ \t]*+\r?\n[ \t\r\n]*+")
_END = re.compile(rf"(?:[ \t\r]++|{_COMMENT})*+(?:\n|\Z|(?=\}}))")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))|([$%])\4\{')
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_MAX_CODE = 0x10FFFF


@dataclass(slots=True)
class Block:
    """`type "label" … { attributes and blocks }`; the file itself is a block without type."""

    type: str
    labels: tuple[str, ...]
    source: Source
    start: int
    attributes: list[tuple[str, int, int]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def expressions(self) -> Iterator[tuple[str, Expression]]:
        """The attributes with their values."""
        for name, start, end in self.attributes:
            yield name, Expression(self.source, start, end)

    def get(self, wanted: str) -> Expression | None:
        """The value of one attribute."""
        for name, start, end in self.attributes:
            if name == wanted:
                return Expression(self.source, start, end)
        return None


@dataclass(frozen=True, slots=True)
class Expression:
    """The characters `start` to `end` of a source; `inside` is the bracket around them, if any."""

    source: Source
    start: int
    end: int
    inside: str = ""

    @property
    def at(self) -> int:
        """Where it begins."""
        return self.start

    def items(self) -> list[Item]:
        """Its outermost tokens, without white space and comments."""
        walker = Walker(self.source, self.start, limit=self.end, inside=self.inside)
        walker.run()
        return walker.items

    def text(self, item: Item) -> str:
        """What stands at a token."""
        return self.source.text[item.start : item.end]

    def part(self, start: int, end: int) -> Expression:
        """A piece of it at the same level."""
        return Expression(self.source, start, end, self.inside)

    def content(self, item: Item) -> Expression:
        """What is in a bracket."""
        return Expression(self.source, item.start + 1, item.end - 1, item.kind)


def parse_hcl(source: Source) -> Block:
    """The whole file.

    Raises:
        TemplateRefused: at the first line that cannot be read.
    """
    text = source.text
    root = Block("", (), source, 0)
    open_blocks = [root]
    at = _skip(text, 0)
    while at < len(text):
        current = open_blocks[-1]
        if text[at] == "}" and len(open_blocks) > 1:
            open_blocks.pop()
            at = _line_end(source, at + 1)
            continue
        fast = _FAST.match(text, at)
        if fast is not None:
            current.attributes.append((fast[1], *fast.span(2)))
            at = fast.end() if text[fast.end() : fast.end() + 1] not in ("#", "/") else _skip(text, fast.end())
            continue
        statement = _STATEMENT.match(text, at)
        if statement is None:
            raise source.refusal_at("not HCL: neither an attribute nor a block", at)
        name, equals, labels = statement.groups()
        at = statement.end()
        if equals:
            simple = _SIMPLE.match(text, at)
            start, end = simple.span(1) if simple else (at, Walker(source, at).run())
            current.attributes.append((name, start, end))
            at = _line_end(source, end)
            continue
        if len(open_blocks) > MAX_DEPTH:
            raise source.refusal_at(f"nested deeper than {MAX_DEPTH} levels", at)
        block = Block(name, tuple(a or b for a, b in _LABEL.findall(labels)), source, statement.start())
        current.blocks.append(block)
        open_blocks.append(block)
        at = _skip(text, at)
    if len(open_blocks) > 1:
        raise source.refusal_at(f"not HCL: block `{open_blocks[-1].type[:40]}` is not closed", open_blocks[-1].start)
    return root


def parse_interpolation(source: Source) -> Expression | None:
    """`${…}` as the expression in it; None if that is not what the whole text is."""
    text = source.text
    if not (text.startswith("${") and text.endswith("}")):
        return None
    walker = Walker(source, 2, limit=len(text) - 1, inside="(")
    return Expression(source, 2, len(text) - 1, "(") if walker.run() >= len(text[:-1].rstrip()) else None


def decoded(raw: str) -> str:
    """The text of a quoted string without interpolations."""
    return _ESCAPE.sub(_unescape, raw) if "\\" in raw or "{" in raw else raw


def _unescape(match: re.Match[str]) -> str:
    short, long, simple, sign = match.groups()
    if sign:
        return f"{sign}{{"
    code = short or long
    return chr(min(int(code, 16), _MAX_CODE)) if code else _ESCAPED[simple]


def _line_end(source: Source, at: int) -> int:
    """After an attribute or block: the next statement. Only a closing bracket may follow in the same line."""
    text = source.text
    end = _END.match(text, at)
    if end is None:
        rest = text[at:].lstrip(" \t\r")[:1]
        raise source.refusal_at(f"not HCL: `{rest}` where a new line should begin", at)
    return _skip(text, end.end())


def _skip(text: str, at: int) -> int:
    """Past white space and comments."""
    match = _ANYWHERE.match(text, at)
    return match.end() if match else at
