"""What a `Service` takes of templates, associations and packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import pulumi

from pulumi_computenest.arguments import Arguments as Nested
from pulumi_computenest.arguments import wire
from pulumi_computenest.declaration import Declaration, Prepared
from pulumi_computenest.declared.ecs_image_package import EcsImagePackageDeclaration
from pulumi_computenest.declared.references import PACKAGE_RELATION
from pulumi_computenest.declared.service_image_association import ServiceImageAssociationDeclaration
from pulumi_computenest.sugar.service_image_association import Template

if TYPE_CHECKING:
    from pulumi_computenest.declared.arguments import ServiceInfo
    from pulumi_computenest.types import InputTexts

__all__ = ["ServiceTemplate", "Sugar"]

HIDES = ("associations",)

AnyTemplate: TypeAlias = "str | Path | Template | ServiceImageAssociationDeclaration"
AnyServiceTemplate: TypeAlias = "AnyTemplate | ServiceTemplate"
AnyInfo: TypeAlias = "ServiceInfo | pulumi.Input[str]"
ShareAccounts: TypeAlias = "InputTexts | pulumi.Input[Mapping[str, pulumi.Input[str]]]"


@dataclass(eq=False)
class ServiceTemplate:
    """A template of a service, and where it may be deployed.

    Args:
        template: a path, a Template made from text, or a ServiceImageAssociation: its template and its packages.
        regions: where customers may deploy it; everywhere where it is None.
        options: further keys of its entry in TemplateConfigs in the API's own words, as in
            {"HiddenParameterKeys": ["VpcId"]}; keys that are not named here are left as they are.
    """

    template: AnyTemplate
    _: KW_ONLY
    regions: InputTexts | None = None
    options: Mapping[str, Any] | None = None

    def properties(self) -> dict[str, Any]:
        """As the provider takes it."""
        text = _text_of(self.template)
        found = {"text": text.text, "fileName": text.name, "regions": self.regions, "options": self.options}
        return {key: value for key, value in found.items() if value is not None}


class Arguments:
    """What programs write."""

    templates: Mapping[str, AnyServiceTemplate]
    """Name -> template: a path, a Template, a ServiceImageAssociation (its packages come with it), or a
    ServiceTemplate. No template's text enters the state."""
    infos: Mapping[str, AnyInfo] | None = None
    """Locale (en-US, zh-CN) -> name, or a ServiceInfo; by default the logical name in English."""
    packages: Mapping[str, Declaration] | None = None
    """Marker, byte for byte as in a template -> package; beside those that come with associations."""
    relations: Mapping[str, Mapping[str, pulumi.Input[str]]] | None = None
    """Marker -> `{"artifactId": …, "version": …}` of artifacts that no resource of this program manages. A marker that
    has a plain map of images in an association, or a package in direct distribution, needs one."""
    share_accounts: ShareAccounts | None = None
    """Accounts that may deploy it, or account -> permission. Given, the list is exactly this; otherwise it is left
    alone."""


class Sugar(Declaration):
    """A service as a program declares it."""

    _word: ClassVar[str] = "service"
    _also: ClassVar[tuple[str, ...]] = ("generation", "publishing", "visibility")
    associations: Mapping[str, ServiceImageAssociationDeclaration]
    """Template's name -> the association that it was given as."""

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, given, opts)
        named = given.pop("templates").items()
        whole = {key: t if isinstance(t, ServiceTemplate) else ServiceTemplate(t) for key, t in named}
        self.associations = {
            key: t.template for key, t in whole.items() if isinstance(t.template, ServiceImageAssociationDeclaration)
        }
        associations = list(self.associations.values())
        infos = given.pop("infos", {"en-US": name})
        relations = _relations(given.pop("relations", {}), associations, given.pop("packages", {}))
        taken = {
            "infos": {k: wire(i) if isinstance(i, Nested) else {"name": i} for k, i in infos.items()},
            "templates": {key: template.properties() for key, template in whole.items()},
            "relations": relations,
        }
        if "share_accounts" in given:
            taken["shareAccounts"] = given.pop("share_accounts")
        needed = pulumi.ResourceOptions(depends_on=[a for a in associations if isinstance(a, pulumi.Resource)])
        return given | taken, pulumi.ResourceOptions.merge(opts, needed)

    @property
    def visibility(self) -> pulumi.Output[str]:
        """Who may deploy it: private, public, hidden, formalRestricted or trialRestricted."""
        return self._get("visibility")


def _text_of(template: AnyTemplate) -> Template:
    if isinstance(template, ServiceImageAssociationDeclaration):
        return template.given_template
    return template if isinstance(template, Template) else Template.read(template)


def _relations(
    named: Mapping[str, Any],
    associations: list[ServiceImageAssociationDeclaration],
    packages: Mapping[str, Declaration],
) -> dict[str, Any]:
    """Marker -> what the provider takes of the package behind it. An artifact that is named stands in for what is none
    in Compute Nest: a plain map of images, or a package in direct distribution."""
    found: dict[str, Any] = {}
    for association in associations:
        found |= {m: p for m, p in association.partners.items() if m not in found or isinstance(p, Declaration)}
    found |= packages
    artifacts = {marker for marker, partner in found.items() if _is_artifact(partner)}
    targets = {marker: _target(partner) for marker, partner in found.items()}
    return {**targets, **named, **{marker: targets[marker] for marker in artifacts}}


def _is_artifact(partner: Any) -> bool:
    if isinstance(partner, EcsImagePackageDeclaration):
        return not partner.is_direct
    return isinstance(partner, Declaration)


def _target(partner: Any) -> dict[str, Any]:
    if not isinstance(partner, Declaration):
        return {"kind": "map"}
    if not isinstance(partner, EcsImagePackageDeclaration):
        return {key: partner.__dict__[key] for key in PACKAGE_RELATION if partner.__dict__.get(key) is not None}
    known = partner.reference()
    direct = {"direct": True} if partner.is_direct else {}
    return {key: known[key] for key in PACKAGE_RELATION if known.get(key) is not None} | direct
