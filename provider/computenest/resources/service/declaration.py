"""`Service`, as programs see it: what is told to the cloud stands at the fields of the model, the rest stands here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict

from computenest.kernel.fields import About, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.names import RegionId
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.kernel.values import Json, Model, given, given_whole
from computenest.resources.service.model import AnyService, Service, ServiceInfo, State


class TemplateDeclaration(Model):
    """A template and where it may be deployed."""

    text: Annotated[Maybe[str] | None, About("The template: ROS YAML or JSON, or Terraform.")] = None
    file_name: Annotated[Maybe[str] | None, About("What messages call it; its ending helps to tell the format.")] = None
    digest: Annotated[
        Maybe[str] | None, About("In place of the text: that of a template that is in place already.")
    ] = None
    regions: Annotated[
        Maybe[tuple[Maybe[RegionId], ...]] | None,
        About("Where it may be deployed; everywhere where none is named."),
    ] = None
    options: Annotated[
        Maybe[Mapping[str, Json]] | None,
        About("Further keys of its entry in TemplateConfigs, in the API's own words."),
    ] = None


class GivenTemplate(TemplateDeclaration):
    """With the facts of last time (`ignoreChanges`, an import)."""

    format: Maybe[str] | None = None
    size_bytes: Maybe[int] | None = None


def _version(value: object) -> object:
    """A version as it is given: its number is one to YAML."""
    return str(int(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


class PackageRelation(Model):
    """The artifact version behind a marker: a package's outputs, or an artifact's id and version."""

    artifact_id: Annotated[Maybe[str], About("The artifact.")]
    version: Annotated[
        Annotated[str, BeforeValidator(_version)] | Unknown | None,
        About("Its version; empty for the cloud's own choice."),
    ] = None
    owner_id: Annotated[Maybe[str] | None, About("The package resource that it is, where it is one.")] = None
    generation: Annotated[Maybe[int] | None, About("How often that resource was replaced.")] = None
    edition: Annotated[Maybe[str] | None, About("A digest of what the version is made of.")] = None
    name: Annotated[Maybe[str] | None, About("The package's name, for messages.")] = None
    distribution: Annotated[
        Maybe[Mapping[str, Maybe[str] | None]] | None,
        About("Regions of the package; a template may not be deployed elsewhere."),
    ] = None
    reasons: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None,
        About("Why the package is incomplete; a service does not move to an incomplete one."),
    ] = None


class GivenRelation(PackageRelation):
    """In every form that a program has for it: a whole package, or a plain map of images, which is no artifact."""

    model_config = ConfigDict(extra="ignore")

    artifact_id: Maybe[str] = ""
    direct: Json = None
    kind: Maybe[str] | None = None

    @property
    def is_map(self) -> bool:
        """Whether images stand behind the marker, and no artifact."""
        return self.kind == "map"


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else given(value)


def _template(value: object) -> object:
    if not isinstance(value, str | Mapping | Model) and value is not UNKNOWN:
        raise ValueError("give the template's text, or a template with regions")
    return {"text": value} if isinstance(value, str) else given(value)


def _target(value: object) -> object:
    if not isinstance(value, Mapping | Model) and value is not UNKNOWN:
        raise ValueError("give a package, or an artifactId with its version")
    return given(value)


def _relation(value: object) -> object:
    if not isinstance(value, Mapping) or not all(isinstance(target, Mapping) for target in value.values()):
        raise ValueError("give the `relation` of a ServiceImageAssociation")
    return value


class Arguments(AnyService[Unknown]):
    """What a program gives; of templates and packages the state keeps something else."""

    logical_name: str = ""
    infos: Annotated[
        Maybe[Mapping[str, Annotated[Maybe[ServiceInfo[Unknown]], BeforeValidator(_named)]]],
        Given(
            "Locale (`en-US`, `zh-CN`) -> name and description.",
            is_always_shown=True,
            needed="a map from locale to name is needed, as in {en-US: Shop}",
        ),
    ]
    templates: Annotated[
        Maybe[Mapping[str, Annotated[Maybe[GivenTemplate], BeforeValidator(_template)]]] | None,
        Given(
            "Name -> template.",
            asked=Mapping[str, TemplateDeclaration],
            is_always_shown=True,
            needed="a map from name to template is needed",
        ),
    ] = None
    relations: Annotated[
        Maybe[Mapping[str, Annotated[Maybe[GivenRelation], BeforeValidator(_target)]]] | None,
        Given(
            "Marker, byte for byte as in a template -> the artifact version behind it.",
            asked=Mapping[str, PackageRelation],
            is_always_shown=True,
        ),
    ] = None
    associations: Annotated[
        Maybe[tuple[Annotated[Mapping[str, Mapping[str, str]], BeforeValidator(_relation)], ...]] | None,
        BeforeValidator(given_whole),
        Given("`relation` of ServiceImageAssociations.", is_shown=False, is_compared=False),
    ] = None


RESOURCE = Resource(
    "Service",
    """A Compute Nest service: names, templates, the packages behind their markers, who may deploy it.

It alone owns the service's DeployMetadata: what somebody edits by hand is shown by a refresh and repaired by the next
update; keys that it does not manage stay as they are. A review by people is never waited for: `status` says
`Submitted`, and the first `pulumi up` after the approval launches the version.

**Upgrades.** An instance moves to a new version in place, and only where that version allows it:

1. Left out, `upgrades` of a new version allows them from every version before it, and the way back.
2. `fromVersions` names from which versions; `allowed: false` lets none come; `rollback: false` lets none go back.
3. What the version does not allow is refused in the preview of the instance, with the ways out: allow it in another
   version, keep the instance where it is (`serviceVersion`), or replace it.
4. A new image changes `ALIYUN::ECS::Instance` and `InstanceGroup` in place, with a new system disk. It makes an upgrade
   fail for `ALIYUN::ECS::LaunchTemplate` and `ALIYUN::EHPC::Cluster`: the preview says so by resource, before.
5. An upgrade that fails leaves the instance on its version, with the cause; the next `pulumi up` tries again.
6. Other parameters, start, stop and restart are offered by `operations`; what is not offered there is refused too.""",
    (Service, Arguments, State),
    versioned=frozenset(
        {
            *("deployType", "infos", "metadata", "relations", "serviceType", "templates", "versionName"),
            *("durationS", "extra", "operated", "operations", "policyNames", "resellable", "tenantType", "trialDays"),
            *("commodity", "compliancePacks", "localeConfigs", "upgrades"),
        }
    ),
)
MODELS = Models(Arguments, Service[Unknown], Service[Known], State[Known], State[Unknown])
