"""The computenest-cli configuration (`.computenest/config.yaml`): several templates and what associates them.

Not a template itself, but the file that suppliers already have: its relations are the markers, its templates the
files to look for them, and its artifacts name the source images. Read so that one command can check them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce

from computenest.templates.leaves import Leaf, to_position
from computenest.templates.looks import entries_of, text_of, value_at
from computenest.templates.model import Position, Relation, TemplateUrl
from computenest.templates.nodes import MappingNode, Node, ScalarNode, SequenceNode
from computenest.templates.paths import child, item
from computenest.templates.ros import Findings
from computenest.templates.source import Source
from computenest.templates.spans import literal_span

_SECTIONS = ("Service", "Artifact", "ImageBuilder", "AcrImageBuilder", "HelmChartBuilder")
_RELATIONS = ("ArtifactRelation", "FileArtifactRelation", "AcrImageArtifactRelation", "HelmChartArtifactRelation")
_SOURCES = ("ArtifactProperty", "ArtifactBuildProperty")
_REGION = re.compile(r"[a-z]{2,4}-[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_DEPTH = 12
_MAX_FOUND = 5_000


def is_configuration(root: MappingNode) -> bool:
    """Whether a tree is a configuration and no template."""
    if root.get("Resources") is not None:
        return False
    return any(isinstance(root.get(section), MappingNode) for section in _SECTIONS)


@dataclass(slots=True)
class _Named:
    """What the metadata of a service names."""

    relations: list[Relation] = field(default_factory=list)
    templates: list[TemplateUrl] = field(default_factory=list)
    regions: set[str] = field(default_factory=set)


def scan_configuration(root: MappingNode, source: Source) -> Findings:
    """The source images of the artifacts as positions, the relations, the templates' addresses, and the regions."""
    named = _Named()
    service = root.get("Service")
    if isinstance(service, MappingNode):
        _service(service, source, "Service", named, ())
    public = _public_artifacts(root)
    return Findings(
        positions=_images(root, source),
        relations=[one.model_copy(update={"is_public": one.artifact in public}) for one in named.relations],
        templates=named.templates,
        regions=_regions(root, named.regions),
    )


def _regions(root: MappingNode, allowed: set[str]) -> tuple[str, ...]:
    """The regions that a configuration names: where its templates may be deployed (`allowed`), where its artifacts are
    distributed to, and where their sources are."""
    found = set(allowed)
    for section in ("Artifact", "ImageBuilder"):
        for entry in entries_of(root.get(section)).values():
            found.update(_texts(value_at(entry.value, "SupportRegionIds")))
            for steps in ((), *((name,) for name in _SOURCES)):
                found.update(_texts(value_at(entry.value, *steps, "RegionId")))
    return tuple(sorted(region for region in found if _REGION.fullmatch(region)))


def _texts(node: Node | None) -> Iterator[str]:
    for one in node.items if isinstance(node, SequenceNode) else (node,):
        if isinstance(one, ScalarNode):
            yield one.value


def _public_artifacts(root: MappingNode) -> set[str]:
    """`${Artifact.X.ArtifactId}` of each artifact whose repository is declared public."""
    return {
        f"${{Artifact.{name}.ArtifactId}}"
        for name, entry in entries_of(root.get("Artifact")).items()
        if any(text_of(value_at(entry.value, section, "RepoType")) == "Public" for section in _SOURCES)
    }


def _images(root: MappingNode, source: Source) -> list[Position]:
    """`Artifact.X.ArtifactProperty.ImageId` and every builder's `SourceImageId`."""
    found: list[Position] = []
    for section, steps, kind in (
        ("Artifact", ("ArtifactProperty", "ImageId"), "EcsImage"),
        ("Artifact", ("ArtifactBuildProperty", "SourceImageId"), "EcsImage"),
        ("ImageBuilder", ("SourceImageId",), "ImageBuilder"),
    ):
        for name, entry in entries_of(root.get(section)).items():
            node = value_at(entry.value, *steps)
            if section == "Artifact" and text_of(value_at(entry.value, "ArtifactType")) != "EcsImage":
                continue
            if isinstance(node, ScalarNode) and len(found) < _MAX_FOUND:
                path = reduce(child, (name, *steps), section)
                found.append(to_position(_leaf(node, source), path=path, resource_type=kind))
    return found


def _leaf(node: ScalarNode, source: Source) -> Leaf:
    if "${" in node.value:
        return Leaf("reference", source, node.start, value=node.value, reason="filled in by computenest-cli")
    span = literal_span(source, node)
    if isinstance(span, str):
        return Leaf("literal", source, node.start, value=node.value, reason=span)
    return Leaf("literal", source, node.start, start=span[0], end=span[1], value=node.value)


def _service(node: Node, source: Source, path: str, named: _Named, inside: tuple[int, ...]) -> None:
    """Relations, template addresses and regions, wherever the metadata keeps them."""
    found = len(named.relations) + len(named.templates)
    if len(inside) > _MAX_DEPTH or node.identity in inside or found > _MAX_FOUND:
        return
    if isinstance(node, SequenceNode):
        for number, element in enumerate(node.items):
            _service(element, source, item(path, number), named, (*inside, node.identity))
    if not isinstance(node, MappingNode):
        return
    for key, entry in node.entries.items():
        where = child(path, key)
        if key in _RELATIONS:
            _relations(key, entry.value, source, where, named.relations)
        elif key == "AllowedRegions":
            named.regions.update(_texts(entry.value))
        elif key in ("TemplateConfigs", "SupplierTemplateConfigs") and isinstance(entry.value, SequenceNode):
            for number, element in enumerate(entry.value.items):
                url = value_at(element, "Url")
                if isinstance(url, ScalarNode):
                    at = child(item(where, number), "Url")
                    named.templates.append(TemplateUrl(url=url.value, path=at, line=source.line(url.start)))
                named.regions.update(_texts(value_at(element, "AllowedRegions")))
        else:
            _service(entry.value, source, where, named, (*inside, node.identity))


def _relations(kind: str, node: Node, source: Source, path: str, into: list[Relation]) -> None:
    """Both forms: a mapping by marker, and the list of mappings that one public service uses."""
    if isinstance(node, SequenceNode):
        for element in node.items:
            if isinstance(element, MappingNode):
                _relations(kind, element, source, path, into)
        return
    if not isinstance(node, MappingNode):
        return
    for marker, entry in node.entries.items():
        name = text_of(value_at(entry.value, "ArtifactId")) or ""
        into.append(
            Relation(kind=kind, marker=marker, artifact=name, path=child(path, marker), line=source.line(entry.start))
        )
