"""What a service lets its instances choose from, as its program says it, and what of it a deployment sees."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.unknown import UNKNOWN, Unknown
from computenest.resources._program.facts import RelationFacts, ServiceFacts, TemplateFacts
from computenest.resources._program.offer import Offer, TemplateOffer
from computenest.resources.service.model import RelationTarget, Service

# Inputs of a service that no deployment sees. What is not listed counts, so that a new property is never overlooked.
_UNSEEN = frozenset(
    {
        "account",
        "approvalType",
        "commodity",
        "compliancePacks",
        "due",
        "edition",
        "generation",
        "infos",
        "localeConfigs",
        "logicalName",
        "ownerId",
        "permissions",
        "publishing",
        "relations",
        "resellable",
        "resourceGroupId",
        "retainVersions",
        "review",
        "shareAccounts",
        "tags",
        "templates",
        "timeoutS",
        "trialDays",
        "upgrades",
        "versionName",
        "visibility",
    }
)


def offered_by(inputs: Service[Unknown], texts: Mapping[str, str]) -> Offer:
    """What a service with these checked inputs offers; {} where that is not known yet.

    Args:
        texts: digest -> text of the templates that this process was given.
    """
    found: dict[str, TemplateOffer] = {}
    for name, entry in inputs.templates.items() if inputs.templates is not UNKNOWN else ():
        if entry is UNKNOWN:
            return {}
        found[name] = TemplateOffer(
            regions=() if entry.regions is UNKNOWN else entry.regions,
            text="" if entry.digest is UNKNOWN else texts.get(entry.digest, ""),
            is_filled_in="PredefinedParameters" in entry.options,
        )
    return found


def facts_of(inputs: Service[Unknown]) -> ServiceFacts:
    """What the instances of a service have to know of it."""
    relations, upgrades, operations = inputs.relations, inputs.upgrades, inputs.operations
    return ServiceFacts(
        edition=inputs.edition,
        review=inputs.review or "",
        templates=UNKNOWN
        if inputs.templates is UNKNOWN
        else {
            name: UNKNOWN if one is UNKNOWN else TemplateFacts(one.digest, one.options)
            for name, one in inputs.templates.items()
        },
        relations=UNKNOWN
        if relations is UNKNOWN
        else {marker: UNKNOWN if one is UNKNOWN else _relation(one) for marker, one in relations.items()},
        others={key: value for key, value in inputs.bag().items() if key not in _UNSEEN},
        allows_upgrades=upgrades.allowed if upgrades is not None and upgrades is not UNKNOWN else True,
        upgraded_from=upgrades.from_versions if upgrades is not None and upgrades is not UNKNOWN else None,
        operations=None
        if operations is None or operations is UNKNOWN
        else {
            template: {name: one.parameters for name, one in named.items()}
            for template, named in operations.changes.items()
        },
    )


def _relation(target: RelationTarget[Unknown]) -> RelationFacts:
    return RelationFacts(target.artifact_id, target.version, not target.has_unknown)
