"""The public services of the corpus as declarations: which packages, which markers of which templates, and why not.

Reads the incumbent CLI's configurations (config.yaml) as they were published and invents nothing: what a configuration
does not say, or what the corpus does not hold, becomes a reason. No text of a template leaves this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CORPUS = Path(__file__).resolve().parents[3] / "shared/corpus"
HOME = "cn-hangzhou"
_REFERENCE = re.compile(r"\$\{(?P<section>\w+)\.(?P<key>\w+)\.(?P<property>\w+)\}")
_BUILD_FIELDS = {
    "RegionId": "region",
    "SourceImageId": "source_image",
    "CommandContent": "command",
    "CommandType": "command_type",
    "SystemDiskSize": "system_disk_size_gib",
    "EnableGpu": "enable_gpu",
}
_REPO_FIELDS = {"Platform": "platform", "Owner": "owner", "RepoName": "repo_name", "Branch": "branch"}


@dataclass(frozen=True)
class Package:
    """An EcsImage artifact as configured. `needs` is the image that must exist before: (region, image id)."""

    name: str
    source: Mapping[str, Any]
    regions: tuple[str, ...]
    needs: tuple[str, str] | None = None


@dataclass(frozen=True)
class Use:
    """A template, the markers that stand in it (marker -> key of the package) and where it may be deployed."""

    path: Path
    packages: Mapping[str, str]
    regions: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """One state of a public service: at HEAD, or at an earlier commit that declares something else."""

    repository: str
    commit: str
    packages: Mapping[str, Package] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    reasons: tuple[str, ...] = ()
    """What of it cannot be declared, and why. A service without uses does not go up at all."""

    @property
    def label(self) -> str:
        return f"{self.repository}@{self.commit}" if self.commit else self.repository

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(sorted({region for package in self.packages.values() for region in package.regions}))


def services(corpus: Path = CORPUS) -> list[Service]:
    """Every public service with an EcsImage artifact or a relation to one; later states that repeat a declaration
    of the same repository are left out."""
    found: dict[tuple[str, str], Service] = {}
    for folder in sorted((corpus / "config").iterdir()):
        for commit, file in _states(folder):
            config = yaml.safe_load(file.read_text("utf-8"))
            artifacts = _artifacts(config)
            relation = _relation(config)
            if artifacts or relation:
                said = json.dumps([artifacts, relation, config.get("ImageBuilder")], sort_keys=True, default=str)
                found.setdefault((folder.name, said), _service(corpus, folder.name, commit, config))
    return list(found.values())


def _states(folder: Path) -> Iterator[tuple[str, Path]]:
    """(commit, config.yaml), HEAD first."""
    for file in sorted(folder.rglob("config.yaml"), key=lambda file: (f"{folder}/@" in str(file), str(file))):
        first = file.relative_to(folder).parts[0]
        yield first.removeprefix("@") if first.startswith("@") else "", file


def _service(corpus: Path, name: str, commit: str, config: Mapping[str, Any]) -> Service:
    packages: dict[str, Package] = {}
    reasons: list[str] = []
    for key, artifact in _artifacts(config).items():
        found = _package(artifact, config)
        if isinstance(found, Package):
            packages[key] = found
        else:
            reasons.append(found)
    markers: dict[str, str] = {}
    for marker, given in _relation(config).items():
        artifact_id = str(given.get("ArtifactId"))
        reference = _REFERENCE.fullmatch(artifact_id)
        if reference and reference["key"] in packages:
            markers[marker] = reference["key"]
        elif not reference:
            reasons.append("a marker stands for an artifact that the configuration does not declare")
    if packages and not markers:
        reasons.append("no marker stands for the artifact")
    uses: list[Use] = []
    if markers:
        uses, lacking = _uses(corpus / "ros" / name, commit, config, markers)
        reasons += lacking
    used = {key for use in uses for key in use.packages.values()}
    return Service(
        repository=name.replace("__", "/", 1),
        commit=commit,
        packages={key: package for key, package in packages.items() if key in used},
        uses=tuple(uses),
        reasons=tuple(reasons),
    )


def _uses(
    folder: Path, commit: str, config: Mapping[str, Any], markers: Mapping[str, str]
) -> tuple[list[Use], list[str]]:
    uses: list[Use] = []
    unseen = dict(markers)
    absent = 0
    for url, regions in _templates(config).items():
        places = [folder / f"@{commit}"] if commit else []
        file = next((p / ".computenest" / url for p in [*places, folder] if (p / ".computenest" / url).is_file()), None)
        if file is None:
            absent += 1
            continue
        here = {marker: key for marker, key in markers.items() if marker in _image_ids(file)}
        for marker in here:
            unseen.pop(marker, None)
        if here:
            uses.append(Use(file, here, regions))
    reasons = []
    if not uses and absent:
        return [], ["its template is not in the corpus"]
    if unseen:
        reasons.append("a marker stands in no template of the service: the template has moved on")
    return uses, reasons


def _templates(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Url -> AllowedRegions, each template once."""
    metadata = (config.get("Service") or {}).get("DeployMetadata") or {}
    supplier = metadata.get("SupplierDeployMetadata") or {}
    found: dict[str, tuple[str, ...]] = {}
    for entry in [*(supplier.get("SupplierTemplateConfigs") or ()), *(metadata.get("TemplateConfigs") or ())]:
        regions = found.get(entry["Url"], ())
        found[entry["Url"]] = tuple(sorted({*regions, *(entry.get("AllowedRegions") or ())}))
    return found


def _artifacts(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    declared = config.get("Artifact") or {}
    return {key: given for key, given in declared.items() if (given or {}).get("ArtifactType") == "EcsImage"}


def _relation(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Marker -> artifact, from the map form and from the list form."""
    metadata = (config.get("Service") or {}).get("DeployMetadata") or {}
    given = (metadata.get("SupplierDeployMetadata") or {}).get("ArtifactRelation") or {}
    entries = given if isinstance(given, list) else [given]
    return {marker: artifact for entry in entries for marker, artifact in entry.items()}


def _package(artifact: Mapping[str, Any], config: Mapping[str, Any]) -> Package | str:
    built, plain = artifact.get("ArtifactBuildProperty") or {}, artifact.get("ArtifactProperty") or {}
    name = str(artifact["ArtifactName"])
    if built:
        source: dict[str, Any] = {key: built[field] for field, key in _BUILD_FIELDS.items() if built.get(field)}
        source = {"kind": "built", "region": HOME, **source}
        if built.get("CodeRepo"):
            source["code_repo"] = {
                key: built["CodeRepo"][f] for f, key in _REPO_FIELDS.items() if f in built["CodeRepo"]
            }
        image = str(source.get("source_image", ""))
        needs = (source["region"], image) if image.startswith("m-") else None
        return Package(name, source, _regions(artifact, source["region"]), needs)
    reference = _REFERENCE.fullmatch(str(plain.get("ImageId", "")))
    if reference and reference["section"] == "ImageBuilder":
        builder = (config.get("ImageBuilder") or {}).get(reference["key"])
        if builder is None:
            return "the artifact's image comes from an ImageBuilder that the configuration does not have"
        # What the CLI's builder would have made before: an image of the supplier's, in the builder's region.
        region = str(builder["RegionId"])
        return Package(name, {"kind": "custom", "region": region}, _regions(artifact, region), (region, ""))
    if not plain.get("ImageId"):
        return "the artifact has neither an image nor a build"
    region = str(plain.get("RegionId", HOME))
    image = str(plain["ImageId"])
    source = {"kind": "custom", "region": region, "image_id": image}
    return Package(name, source, _regions(artifact, region), (region, image))


def _regions(artifact: Mapping[str, Any], home: str) -> tuple[str, ...]:
    return tuple(artifact.get("SupportRegionIds") or (home,))


def _image_ids(file: Path) -> set[str]:
    """The literal `ImageId` properties of a template, found by another parser than the provider's."""
    return {value for _, value in image_nodes(file.read_text("utf-8"))}


def image_nodes(text: str) -> list[tuple[str, str]]:
    """(path, value) of every property called ImageId of a resource, by composing the YAML and nothing else."""
    found: list[tuple[str, str]] = []

    def walk(node: yaml.Node, path: str) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                here = f"{path}.{key.value}"
                if key.value == "ImageId" and isinstance(value, yaml.ScalarNode) and path.startswith(".Resources."):
                    found.append((here, value.value))
                walk(value, here)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                walk(value, f"{path}[{index}]")

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is not None:
        walk(root, "")
    return found
