"""What a version of a service deploys in one region, as a fingerprint: an instance is upgraded when that differs.

A new version of a service is often made for other regions than an instance's (one was added to a package), or for what
no deployment sees (its names). What decides is the template, what each relation is in that region, and the deploy and
operation metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from computenest.kernel import identity
from computenest.kernel.unknown import UNKNOWN, Maybe, has_unknown
from computenest.resources.service_instance.declaration import ServiceReference

__all__ = ["ALWAYS", "CHANGED", "DRAFT", "IN_REVIEW", "REPLACE", "Deploys", "Offered", "is_ahead"]

DRAFT = "draft"
IN_REVIEW = ("submitted", "rejected")
"""Stages of a service of which reviewers have a version, or turned it down."""

CHANGED = "changed"
"""Of `upgrade`, its default: a new version upgrades where it deploys something else in the instance's region."""
ALWAYS = "always"
"""Of `upgrade`: every new version upgrades, whatever it deploys."""
REPLACE = "replace"
"""Of `upgrade`: as `changed`, and where a launch exchanged what the version deploys, a new instance takes its place."""

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


Packages = Mapping[str, Mapping[Any, Mapping[str, Any]]]
"""Artifact id -> version -> its state; under UNKNOWN what it will be."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A service as it was checked, and what its packages were then.

    Args:
        service: checked inputs.
        substitutions: of the association of the instance's template, marker -> region -> image id; None for none.
        packages: those of the program that this process has come across.
    """

    service: Mapping[str, Any]
    substitutions: Any = None
    packages: Packages = field(default_factory=lambda: MappingProxyType({}))

    def fingerprint(self, template_name: Maybe[str] | None, region: Maybe[str], text: str = "") -> Maybe[str] | None:
        """A digest; UNKNOWN where a preview cannot tell, None where nobody can, without a template known by name.

        Args:
            template_name: of the instance; None where the service has one only.
            region: of the instance.
            text: the template's, "" where this process was not given it: a relation that it does not mention is another
                template's.
        """
        templates, relations = self.service.get("templates"), self.service.get("relations")
        if not isinstance(templates, Mapping) or template_name is UNKNOWN or region is UNKNOWN:
            return UNKNOWN
        name = next(iter(templates), None) if template_name is None and len(templates) == 1 else template_name
        entry = templates.get(name)
        if not isinstance(entry, Mapping):
            return None
        if relations is not None and not isinstance(relations, Mapping):
            return UNKNOWN
        facts = {
            **{key: value for key, value in self.service.items() if key not in _UNSEEN},
            "digest": entry.get("digest"),
            "options": entry.get("options") or {},
            "region": region,
            "relations": {
                marker: self._resolved(marker, target, region)
                for marker, target in (relations or {}).items()
                if not text or marker in text or self._images(marker) is not None
            },
        }
        if has_unknown(facts):
            return UNKNOWN
        return identity.digest(json.dumps(facts, sort_keys=True, default=str), length=24)

    @property
    def by_version(self) -> Offered:
        """As fingerprints were made before relations of every type were resolved: what no association covers counts by
        the version that is related."""
        return replace(self, packages={})

    @property
    def is_assumed(self) -> bool:
        """Whether images of package versions that do not exist yet are among what it deploys."""
        relations = self.service.get("relations")
        return relations is UNKNOWN or any(
            has_unknown(target) and not (isinstance(target, Mapping) and "content" in self._known(target))
            for target in (relations.values() if isinstance(relations, Mapping) else ())
        )

    def _known(self, target: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.packages.get(str(target.get("artifactId")), {}).get(target.get("version"), {})

    def _images(self, marker: str) -> Any:
        return self.substitutions.get(marker) if isinstance(self.substitutions, Mapping) else None

    def _resolved(self, marker: str, target: Any, region: str) -> Any:
        """The image of the region, or what the placeholder becomes there; of a package that nobody here has come across
        the version that is related."""
        images = self._images(marker)
        if isinstance(images, Mapping) and region in images:
            return images[region]
        if self.substitutions is UNKNOWN or images is UNKNOWN or not isinstance(target, Mapping):
            return UNKNOWN
        found = _deployed_in(self._known(target), region)
        return [target.get("artifactId"), target.get("version")] if found is None else found


@dataclass(frozen=True, slots=True)
class Deploys:
    """What this process has seen of an instance's service.

    Args:
        now: as its program asks for it.
        before: as the last run left it, None for a service that is new.
        text: of the instance's template.
    """

    now: Offered
    before: Offered | None = None
    text: str = ""

    @property
    def may_run_before(self) -> bool:
        """Whether reviewers may get another version than the last run left, which a new instance is made of then."""
        if self.before is None or self.now.service.get("review") == "Approved":
            return False
        edition = self.now.service.get("edition")
        return edition is UNKNOWN or edition != self.before.service.get("edition")


def _deployed_in(known: Mapping[str, Any], region: str) -> Any:
    """What stands in a template for a version of a package once it is deployed in a region, and what lies there; None
    where the version says nothing of it.

    An image is its id there. A container image or chart is a reference to one registry, the same in every region, and a
    file the region's own copy under a name made of whose it is and what it holds (facts §1.5).
    """
    if "content" not in known:
        images = known.get("images")
        return images if images is UNKNOWN else images.get(region) if isinstance(images, Mapping) else None
    address = ("fileName", "generation", "ownerId") if "fileName" in known else ("repository", "tag")
    facts = {key: known.get(key) for key in ("content", *address)} | {"account": known.get("account") or ""}
    regions = known.get("distribution")
    if "fileName" not in known or not regions:  # the cloud's own choice of regions
        return facts
    return facts | {"isThere": UNKNOWN if regions is UNKNOWN else region in regions}


def is_ahead(service: ServiceReference) -> bool:
    """Whether a newer version is with the reviewers, or was rejected: the service's edition, and its packages, are then
    those of that one, and not of the version that instances are made of."""
    return service.stage in IN_REVIEW and service.service_version != DRAFT
