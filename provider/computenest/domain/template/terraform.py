"""Image positions of Terraform: HCL files of one folder, `.tf.json`, and the `Workspace` of a ROS template.

Resources by type and argument from the table, at any block depth; a module's `image_id` argument is reported with
the caution that the module decides what it means. Only blocks that can hold a position or a declaration are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from computenest.domain.template.embedded import EmbeddedSource
from computenest.domain.template.hcl import Block, parse_hcl
from computenest.domain.template.leaves import MAX_POSITIONS, to_position
from computenest.domain.template.model import TemplateRefused
from computenest.domain.template.nodes import MappingNode, ScalarNode, SequenceNode
from computenest.domain.template.nodes import Node as TreeNode
from computenest.domain.template.paths import child, item
from computenest.domain.template.resolve import Budget, RosTemplate
from computenest.domain.template.ros import Findings
from computenest.domain.template.source import Source
from computenest.domain.template.table import TERRAFORM_CARRIERS, TERRAFORM_LOOKALIKES, TERRAFORM_MODULE_ARGUMENTS
from computenest.domain.template.terraform_values import Module, TreeValue, Value, values_of

__all__ = ["scan_terraform", "scan_terraform_json", "scan_workspace"]

_MAX_DEPTH = 24
_MODULE_CAUTION = "an argument of a module call: whether it is an ECS image id is decided in the module"


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument that the table names, with its path and what it belongs to."""

    path: str
    resource_type: str
    value: Value
    is_real: bool
    caution: str | None = None


def scan_terraform(sources: Mapping[str, Source]) -> dict[str, Findings | TemplateRefused]:
    """The findings of each file of one folder; a broken file is refused and the others are read."""
    results: dict[str, Findings | TemplateRefused] = {}
    found: list[Block] = []
    for name, source in sources.items():
        try:
            found += parse_hcl(source).blocks
        except TemplateRefused as refused:
            results[name] = refused
        else:
            results[name] = Findings()
    by_source = {id(source): results[name] for name, source in sources.items()}
    module = _module(found, is_whole=len(sources) > 1)
    for argument in _arguments(found):
        home = by_source[id(argument.value.source)]
        if isinstance(home, Findings):
            _add(argument, module, home, by_source)
    return results


def scan_workspace(
    root: MappingNode,
    source: Source,
    *,
    path: str = "Workspace",
    given: Mapping[str, tuple[TreeNode, RosTemplate]] | None = None,
) -> Findings:
    """The findings of a ROS template of Terraform type: every `.tf` file of its workspace, as one module. `given` is
    what the parent of a nested stack sets its variables to."""
    del given
    findings = Findings()
    workspace = root.get("Workspace")
    if not isinstance(workspace, MappingNode):
        findings.note(source, 0, path, "a template of Terraform type without a Workspace")
        return findings
    found: list[Block] = []
    files: dict[int, str] = {}
    for name, entry in workspace.entries.items():
        if not name.endswith(".tf"):
            continue
        where = child(path, name)
        if not isinstance(entry.value, ScalarNode):
            findings.note(source, entry.start, where, "not a text")
            continue
        inner = EmbeddedSource(source, entry.value, name=f"{source.name}, {where}")
        files[id(inner)] = where
        try:
            found += parse_hcl(inner).blocks
        except TemplateRefused as refused:
            raise source.refusal(f"{where}: {refused.message}", line=refused.line) from refused
    parameters = root.get("Parameters")
    overrides = frozenset(parameters.entries) if isinstance(parameters, MappingNode) else frozenset()
    module = _module(found, is_whole=True, overrides=overrides)
    for argument in _arguments(found):
        prefix = files[id(argument.value.source)]
        inside = _Argument(
            f"{prefix}.{argument.path}", argument.resource_type, argument.value, argument.is_real, argument.caution
        )
        _add(inside, module, findings, {})
    return findings


def scan_terraform_json(root: MappingNode, source: Source) -> Findings:
    """The findings of a `.tf.json` file."""
    findings = Findings()
    variables: dict[str, Value | None] = {}
    for name, node in _members(root.get("variable")):
        default = node.get("default") if isinstance(node, MappingNode) else None
        variables[name] = None if default is None else TreeValue(default, source)
    local_values: dict[str, Value] = {name: TreeValue(node, source) for name, node in _members(root.get("locals"))}
    module = Module(variables, local_values, Budget())
    for kind, group in _members(root.get("resource")):
        for names, is_real in ((TERRAFORM_CARRIERS.get(kind), True), (TERRAFORM_LOOKALIKES.get(kind), False)):
            for name, node in _members(group) if names else ():
                for path, value in _tree_arguments(node, names or frozenset(), child(kind, name), depth=0):
                    _add(_Argument(path, kind, TreeValue(value, source), is_real), module, findings, {})
    for name, node in _members(root.get("module")):
        for key, value in _members(node):
            if key in TERRAFORM_MODULE_ARGUMENTS:
                path = child(child("module", name), key)
                argument = _Argument(path, "module", TreeValue(value, source), is_real=True, caution=_MODULE_CAUTION)
                _add(argument, module, findings, {})
    return findings


def _add(
    argument: _Argument, module: Module, home: Findings, by_source: Mapping[int, Findings | TemplateRefused]
) -> None:
    """Record an argument's leaves: each with the file that it stands in, and in `home` where that is another."""
    for leaf in values_of(argument.value, module):
        into = by_source.get(id(leaf.source), home)
        position = to_position(leaf, path=argument.path, resource_type=argument.resource_type, caution=argument.caution)
        if isinstance(into, Findings):
            target = into.positions if argument.is_real else into.lookalikes
            if len(target) >= MAX_POSITIONS:
                raise leaf.source.refusal_at(f"more than {MAX_POSITIONS:,} image positions", leaf.at)
            target.append(position)
        if into is not home:
            elsewhere = f"stands in {leaf.source.name}, line {position.line}"
            line = argument.value.source.line(argument.value.at)
            stub = position.model_copy(update={"start": None, "end": None, "line": line, "reason": elsewhere})
            (home.positions if argument.is_real else home.lookalikes).append(stub)


def _module(found: list[Block], *, is_whole: bool, overrides: frozenset[str] = frozenset()) -> Module:
    variables: dict[str, Value | None] = {}
    local_values: dict[str, Value] = {}
    for block in found:
        if block.type == "variable" and block.labels:
            variables[block.labels[0]] = next((value for name, value in block.expressions() if name == "default"), None)
        elif block.type == "locals":
            local_values.update(block.expressions())
    return Module(variables, local_values, Budget(), overrides=overrides, is_whole=is_whole)


def _arguments(found: list[Block]) -> Iterator[_Argument]:
    for block in found:
        if block.type == "resource" and len(block.labels) == 2:
            kind, name = block.labels
            names, is_real = TERRAFORM_CARRIERS.get(kind), True
            if names is None:
                names, is_real = TERRAFORM_LOOKALIKES.get(kind), False
            if names is not None:
                for path, value in _block_arguments(block, names, child(kind, name)):
                    yield _Argument(path, kind, value, is_real)
        elif block.type == "module" and block.labels:
            where = child("module", block.labels[0])
            for name, value in block.expressions():
                if name in TERRAFORM_MODULE_ARGUMENTS:
                    yield _Argument(child(where, name), "module", value, is_real=True, caution=_MODULE_CAUTION)


def _block_arguments(block: Block, names: frozenset[str], path: str) -> Iterator[tuple[str, Value]]:
    """The arguments of these names in a block and in the blocks below it; the parser bounds their depth."""
    for name, value in block.expressions():
        if name in names:
            yield child(path, name), value
    counts: dict[str, int] = {}
    for inner in block.blocks:
        number = counts[inner.type] = counts.get(inner.type, -1) + 1
        yield from _block_arguments(inner, names, item(child(path, inner.type), number))


def _tree_arguments(node: TreeNode, names: frozenset[str], path: str, *, depth: int) -> Iterator[tuple[str, TreeNode]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, SequenceNode):
        for number, element in enumerate(node.items):
            yield from _tree_arguments(element, names, item(path, number), depth=depth + 1)
    elif isinstance(node, MappingNode):
        for key, entry in node.entries.items():
            if key in names:
                yield child(path, key), entry.value
            else:
                yield from _tree_arguments(entry.value, names, child(path, key), depth=depth + 1)


def _members(node: TreeNode | None) -> Iterator[tuple[str, TreeNode]]:
    """The entries of a mapping, or of each mapping of a list: Terraform's JSON takes both."""
    if isinstance(node, SequenceNode):
        for element in node.items:
            if isinstance(element, MappingNode):
                yield from _members(element)
    elif isinstance(node, MappingNode):
        for key, entry in node.entries.items():
            yield key, entry.value
