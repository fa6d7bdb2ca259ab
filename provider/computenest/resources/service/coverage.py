"""What a service means for others: who may launch from its packages, where it is deployed, what cannot be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from computenest.kernel import regions as geography
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown, has_unknown
from computenest.resources._program.facts import AssociationFacts
from computenest.resources.service.declaration import GivenRelation
from computenest.resources.service.model import Service, ServiceTemplate, relation_kind

Reach = Mapping[str, Mapping[str, Maybe[str] | None]]
"""Marker -> regions of its package."""
Relations = Maybe[Mapping[str, Maybe[GivenRelation]]] | None


def permissions(inputs: Service[Unknown]) -> Maybe[Mapping[str, str]]:
    """Marker -> who may launch from the package behind it, as this service decides it (facts §6.1)."""
    relations, visibility, accounts = inputs.relations, inputs.visibility, inputs.share_accounts
    if relations is UNKNOWN or visibility is UNKNOWN or accounts is UNKNOWN or has_unknown(accounts):
        return UNKNOWN
    if visibility == "public":
        said = "public"
    elif accounts:
        said = f"private, shared with {', '.join(accounts)}"
    else:
        said = "private"
    return {marker: said for marker in relations if relation_kind(marker) == "ArtifactRelation"}


def _templates(inputs: Service[Unknown]) -> Mapping[str, Maybe[ServiceTemplate[Unknown]]]:
    """Those that are known by their names."""
    return {} if inputs.templates is UNKNOWN else inputs.templates


def _digest(template: Maybe[ServiceTemplate[Unknown]]) -> Maybe[str]:
    return UNKNOWN if template is UNKNOWN else template.digest


def uncovered(inputs: Service[Unknown], texts: Mapping[str, str]) -> list[Failure]:
    """Markers of relations that stand in none of the templates, where every template's text is at hand."""
    relations, given = inputs.relations, _templates(inputs)
    if relations is UNKNOWN or not given or any(_digest(one) not in texts for one in given.values()):
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


def unsubstituted(
    inputs: Service[Unknown], given: Relations, associations: Iterable[AssociationFacts]
) -> list[Failure]:
    """Markers that stand for a plain map of images and for no artifact: instances would be deployed with the marker's
    own text, while a preview promises them the map's images.

    Args:
        given: relations as the program gave them: a Python program says of which markers it has but a map.
        associations: those of the program: they say so of their own template, whoever uses it.
    """
    relations = inputs.relations
    if relations is UNKNOWN:
        return []
    digests = {_digest(one) for one in _templates(inputs).values()} - {UNKNOWN}
    named = {} if given is None or given is UNKNOWN else given
    positions: dict[str, list[str]] = {m: [] for m, one in named.items() if one is not UNKNOWN and one.is_map}
    for association in associations:
        stands = {} if association.positions is UNKNOWN else association.positions
        for marker in sorted(association.maps) if association.digest in digests else ():
            # A fixed image id that only a rendered text replaces is deployed as it stands, and may be meant so.
            if marker in positions or not geography.is_image_id(marker):
                positions.setdefault(marker, []).extend(stands.get(marker, ()))
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


def _at(paths: Iterable[str]) -> str:
    first, *others = sorted(set(paths)) or [""]
    more = f" and at {len(others)} more" if others else ""
    return f" (at {first}{more})" if first else ""


def reach(relations: Relations) -> tuple[Reach, Reach]:
    """Marker -> regions of its package, where a program says which they are: of packages to be released, of drafts."""
    known = {} if relations is None or relations is UNKNOWN else relations
    released: dict[str, Mapping[str, Maybe[str] | None]] = {}
    drafts: dict[str, Mapping[str, Maybe[str] | None]] = {}
    for marker, target in known.items():
        if target is not UNKNOWN and target.distribution is not None and target.distribution is not UNKNOWN:
            (drafts if target.version == "draft" else released)[marker] = target.distribution
    return released, drafts


def beyond(inputs: Service[Unknown], texts: Mapping[str, str], reach: Reach) -> list[Failure]:
    """Regions that a template may be deployed in and that the package of a marker in it is not distributed to.

    Args:
        reach: marker -> regions of its package, for those that are known.
    """
    failures = []
    for name, template in _templates(inputs).items():
        text = texts.get(str(_digest(template)))
        if template is UNKNOWN or template.regions is UNKNOWN or text is None:
            continue
        for marker, there in sorted(reach.items()):
            lacking = [region for region in template.regions if region not in there] if marker in text else []
            if lacking:
                reason = (
                    f"may be deployed in {', '.join(lacking)}, but the package of marker {marker!r} is not distributed "
                    "there; add the region to the package, or take it out of the template's regions"
                )
                failures.append(Failure(f"templates[{name!r}].regions", reason))
    return failures


def warnings(olds: Service[Known] | None, inputs: Service[Unknown]) -> tuple[str, ...]:
    """What an operation does that cannot be taken back."""
    said = []
    was_public = olds is not None and olds.visibility == "public"
    if inputs.visibility == "public" and not was_public and inputs.relations:
        said.append(
            "the service becomes public, and with it the images of its packages: what others launch or copy from them "
            "while they are public stays theirs, and cannot be taken back"
        )
    if inputs.publishing == "online" and (olds is None or olds.publishing != "online"):
        said.append(
            "the version is submitted to a review by people; a version that was published once can be withdrawn, "
            "but its number stays used"
        )
    return tuple(said)
