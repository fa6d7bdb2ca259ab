"""YAML with exact marks: libyaml's composer, and the guards that hostile bytes make necessary.

The composer recurses in C (100,000 open brackets end the process with a segmentation fault, measured) and PyYAML's
resolver costs more than the parse. Both are cured in the same place: the two hooks that the composer calls around
each node count the depth and the nodes, and the tag of a scalar is only resolved where somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml
from yaml._yaml import CParser

from computenest.templates.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from computenest.templates.source import Source

MAX_DEPTH = 200  # the deepest real template (160 kB, SAP) nests 19 levels
MAX_NODES = 100_000  # the largest real template has 9,000
_MAX_TAG_DIRECTIVES = 100  # libyaml compares each with all before it: 30,000 of them take a second
_MAX_MERGED = 100_000  # entries that merge keys may bring in, all mappings together

# what libyaml's reader refuses: control characters, and a byte order mark that is not the first character
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class _LimitExceeded(Exception):
    """A limit of this reader; turned into a refusal before it leaves the module."""


class _Composer(CParser):
    """libyaml's composer without tag resolution, with limits."""

    __slots__ = ("count", "depth")  # counted at each node: an eighth of the scan's time in an instance's dictionary

    def __init__(self, stream: bytes) -> None:
        CParser.__init__(self, stream)
        self.depth = 0
        self.count = 0

    def resolve(self, kind: object, value: object, implicit: object) -> str:  # noqa: ARG002 - libyaml's signature
        """The tag of a node that has none written: left open."""
        return ""

    def descend_resolver(self, parent: object, index: object) -> None:  # noqa: ARG002
        """Called before each node."""
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH:
            raise _LimitExceeded(f"nested deeper than {MAX_DEPTH} levels")
        if self.count > MAX_NODES:
            raise _LimitExceeded(f"more than {MAX_NODES:,} values")

    def ascend_resolver(self) -> None:
        """Called after each node."""
        self.depth -= 1


def read_yaml(source: Source) -> tuple[Node | None, list[tuple[str, int]]]:
    """The tree of a YAML file (None if it is empty) and a list that its duplicate keys will be added to, as
    (key, character), when the mappings that hold them are unfolded.

    Raises:
        TemplateRefused: with the line where libyaml stopped.
    """
    data = source.data[source.base :] if source.base else source.data
    if data.count(b"%TAG") > _MAX_TAG_DIRECTIVES:
        raise source.refusal(f"more than {_MAX_TAG_DIRECTIVES} %TAG directives", line=1)
    composer = _Composer(data)
    try:
        root = composer.get_single_node()
    except yaml.reader.ReaderError as error:
        # libyaml reports the byte, PyYAML's own reader the character; the text is there to ask
        match = _NOT_ALLOWED.search(source.text)
        raise source.refusal_at(f"not YAML: {error.reason}", match.start() if match else 0) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise source.refusal_at(f"not YAML: {problem}", mark.index if mark else 0) from error
    except _LimitExceeded as error:
        raise source.refusal(str(error), line=_line_of_limit(source, composer)) from error
    except (ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise source.refusal(f"not YAML: {error}", line=1) from error
    finally:
        composer.dispose()
    wrapper = _Wrapper(source)
    return (None if root is None else wrapper.wrap(root)), wrapper.duplicates


def _line_of_limit(source: Source, composer: _Composer) -> int:
    """Where the composer stood when a limit stopped it; a parser that cannot say leaves line 1."""
    try:
        event = composer.peek_event()
    except (yaml.YAMLError, AttributeError, _LimitExceeded):
        return 1
    mark = event.start_mark if event is not None else None
    return source.line(min(mark.index, len(source.text))) if mark is not None else 1


class _Wrapper:
    """Turns composed nodes into ours, each mapping when it is first looked into."""

    def __init__(self, source: Source) -> None:
        self.duplicates: list[tuple[str, int]] = []
        self._source = source
        self._merged = 0
        self._wrapped: dict[int, Node] = {}  # a node that has aliases is unfolded once

    def wrap(self, node: yaml.Node) -> Node:
        known = self._wrapped.get(id(node))
        if known is None:
            known = self._wrapped[id(node)] = self._wrap(node)
        return known

    def _wrap(self, node: yaml.Node) -> Node:
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, yaml.ScalarNode):
            return ScalarNode(node.value, start, end, node.style or "", node.tag, id(node))
        if isinstance(node, yaml.MappingNode):
            return MappingNode(start=start, end=end, tag=node.tag, identity=id(node), load=lambda: self._entries(node))
        return SequenceNode(
            start=start, end=end, tag=node.tag, identity=id(node), load=lambda: tuple(self.wrap(n) for n in node.value)
        )

    def _entries(self, node: yaml.MappingNode) -> Mapping[str, Entry]:
        pairs: dict[str, tuple[int, yaml.Node]] = {}
        self._collect(node, pairs, (), own=True)
        return {key: Entry(key, start, value, self.wrap) for key, (start, value) in pairs.items()}

    def _collect(
        self, node: yaml.MappingNode, pairs: dict[str, tuple[int, yaml.Node]], inside: tuple[int, ...], *, own: bool
    ) -> None:
        """Add the entries of `node` that are not there yet: own keys first, then what `<<` brings in."""
        merges: list[yaml.Node] = []
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value == "<<" and not key.style and not key.tag:
                merges.extend(reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value])
                continue
            if own and key.value in seen:
                self.duplicates.append((key.value, key.start_mark.index))
            if own or key.value not in pairs or key.value in seen:
                pairs[key.value] = (key.start_mark.index, value)
                seen.add(key.value)
        self._merged += 0 if own else len(node.value)
        if self._merged > _MAX_MERGED or len(inside) > MAX_DEPTH:
            raise self._source.refusal_at("merge keys bring in too many entries", node.start_mark.index)
        # the last `<<` written wins over earlier ones, as PyYAML flattens them; within a list the first wins
        for merge in reversed(merges):
            if isinstance(merge, yaml.MappingNode) and id(merge) not in inside and merge is not node:
                self._collect(merge, pairs, (*inside, id(node)), own=False)
