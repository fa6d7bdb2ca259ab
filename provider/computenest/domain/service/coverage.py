"""What a service means for others: who may launch from its packages, where it is deployed, what cannot be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.domain.outcome import Failure
from computenest.domain.service.model import relation_kind
from computenest.domain.unknown import UNKNOWN, has_unknown

__all__ = ["beyond", "permissions", "uncovered", "warnings"]


def permissions(inputs: Mapping[str, Any]) -> Any:
    """Marker -> who may launch from the package behind it, as this service decides it (systems §3)."""
    relations, visibility = inputs.get("relations"), inputs.get("visibility", "private")
    accounts = inputs.get("shareAccounts")
    if relations is UNKNOWN or visibility is UNKNOWN or has_unknown(accounts):
        return UNKNOWN
    if visibility == "public":
        said = "public"
    elif accounts:
        said = f"private, shared with {', '.join(accounts)}"
    else:
        said = "private"
    return {marker: said for marker in relations or () if relation_kind(marker) == "ArtifactRelation"}


def uncovered(inputs: Mapping[str, Any], texts: Mapping[str, str]) -> list[Failure]:
    """Markers of relations that stand in none of the templates, where every template's text is at hand."""
    relations, given = inputs["relations"], inputs["templates"]
    if not isinstance(relations, Mapping) or not isinstance(given, Mapping) or not given:
        return []
    if any(not isinstance(t, Mapping) or t.get("digest") not in texts for t in given.values()):
        return []
    missing = [marker for marker in relations if not any(marker in text for text in texts.values())]
    hint = "; Compute Nest knows markers as literal texts only, not as paths"
    return [
        Failure(
            f"relations[{marker!r}]",
            f"marker {marker!r} stands in none of the templates {', '.join(given)}"
            + (hint if marker.startswith("Resources.") else ""),
        )
        for marker in missing
    ]


def beyond(inputs: Mapping[str, Any], texts: Mapping[str, str], reach: Mapping[str, Any]) -> list[Failure]:
    """Regions that a template may be deployed in and that the package of a marker in it is not distributed to.

    Args:
        reach: marker -> regions of its package, for those that are known.
    """
    given = inputs["templates"]
    failures = []
    for name, template in given.items() if isinstance(given, Mapping) else ():
        regions = template.get("regions") if isinstance(template, Mapping) else None
        text = texts.get(str(template.get("digest"))) if isinstance(template, Mapping) else None
        if not isinstance(regions, list) or text is None:
            continue
        for marker, there in sorted(reach.items()):
            lacking = [region for region in regions if region not in there] if marker in text else []
            if lacking:
                reason = (
                    f"may be deployed in {', '.join(lacking)}, but the package of marker {marker!r} is not distributed "
                    "there; add the region to the package, or take it out of the template's regions"
                )
                failures.append(Failure(f"templates[{name!r}].regions", reason))
    return failures


def warnings(olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """What an operation does that cannot be taken back."""
    said = []
    becomes_public = inputs.get("visibility") == "public" and olds.get("visibility", "private") != "public"
    if becomes_public and inputs.get("relations"):
        said.append(
            "the service becomes public, and with it the images of its packages: what others launch or copy from them "
            "while they are public stays theirs, and cannot be taken back"
        )
    if inputs.get("publishing") == "online" and olds.get("publishing", "draft") != "online":
        said.append(
            "the version is submitted to a review by people; a version that was published once can be withdrawn, "
            "but its number stays used"
        )
    return tuple(said)
