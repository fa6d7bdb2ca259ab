"""From a configuration and what the cloud holds of it to the resources of a program. Pure.

Where the cloud holds an artifact or the service already, what it shows is what gets declared; the configuration adds
the names by which its author knows them, and where the templates' files are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from computenest.review.importing.configuration import CliArtifact, CliConfiguration, Untranslated
from computenest.review.importing.content import TYPES, content_arguments
from computenest.review.importing.expression import Call, Name, identifier
from computenest.review.importing.operating import operating_arguments
from computenest.review.importing.program import MODULE, Declaration, Note, package_arguments

_NEW = Note("Not in the cloud yet: `pulumi up` creates it.")


@dataclass(frozen=True, slots=True)
class Held:
    """What the cloud holds of a configuration.

    Args:
        artifacts: key of the configuration -> artifact id.
        packages: key -> checked inputs of an ECS image package that would make what is there, and its version.
        service_id: "" where there is no such service.
        service: the state that an import of the service would record.
    """

    artifacts: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    service_id: str = ""
    service: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Translation:
    """The resources, in the order of their dependence, and what they do not say."""

    declarations: tuple[Declaration, ...]
    untranslated: tuple[Untranslated, ...]


def translate(
    configuration: CliConfiguration,
    held: Held,
    *,
    service_name: str,
    template_files: Mapping[str, str],
    template_texts: Mapping[str, str],
    content_files: Mapping[str, str] = MappingProxyType({}),
) -> Translation:
    """The program's resources.

    Args:
        configuration: what computenest-cli was given.
        held: what the cloud holds of it.
        service_name: the service's name, where the configuration has none.
        template_files: template name -> path of its text, as the program is to name it.
        template_texts: template name -> its text.
        content_files: key of an artifact -> path of its chart or file, as the program is to name it.
    """
    taken, missing = {MODULE, "pulumi", "Path"}, list(configuration.untranslated)
    packages: dict[str, Declaration] = {}
    offered = sorted({region for template in configuration.service.templates for region in template.regions})
    for artifact in configuration.artifacts:
        declared = (
            _package(artifact, held, taken, missing, offered=offered)
            if artifact.kind == "EcsImage"
            else _content(artifact, held, taken, missing, path=content_files.get(artifact.key, ""), offered=offered)
        )
        if declared is not None:
            packages[artifact.key] = declared
    service = _service(configuration, held, packages, service_name, template_files, template_texts, taken, missing)
    arguments = dict(service.arguments)
    for key in ("packages", "relations"):
        standing = _standing(arguments.pop(key, {}), template_texts, missing, in_cloud=bool(held.service_id))
        if standing:
            arguments[key] = standing
    return Translation((*packages.values(), replace(service, arguments=arguments)), tuple(missing))


def _standing(
    markers: Mapping[str, Any], texts: Mapping[str, str], missing: list[Untranslated], *, in_cloud: bool
) -> dict[str, Any]:
    """The markers that some template holds; the others stand for nothing at all."""
    found = {marker: value for marker, value in markers.items() if any(marker in text for text in texts.values())}
    for marker in markers:
        if marker not in found:
            what_next = "; the preview shows that the service loses it" if in_cloud else ""
            missing.append(Untranslated(f"marker {marker!r}", f"it stands in none of the templates{what_next}"))
    return found


def _package(
    artifact: CliArtifact, held: Held, taken: set[str], missing: list[Untranslated], *, offered: Sequence[str]
) -> Declaration | None:
    shown = held.packages.get(artifact.key)
    notes: tuple[Note, ...] = ()
    if shown is None:
        if artifact.key in held.artifacts:
            missing.append(Untranslated(artifact.path, f"{held.artifacts[artifact.key]} is no ECS image package"))
            return None
        if artifact.source is None:
            missing.append(Untranslated(artifact.path, "the cloud has no such artifact, and a builder makes its image"))
            return None
        notes = (_NEW,)
        shown = {
            "name": artifact.name,
            "source": artifact.source,
            # Without regions of its own: wherever the service is offered, else where its image is.
            "regions": artifact.regions or offered or (str(artifact.source.get("region") or ""),),
            "description": artifact.description,
        }
    variable = identifier(artifact.key, taken=taken, otherwise="package")
    arguments = package_arguments(shown)
    return Declaration(
        variable, "EcsImagePackage", artifact.key, arguments, held.artifacts.get(artifact.key, ""), notes
    )


def _content(
    artifact: CliArtifact,
    held: Held,
    taken: set[str],
    missing: list[Untranslated],
    *,
    path: str,
    offered: Sequence[str],
) -> Declaration | None:
    """A package of an image, chart or file that the cloud does not hold yet."""
    if artifact.key in held.artifacts or not (path or artifact.made_from.get("reference")):
        missing.append(Untranslated(artifact.path, _why_content(artifact, held)))
        return None
    shown = {"name": artifact.name, "description": artifact.description, "regions": artifact.regions or offered}
    arguments = content_arguments(artifact.kind, MODULE, artifact.made_from, path, shown)
    variable = identifier(artifact.key, taken=taken, otherwise="package")
    return Declaration(variable, TYPES[artifact.kind], artifact.key, arguments, "", (_NEW,))


def _why_content(artifact: CliArtifact, held: Held) -> str:
    """Content cannot be imported: only who sends it knows what it was made from."""
    wanted = f"to have it managed, declare a {TYPES[artifact.kind]} with its source"
    source = f" ({artifact.origin})" if artifact.origin else ""
    place = held.artifacts.get(artifact.key)
    if place:
        return (
            f"its content is in the cloud and not here: {wanted}{source}; until then the service keeps naming {place}"
        )
    if lies := artifact.made_from.get("path"):
        return f"there is no file {lies!r} beside the configuration; put it there and begin again"
    return f"computenest-cli makes its content itself{source}, and nothing names it: {wanted}"


def _service(
    configuration: CliConfiguration,
    held: Held,
    packages: Mapping[str, Declaration],
    service_name: str,
    template_files: Mapping[str, str],
    template_texts: Mapping[str, str],
    taken: set[str],
    missing: list[Untranslated],
) -> Declaration:
    name = configuration.service.name or service_name
    variable = identifier("service", taken=taken, otherwise="service")
    state = held.service if held.service_id else _as_configured(configuration, name)
    arguments: dict[str, Any] = {
        "infos": {locale: _info(info, name) for locale, info in state["infos"].items()},
        "templates": {
            template: _template(template_files.get(template, ""), entry)
            for template, entry in state["templates"].items()
            if template in template_files
        },
    }
    missing.extend(
        Untranslated(f"Service.DeployMetadata: template {template!r}", _why_no_text(configuration, template))
        for template in state["templates"]
        if template not in template_files
    )
    arguments |= _relations(configuration, held, packages, missing)
    for key, keyword, usual in (
        ("visibility", "visibility", "private"),
        ("publishing", "publishing", "draft"),
        ("serviceType", "service_type", "private"),
        ("deployType", "deploy_type", "ros"),
        ("approvalType", "approval_type", "AutoPass"),
    ):
        if state.get(key) not in (None, "", usual):
            arguments[keyword] = state[key]
    arguments |= operating_arguments(state, {t: template_texts.get(t) for t in arguments["templates"]}, missing)
    shared = dict(state.get("shareAccounts") or {})
    if shared:  # a list of accounts may deploy; other permissions are named
        may_deploy = set(shared.values()) == {"Deployable"}
        arguments["share_accounts"] = sorted(shared) if may_deploy else shared
    notes = () if held.service_id else (_NEW,)
    return Declaration(variable, "Service", "service", arguments, held.service_id, notes)


def _why_no_text(configuration: CliConfiguration, template: str) -> str:
    url = next((t.url for t in configuration.service.templates if t.name == template), "")
    beside = f"there is no file {url!r} beside the configuration" if url and "://" not in url else "no file is named"
    return f"{beside}, and the cloud has no text of it; give the program the file, or put it there and begin again"


def _as_configured(configuration: CliConfiguration, name: str) -> dict[str, Any]:
    """The service as the configuration alone describes it."""
    service = configuration.service
    infos: dict[str, dict[str, Any]] = {}
    for info in service.infos or ({},):
        shown = {
            "name": info.get("Name") or name,
            "shortDescription": info.get("ShortDescription"),
            "agreements": [{"name": a.get("Name"), "url": a.get("Url")} for a in info.get("Agreements") or ()],
            "softwares": [{"name": s.get("Name"), "version": s.get("Version")} for s in info.get("Softwares") or ()],
        }
        image = str(info.get("Image") or "")
        if image.startswith("http"):
            shown["image"] = image  # a file beside the configuration is uploaded by computenest-cli alone
        infos[str(info.get("Locale") or "zh-CN")] = shown
    return {
        "infos": infos,
        "templates": {t.name: {"regions": sorted(t.regions)} for t in service.templates},
        "visibility": service.visibility,
        "serviceType": service.service_type,
        "deployType": service.deploy_type,
        "approvalType": service.approval_type,
        **service.operating,
    }


def _info(info: Mapping[str, Any], otherwise: str) -> Any:
    optional: dict[str, Any] = {
        "short_description": info.get("shortDescription"),
        "image": info.get("image"),
        "long_description_url": info.get("longDescriptionUrl"),
        "agreements": {entry["name"]: entry["url"] for entry in info.get("agreements") or ()},
        "softwares": {entry["name"]: entry["version"] for entry in info.get("softwares") or ()},
    }
    given = {key: value for key, value in optional.items() if value not in (None, "", {})}
    name = info.get("name") or otherwise
    return Call(f"{MODULE}.ServiceInfo", [name], given) if given else name


def _template(path: str, entry: Mapping[str, Any]) -> Any:
    regions = sorted(entry.get("regions") or ())
    return Call(f"{MODULE}.ServiceTemplate", [path], {"regions": regions}) if regions else path


def _relations(
    configuration: CliConfiguration,
    held: Held,
    packages: Mapping[str, Declaration],
    missing: list[Untranslated],
) -> dict[str, Any]:
    """Markers: those of packages of this program by the package, the others by their artifact's id."""
    by_id = {id_: key for key, id_ in held.artifacts.items()}
    through: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    if held.service_id:
        for marker, target in sorted((held.service.get("relations") or {}).items()):
            key = by_id.get(str(target["artifactId"]), "")
            if key in packages and held.packages[key].get("version") == target["version"]:
                through[marker] = Name(packages[key].variable)
            else:
                plain[marker] = {"artifactId": target["artifactId"], "version": target["version"]}
    else:
        for relation in configuration.service.relations:
            if relation.artifact_key in packages:
                through[relation.marker] = Name(packages[relation.artifact_key].variable)
            elif artifact_id := relation.artifact_id or held.artifacts.get(relation.artifact_key):
                plain[relation.marker] = {"artifactId": artifact_id, "version": relation.version or "draft"}
            else:
                missing.append(Untranslated(relation.path, f"there is no artifact {relation.artifact_key!r}"))
    return ({"packages": through} if through else {}) | ({"relations": plain} if plain else {})
