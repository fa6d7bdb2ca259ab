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

from computenest.kernel import identity
from computenest.kernel.unknown import UNKNOWN, Maybe, has_unknown
from computenest.kernel.values import Json
from computenest.resources._program.facts import RelationFacts, ServiceFacts, Substitutions
from computenest.resources._program.related import Deployed, Versions
from computenest.resources.service_instance.declaration import ServiceReference

DRAFT = "draft"
IN_REVIEW = ("submitted", "rejected")
"""Stages of a service of which reviewers have a version, or turned it down."""

CHANGED = "changed"
"""Of `upgrade`, its default: a new version upgrades where it deploys something else in the instance's region."""
ALWAYS = "always"
"""Of `upgrade`: every new version upgrades, whatever it deploys."""
REPLACE = "replace"
"""Of `upgrade`: as `changed`, and where a launch exchanged what the version deploys, a new instance takes its place."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A service as it was checked, and what its packages were then.

    Args:
        substitutions: of the association of the instance's template; None for none.
        packages: those of the program that this process has come across.
    """

    service: ServiceFacts
    substitutions: Substitutions | None = None
    packages: Versions = field(default_factory=lambda: MappingProxyType({}))

    def fingerprint(self, template_name: Maybe[str] | None, region: Maybe[str], text: str = "") -> Maybe[str] | None:
        """A digest; UNKNOWN where a preview cannot tell, None where nobody can, without a template known by name.

        Args:
            template_name: of the instance; None where the service has one only.
            region: of the instance.
            text: the template's, "" where this process was not given it: a relation that it does not mention is another
                template's.
        """
        templates, relations = self.service.templates, self.service.relations
        if templates is UNKNOWN or template_name is UNKNOWN or region is UNKNOWN:
            return UNKNOWN
        name = next(iter(templates), "") if template_name is None and len(templates) == 1 else template_name or ""
        entry = templates.get(name, UNKNOWN)
        if entry is UNKNOWN:
            return None
        if relations is UNKNOWN:
            return UNKNOWN
        facts: dict[str, Json] = {
            **self.service.others,
            "digest": entry.digest,
            "options": entry.options,
            "region": region,
            "relations": {
                marker: self._resolved(marker, target, region)
                for marker, target in relations.items()
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
        relations = self.service.relations
        return relations is UNKNOWN or any(self._is_assumed(target) for target in relations.values())

    def _is_assumed(self, target: Maybe[RelationFacts]) -> bool:
        if target is UNKNOWN:
            return True
        known = self._known(target)
        return not target.is_whole and not (known is not None and known.is_content)

    def _known(self, target: RelationFacts) -> Deployed | None:
        found = {} if target.artifact_id is UNKNOWN else self.packages.get(target.artifact_id, {})
        return found.get(target.version)

    def _images(self, marker: str) -> Maybe[Mapping[str, Maybe[str]]] | None:
        known = self.substitutions
        return None if known is None or known is UNKNOWN else known.get(marker)

    def _resolved(self, marker: str, target: Maybe[RelationFacts], region: str) -> Json:
        """The image of the region, or what the placeholder becomes there; of a package that nobody here has come across
        the version that is related."""
        images = self._images(marker)
        if images is not None and images is not UNKNOWN and region in images:
            return images[region]
        if self.substitutions is UNKNOWN or images is UNKNOWN or target is UNKNOWN:
            return UNKNOWN
        known = self._known(target)
        found = None if known is None else known.deployed_in(region)
        return [target.artifact_id, target.version] if found is None else found


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
        if self.before is None or self.now.service.review == "Approved":
            return False
        edition = self.now.service.edition
        return edition is UNKNOWN or edition != self.before.service.edition


def is_ahead(service: ServiceReference) -> bool:
    """Whether a newer version is with the reviewers, or was rejected: the service's edition, and its packages, are then
    those of that one, and not of the version that instances are made of."""
    return service.stage in IN_REVIEW and service.service_version != DRAFT
