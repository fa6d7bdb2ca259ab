"""Values and calls as nodes of Python's syntax tree, and their text as ruff lays it out: one line, or one an argument.

The text of a node is `ast.unparse`'s; what is added is where lines break.
"""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Call", "Name", "identifier", "node_of", "source_of"]

_WIDTH = 120
_STEP = "    "


@dataclass(frozen=True, slots=True)
class Name:
    """A name or a dotted expression."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call: positional arguments, then the keywords in their order."""

    function: str
    positional: Sequence[Any]
    keywords: Mapping[str, Any]


def node_of(value: Any) -> ast.expr:
    """The syntax tree of None, a bool, number, text, mapping, sequence, Name or Call, at any depth."""
    if isinstance(value, Name):
        return _dotted(value.text)
    if isinstance(value, Call):
        keywords = [ast.keyword(arg=key, value=node_of(item)) for key, item in value.keywords.items()]
        return ast.Call(
            func=_dotted(value.function), args=[node_of(item) for item in value.positional], keywords=keywords
        )
    if isinstance(value, Mapping):
        return ast.Dict(keys=[node_of(key) for key in value], values=[node_of(item) for item in value.values()])
    if isinstance(value, list | tuple):
        return ast.List(elts=[node_of(item) for item in value], ctx=ast.Load())
    return ast.Constant(value)


def _dotted(text: str) -> ast.expr:
    head, *rest = text.split(".")
    found: ast.expr = ast.Name(id=head, ctx=ast.Load())
    for attribute in rest:
        found = ast.Attribute(value=found, attr=attribute, ctx=ast.Load())
    return found


def source_of(node: ast.expr | ast.stmt, *, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """The text of a node.

    Args:
        node: an expression, an assignment of one to a name, or any statement that needs no breaking.
        indent: how deep it stands, in steps of four columns.
        before: columns that stand before the text on its first line, beyond the indent.
        after: columns that follow it on its last line, such as a comma.
    """
    line = _one_line(node)
    if len(_STEP) * indent + before + len(line) + after <= _WIDTH:
        return line
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return f"{name} = " + source_of(value, indent=indent, before=before + len(name) + 3)
        case ast.Expr(value=value):
            return source_of(value, indent=indent, before=before)
        case ast.Call(func=function, args=arguments, keywords=keywords):
            inner = [_item("", item, indent) for item in arguments]
            inner += [_item(f"{found.arg}=", found.value, indent) for found in keywords]
            return _broken(f"{_one_line(function)}(", inner, ")", indent)
        case ast.Dict(keys=keys, values=values):
            heads = ["**" if key is None else f"{_one_line(key)}: " for key in keys]
            return _broken(
                "{", [_item(head, item, indent) for head, item in zip(heads, values, strict=True)], "}", indent
            )
        case ast.List(elts=items):
            return _broken("[", [_item("", item, indent) for item in items], "]", indent)
        case ast.Constant(value=str(text)) if len(parts := text.splitlines(keepends=True)) > 1:
            return _broken("(", [_one_line(ast.Constant(part)) for part in parts], ")", indent)
    return line


def _item(head: str, node: ast.expr, indent: int) -> str:
    return head + source_of(node, indent=indent + 1, before=len(head), after=1) + ","


def _broken(opening: str, items: Iterable[str], closing: str, indent: int) -> str:
    inner = "".join(f"{_STEP * (indent + 1)}{item}\n" for item in items)
    return f"{opening}\n{inner}{_STEP * indent}{closing}"


def _one_line(node: ast.AST) -> str:
    """What `ast.unparse` writes, with the quotes that formatters prefer."""
    text = ast.unparse(node)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token in reversed(tokens):
        if token.type == tokenize.STRING:
            quoted = _quoted(ast.literal_eval(token.string))
            text = text[: token.start[1]] + quoted + text[token.end[1] :]
    return text


def _quoted(text: str) -> str:
    """In double quotes, or in single ones where the text has double quotes of its own."""
    return repr(text) if '"' in text else '"' + repr("'" + text)[2:]


def identifier(text: str, *, taken: set[str], otherwise: str) -> str:
    """A variable's name like `text`, unlike every name taken, and taken from now on."""
    base = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)).strip("_").lower()
    base = base if base.isascii() and base.isidentifier() and not keyword.iskeyword(base) else otherwise
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name
