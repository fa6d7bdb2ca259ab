"""What one folder of Terraform files declares: HCL and JSON alike, override files merged, tfvars in their order.

Sources: Terraform's documentation of configuration syntax, "Override Files" (an override's arguments replace those of
the same name, its nested blocks all those of the same type) and "Variable Definition Precedence". Values are kept as
they are written; nothing is evaluated here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from computenest.templates.hcl import Block, Expression
from computenest.templates.nodes import MappingNode, SequenceNode
from computenest.templates.nodes import Node as TreeNode
from computenest.templates.paths import child, item
from computenest.templates.source import Source

_MAX_DEPTH = 24


@dataclass(frozen=True, slots=True)
class TreeValue:
    """A value of `.tf.json` or `.tfvars.json`: a node of the JSON tree. In `is_plain` text nothing is interpolated."""

    node: TreeNode
    source: Source
    is_plain: bool = False

    @property
    def at(self) -> int:
        """Where it begins, in characters of the source."""
        return self.node.start

    @property
    def text(self) -> str:
        """As it is written."""
        return self.source.text[self.node.start : self.node.end]


Value: TypeAlias = "Expression | TreeValue"


@dataclass(frozen=True, slots=True)
class Loop:
    """A `dynamic` block around an argument: the name of its iterator, and what it goes over."""

    iterator: str
    for_each: Value


@dataclass(frozen=True, slots=True)
class Found:
    """An argument in a body, with the path to it and the loops around it (each with the length of the path to it)."""

    path: str
    value: Value
    top: str  # its own name, or the type of the outermost block around it
    loops: tuple[tuple[int, Loop], ...] = ()


@dataclass(slots=True)  # not frozen: one is made of every block, and freezing costs three times as much
class Body:
    """The content of a block, in HCL or in JSON."""

    content: Block | MappingNode
    source: Source

    def arguments(self) -> Iterator[tuple[str, Value]]:
        """The arguments with their values; in JSON nested blocks, too."""
        if isinstance(self.content, Block):
            yield from self.content.expressions()
        else:
            for key, entry in self.content.entries.items():
                yield key, TreeValue(entry.value, self.source)

    def get(self, name: str) -> Value | None:
        """The value of one argument."""
        if isinstance(self.content, Block):
            return self.content.get(name)
        node = self.content.get(name)
        return None if node is None else TreeValue(node, self.source)

    def mentions(self, pattern: re.Pattern[str]) -> bool:
        """Whether the text of its arguments matches somewhere: cheaper than taking them apart."""
        if isinstance(self.content, Block):
            spans = self.content.attributes
            return bool(spans) and pattern.search(self.source.text, spans[0][1], spans[-1][2]) is not None
        return pattern.search(self.source.text, self.content.start, self.content.end) is not None

    def find(self, names: frozenset[str], path: str) -> Iterator[Found]:
        """The arguments of these names at any depth."""
        if isinstance(self.content, Block):
            yield from _in_block(self.content, names, path)
        else:
            for key, entry in self.content.entries.items():
                if key in names:
                    yield Found(child(path, key), TreeValue(entry.value, self.source), key)
                else:
                    inner = _in_tree(entry.value, names, child(path, key), depth=1)
                    yield from (Found(where, TreeValue(node, self.source), key) for where, node in inner)

    def tops(self) -> set[str]:
        """The names of its arguments and the types of its nested blocks, `dynamic` ones included."""
        if isinstance(self.content, Block):
            return {name for name, *_ in self.content.attributes} | {_type_of(block) for block in self.content.blocks}
        return {*self.content.entries}


@dataclass(slots=True)
class Resource:
    """A resource; its bodies are that of the declaration and those of override files."""

    kind: str
    name: str
    bodies: list[Body]


@dataclass(slots=True)
class Call:
    """A `module` block."""

    name: str
    bodies: list[Body]

    def arguments(self) -> dict[str, Value]:
        """Its arguments, overridden ones replaced."""
        return {name: value for body in self.bodies for name, value in body.arguments()}

    def get(self, name: str) -> Value | None:
        """One of them."""
        return next((value for body in reversed(self.bodies) if (value := body.get(name)) is not None), None)


@dataclass(slots=True)
class Folder:
    """The declarations of one folder. `tfvars` has a value with the name of its file, which counts where the folder is
    applied itself."""

    path: str = ""
    is_whole: bool = False  # whether every file of the folder was read
    parts: list[Resource | Call] = field(default_factory=list)
    variables: dict[str, list[Body]] = field(default_factory=dict)
    local_values: dict[str, Value] = field(default_factory=dict)
    outputs: dict[str, list[Body]] = field(default_factory=dict)
    tfvars: dict[str, tuple[Value, str]] = field(default_factory=dict)

    def add_blocks(self, found: Sequence[Block], kinds: Collection[str], *, overrides: bool) -> None:
        """The blocks of an HCL file; resources of `kinds` only."""
        for block in found:
            body, labels = Body(block, block.source), block.labels
            if block.type == "resource" and len(labels) == 2 and labels[0] in kinds:
                self._add(Resource(labels[0], labels[1], [body]), overrides=overrides)
            elif block.type == "module" and labels:
                self._add(Call(labels[0], [body]), overrides=overrides)
            elif block.type == "variable" and labels:
                _put(self.variables, labels[0], body, overrides=overrides)
            elif block.type == "output" and labels:
                _put(self.outputs, labels[0], body, overrides=overrides)
            elif block.type == "locals":
                self.local_values.update(block.expressions())

    def add_tree(self, root: MappingNode, source: Source, kinds: Collection[str], *, overrides: bool) -> None:
        """A JSON file."""
        for kind, group in members_of(root.get("resource")):
            for name, body in _bodies(group, source) if kind in kinds else ():
                self._add(Resource(kind, name, [body]), overrides=overrides)
        for name, body in _bodies(root.get("module"), source):
            self._add(Call(name, [body]), overrides=overrides)
        for name, body in _bodies(root.get("variable"), source):
            _put(self.variables, name, body, overrides=overrides)
        for name, body in _bodies(root.get("output"), source):
            _put(self.outputs, name, body, overrides=overrides)
        self.local_values.update((name, TreeValue(node, source)) for name, node in members_of(root.get("locals")))

    def _add(self, part: Resource | Call, *, overrides: bool) -> None:
        if overrides:
            for known in self.parts:
                is_same = type(known) is type(part) and known.name == part.name
                if is_same and getattr(known, "kind", "") == getattr(part, "kind", ""):
                    known.bodies += part.bodies
                    return
        self.parts.append(part)


def _put(into: dict[str, list[Body]], name: str, body: Body, *, overrides: bool) -> None:
    into[name] = [*into.get(name, ()), body] if overrides else [body]


def is_override(name: str) -> bool:
    """Whether a file's declarations are merged into those of the others."""
    stem = posixpath.basename(name).removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def find_arguments(bodies: Sequence[Body], names: frozenset[str], path: str) -> list[Found]:
    """The arguments of these names in a block, with what overrides make of them."""
    first, *overrides = bodies
    found = list(first.find(names, path))
    for body in overrides:
        replaced = body.tops()
        found = [*(known for known in found if known.top not in replaced), *body.find(names, path)]
    return found


def _type_of(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _in_block(
    block: Block, names: frozenset[str], path: str, top: str = "", loops: tuple[tuple[int, Loop], ...] = ()
) -> Iterator[Found]:
    """The parser bounds the depth."""
    for name, start, end in block.attributes:
        if name in names:
            yield Found(child(path, name), Expression(block.source, start, end), top or name, loops)
    counts: dict[str, int] = {}
    for inner in block.blocks:
        number = counts[inner.type] = counts.get(inner.type, -1) + 1
        where, around = item(child(path, inner.type), number), loops
        if inner.type == "dynamic" and inner.labels:
            for_each, written = inner.get("for_each"), inner.get("iterator")
            if for_each is not None:
                iterator = written.source.text[written.start : written.end].strip() if written else inner.labels[0]
                around = (*loops, (len(where), Loop(iterator, for_each)))
        yield from _in_block(inner, names, where, top or _type_of(inner), around)


def _in_tree(node: TreeNode, names: frozenset[str], path: str, *, depth: int) -> Iterator[tuple[str, TreeNode]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, SequenceNode):
        for number, element in enumerate(node.items):
            yield from _in_tree(element, names, item(path, number), depth=depth + 1)
    elif isinstance(node, MappingNode):
        for key, entry in node.entries.items():
            if key in names:
                yield child(path, key), entry.value
            else:
                yield from _in_tree(entry.value, names, child(path, key), depth=depth + 1)


def members_of(node: TreeNode | None) -> Iterator[tuple[str, TreeNode]]:
    """The entries of a mapping, or of each mapping of a list: Terraform's JSON takes both."""
    if isinstance(node, SequenceNode):
        for element in node.items:
            if isinstance(element, MappingNode):
                yield from members_of(element)
    elif isinstance(node, MappingNode):
        for key, entry in node.entries.items():
            yield key, entry.value


def _bodies(node: TreeNode | None, source: Source) -> Iterator[tuple[str, Body]]:
    """The named bodies of a section; one may be wrapped in a list."""
    for name, value in members_of(node):
        for content in value.items if isinstance(value, SequenceNode) else (value,):
            if isinstance(content, MappingNode):
                yield name, Body(content, source)
