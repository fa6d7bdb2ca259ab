"""The tokens of HCL expressions, in one linear pass that also checks that they can follow each other.

Why not tree-sitter's grammar: hostile text (docs/adr/0002) costs it seconds for 64 kB and minutes for 512 kB, and it
cannot be stopped, where a template must never cost more than a second. This pass knows strings with nested
interpolations, heredocs, comments, brackets, and which token may follow which; that refuses what Terraform refuses,
short of meaning. It keeps an explicit stack: no input makes it recurse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from computenest.templates.source import Source

IDENTIFIER = r"[^\W\d][\w\-]*+"
MAX_DEPTH = 200
_LOOP = "{for"

_COMMENT = r"\#[^\n]*+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/"
_LITERAL = r'(?:[^"\\$%\r\n]++|\\[^\r\n]|\$\$\{|%%\{|[$%](?!\{))*+'
_TOKEN = re.compile(
    rf"""[ \t\r]*+(?:
      (?P<newline>\n)
    | (?P<comment>{_COMMENT})
    | (?P<string>"{_LITERAL}")
    | (?P<template>")
    | (?P<heredoc><<-?(?P<marker>{IDENTIFIER})[ \t]*\r?\n)
    | (?P<number>\d++(?:\.\d++)?+(?:[eE][+\-]?\d++)?+)
    | (?P<loop>for(?=[ \t\r\n]++{IDENTIFIER}))
    | (?P<name>{IDENTIFIER}(?:::{IDENTIFIER})*+)
    | (?P<ellipsis>\.\.\.)
    | (?P<postfix>\.[ \t]*+(?:{IDENTIFIER}|\d++|\*)|\[[ \t]*+\*[ \t]*+\])
    | (?P<open>[\[({{])
    | (?P<close>[\])}}])
    | (?P<comma>,)
    | (?P<operator>==|!=|<=|>=|=>|&&|\|\||[\-+*/%<>?:=!])
    | (?P<strip>~(?=\}}))
    )""",
    re.VERBOSE,
)
_LITERAL_PART = re.compile(_LITERAL)
_DIRECTIVE = re.compile(r"~?[ \t\r\n]*+(if|for|else|endif|endfor)\b")
_CLOSES = {")": "(", "]": "[", "}": "{"}

# what the last token was; a value is expected after everything but a value
_OPEN, _VALUE, _OPERATOR, _SEPARATOR = range(4)


@dataclass(slots=True)
class Item:
    """A token, or a whole bracket or string, at the outermost level of an expression."""

    kind: str
    start: int
    end: int


class Walker:
    """One pass over one expression. `inside` is the bracket around it, in which a newline ends nothing."""

    __slots__ = ("_at", "_last", "_limit", "_opened", "_source", "_stack", "_starts", "_text", "items")

    def __init__(self, source: Source, at: int, *, limit: int | None = None, inside: str = "") -> None:
        self._source = source
        self._text = source.text
        self._at = at
        self._limit = len(source.text) if limit is None else limit
        self._stack: list[str] = [inside] if inside else []
        self._starts: list[int] = [at] if inside else []
        self._opened = at
        self._last = _OPEN
        self.items: list[Item] = []

    def run(self) -> int:
        """Where the expression ends; `items` holds its outermost tokens.

        Raises:
            TemplateRefused: at the token that cannot stand there.
        """
        match_token = _TOKEN.match
        text, stack = self._text, self._stack
        base = len(stack)
        while True:
            match = match_token(text, self._at)
            if match is None or match.end() > self._limit:
                return self._ended(base)
            kind = match.lastgroup or ""
            depth = len(stack)
            start = match.start(kind)
            if kind in ("newline", "comment"):
                if kind == "newline":
                    if not depth:
                        return self._ended(base)
                    if stack[-1] == "{" and self._last == _VALUE:
                        self._last = _SEPARATOR
                        if depth == base:
                            self.items.append(Item("comma", start, match.end()))
                self._at = match.end()
                continue
            if kind == "close" and not depth:
                return self._ended(base)
            self._at = match.end()
            getattr(self, f"_on_{kind}")(match, start)
            if depth == base and len(stack) == base:
                self.items.append(Item(kind, start, self._at))
            elif depth > base and len(stack) == base:
                opened = self._opened
                self.items.append(Item("template" if text[opened] == '"' else text[opened], opened, self._at))

    def _ended(self, base: int) -> int:
        rest = self._text[self._at : self._limit].lstrip(" \t\r")[:1]
        if len(self._stack) > base:
            raise self._refusal(f"`{self._stack[-1]}` is not closed", self._starts[-1])
        if rest and rest not in "\n})]":
            raise self._refusal(f"unexpected `{rest}`", self._at)
        if self._last == _OPERATOR or (self._last == _OPEN and not base):
            raise self._refusal("a value is missing", self._at)
        return self._at

    def _refusal(self, message: str, at: int) -> Exception:
        return self._source.refusal_at(f"not HCL: {message}", at)

    def _value(self, start: int) -> None:
        if self._last == _VALUE:
            raise self._refusal("two values without anything between them", start)
        self._last = _VALUE

    def _after_value(self, match: re.Match[str], start: int) -> None:
        if self._last != _VALUE:
            raise self._refusal(f"`{match.group().strip()[:20]}` without a value before it", start)

    def _push(self, bracket: str, start: int) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels", start)
        self._stack.append(bracket)
        self._starts.append(start)
        self._last = _OPEN

    def _pop(self) -> None:
        self._stack.pop()
        self._opened = self._starts.pop()

    def _on_string(self, match: re.Match[str], start: int) -> None:  # noqa: ARG002 - one signature for all
        self._value(start)

    _on_number = _on_string
    _on_ellipsis = _on_postfix = _on_strip = _after_value

    def _on_name(self, match: re.Match[str], start: int) -> None:
        if self._last == _VALUE and self._stack and match.group("name") in ("in", "if"):
            self._last = _OPERATOR
        else:
            self._value(start)

    def _on_loop(self, match: re.Match[str], start: int) -> None:  # noqa: ARG002
        if self._last == _OPEN and self._stack:
            self._last = _OPERATOR
            if self._stack[-1] == "{":
                self._stack[-1] = _LOOP  # a newline separates an object's members, but not a loop's parts
        else:
            self._value(start)

    def _on_comma(self, match: re.Match[str], start: int) -> None:
        self._after_value(match, start)
        if not self._stack:
            raise self._refusal("a comma after the value", start)
        self._last = _SEPARATOR

    def _on_operator(self, match: re.Match[str], start: int) -> None:
        sign = match.group("operator")
        if self._last != _VALUE:
            if sign not in "-!":
                raise self._refusal(f"`{sign}` without a value before it", start)
        elif sign == "!" or (sign in ("=", "=>") and (not self._stack or self._stack[-1] not in ("{", _LOOP))):
            raise self._refusal(f"unexpected `{sign}`", start)
        self._last = _OPERATOR

    def _on_open(self, match: re.Match[str], start: int) -> None:
        bracket = match.group("open")
        if bracket == "{" and self._last == _VALUE:
            raise self._refusal("`{` after a value", start)
        self._push(bracket, start)

    def _on_close(self, match: re.Match[str], start: int) -> None:
        bracket = match.group("close")
        opened = self._stack[-1]
        if opened in "$%":
            if bracket != "}" or self._last != _VALUE:
                raise self._refusal("an interpolation that does not end", start)
            self._pop()
            self._literal(self._at)
            return
        if _CLOSES[bracket] != opened[0] or self._last == _OPERATOR:
            raise self._refusal(f"unexpected `{bracket}`", start)
        self._pop()
        self._last = _VALUE

    def _on_template(self, match: re.Match[str], start: int) -> None:
        self._value(start)
        self._push('"', start)
        self._literal(match.end())

    def _literal(self, at: int) -> None:
        """The text of a string from `at` to its end or to the next interpolation."""
        part = _LITERAL_PART.match(self._text, at)
        at = part.end() if part else at
        sign = self._text[at : at + 1]
        if sign == '"':
            self._pop()
            self._last = _VALUE
            self._at = at + 1
        elif sign in ("$", "%"):
            self._push(sign, at)
            self._at = at + 2
            directive = _DIRECTIVE.match(self._text, self._at) if sign == "%" else None
            if directive:
                self._at = directive.end()
                self._last = _OPERATOR if directive.group(1) in ("if", "for") else _VALUE
            elif self._text[self._at : self._at + 1] == "~":
                self._at += 1
        else:
            raise self._refusal("a string that does not end in its line", self._starts[-1])

    def _on_heredoc(self, match: re.Match[str], start: int) -> None:
        self._value(start)
        marker, text = match.group("marker"), self._text
        at = match.end() - 1
        while (at := text.find(marker, at)) >= 0:
            before, after = at, at + len(marker)
            while text[before - 1] in " \t":
                before -= 1
            while after < len(text) and text[after] in " \t\r":
                after += 1
            if text[before - 1] == "\n" and (after == len(text) or text[after] == "\n"):
                self._at = at + len(marker)
                return
            at += len(marker)
        raise self._refusal(f"a heredoc without its end `{marker[:40]}`", start)
