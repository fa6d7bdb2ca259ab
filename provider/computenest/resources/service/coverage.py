"""What a service means for others: who may launch from its packages, where it is deployed, what cannot be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from computenest.kernel import regions as geography
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources.service.model import relation_kind

__all__ = ["beyond", "permissions", "uncovered", "unsubstituted", "warnings"]


def permissions(inputs: Mapping[str, Any]) -> Any:
    """Marker -> who may launch from the package behind it, as this service decides it (facts §6.1)."""
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


def unsubstituted(inputs: Mapping[str, Any], given: Any, associations: Iterable[Mapping[str, Any]]) -> list[Failure]:
    """Markers that stand for a plain map of images and for no artifact: instances would be deployed with the marker's
    own text, while a preview promises them the map's images.

    Args:
        given: relations as the program gave them: a Python program says of which markers it has but a map.
        associations: checked inputs of the program's associations: they say so of their own template, whoever uses it.
    """
    relations = inputs["relations"]
    if not isinstance(relations, Mapping):
        return []
    digests = {_mapping(template).get("digest") for template in _mapping(inputs["templates"]).values()} - {None}
    positions: dict[str, list[str]] = {m: [] for m, target in _mapping(given).items() if _is_map(target)}
    for association in associations:
        if _mapping(association.get("template")).get("digest") not in digests:
            continue
        for marker, partner in _mapping(association.get("packages")).items():
            # A fixed image id that only a rendered text replaces is deployed as it stands, and may be meant so.
            if _is_map(partner) and (marker in positions or not geography.is_image_id(marker)):
                positions.setdefault(marker, []).extend(_mapping(association.get("positions")).get(marker) or ())
    return [
        Failure(
            f"relations[{marker!r}]",
            f"marker {marker!r}{_at(paths)} stands for a plain map of images, but Compute Nest puts in images of "
            f"packages alone: an instance would run the text {marker!r}. Give the association a package, or "
            f"name the artifact behind the marker: relations={{{marker!r}: {{'artifactId': …, 'version': …}}}}",
        )
        for marker, paths in sorted(positions.items())
        if marker not in relations
    ]


def _is_map(partner: Any) -> bool:
    return isinstance(partner, Mapping) and partner.get("kind") == "map"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _at(paths: Iterable[str]) -> str:
    first, *others = sorted(set(paths)) or [""]
    more = f" and at {len(others)} more" if others else ""
    return f" (at {first}{more})" if first else ""


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
