"""`Service`, as programs see it: what they give stands at the fields of the model, the rest stands here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from computenest.kernel.fields import About, Computed, Given, Resource
from computenest.kernel.names import VersionId
from computenest.kernel.values import Model
from computenest.resources.service.model import Service

__all__ = ["RESOURCE"]


class UploadedTemplate(Model):
    """Where a template's text was put."""

    digest: Annotated[str, About("Of the text.")]
    url: Annotated[str, About("Its address.")]


class Arguments(Model):
    """What only programs hear of."""

    associations: Annotated[
        tuple[Mapping[str, Mapping[str, str]], ...] | None,
        Given("`relation` of ServiceImageAssociations.", is_shown=False, is_compared=False),
    ] = None


class Outputs(Model):
    """What the provider finds out about a service."""

    dropped: Annotated[
        Mapping[str, Any],
        Computed("What the program names no more and a published version still holds.", is_internal=True),
    ]
    due: Annotated[
        Mapping[str, str],
        Computed("Superseded versions that this run deletes.", is_always_shown=False, is_internal=True),
    ]
    edition: Annotated[str, Computed("A digest of what the wanted version is made of.")]
    incarnation: Annotated[
        int, Computed("How often a create has taken the service over; 0 while nobody has seen it.", is_internal=True)
    ]
    permissions: Annotated[
        Mapping[str, str],
        Computed("Marker -> who may launch from the images behind it, as this service decides it.", is_compared=True),
    ] = {}
    reasons: Annotated[Mapping[str, str], Computed("Why the service is incomplete, or was rejected.")]
    registration_id: Annotated[str, Computed("The submission that is under review.", is_internal=True)]
    review: Annotated[
        str, Computed("How the review of the draft stood when the run began.", is_always_shown=False, is_internal=True)
    ]
    service_id: Annotated[str, Computed("The service's id.")]
    service_version: Annotated[VersionId, Computed("The version that an instance is to be made of.")]
    stage: Annotated[str, Computed("How far the wanted version has come: draft, beta, submitted, rejected or online.")]
    status: Annotated[str, Computed("Draft, Beta, Submitted, Rejected, Online or Incomplete.")]
    submitted: Annotated[str, Computed("The edition that is, or was last, under review.", is_internal=True)]
    template_urls: Annotated[
        Mapping[str, UploadedTemplate], Computed("Name -> where the template's text was put.", is_internal=True)
    ]
    versions: Annotated[Mapping[str, str], Computed("Every version and its status.")]


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
    (Service, Arguments, Outputs),
    versioned=frozenset(
        {
            *("deployType", "infos", "metadata", "relations", "serviceType", "templates", "versionName"),
            *("durationS", "extra", "operated", "operations", "policyNames", "resellable", "tenantType", "trialDays"),
            *("commodity", "compliancePacks", "localeConfigs", "upgrades"),
        }
    ),
)
