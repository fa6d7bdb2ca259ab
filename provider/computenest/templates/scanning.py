"""From bytes to a `Scan`: which format it is, which reader reads it, or why it is refused.

The content decides, the name's suffix helps: HCL by `.tf`, otherwise JSON where it is JSON, otherwise YAML. A file
that begins like JSON but is none may still be YAML's flow style, which ROS takes, so the second reader has its say
before the refusal.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from computenest.templates.conditions import Given
from computenest.templates.configuration import is_configuration, scan_configuration
from computenest.templates.mappings import replaceable_mappings
from computenest.templates.model import (
    MAX_TEMPLATE_BYTES,
    Note,
    Position,
    Remark,
    Scan,
    TemplateRefused,
)
from computenest.templates.nodes import MappingNode, Node, ScalarNode
from computenest.templates.placeholders import find_placeholders
from computenest.templates.pulls import find_later_pulls, lines_of_blocks, lines_of_resources
from computenest.templates.ros import Findings, scan_ros
from computenest.templates.sharing import shared_literals
from computenest.templates.source import Source
from computenest.templates.terraform import scan_terraform, scan_terraform_json, scan_workspace
from computenest.templates.transforms import doubts_about_transform, is_terraform
from computenest.templates.trees import read_tree

_ROS_KEYS = frozenset(
    {"ROSTemplateFormatVersion", "Resources", "Parameters", "Mappings", "Conditions", "Outputs", "Locals", "Rules"}
)
_HCL_SUFFIXES = (".tf", ".tfvars")
_TERRAFORM_KEYS = frozenset({"resource", "data", "variable", "locals", "output", "module", "provider", "terraform"})
_HCL = re.compile(
    r"\s*+(?:(?:#|//)[^\n]*+\s++|/\*.*?\*/\s*+)*+"
    r'(?:resource|data|variable|output|module|provider|locals|terraform)\s(?:[ \t]*+"[^"\n]*+")*+\s*+\{',
    re.DOTALL,
)
_MAX_DUPLICATE_NOTES = 100
# what a file holds that was meant to be a template or a configuration, although it cannot be read
_EVIDENCE = re.compile(
    rb"ROSTemplateFormatVersion|\b(?:ALIYUN|DATASOURCE)::|\bAliyun::|\balicloud_|\b(?:Supplier)?TemplateConfigs\b"
    rb"|\bArtifact(?:Relation|Property|Type)\b"
)


def scan(data: bytes, *, name: str = "template") -> Scan:
    """Every image position of a template.

    1. Nothing is dropped: what cannot be resolved or edited is a position with a reason.
    2. Offsets are bytes of `data`.
    3. The result is a function of `data` and of `name`'s suffix.

    Raises:
        TemplateRefused: the bytes are no template; names line and reason.
    """
    try:
        source = _source(data, name=name)
        if name.endswith(_HCL_SUFFIXES):
            return _scan_one_module(source)
        try:
            root, duplicates, is_json = read_tree(source)
        except TemplateRefused:
            if not _HCL.match(source.text):
                raise
            return _scan_one_module(source)
        return _scan_tree(root, source, duplicates, is_json=is_json)
    except TemplateRefused as refused:
        if not name.endswith((*_HCL_SUFFIXES, ".tf.json")) and not _EVIDENCE.search(data):
            refused.is_foreign = True  # a manifest, a chart's template, a list: it never was a template of ours
        raise


def positions_given(data: bytes, *, given: Given, name: str = "template") -> tuple[Position, ...]:
    """The image positions that a deployment can have which is given these parameters.

    Of a resource that a condition may leave out there is one of form `left_out` beside each property. Of Terraform a
    parameter sets the variable of its name; what else decides there is as in `scan`.

    Raises:
        TemplateRefused: as `scan`.
    """
    source = _source(data, name=name)
    try:
        root, _, _ = read_tree(source)
    except TemplateRefused:
        root = None
    if isinstance(root, MappingNode) and is_terraform(root):
        return tuple(scan_workspace(root, source, deployed=given).positions)
    is_ros = isinstance(root, MappingNode) and root.entries.keys() & _ROS_KEYS
    if not isinstance(root, MappingNode) or not is_ros or is_configuration(root):
        return scan(data, name=name).positions
    return tuple(scan_ros(root, source, workspaces=scan_workspace, given=given)[0].positions)


def scan_module(files: Mapping[str, bytes]) -> dict[str, Scan | TemplateRefused]:
    """Scan Terraform's files of one or more folders together: a variable may be declared beside where it is used, set
    in a `.tfvars` file, or given by a call in another folder.

    Each file has its own scan or refusal; a literal is a position of the file that it stands in.

    Args:
        files: names with their folders (`modules/web/main.tf`), of `.tf`, `.tf.json`, `.tfvars` and `.tfvars.json`.
    """
    results: dict[str, Scan | TemplateRefused] = {}
    sources: dict[str, Source] = {}
    for name, data in files.items():
        try:
            sources[name] = _source(data, name=name)
        except TemplateRefused as refused:
            results[name] = refused
    for name, found in scan_terraform(sources).items():
        if isinstance(found, TemplateRefused):
            results[name] = found
        else:
            results[name] = _result("terraform-json" if name.endswith(".json") else "terraform", found, sources[name])
    return results


def _source(data: bytes, *, name: str) -> Source:
    if len(data) > MAX_TEMPLATE_BYTES:
        line = data.count(b"\n", 0, MAX_TEMPLATE_BYTES) + 1
        message = f"larger than the {MAX_TEMPLATE_BYTES:,} bytes that a template may have; they end in this line"
        raise TemplateRefused(message, line=line, name=name)
    source = Source(data, name=name)
    if not source.text.strip() and not name.endswith(_HCL_SUFFIXES):  # an empty HCL file is legal
        raise source.refusal("empty", line=1, is_foreign=True)
    return source


def _scan_one_module(source: Source) -> Scan:
    found = scan_terraform({source.name: source})[source.name]
    if isinstance(found, TemplateRefused):
        raise found
    return _result("terraform", found, source)


def _scan_tree(root: Node | None, source: Source, duplicates: list[tuple[str, int]], *, is_json: bool) -> Scan:
    if not isinstance(root, MappingNode):
        kind = "nothing" if root is None else "a list" if not isinstance(root, ScalarNode) else "a single text"
        message = f"not a template: {kind} instead of a mapping with Resources"
        raise source.refusal(message, line=1, is_foreign=True)
    keys = root.entries.keys()
    if is_configuration(root):
        format_, found = "computenest-config", scan_configuration(root, source)
    elif is_terraform(root):
        format_, found = "ros-terraform", scan_workspace(root, source)
        found.doubt(source, doubts_about_transform(root))
    elif keys & _ROS_KEYS:
        format_ = "ros-json" if is_json else "ros-yaml"
        found, template = scan_ros(root, source, workspaces=scan_workspace)
        found.doubt(source, doubts_about_transform(root))
        found.mappings = replaceable_mappings(template, found.positions)
        if not is_json:
            found.shared = shared_literals(root, source, found.positions, sections=_ROS_KEYS)
        if "Resources" not in keys:
            found.notes.append(Note(path="Resources", line=1, message="no Resources: a fragment of a template"))
    elif keys & _TERRAFORM_KEYS and (is_json or source.name.endswith(".tf.json")):
        format_, found = "terraform-json", scan_terraform_json(root, source)
    else:
        shown = ", ".join(f"`{key[:40]}`" for key in list(keys)[:4]) or "nothing"
        message = f"not a template: no Resources and no section of ROS or Terraform, but {shown}"
        raise source.refusal(message, line=1, is_foreign=True)
    for key, char in duplicates[:_MAX_DUPLICATE_NOTES]:
        found.note(source, char, key[:200], f"duplicate key `{key[:200]}`: the last one counts")
    return _result(format_, found, source, root)


def _result(format_: str, found: Findings, source: Source, root: MappingNode | None = None) -> Scan:
    """The scan; `root` is of a tree."""
    data = source.data
    resources: tuple[tuple[int, int], ...] = ()
    placeholders, notes = find_placeholders(data)
    pulls = find_later_pulls(data) if placeholders else ()
    if placeholders and format_ == "terraform":
        resources = lines_of_blocks(data)
    elif pulls and root is not None:
        resources = lines_of_resources(root, source)
    misspelt = (Remark(rule="misspelt-placeholder", path="", line=n.line, message=n.message) for n in notes)
    return Scan(
        format=format_,
        positions=tuple(found.positions),
        placeholders=placeholders,
        warnings=(*found.notes, *notes),
        digest=hashlib.sha256(data).hexdigest(),
        lookalikes=tuple(found.lookalikes),
        mappings=found.mappings,
        relations=tuple(found.relations),
        templates=tuple(found.templates),
        later_pulls=pulls,
        remarks=(*found.remarks, *misspelt),
        shared=dict(found.shared),
        resources=resources,
        regions=found.regions,
    )
