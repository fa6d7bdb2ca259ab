"""The state of a container image, chart or file package: what was wanted, where it lies, and what is found there.

It holds checked inputs and, under names of their own, observations. It never holds a key, only when the last one that
was used expires, and never the content itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from computenest.kernel import identity
from computenest.kernel.outcome import INCOMPLETE
from computenest.resources._packages.content_declaration import Content
from computenest.resources._packages.content_model import AUTOMATIC, ContentPackage, Kind, Seen
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.plan import Observed, live_version, matches

__all__ = [
    "delivered",
    "has_lost_copies",
    "incomplete",
    "inputs_of",
    "is_placed",
    "looked_at",
    "observed",
    "place_in",
    "place_of",
    "places_in",
    "property_of",
]


def inputs_of(content: Content, known: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs within a state."""
    return {key: value for key, value in known.items() if key not in content.outputs}


def is_placed(kind: Kind, known: Mapping[str, Any]) -> bool:
    """Whether the content was put somewhere."""
    return bool(known.get("url" if kind is Kind.FILE else "repositoryId"))


def property_of(kind: Kind, known: Mapping[str, Any]) -> dict[str, str]:
    """`ArtifactProperty` (facts §1.2); {} before the content was put anywhere."""
    if not is_placed(kind, known):
        return {}
    if kind is Kind.FILE:
        return {"Url": str(known["url"])}
    return {
        "RepoId": str(known["repositoryId"]),
        "RepoName": str(known["repository"]),
        "Tag": str(known["tag"]),
        "RepoType": str(known.get("repositoryType") or "Private"),
    }


def has_lost_copies(former: Mapping[str, Any]) -> bool:
    """Whether a refresh found a region's copy of a file gone or replaced."""
    content = former.get("content")
    return any(held != content for held in (former.get("distribution") or {}).values())


def place_in(kind: Kind, properties: Mapping[str, Any]) -> str:
    """The place that an artifact's properties name: `repository:tag`, or a file's address; "" for none."""
    if kind is Kind.FILE:
        return str(properties.get("Url") or "").partition("?")[0]  # a signature may be attached (facts §1.2)
    name, tag = properties.get("RepoName"), properties.get("Tag")
    return f"{name}:{tag}" if name and tag else ""


def places_in(kind: Kind, versions: Iterable[ArtifactVersion]) -> frozenset[str]:
    """The places that versions name."""
    named = (place_in(kind, version.source_property) for version in versions)
    return frozenset(place for place in named if place)


def place_of(kind: Kind, known: Mapping[str, Any]) -> str:
    """The place of the content that a state records."""
    return place_in(kind, property_of(kind, known))


def delivered(
    inputs: Mapping[str, Any],
    package: ContentPackage,
    seen: Observed,
    version: Any,
    former: Mapping[str, Any],
    *,
    visible: Any = (),
) -> dict[str, Any]:
    """The state of a package that has everything it wants."""
    del former, visible
    return {
        **inputs,
        "artifactId": seen.artifact.artifact_id if seen.artifact else "",
        "version": version.version,
        "status": "Draft" if version.is_draft else "Available",
        "edition": package.edition,
        "reasons": {},
    }


def incomplete(
    inputs: Mapping[str, Any],
    package: ContentPackage,
    seen: Observed,
    former: Mapping[str, Any],
    artifact_id: str,
    reasons: Mapping[Any, str],
    detail: str,
) -> dict[str, Any]:
    """The state of a package whose content lies there but whose version could not be made or released."""
    del package
    live = live_version(seen)
    return {
        **inputs,
        "artifactId": artifact_id,
        "version": live.version if live is not None else former.get("version", "draft"),
        "status": INCOMPLETE,
        "edition": former.get("edition", ""),
        "reasons": dict(reasons) or {"": detail or "the cloud gives no reason"},
    }


def observed(known: Mapping[str, Any], package: ContentPackage, seen: Observed) -> dict[str, Any]:
    """The state as Compute Nest shows it now; what lies in the registry or storage is `looked_at`'s affair."""
    live = live_version(seen)
    version = live if live is not None else seen.draft
    if version is None or seen.artifact is None:
        return {**known, "status": INCOMPLETE, "content": "nothing"}
    state, artifact = {key: value for key, value in known.items() if key != "risk"}, seen.artifact
    if artifact.version == version.version and artifact.description != package.description:
        state["description"] = artifact.description
    if package.version_name is not None and version.version_name != package.draft().version_name:
        state["versionName"] = version.version_name
    is_ours = identity.is_ours(artifact.tags, owner_id=package.owner_id, generation=package.generation)
    if package.tags or not is_ours:
        state["tags"] = {key: artifact.tags[key] for key in sorted(package.tags) if key in artifact.tags}
    whole = matches(package, version, seen) and (version.is_draft != package.release or not package.release)
    complete = whole and identity.OWNER_TAG in artifact.tags
    return {
        **state,
        "artifactId": artifact.artifact_id,
        "version": version.version,
        "status": ("Draft" if version.is_draft else "Available") if complete else INCOMPLETE,
        "edition": package.edition if complete else str(known.get("edition", "")),
        "reasons": {} if complete else dict(known.get("reasons") or {}),
    }


def looked_at(kind: Kind, known: Mapping[str, Any], seen: Seen, *, permission: str) -> dict[str, Any]:
    """The state with what was found at the place: where that is not the content any more, the next `up` repairs it."""
    found, content = dict(known), str(known.get("content", ""))
    if seen.digest != content:
        found["content"] = seen.digest or "nothing"
    elif seen.missing:
        count = len(seen.missing)
        found["content"] = f"{content} without {count} of its parts" if count > 1 else f"{content} without a part"
    if kind is Kind.FILE:
        # Where the copies lie is derived: one that was never seen may well be somewhere else.
        known_there = {region: seen.regions[region] for region in known.get("seenIn") or () if region in seen.regions}
        drifted = {region: digest or "nothing" for region, digest in known_there.items() if digest != content}
        wanted = known.get("distribution") or {}
        found["distribution"] = {region: drifted.get(region, value) for region, value in wanted.items()}
    elif found["content"] != content:
        found["digest"] = seen.digest
    if kind is not Kind.FILE and permission and permission != (known.get("permission") or AUTOMATIC):
        found["permission"] = permission
    return found
