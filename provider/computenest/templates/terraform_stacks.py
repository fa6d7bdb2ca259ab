"""ROS templates in resources of Terraform: the `template_body` of a stack, and the parameters that the stack gives it.

The body is a heredoc, a string, what `jsonencode` makes of an object, or a file of the same workspace; behind a local,
a variable's default or a conditional it is followed. Interpolations in it are read as Terraform reads them. Source:
the provider's resources `alicloud_ros_*`, as pulumi-alicloud describes them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Protocol

from computenest.templates.embedded import EmbeddedSource
from computenest.templates.hcl import Block, Expression
from computenest.templates.hcl_texts import source_of_text
from computenest.templates.leaves import Leaf
from computenest.templates.model import TemplateRefused
from computenest.templates.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from computenest.templates.paths import child, item
from computenest.templates.ros import Findings, Walk, Workspaces
from computenest.templates.ros_template import Budget, RosTemplate
from computenest.templates.source import Source
from computenest.templates.stack_parameters import FREE, is_for_an_image
from computenest.templates.terraform_folder import Body, Resource, TreeValue, Value
from computenest.templates.terraform_heads import Head, Items, Scalar, Way
from computenest.templates.terraform_operators import sides_of
from computenest.templates.terraform_scope import Scope
from computenest.templates.terraform_values import heads_of, leaves_of_value
from computenest.templates.trees import read_tree

_PARAMETERS = ("parameters", "parameter_overrides")
_ELSEWHERE = ("template_url", "template_id")
_ENCODERS = frozenset({"jsonencode", "yamlencode"})
_FILES = frozenset({"file", "templatefile"})
_HERE = re.compile(r"\$\{path\.(?:module|root|cwd)\}/")
_MAX_FOLLOWED = 12
_MAX_HEADS = 20


class Put(Protocol):
    """Keeps a leaf as a position of the file that it stands in."""

    def __call__(self, leaf: Leaf, *, path: str, resource_type: str, caution: str | None, real: bool) -> None: ...


@dataclass(slots=True)
class _StackWalk(Walk):
    """A walk over a ROS template within Terraform: a literal may stand in another file of the folder."""

    put: Put | None = None

    def add(self, leaf: Leaf, *, path: str, resource_type: str, caution: str | None, real: bool) -> None:
        if self.put is not None:
            self.put(leaf, path=path, resource_type=resource_type, caution=caution, real=real)


@dataclass(frozen=True, slots=True)
class _Text:
    """A body that is a text, and whether Terraform fills in what stands in `${…}`."""

    source: Source
    is_interpolated: bool


@dataclass(slots=True)
class Stacks:
    """Reads the templates of resources of one file. `files` are the other texts of a workspace by name."""

    findings: Findings
    workspaces: Workspaces
    put: Put
    files: Mapping[str, Source] = field(default_factory=dict)

    def read(self, resource: Resource, scope: Scope, path: str) -> None:
        """Add what the template of one instance of a resource holds; `path` names the resource."""
        arguments = {name: value for body in resource.bodies for name, value in body.arguments()}
        reader = _Reader(scope)
        given = reader.parameters(resource.bodies)
        bodies = list(reader.bodies(arguments["template_body"], self.files)) if "template_body" in arguments else []
        is_read = False
        where = child(path, "template_body")
        for body in bodies:
            is_read |= self._body(body, reader, given, resource.bodies[0].source, path=where)
        if not is_read:
            name = next((name for name in ("template_body", *_ELSEWHERE) if name in arguments), None)
            if name is not None:
                reason = next((body for body in bodies if isinstance(body, str)), "kept elsewhere")
                message = f"the template of {name} is not read, nor are images in it found: {reason}"
                self.findings.report(
                    "not-followed", arguments[name].source, arguments[name].at, child(path, name), message
                )
            self._free_parameters(resource, reader, given, path=path)

    def _body(
        self, body: _Text | MappingNode | str, reader: _Reader, given: Node | None, source: Source, *, path: str
    ) -> bool:
        if isinstance(body, str):
            return False
        root: Node | None = body if isinstance(body, MappingNode) else None
        if isinstance(body, _Text):
            source = body.source
            try:
                root, *_ = read_tree(source)
            except TemplateRefused as refused:
                if body.is_interpolated and ("${" in source.text or "%{" in source.text):
                    return False
                self.findings.report("unreadable", source, 0, path, f"a template that is none: {refused.message}")
                return True
        if not isinstance(root, MappingNode):
            self.findings.report("unreadable", source, 0, path, "a template that is none: no mapping with Resources")
            return True
        is_interpolated = not isinstance(body, _Text) or body.is_interpolated
        parent = RosTemplate(
            source=source,
            budget=Budget(),
            remarks=self.findings.remarks,
            outside=reader.outside if is_interpolated else reader.encoded,
        )
        _StackWalk(self.findings, self.workspaces, self.put).nested_body(
            root, source, given, parent, path=path, depth=0
        )
        return True

    def _free_parameters(self, resource: Resource, reader: _Reader, given: Node | None, *, path: str) -> None:
        for number, (name, entry) in enumerate(given.entries.items() if isinstance(given, MappingNode) else ()):
            node = entry.value
            if isinstance(node, ScalarNode) and is_for_an_image(name, node):
                where = child(item(child(path, "parameters"), number), "parameter_value")
                for leaf in reader.encoded(node, resource.bodies[0].source) or ():
                    self.put(leaf, path=where, resource_type=resource.kind, caution=FREE, real=True)


@dataclass(slots=True)
class _Reader:
    """Expressions of one scope as nodes of a ROS template."""

    scope: Scope
    heads: dict[int, tuple[Head, ...]] = field(default_factory=dict)  # of the texts that were made, by identity
    identities: Iterator[int] = field(default_factory=lambda: count(-1, -1))

    def outside(self, node: ScalarNode, source: Source) -> Sequence[Leaf] | None:
        """What Terraform makes of a text of a template."""
        known = self.encoded(node, source)
        if known is None and "${" in node.value:
            return list(leaves_of_value(TreeValue(node, source), self.scope))
        return known

    def encoded(self, node: ScalarNode, source: Source) -> Sequence[Leaf] | None:  # noqa: ARG002 - one signature
        """The same, where nothing is filled into texts."""
        heads = self.heads.get(node.identity)
        return None if heads is None else [_leaf(head) for head in heads]

    def bodies(self, value: Value, files: Mapping[str, Source]) -> Iterator[_Text | MappingNode | str]:
        """What a `template_body` can be: a text, a template, or the reason why it is neither."""
        for one in self._possible(value, 0):
            yield one if isinstance(one, str) else self._one_body(one, files)

    def _possible(self, value: Value, depth: int) -> Iterator[Value | str]:
        """The expressions that a value stands for: locals, defaults and conditionals are followed."""
        scope = self.scope
        scope.world.budget.spend(value.source, value.at)
        if isinstance(value, TreeValue):
            yield value
            return
        items = scope.world.items(value)
        names = [value.text(one) for one in items]
        sides = sides_of(value, items) if any(one.kind == "operator" for one in items) else None
        if depth > _MAX_FOLLOWED:
            yield "expressions refer to each other too deep"
        elif len(items) == 1 and items[0].kind == "(":
            yield from self._possible(value.content(items[0]), depth + 1)
        elif sides is not None:
            for side in sides[1:]:
                yield from self._possible(side, depth + 1)
        elif len(items) == 2 and names[0] in ("local", "var") and items[1].kind == "postfix":
            followed = self._followed(names[0], names[1].lstrip(". \t"))
            if followed is None:
                yield f"`{names[0]}{names[1][:80]}` is known at deployment"
            else:
                yield from self._possible(followed, depth + 1)
        else:
            yield value

    def _followed(self, root: str, name: str) -> Value | None:
        folder = self.scope.folder
        if root == "local":
            return folder.local_values.get(name)
        if self.scope.given is not None:
            return None  # an argument of the module call stands in another scope
        if name in folder.tfvars:
            return folder.tfvars[name][0]
        declared = {key: value for body in folder.variables.get(name, ()) for key, value in body.arguments()}
        return declared.get("default")

    def _one_body(self, value: Value, files: Mapping[str, Source]) -> _Text | MappingNode | str:
        if isinstance(value, TreeValue):
            node = value.node
            if not isinstance(node, ScalarNode):
                return "it is no text"
            return _Text(EmbeddedSource(value.source, node, name=value.source.name), not value.is_plain)
        items = self.scope.world.items(value)
        if len(items) == 1 and items[0].kind in ("string", "template", "heredoc"):
            return _Text(source_of_text(value, items[0]), is_interpolated=True)
        name = value.text(items[0]) if len(items) == 2 and items[1].kind == "(" else ""
        if name in _ENCODERS:
            made = self.node(heads_of(value.content(items[1]), self.scope, Way()))
            return made if isinstance(made, MappingNode) else f"what {name}() makes is known at deployment"
        if name in _FILES:
            return self._file(value.content(items[1]), files, is_interpolated=name == "templatefile")
        written = value.source.text[value.start : value.end].strip()[:80]
        return f"`{written}` is known at deployment"

    def _file(self, arguments: Expression, files: Mapping[str, Source], *, is_interpolated: bool) -> _Text | str:
        written = self.scope.world.items(arguments)[:1]
        text = arguments.text(written[0])[1:-1] if written and written[0].kind in ("string", "template") else ""
        plain = _HERE.sub("", text)
        if not plain or "${" in plain:
            return "the file's name is known at deployment"
        name = posixpath.normpath(posixpath.join(self.scope.folder.path, plain))
        found = files.get(name) or files.get(posixpath.normpath(plain))
        if found is None:
            return f"it is the file `{plain[:100]}`, which is read as a file of its own where it is named"
        return _Text(found, is_interpolated)

    def parameters(self, bodies: Sequence[Body]) -> Node | None:
        """The parameters that blocks give, as a mapping; a text where they are not known, None where none are given."""
        found: dict[str, Entry] = {}
        is_known = True
        for name, value in (pair for body in bodies for pair in _pairs(body)):
            keys = list(islice(heads_of(name, self.scope, Way()), 2)) if name is not None else []
            key = keys[0].text if len(keys) == 1 and isinstance(keys[0], Scalar) else None
            if key is None or value is None:
                is_known = False
                continue
            found[key] = Entry(key, value.at, heads_of(value, self.scope, Way()), self.node)
        if not found and is_known:
            return None
        return self._mapping(found, 0) if is_known else ScalarNode("", 0, 0, '"', "", next(self.identities))

    def node(self, heads: Iterator[Head]) -> Node:
        """What heads make: a mapping, a list, or a text whose leaves they are."""
        listed = tuple(islice(heads, _MAX_HEADS))
        head = listed[0] if len(listed) == 1 else None
        if isinstance(head, Items) and head.rest is None:
            members, at = head.members, head.place.at
            if head.kind == "object":
                entries = {key: Entry(key, at, member(Way()), self.node) for key, member in members}
                return self._mapping(entries, at)
            items = [member(Way()) for _, member in members]
            return SequenceNode(
                start=at, end=at, tag="", identity=next(self.identities), load=lambda: tuple(map(self.node, items))
            )
        identity = next(self.identities)
        self.heads[identity] = listed
        text = head.text if isinstance(head, Scalar) else ""
        at = _leaf(head).at if head is not None else 0
        return ScalarNode(text, at, at, '"', "", identity)

    def _mapping(self, entries: Mapping[str, Entry], at: int) -> MappingNode:
        return MappingNode(start=at, end=at, tag="", identity=next(self.identities), load=lambda: entries)


def _leaf(head: Head) -> Leaf:
    if isinstance(head, Items):
        reason = "a list or an object, not an image id"
        return Leaf("expression", head.place.source, head.place.at, reason=reason, label=head.way.label)
    return head.leaf


def _pairs(body: Body) -> Iterator[tuple[Value | None, Value | None]]:
    """Name and value of each block of parameters; neither where the blocks are made at deployment."""
    if isinstance(body.content, Block):
        for block in body.content.blocks:
            if block.type in _PARAMETERS:
                arguments = dict(block.expressions())
                yield arguments.get("parameter_key"), arguments.get("parameter_value")
            elif block.type == "dynamic" and block.labels[:1] and block.labels[0] in _PARAMETERS:
                yield None, None
        return
    for section in _PARAMETERS:
        node = body.content.get(section)
        for element in node.items if isinstance(node, SequenceNode) else (node,):
            if isinstance(element, MappingNode):
                parts = (element.get("parameter_key"), element.get("parameter_value"))
                key, value = (None if part is None else TreeValue(part, body.source) for part in parts)
                yield key, value
