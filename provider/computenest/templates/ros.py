"""Image positions of a ROS template, by resource type and property.

Walks `Resources` along the table's paths only, so that its cost is that of the parse. On the way down an `Fn::If`
may choose between whole blocks; any other function there hides what it holds, and is reported. The body of a nested
stack is a template of its own, of ROS or of Terraform, whose parameters the parent sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from computenest.templates.conditions import Given
from computenest.templates.embedded import EmbeddedSource
from computenest.templates.leaves import MAX_POSITIONS, Leaf, to_position
from computenest.templates.looks import items_of, text_of, value_at
from computenest.templates.model import ImageMapping, Note, Position, Relation, Remark, TemplateRefused, TemplateUrl
from computenest.templates.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from computenest.templates.paths import child, item
from computenest.templates.remarks import remark_condition
from computenest.templates.resolve import Budget, RosTemplate, function_of, holds, leaves_of, taken
from computenest.templates.ros_template import Outside
from computenest.templates.source import Source
from computenest.templates.stack_parameters import MODULE, bindings_of, free_parameters
from computenest.templates.table import FREE_PARAMETERS, ROS_CARRIERS, ROS_LOOKALIKES, Carrier
from computenest.templates.transforms import doubts_about_transform, is_terraform
from computenest.templates.trees import read_tree

LEFT_OUT = "left_out"
"""The form of a position whose resource a condition may leave out."""

_MAX_STACKS = 4  # how deep stacks may nest in one file
_BODIES: Mapping[str, tuple[str, ...]] = {
    "ALIYUN::ROS::Stack": ("TemplateBody",),
    "ALIYUN::ROS::StackGroup": ("TemplateBody", "DynamicTemplateBody"),
}
_KNOWN = frozenset({*ROS_CARRIERS, *ROS_LOOKALIKES, *FREE_PARAMETERS})
_ELSEWHERE = ("TemplateURL", "TemplateUrl", "TemplateId")


@dataclass(slots=True)
class Findings:
    """What a walk has found so far, and what is known of the whole file."""

    positions: list[Position] = field(default_factory=list)
    lookalikes: list[Position] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    mappings: tuple[ImageMapping, ...] = ()
    shared: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    relations: Sequence[Relation] = ()
    templates: Sequence[TemplateUrl] = ()
    regions: tuple[str, ...] = ()

    def add(self, leaf: Leaf, *, path: str, resource_type: str, caution: str | None, real: bool) -> Position:
        """Remember a leaf as a position, or as what only looks like one."""
        into = self.positions if real else self.lookalikes
        if len(into) >= MAX_POSITIONS:
            raise leaf.source.refusal_at(f"more than {MAX_POSITIONS:,} image positions", leaf.at)
        into.append(to_position(leaf, path=path, resource_type=resource_type, caution=caution))
        return into[-1]

    def note(self, source: Source, char: int, path: str, message: str) -> None:
        """Remember something that a reader should know."""
        self.notes.append(Note(path=path, line=source.line(char), message=message))

    def report(self, rule: str, source: Source, char: int, path: str, message: str) -> None:
        """Remember something that a reader should know and lint has a rule for."""
        self.note(source, char, path, message)
        self.remarks.append(Remark(rule=rule, path=path, line=source.line(char), message=message))

    def doubt(self, source: Source, doubts: Iterable[tuple[int, str]], *, path: str = "") -> None:
        """Remember what is not clear about a template's Transform, each with its character."""
        for char, message in doubts:
            self.report("unknown-transform", source, char, child(path, "Transform"), message)

    def may_be_left_out(self, first: int, node: Node, template: RosTemplate, is_there: bool | None) -> None:  # noqa: FBT001 - three values
        """Beside each property found since `first`, that it may be none at all, where nobody knows."""
        if is_there is not None:
            return
        found = {position.path: position.resource_type for position in self.positions[first:]}
        for path, resource_type in found.items():
            leaf = Leaf(LEFT_OUT, template.source, node.start, reason="its condition may leave the resource out")
            self.positions.append(to_position(leaf, path=path, resource_type=resource_type))


class Workspaces(Protocol):
    """Reads the Terraform of a nested stack; `given` are the values that the parent sets its variables to."""

    def __call__(
        self, root: MappingNode, source: Source, *, path: str, given: Mapping[str, tuple[Node, RosTemplate]]
    ) -> Findings: ...


def scan_ros(
    root: MappingNode, source: Source, *, workspaces: Workspaces, given: Given | None = None
) -> tuple[Findings, RosTemplate]:
    """Every image position below `root`, of a deployment that is `given` something only those that it can have.
    `workspaces` reads Terraform in nested stacks."""
    template = template_of(root, source, given=given)
    findings = Findings(remarks=template.remarks)
    Walk(findings, workspaces).resources(root, template, path="", depth=0)
    return findings, template


def _section(root: MappingNode, name: str) -> Mapping[str, Node]:
    node = root.get(name)
    return _Section(node.entries) if isinstance(node, MappingNode) else {}


class _Section(Mapping[str, Node]):
    """A section's values by name, each wrapped when it is asked for: most parameters never are."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Node:
        return self._entries[name].value

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def template_of(root: MappingNode, source: Source, *, given: Given | None = None) -> RosTemplate:
    """The outermost template of a file."""
    return _template(root, source, budget=Budget(), bindings={}, remarks=[], given=given)


def _template(
    root: MappingNode,
    source: Source,
    *,
    budget: Budget,
    bindings: Mapping[str, tuple[Node, RosTemplate]],
    remarks: list[Remark],
    given: Given | None,
    outside: Outside | None = None,
) -> RosTemplate:
    return RosTemplate(
        source=source,
        parameters=_section(root, "Parameters"),
        mappings=_section(root, "Mappings"),
        variables=_section(root, "Locals"),
        resources=_section(root, "Resources"),
        budget=budget,
        bindings=bindings,
        remarks=remarks,
        conditions=_section(root, "Conditions"),
        given=given,
        is_whole="ROSTemplateFormatVersion" in root.entries,
        outside=outside,
    )


@dataclass(slots=True)
class Walk:
    """Visits the image properties of a template and of the stacks in it; what is done there is `carrier`."""

    findings: Findings
    workspaces: Workspaces | None = None

    def resources(self, root: MappingNode, template: RosTemplate, *, path: str, depth: int) -> None:
        """Look at each resource; `path` is where a nested template stands in the file."""
        section = root.get("Resources")
        here = child(path, "Resources")
        if not isinstance(section, MappingNode):
            if section is not None:
                self.findings.note(template.source, section.start, here, "Resources is not a mapping")
            return
        for name, resource in template.resources.items():
            kind = resource.get("Type") if isinstance(resource, MappingNode) else None
            if not isinstance(resource, MappingNode) or not isinstance(kind, ScalarNode):
                continue
            is_module = kind.value.startswith(MODULE)
            if not is_module and kind.value not in _KNOWN:
                continue
            if is_module:
                self._module(kind, template, path=child(here, name))
            carriers = ROS_CARRIERS.get(kind.value)
            lookalikes = ROS_LOOKALIKES.get(kind.value) if carriers is None else None
            free = is_module or kind.value in FREE_PARAMETERS
            properties = resource.get("Properties")
            is_there = _is_there(resource, template)
            if properties is None or is_there is False:
                continue
            first, where = len(self.findings.positions), child(child(here, name), "Properties")
            before = len(template.remarks)
            if not self._nested_stack(kind.value, properties, template, path=where, depth=depth):
                real = (*(carriers or ()), *(free_parameters(kind.value, properties, template.source) if free else ()))
                for carrier in real:
                    self.carrier(carrier, properties, template, path=where, resource_type=kind.value, real=True)
                for carrier in lookalikes or ():
                    self.carrier(carrier, properties, template, path=where, resource_type=kind.value, real=False)
            # made in some regions only, perhaps: then gaps may be meant
            condition = resource.get("Condition")
            passed = {"missing-image"} if condition is not None else set()
            _forget(template, before, rules=passed if carriers or free else None)
            if condition is not None and carriers:
                remark_condition(condition, template)
            self.findings.may_be_left_out(first, resource, template, is_there)

    def _module(self, kind: ScalarNode, template: RosTemplate, *, path: str) -> None:
        """A module's resources are in another file, which the cloud keeps."""
        message = f"{kind.value[:100]} is a module kept in the cloud: it is not followed, nor are images in it found"
        self._not_read(template, kind.start, path, message)

    def carrier(
        self,
        carrier: Carrier,
        properties: Node,
        template: RosTemplate,
        *,
        path: str,
        resource_type: str,
        real: bool,
    ) -> None:
        """Add the literals that one property can take."""
        for where, label, value in self.values_of(carrier, properties, template, path=path):
            for leaf in leaves_of(value, template, form="if" if label else "literal", label=label):
                self.add(leaf, path=where, resource_type=resource_type, caution=carrier.caution, real=real)

    def add(self, leaf: Leaf, *, path: str, resource_type: str, caution: str | None, real: bool) -> None:
        """Remember a leaf where findings are kept."""
        self.findings.add(leaf, path=path, resource_type=resource_type, caution=caution, real=real)

    def values_of(
        self, carrier: Carrier, properties: Node, template: RosTemplate, *, path: str
    ) -> Iterator[tuple[str, str, Node]]:
        """The values of one property, with path and with the branches taken on the way."""
        if carrier.only_if is not None:
            sibling, wanted = carrier.only_if
            if text_of(value_at(properties, sibling)) != wanted:
                return
        yield from self._descend(properties, carrier.steps, template, path=path, label="")

    def _descend(
        self, node: Node, steps: tuple[str, ...], template: RosTemplate, *, path: str, label: str, depth: int = 0
    ) -> Iterator[tuple[str, str, Node]]:
        """The values at the end of `steps`, with path and with the branches taken on the way."""
        template.budget.spend(template.source, node.start)
        if not steps:
            yield path, label, node
            return
        called = function_of(node)
        if called is not None:
            name, argument = called
            if name == "Fn::If" and isinstance(argument, SequenceNode) and depth < len(steps) + 8:
                possible = taken(argument.items[0], template) if argument.items else ()
                for number, branch in ((n, argument.items[n]) for n in possible if n < len(argument.items)):
                    inner = ".".join(part for part in (label, f"Fn::If[{number}]") if part)
                    yield from self._descend(branch, steps, template, path=path, label=inner, depth=depth + 1)
            elif not _leaves_property_out(name, argument):
                message = f"{name[:60]} may hold `{'.'.join(steps)}`; it is computed at deployment"
                self.findings.note(template.source, node.start, path, message)
            return
        if steps[0] == "[]":
            for number, element in enumerate(items_of(node)):
                yield from self._descend(
                    element, steps[1:], template, path=item(path, number), label=label, depth=depth
                )
        elif isinstance(node, MappingNode):
            value = node.get(steps[0])
            if value is not None:
                yield from self._descend(
                    value, steps[1:], template, path=child(path, steps[0]), label=label, depth=depth
                )

    def _nested_stack(self, kind: str, properties: Node, template: RosTemplate, *, path: str, depth: int) -> bool:
        """Scan the body of a nested stack; False if it has none here (a TemplateURL)."""
        names = _BODIES.get(kind)
        if names is None or not isinstance(properties, MappingNode):
            return False
        name = next((name for name in names if properties.get(name) is not None), None)
        body = properties.get(name) if name else None
        if name is None or body is None:
            self._elsewhere(properties, template, path=path)
            return False
        source, where = template.source, child(path, name)
        if depth >= _MAX_STACKS:
            self._not_read(template, body.start, where, f"stacks nested deeper than {_MAX_STACKS}: not read")
            return True
        try:
            if isinstance(body, ScalarNode) and function_of(body) is None:
                source = EmbeddedSource(template.source, body, name=source.name)
                body, *_ = read_tree(source)
            if not isinstance(body, MappingNode) or function_of(body) is not None:
                self._not_read(template, properties.start, where, "the nested template is computed at deployment")
                return False
            self.nested_body(body, source, properties.get("Parameters"), template, path=where, depth=depth)
        except TemplateRefused as refused:
            at = properties.entries[name].start
            message = f"a nested template that is none: {refused.message}"
            self.findings.note(template.source, at, where, message)
            template.remark("unreadable", at, message, path=where)
        return True

    def nested_body(
        self, body: MappingNode, source: Source, given: Node | None, parent: RosTemplate, *, path: str, depth: int
    ) -> None:
        """Scan a template within `parent`; `given` are the parameters that it gets."""
        bindings: dict[str, tuple[Node, RosTemplate]] = {}
        nested = _template(
            body,
            source,
            budget=parent.budget,
            bindings=bindings,
            remarks=parent.remarks,
            given=parent.given.of_nested_stack() if parent.given else None,
            outside=parent.outside,
        )
        bindings.update(bindings_of(given, parent, nested))
        self.findings.doubt(source, doubts_about_transform(body), path=path)
        if is_terraform(body) and self.workspaces is not None:
            found = self.workspaces(body, source, path=child(path, "Workspace"), given=bindings)
            self.findings.positions += found.positions
            self.findings.lookalikes += found.lookalikes
            self.findings.notes += found.notes
            self.findings.remarks += found.remarks
            if len(self.findings.positions) > MAX_POSITIONS:
                raise source.refusal_at(f"more than {MAX_POSITIONS:,} image positions", body.start)
        else:
            self.resources(body, nested, path=path, depth=depth + 1)

    def _elsewhere(self, properties: MappingNode, template: RosTemplate, *, path: str) -> None:
        name = next((name for name in _ELSEWHERE if properties.get(name) is not None), None)
        if name is not None:
            message = f"the template that {name} names is not read: images in it are not found"
            self._not_read(template, properties.entries[name].start, child(path, name), message)

    def _not_read(self, template: RosTemplate, char: int, path: str, message: str) -> None:
        self.findings.report("not-followed", template.source, char, path, message)


def _forget(template: RosTemplate, first: int, *, rules: set[str] | None) -> None:
    """Drop the remarks from `first` on: those of some rules, or all of them."""
    if len(template.remarks) > first:
        template.remarks[first:] = [r for r in template.remarks[first:] if rules is not None and r.rule not in rules]


def _is_there(resource: MappingNode, template: RosTemplate) -> bool | None:
    """Whether a resource is made; None where nobody knows, and True of a template by itself."""
    condition = resource.get("Condition") if template.given else None
    return True if condition is None else holds(condition, template)


def _leaves_property_out(name: str, argument: Node) -> bool:
    return name == "Ref" and isinstance(argument, ScalarNode) and argument.value == "ALIYUN::NoValue"
