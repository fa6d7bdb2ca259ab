"""What a computenest-cli configuration (`.computenest/config.yaml`) says, as values.

Tolerant reading: what has no counterpart among this provider's resources is listed with its path and the reason, never
dropped. Source of the keys: computenest-cli 1.9.17 (facts §8.2) and the real configurations of the corpus.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic.alias_generators import to_camel

from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import Invalid
from computenest.resources._packages.state import BUILT_FIELDS, REPO_FIELDS
from computenest.resources.service.metadata import CONFIGURED
from computenest.resources.service.operating import FIELDS, operating_shown, seen_fields
from computenest.review.documents import map_in
from computenest.review.importing.content import content_source
from computenest.review.importing.shapes import odd_parts

RELATIONS: Mapping[str, str] = {
    "ArtifactRelation": "EcsImage",
    "FileArtifactRelation": "File",
    "AcrImageArtifactRelation": "AcrImage",
    "HelmChartArtifactRelation": "HelmChart",
}
"""Key of SupplierDeployMetadata -> the type of artifact that it associates (facts §2.1)."""

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")
_ARTIFACT = re.compile(r"\$\{Artifact\.(.+)\.ArtifactId\}")
_BUILDERS = ("ImageBuilder", "AcrImageBuilder", "HelmChartBuilder")
_MANAGED = {
    "RegionId",
    "DeployType",
    "ServiceType",
    "ServiceInfo",
    "DeployMetadata",
    "ShareType",
    "VersionName",
    "ApprovalType",
    *FIELDS,
}
_METADATA = {"SupplierDeployMetadata", "TemplateConfigs", *CONFIGURED}
_ATTRIBUTES = {"Private": "private", "Public": "public"}


@dataclass(frozen=True, slots=True)
class Untranslated:
    """One thing of the configuration that the program does not say."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class CliArtifact:
    """One entry below `Artifact`.

    Args:
        key: its key in the configuration.
        kind: EcsImage, AcrImage, HelmChart or File.
        source: for an ECS image what its `source` would be, camelCase; None where the configuration alone cannot say.
        origin: where a builder of the configuration takes the content from, "" without one.
    """

    key: str
    name: str
    kind: str
    description: str = ""
    regions: tuple[str, ...] = ()
    source: Mapping[str, Any] | None = None
    origin: str = ""
    made_from: Mapping[str, str] = field(default_factory=dict)
    """Of the other kinds, `reference` or `path` beside the configuration; {} where no program can name it."""

    @property
    def path(self) -> str:
        return f"Artifact.{self.key}"


@dataclass(frozen=True, slots=True)
class CliTemplate:
    """One entry of `TemplateConfigs`: `url` is a path beside the configuration, or an address."""

    name: str
    url: str
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CliRelation:
    """One marker and what it stands for: the key of an artifact of the configuration, or an artifact's id."""

    kind: str
    marker: str
    artifact_key: str
    artifact_id: str
    version: str
    path: str


@dataclass(frozen=True, slots=True)
class CliService:
    """The `Service` section."""

    deploy_type: str
    service_type: str
    visibility: str
    infos: tuple[Mapping[str, Any], ...]
    templates: tuple[CliTemplate, ...]
    relations: tuple[CliRelation, ...]
    approval_type: str = ""
    operating: Mapping[str, Any] = field(default_factory=dict)
    """Upgrades, operations and further fields, under the names of the resource's inputs; keys of DeployMetadata among
    them."""

    @property
    def name(self) -> str:
        """The first name that any locale has, "" where computenest-cli is told it on its command line."""
        return next((str(info["Name"]) for info in self.infos if info.get("Name")), "")


@dataclass(frozen=True, slots=True)
class CliConfiguration:
    """The whole file; everything in the order of the file."""

    service: CliService
    artifacts: tuple[CliArtifact, ...]
    untranslated: tuple[Untranslated, ...]


def parse_configuration(text: str, *, parameters: Mapping[str, str] | None = None) -> CliConfiguration:
    """Reads a configuration.

    Args:
        text: the file's text, YAML.
        parameters: values of `${Name}`, as computenest-cli takes them from its parameter file.

    Raises:
        Invalid: it is no YAML, or no configuration of computenest-cli.
    """
    try:
        document = read_yaml(text.removeprefix("\ufeff"), flavor="python")
    except Unreadable as error:
        where = f"{error.where}: " if error.where else ""
        raise Invalid(f"{where}the configuration is not YAML: {error.what}", path="CONFIGURATION") from error
    if not isinstance(document, Mapping) or not isinstance(document.get("Service"), Mapping):
        hint = "give the config.yaml of a computenest-cli project"
        raise Invalid("there is no `Service` section", path="CONFIGURATION", hint=hint)
    filled = _fill(document, _values(document, parameters or {}))
    service = filled["Service"]
    odd = [Untranslated(path, why) for path, why in odd_parts(filled, RELATIONS)]
    untranslated = [*odd, *_unmanaged(service)]
    artifacts = tuple(_artifacts(filled, untranslated))
    return CliConfiguration(_service(service, untranslated), artifacts, tuple(untranslated))


def _values(document: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """What each placeholder stands for, as far as the file itself can tell."""
    values: dict[str, Any] = dict(parameters)
    for section in _BUILDERS:
        for key, builder in _entries(document.get(section)):
            values.update({f"{section}.{key}.{name}": value for name, value in builder.items()})
    return values


def _fill(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _fill(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(item, values) for item in node]
    if not isinstance(node, str):
        return node
    whole = _PLACEHOLDER.fullmatch(node)
    return node if whole is None else values.get(whole[1], node)


def _unmanaged(service: Mapping[str, Any]) -> Iterator[Untranslated]:
    """What the resource `Service` does not manage; it stays in the cloud as it is."""
    kept = "not managed by `Service`; what the cloud holds of it is kept as it is"
    for key in sorted(service):
        if key not in _MANAGED:
            yield Untranslated(f"Service.{key}", kept)
    metadata = map_in(service.get("DeployMetadata"))
    for key in sorted(metadata):
        if key not in _METADATA:
            yield Untranslated(f"Service.DeployMetadata.{key}", kept)
    for key in sorted(map_in(metadata.get("SupplierDeployMetadata"))):
        if key not in RELATIONS and key != "SupplierTemplateConfigs":
            yield Untranslated(f"Service.DeployMetadata.SupplierDeployMetadata.{key}", kept)


def _service(service: Mapping[str, Any], untranslated: list[Untranslated]) -> CliService:
    metadata = map_in(service.get("DeployMetadata"))
    supplier = map_in(metadata.get("SupplierDeployMetadata"))
    rules = {key: metadata[key] for key in CONFIGURED if metadata.get(key)}
    infos = service.get("ServiceInfo")
    listed = infos if isinstance(infos, list) else [infos]
    return CliService(
        deploy_type=str(service.get("DeployType") or ""),
        service_type=str(service.get("ServiceType") or "private"),
        visibility=_ATTRIBUTES.get(str(service.get("ShareType")), ""),
        infos=tuple(info for info in listed if isinstance(info, Mapping)),
        templates=_templates(metadata.get("TemplateConfigs"), untranslated),
        relations=tuple(_relations(supplier, untranslated)),
        approval_type=str(service.get("ApprovalType") or ""),
        operating={**operating_shown(seen_fields(service, _document)).bag(), **({"metadata": rules} if rules else {})},
    )


def _document(value: Any) -> Mapping[str, Any]:
    """A document of the configuration: a map, or its JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return map_in(value)


def _templates(found: Any, untranslated: list[Untranslated]) -> tuple[CliTemplate, ...]:
    templates = []
    for number, entry in enumerate(found if isinstance(found, list) else []):
        path = f"Service.DeployMetadata.TemplateConfigs[{number}]"
        if not isinstance(entry, Mapping) or not entry.get("Name") or not entry.get("Url"):
            untranslated.append(Untranslated(path, "it lacks a Name or a Url"))
            continue
        templates.append(CliTemplate(str(entry["Name"]), str(entry["Url"]), _texts(entry.get("AllowedRegions"))))
    return tuple(templates)


def _relations(supplier: Mapping[str, Any], untranslated: list[Untranslated]) -> Iterator[CliRelation]:
    """Both forms of a relation: a mapping by marker, and a list of such mappings (facts §2.1)."""
    for section, kind in RELATIONS.items():
        found = supplier.get(section)
        for mapping in found if isinstance(found, list) else [found]:
            for marker, entry in _entries(mapping):
                path = f"Service.DeployMetadata.SupplierDeployMetadata.{section}[{marker!r}]"
                given = str(entry.get("ArtifactId") or "")
                key = _ARTIFACT.fullmatch(given)
                if key is None and not given.startswith("artifact-"):
                    untranslated.append(Untranslated(path, f"it names no artifact: ArtifactId is {given!r}"))
                    continue
                version = str(entry.get("ArtifactVersion") or "")
                name, id_ = (key[1], "") if key else ("", given)
                yield CliRelation(kind, marker, name, id_, "" if "${" in version else version, path)


def _artifacts(document: Mapping[str, Any], untranslated: list[Untranslated]) -> Iterator[CliArtifact]:
    for key, entry in _entries(document.get("Artifact")):
        path, kind = f"Artifact.{key}", str(entry.get("ArtifactType") or "")
        if kind not in RELATIONS.values():
            untranslated.append(Untranslated(path, f"{kind or 'no type'} is no type of package"))
            continue
        name = str(entry.get("ArtifactName") or "")
        if not name or "${" in name:
            untranslated.append(Untranslated(path, f"its ArtifactName is not known: {name!r}"))
            continue
        content, build = map_in(entry.get("ArtifactProperty")), map_in(entry.get("ArtifactBuildProperty"))
        builder = _builder(document, content, kind)
        yield CliArtifact(
            key=key,
            name=name,
            kind=kind,
            description=str(entry.get("Description") or ""),
            regions=_texts(entry.get("SupportRegionIds")),
            source=_source(content, build) if kind == "EcsImage" else None,
            origin=_origin(kind, builder),
            made_from=content_source(kind, builder, content),
        )


def _source(content: Mapping[str, Any], build: Mapping[str, Any]) -> dict[str, Any] | None:
    """The source of an ECS image, None where a builder of computenest-cli makes the image."""
    if build:
        return _built(build)
    code, version = content.get("CommodityCode"), content.get("CommodityVersion")
    if code and version:
        return {"kind": "marketplace", "commodityCode": str(code), "commodityVersion": str(version)}
    image, region = str(content.get("ImageId") or ""), content.get("RegionId")
    if not image or "${" in image or not region:
        return None
    return {"kind": "custom", "imageId": image, "region": str(region)}


def _built(build: Mapping[str, Any]) -> dict[str, Any]:
    repo = build.get("CodeRepo")
    code_repo = {"codeRepo": _renamed(repo, REPO_FIELDS)} if isinstance(repo, Mapping) else {}
    return {"kind": "built", **_renamed(build, BUILT_FIELDS), **code_repo}


def _renamed(given: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """What is given of these fields, in our words."""
    return {to_camel(ours): given[theirs] for theirs, ours in fields.items() if given.get(theirs) not in (None, "")}


def _origin(kind: str, builder: Mapping[str, Any]) -> str:
    """Where the builder of a content takes it from."""
    keys = {"AcrImage": ("DockerRepoUrl", "DockerFilePath"), "HelmChart": ("HelmRepoUrl", "HelmChartPath")}
    return next((str(builder[key]) for key in keys.get(kind, ()) if builder.get(key)), "")


def _builder(document: Mapping[str, Any], content: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The builder that makes this content, {} without one."""
    section = {"AcrImage": "AcrImageBuilder", "HelmChart": "HelmChartBuilder"}.get(kind, "")
    for _, builder in _entries(document.get(section)):
        if (builder.get("RepoName"), builder.get("Tag")) == (content.get("RepoName"), content.get("Tag")):
            return builder
    return {}


def _entries(section: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in map_in(section).items():
        if isinstance(value, Mapping):
            yield str(key), value


def _texts(found: Any) -> tuple[str, ...]:
    listed: Sequence[Any] = found if isinstance(found, list) else []
    return tuple(str(item) for item in listed)
