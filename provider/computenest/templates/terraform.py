"""Image positions of Terraform: folders of HCL and JSON files, and the `Workspace` of a ROS template.

Resources by type and argument from the table, at any block depth, in every instance that modules and loops make of
them. A call of a module that is not among the files is reported, with those of its arguments that are named after an
image's id or are one, and the caution that the module decides what they mean. Only blocks that can hold a position or
a declaration are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from computenest.templates.conditions import Given
from computenest.templates.embedded import EmbeddedSource
from computenest.templates.leaves import Leaf
from computenest.templates.model import TemplateRefused
from computenest.templates.nodes import MappingNode, ScalarNode
from computenest.templates.nodes import Node as TreeNode
from computenest.templates.paths import child
from computenest.templates.ros import Findings, template_of
from computenest.templates.ros_template import Budget, RosTemplate
from computenest.templates.source import Source
from computenest.templates.stack_parameters import HINT, is_image
from computenest.templates.table import TERRAFORM_CARRIERS, TERRAFORM_LOOKALIKES, TERRAFORM_TEMPLATES
from computenest.templates.terraform_files import SUFFIXES, Parsed, folder_of, folders_of, is_loaded, parsed
from computenest.templates.terraform_folder import Call, Folder, Found, Resource, Value, find_arguments
from computenest.templates.terraform_modules import called, copies, loop_copies, mentions, outputs, target_of
from computenest.templates.terraform_scope import Scope, World
from computenest.templates.terraform_stacks import Stacks
from computenest.templates.terraform_values import leaves_of_value

Bindings: TypeAlias = Mapping[str, tuple[TreeNode, RosTemplate]]

_MODULE_CAUTION = "an argument of a module call: whether it is an ECS image id is decided in the module"
_IMAGE_ID = re.compile(r"(?:^|_)image_id\Z")
_MAX_INSTANCES = 1_000
_DEBUG = ".debug.tf"  # ROS leaves these out; source: its "Methods and suggestions for Terraform code development"


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument that the table names, in one instance, with the file of the block around it."""

    path: str
    resource_type: str
    value: Value
    scope: Scope
    home: Source
    is_real: bool
    caution: str | None = None


@dataclass(slots=True)
class _Walk:
    """One pass over the instances of folders; `findings` by the file that they belong to, `prefixes` of paths in it."""

    findings: Mapping[int, Findings]
    prefixes: Mapping[int, str] = field(default_factory=dict)
    texts: Mapping[str, Source] = field(default_factory=dict)  # the other files of a workspace
    reached: set[str] = field(default_factory=set)
    instances: int = 0

    def folder(self, scope: Scope, *, caution: str | None = None) -> None:
        """Add what one instance of a folder holds, and what the modules that it calls hold."""
        self.reached.add(scope.folder.path)
        self.instances += 1
        for part in scope.folder.parts:
            if isinstance(part, Resource):
                for argument in _of_resource(part, scope, caution):
                    self._add(argument)
                if part.kind in TERRAFORM_TEMPLATES:
                    self._templates(part, scope)
                continue
            found = called(part, scope)
            source = part.bodies[0].source
            if found.scopes is None:
                self._not_followed(part, scope, found.reason)
            elif self.instances + len(found.scopes) > _MAX_INSTANCES:
                raise source.refusal_at(f"more than {_MAX_INSTANCES:,} instances of modules", 0)
            else:
                for inner in found.scopes.values():
                    self.folder(inner, caution=caution)

    def _templates(self, resource: Resource, scope: Scope) -> None:
        """The ROS template that each instance of a resource holds."""
        source = resource.bodies[0].source
        arguments = {name: value for body in resource.bodies for name, value in body.arguments()}
        instances: list[tuple[str, Scope]] = [("", scope)]
        if any(mentions(value) for value in arguments.values()):
            instances = [(index, scope.binding(bound)) for index, bound in copies(arguments, scope)]

        def put(leaf: Leaf, *, path: str, resource_type: str, caution: str | None, real: bool) -> None:
            self._put(leaf, path, resource_type, caution, is_real=real, home=source, line=source.line(0))

        stacks = Stacks(self._home(source), scan_workspace, put, self.texts)
        for index, inside in instances:
            where = f"{_below(scope, child(resource.kind, resource.name))}{index}"
            stacks.read(resource, inside, self._prefixed(source, where))

    def _not_followed(self, call: Call, scope: Scope, reason: str) -> None:
        source, written = call.bodies[0].source, call.get("source")
        where = _below(scope, child("module", call.name))
        at = 0 if written is None else written.at
        message = f"module `{call.name[:80]}` is not followed, nor are images in it found: {reason}"
        self._home(source).report("not-followed", source, at, self._prefixed(source, where), message)
        may_hold_ids = any(body.mentions(HINT) for body in call.bodies)
        names = {name for body in call.bodies for name in body.tops() if may_hold_ids or name.endswith("image_id")}
        for name in sorted(names):
            value, is_named = call.get(name), _IMAGE_ID.search(name) is not None
            if value is not None and (is_named or (may_hold_ids and _is_image(value, scope))):
                path = child(where, name)
                self._add(_Argument(path, "module", value, scope, source, is_real=True, caution=_MODULE_CAUTION))

    def _home(self, source: Source) -> Findings:
        return self.findings[id(source.outermost if id(source) not in self.findings else source)]

    def _prefixed(self, source: Source, path: str) -> str:
        prefix = self.prefixes.get(id(source))
        return f"{prefix}.{path}" if prefix else path

    def _add(self, argument: _Argument) -> None:
        """Record an argument's leaves: each with the file that it stands in, and at home where that is another."""
        path = self._prefixed(argument.home, argument.path)
        line = argument.value.source.line(argument.value.at)
        for leaf in leaves_of_value(argument.value, argument.scope):
            self._put(
                leaf,
                path,
                argument.resource_type,
                argument.caution,
                is_real=argument.is_real,
                home=argument.home,
                line=line,
            )

    def _put(
        self, leaf: Leaf, path: str, resource_type: str, caution: str | None, *, is_real: bool, home: Source, line: int
    ) -> None:
        into, at_home = self._home(leaf.source), self._home(home)
        position = into.add(leaf, path=path, resource_type=resource_type, caution=caution, real=is_real)
        if into is not at_home:
            elsewhere = f"stands in {leaf.source.name}, line {position.line}"
            stub = position.model_copy(update={"start": None, "end": None, "line": line, "reason": elsewhere})
            (at_home.positions if is_real else at_home.lookalikes).append(stub)


def scan_terraform(sources: Mapping[str, Source]) -> dict[str, Findings | TemplateRefused]:
    """The findings of each file of one or more folders; a broken file is refused and the others are read."""
    results: dict[str, Findings | TemplateRefused] = {}
    files: dict[str, tuple[Source, Parsed]] = {}
    for name, source in sources.items():
        try:
            files[name] = source, parsed(source, name=name)
        except TemplateRefused as refused:
            results[name] = refused
        else:
            results[name] = findings = Findings()
            if not is_loaded(name):
                message = "values that Terraform does not load by itself (-var-file): not read"
                findings.note(source, 0, "", message)
    found = {id(source): results[name] for name, source in sources.items()}
    folders = folders_of(files, is_whole=len(sources) > 1)
    walk = _Walk({key: findings for key, findings in found.items() if isinstance(findings, Findings)})
    for path, error in _walk_all(folders, walk):
        results |= {name: error for name in files if folder_of(name) == path}
    return results


def _walk_all(folders: Mapping[str, Folder], walk: _Walk) -> list[tuple[str, TemplateRefused]]:
    """Each folder that is applied itself: one that no folder outside of it calls. Gives those that are refused."""
    called_ones: set[str] = set()
    for path, folder in folders.items() if len(folders) > 1 else ():
        called_ones |= {target for target in _targets(folder, folders) if not _is_in(path, target)}
    refusals: list[tuple[str, TemplateRefused]] = []
    for path in sorted(folders, key=called_ones.__contains__):
        if path in called_ones and path in walk.reached:
            continue
        try:
            walk.folder(Scope(_world(folders), folders[path]))
        except TemplateRefused as refused:
            refusals.append((path, refused))
    return refusals


def _world(folders: Mapping[str, Folder], template: RosTemplate | None = None) -> World:
    return World(folders, Budget() if template is None else template.budget, outputs, template)


def _targets(folder: Folder, folders: Mapping[str, Folder]) -> Iterator[str]:
    scope = Scope(_world(folders), folder)
    for part in folder.parts:
        if isinstance(part, Call) and (target := target_of(part, scope)) is not None:
            yield target


def _is_in(path: str, folder: str) -> bool:
    return path == folder or not folder or path.startswith(f"{folder}/")


def scan_workspace(
    root: MappingNode,
    source: Source,
    *,
    path: str = "Workspace",
    given: Bindings | None = None,
    deployed: Given | None = None,
) -> Findings:
    """The findings of a ROS template of Terraform type: each folder of its workspace is a module, and the outermost is
    applied. Its parameters set the variables of that folder, before tfvars and defaults; `given` is what the parent of
    a nested stack sets them to, `deployed` what a deployment is given."""
    template = replace(template_of(root, source, given=deployed), bindings=given or {})
    findings = Findings(remarks=template.remarks)
    workspace = root.get("Workspace")
    if not isinstance(workspace, MappingNode):
        findings.note(source, 0, path, "a template of Terraform type without a Workspace")
        return findings
    files: dict[str, tuple[Source, Parsed]] = {}
    prefixes: dict[int, str] = {}
    texts: dict[str, Source] = {}
    for name, entry in workspace.entries.items():
        where = child(path, name)
        if not name.endswith(SUFFIXES):
            if isinstance(entry.value, ScalarNode):
                texts[name] = EmbeddedSource(source, entry.value, name=f"{source.name}, {where}")
            continue
        if name.endswith(_DEBUG) or not is_loaded(name):
            findings.note(source, entry.start, where, "not read by the cloud: it has no effect there")
            continue
        if not isinstance(entry.value, ScalarNode):
            findings.note(source, entry.start, where, "not a text")
            continue
        inner = EmbeddedSource(source, entry.value, name=f"{source.name}, {where}")
        prefixes[id(inner)] = where
        try:
            files[name] = inner, parsed(inner, name=name)
        except TemplateRefused as refused:
            raise source.refusal(f"{where}: {refused.message}", line=refused.line) from refused
    folders = folders_of(files, is_whole=True)
    walk = _Walk({id(source): findings, id(source.outermost): findings}, prefixes, texts)
    _walk_workspace(folders, template, walk)
    findings.remarks[:] = dict.fromkeys(findings.remarks)
    return findings


def _walk_workspace(folders: Mapping[str, Folder], template: RosTemplate, walk: _Walk) -> None:
    world = _world(folders, template)
    if "" in folders:
        walk.folder(Scope(world, folders[""]))
    for path, folder in folders.items():
        if path not in walk.reached:
            walk.folder(Scope(world, folder, given={}), caution=f"no module call reaches the folder `{path[:100]}`")


def scan_terraform_json(root: MappingNode, source: Source) -> Findings:
    """The findings of a `.tf.json` file."""
    findings = Findings()
    folders = folders_of({"main.tf.json": (source, root)}, is_whole=False)
    for _, error in _walk_all(folders, _Walk({id(source): findings})):
        raise error
    return findings


def _is_image(value: Value, scope: Scope) -> bool:
    return any(leaf.value is not None and is_image(leaf.value) for leaf in leaves_of_value(value, scope))


def _below(scope: Scope, path: str) -> str:
    return f"{scope.address}.{path}" if scope.address else path


def _of_resource(resource: Resource, scope: Scope, caution: str | None) -> Iterator[_Argument]:
    names, is_real = TERRAFORM_CARRIERS.get(resource.kind), True
    if names is None:
        names, is_real = TERRAFORM_LOOKALIKES.get(resource.kind), False
    where = _below(scope, child(resource.kind, resource.name))
    for found in find_arguments(resource.bodies, names or frozenset(), where):
        values = (found.value, *(loop.for_each for _, loop in found.loops))
        instances: list[tuple[str, Scope]] = [("", scope)]
        if any(map(mentions, values)):
            arguments = {name: value for body in resource.bodies for name, value in body.arguments()}
            instances = [(index, scope.binding(bound)) for index, bound in copies(arguments, scope)]
        for index, inside in instances:
            for path, innermost in _unrolled(found, inside):
                at = f"{where}{index}{path[len(where) :]}"
                yield _Argument(at, resource.kind, found.value, innermost, resource.bodies[0].source, is_real, caution)


def _unrolled(found: Found, scope: Scope) -> Iterator[tuple[str, Scope]]:
    """The path of an argument in each turn of the `dynamic` blocks around it."""
    turns = [(found.path, 0, scope)]
    for length, loop in found.loops:
        pattern = re.compile(rf"\b{re.escape(loop.iterator)}\b")
        later = (found.value, *(other.for_each for at, other in found.loops if at > length))
        if not any(mentions(value, pattern) for value in later):
            continue
        turns = [
            (path[: length + moved] + index + path[length + moved :], moved + len(index), inside.binding(names))
            for path, moved, inside in turns
            for index, names in loop_copies(loop.for_each, loop.iterator, inside)
        ]
        if len(turns) > _MAX_INSTANCES:
            raise found.value.source.refusal_at(f"more than {_MAX_INSTANCES:,} turns of loops", found.value.at)
    for path, _, inside in turns:
        yield path, inside
