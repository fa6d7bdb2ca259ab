"""A template's tree, whichever parser read it, unfolded only where somebody looks.

A scan needs a few hundred of a template's thousands of nodes: wrapping all of them would cost more than the parse.
So a mapping and a sequence hold a way to read their content, and do it once. Offsets are characters of the source;
they may include a YAML tag and anchor, which `spans` strips where it matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Generic, TypeVar

import yaml
from yaml.resolver import Resolver

T = TypeVar("T")

NOT_A_STRING = "tag:json"  # a JSON number, true, false or null, which YAML's rules would read otherwise
_STRING_TAG = "tag:yaml.org,2002:str"


@dataclass(slots=True)  # not frozen: 50,000 of them are made, and freezing costs three times as much
class ScalarNode:
    """A single value. `style` is `"`, `'`, `|`, `>` or nothing for a plain one; `tag` only if it was written."""

    value: str
    start: int
    end: int
    style: str
    tag: str
    identity: int

    @property
    def is_string(self) -> bool:
        """Whether a parser makes text of it, and not a number, a date, a truth value or nothing."""
        if self.tag:
            return self.tag == _STRING_TAG or self.tag.startswith("!")
        return bool(self.style) or is_plain_string(self.value)


class Entry:
    """A key with its value; `start` is where the key stands. The value is wrapped when somebody asks for it."""

    __slots__ = ("_value", "_wrapped", "key", "start")

    def __init__(self, key: str, start: int, raw: T, wrap: Callable[[T], Node]) -> None:
        self.key = key
        self.start = start
        self._wrapped = partial(wrap, raw)
        self._value: Node | None = None

    @property
    def value(self) -> Node:
        """The value's node."""
        if self._value is None:
            self._value = self._wrapped()
        return self._value


class _Branch(Generic[T]):
    """A node that holds others; it is read when somebody first looks into it."""

    __slots__ = ("_content", "_load", "end", "identity", "start", "tag")

    def __init__(self, *, start: int, end: int, tag: str, identity: int, load: Callable[[], T]) -> None:
        self.start = start
        self.end = end
        self.tag = tag
        self.identity = identity
        self._load = load
        self._content: T | None = None

    def _read(self) -> T:
        self._content = found = self._load()
        return found


class MappingNode(_Branch[Mapping[str, Entry]]):
    """Keys and values; of duplicate keys the last counts, as in every parser that ROS could be using."""

    __slots__ = ()

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries by key, merge keys applied."""
        return self._read() if self._content is None else self._content

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        entry = self.entries.get(key)
        return None if entry is None else entry.value


class SequenceNode(_Branch["tuple[Node, ...]"]):
    """Values in order."""

    __slots__ = ()

    @property
    def items(self) -> tuple[Node, ...]:
        """The items, in order."""
        return self._read() if self._content is None else self._content


Node = ScalarNode | MappingNode | SequenceNode


def is_plain_string(text: str) -> bool:
    """Whether `text`, written without quotes, is read as a string and not as a number, a date or a truth value."""
    tag: str = _resolver().resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag == _STRING_TAG


@cache
def _resolver() -> Resolver:
    return Resolver()
