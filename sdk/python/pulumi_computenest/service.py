"""`Service`: what customers deploy, its templates and the packages that their markers stand for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pulumi

from computenest.transports.dynamic.lifecycles import ServiceProvider
from pulumi_computenest.association import AssociationDeclaration, Template
from pulumi_computenest.declaration import INCOMPLETE, Declaration, DynamicResource, ending
from pulumi_computenest.identity import mint
from pulumi_computenest.package import EcsImageDeclaration

__all__ = ["Service", "ServiceDeclaration", "ServiceInfo", "ServiceTemplate"]

_OUTPUTS = (
    "edition",
    "generation",
    "incarnation",
    "permissions",
    "reasons",
    "registrationId",
    "serviceId",
    "serviceVersion",
    "stage",
    "status",
    "submitted",
    "templateUrls",
    "versions",
)
_RELATED = ("artifactId", "distribution", "edition", "generation", "name", "ownerId", "reasons", "version")

AnyTemplate: TypeAlias = "str | Path | Template | AssociationDeclaration"


class ServiceInfo:
    """How a service presents itself in one language.

    Args:
        name: shown to customers.
        short_description: one paragraph.
        image: address of the icon.
        long_description_url: address of a longer text.
        agreements: name -> address of texts that customers agree to.
        softwares: name -> version of the software within.
    """

    def __init__(
        self,
        name: pulumi.Input[str],
        *,
        short_description: pulumi.Input[str] | None = None,
        image: pulumi.Input[str] | None = None,
        long_description_url: pulumi.Input[str] | None = None,
        agreements: Mapping[str, pulumi.Input[str]] | None = None,
        softwares: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> None:
        self._properties: dict[str, Any] = {
            "name": name,
            "shortDescription": short_description,
            "image": image,
            "longDescriptionUrl": long_description_url,
            "agreements": [{"name": key, "url": url} for key, url in (agreements or {}).items()] or None,
            "softwares": [{"name": key, "version": value} for key, value in (softwares or {}).items()] or None,
        }

    def properties(self) -> dict[str, Any]:
        """As the provider takes it: without what was not given."""
        return {key: value for key, value in self._properties.items() if value is not None}


class ServiceTemplate:
    """A template of a service, and where it may be deployed.

    Args:
        template: a path, a Template made from text, or a ServiceImageAssociation: its template and its packages.
        regions: where customers may deploy it; everywhere where it is None.
        options: further keys of its entry in TemplateConfigs in the API's own words, as in
            {"HiddenParameterKeys": ["VpcId"]}; keys that are not named here are left as they are.
    """

    def __init__(
        self,
        template: AnyTemplate,
        *,
        regions: Sequence[pulumi.Input[str]] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.template = template
        self.regions = regions
        self.options = options

    def properties(self) -> dict[str, Any]:
        """As the provider takes it."""
        text = _text_of(self.template)
        found = {"text": text.text, "fileName": text.name, "regions": self.regions, "options": self.options}
        return {key: value for key, value in found.items() if value is not None}


class ServiceDeclaration(Declaration):
    """A service: names, templates, the packages behind their markers, who may deploy it, and how far it is published.

    Args:
        resource_name: the logical name; also the service's name in English unless `infos` is given.
        infos: locale (en-US, zh-CN) -> name, or a ServiceInfo.
        templates: name -> template: a path, a Template, a ServiceImageAssociation (its packages come with it), or a
            ServiceTemplate. No template's text enters the state.
        packages: marker, byte for byte as in a template -> package; beside those that come with associations.
        relations: marker -> {"artifactId": …, "version": …} of artifacts that no resource of this program manages. A
            marker that has a plain map of images in an association, or a package in direct distribution, needs one.
        metadata: further keys of DeployMetadata in the API's own words; keys that are not named stay as they are.
        visibility: `private` (default): the shared accounts; `public`: everybody; `hidden`: as private, not listed. It
            decides who may launch from the images of the service's packages.
        share_accounts: accounts that may deploy it, or account -> permission. Given, the list is exactly this.
        publishing: `draft` (default), `beta`, or `online`: submitted to the review, and launched by the first
            `pulumi up` after the approval. No run waits for a reviewer.
        service_type: `private` (default): runs in the customer's account; `managed`: in the supplier's.
        deploy_type: `ros` (default) or another of the API's.
        approval_type: `AutoPass` or `Manual`: whether customers have to apply.
        version_name: name of the version.
        tags: tags of the service.
        resource_group_id: changing it replaces the service.
        retain_versions: how many superseded published versions to keep beside the live one (default 1); one that an
            instance runs is never deleted.
        timeout_s: the longest that one operation may take, in seconds (default 3600).
        account: a key of `computenest:accounts`, for a service of another account. Changing it replaces the service.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        templates: Mapping[str, AnyTemplate | ServiceTemplate],
        infos: Mapping[str, ServiceInfo | pulumi.Input[str]] | None = None,
        packages: Mapping[str, Declaration] | None = None,
        relations: Mapping[str, Mapping[str, pulumi.Input[str]]] | None = None,
        metadata: Mapping[str, Any] | None = None,
        visibility: pulumi.Input[str] | None = None,
        share_accounts: Sequence[pulumi.Input[str]] | Mapping[str, pulumi.Input[str]] | None = None,
        publishing: pulumi.Input[str] | None = None,
        service_type: pulumi.Input[str] | None = None,
        deploy_type: pulumi.Input[str] | None = None,
        approval_type: pulumi.Input[str] | None = None,
        version_name: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        resource_group_id: pulumi.Input[str] | None = None,
        retain_versions: pulumi.Input[int] | None = None,
        timeout_s: pulumi.Input[int] | None = None,
        account: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        whole = {name: t if isinstance(t, ServiceTemplate) else ServiceTemplate(t) for name, t in templates.items()}
        self.associations = {n: t.template for n, t in whole.items() if isinstance(t.template, AssociationDeclaration)}
        associations = list(self.associations.values())
        named = {"en-US": resource_name} if infos is None else infos
        properties: dict[str, Any] = {
            "ownerId": mint("Service", resource_name),
            "infos": {k: i.properties() if isinstance(i, ServiceInfo) else {"name": i} for k, i in named.items()},
            "templates": {name: template.properties() for name, template in whole.items()},
            "relations": _relations(relations or {}, associations, packages or {}),
            "metadata": metadata,
            "visibility": visibility,
            "shareAccounts": share_accounts,
            "publishing": publishing,
            "serviceType": service_type,
            "deployType": deploy_type,
            "approvalType": approval_type,
            "versionName": version_name,
            "tags": tags,
            "resourceGroupId": resource_group_id,
            "retainVersions": retain_versions,
            "timeoutS": timeout_s,
            "account": account,
        }
        needed = pulumi.ResourceOptions(depends_on=[a for a in associations if isinstance(a, pulumi.Resource)])
        opts = pulumi.ResourceOptions.merge(opts, needed)
        self._declare("Service", resource_name, dict.fromkeys(_OUTPUTS) | properties, opts)

    @property
    def service_id(self) -> pulumi.Output[str]:
        """The service's id in Compute Nest."""
        return self._get("serviceId")

    @property
    def service_version(self) -> pulumi.Output[str]:
        """The version that an instance is to be made of: `draft`, `beta`, or the number that is online."""
        return self._get("serviceVersion")

    @property
    def status(self) -> pulumi.Output[str]:
        """Draft, Beta, Submitted (with the reviewers), Rejected, Online or Incomplete."""
        return self._get("status")

    @property
    def stage(self) -> pulumi.Output[str]:
        """How far the wanted version has come: draft, beta, submitted, rejected, online."""
        return self._get("stage")

    @property
    def visibility(self) -> pulumi.Output[str]:
        """private, public or hidden."""
        return self._get("visibility")

    @property
    def permissions(self) -> pulumi.Output[Mapping[str, str]]:
        """Marker -> who may launch from its package's images, as this service decides it."""
        return self._get("permissions")

    @property
    def versions(self) -> pulumi.Output[Mapping[str, str]]:
        """Every version and its status."""
        return self._get("versions")

    @property
    def edition(self) -> pulumi.Output[str]:
        """A digest of what the wanted version is made of, known in a preview already."""
        return self._get("edition")


class _GatedService(DynamicResource):
    """A run that left the service incomplete fails: the host of dynamic providers cannot say so itself without losing
    the id."""

    def _declare(
        self, type_name: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        self._declared_at_s = time.time()
        self._logical_name = name
        super()._declare(type_name, name, {**properties, "logicalName": name, "attemptedAt": None}, opts)
        observed = pulumi.Output.all(self._get("status"), self._get("reasons"), self._get("attemptedAt"))
        self._gate = observed.apply(self._refuse_incomplete)

    def _refuse_incomplete(self, observed: Sequence[Any]) -> bool:
        status, reasons, attempted_at_s = observed
        if status == INCOMPLETE and (attempted_at_s or 0) >= self._declared_at_s:
            why = "; ".join(str(reason) for _, reason in sorted((reasons or {}).items()))
            raise ending(
                f"service {self._logical_name!r} is incomplete: {why}. Run `pulumi up` again to go on where it stopped."
            )
        return True


class Service(ServiceDeclaration, _GatedService, module="computenest", name="Service"):
    __doc__ = ServiceDeclaration.__doc__

    provider = ServiceProvider


def _text_of(template: AnyTemplate) -> Template:
    if isinstance(template, AssociationDeclaration):
        return template.given_template
    return template if isinstance(template, Template) else Template.read(template)


def _relations(
    named: Mapping[str, Any], associations: Sequence[AssociationDeclaration], packages: Mapping[str, Declaration]
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
    if isinstance(partner, EcsImageDeclaration):
        return not partner.is_direct
    return isinstance(partner, Declaration)


def _target(partner: Any) -> dict[str, Any]:
    if not isinstance(partner, Declaration):
        return {"kind": "map"}
    if not isinstance(partner, EcsImageDeclaration):
        return {key: partner.__dict__[key] for key in _RELATED if partner.__dict__.get(key) is not None}
    known = partner.reference()
    direct = {"direct": True} if partner.is_direct else {}
    return {key: known[key] for key in _RELATED if known.get(key) is not None} | direct
