"""Whether what lies at a place is what a package put there. Pure.

Names prove little: a tag may have been moved to other content since. The state records what was put where; where it
does not (a state written by an earlier release, an update that was interrupted), a name or a version that is made of
the content itself says the same. What nothing speaks for is not ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from computenest.kernel.outcome import INCOMPLETE
from computenest.resources._packages.content_check import package_of
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.content_state import place_in, place_of
from computenest.resources._packages.keys import derived_tag, file_key, key_owner
from computenest.resources._packages.model import ArtifactVersion

__all__ = ["fingerprints", "is_ours"]


def fingerprints(kind: Kind, known: Mapping[str, Any]) -> dict[str, str]:
    """Place -> the digest of what was put there, as far as the state tells."""
    recorded = known.get("fingerprints")
    if isinstance(recorded, Mapping):
        return {str(place): str(digest) for place, digest in recorded.items()}
    place, content = place_of(kind, known), str(known.get("digest") or known.get("content") or "")
    if not place or not content:
        return {}
    # A refresh may have put into the state what somebody moved the tag to; the edition was made of what we put there.
    is_put = known.get("status") == INCOMPLETE or _edition(kind, known, content, place) == known.get("edition")
    return {place: content} if is_put else {}


def is_ours(
    kind: Kind, known: Mapping[str, Any], place: str, digest: str, versions: Sequence[ArtifactVersion] = ()
) -> bool:
    """Whether `digest` at `place` is what the package of this state put there.

    Args:
        kind: the package's.
        known: its state.
        place: `repository:tag`, or a file's address.
        digest: of what lies there.
        versions: of its artifact.
    """
    if fingerprints(kind, known).get(place) == digest:
        return True
    if kind is Kind.FILE:
        key = file_key(place)
        mine = key_owner(known).rpartition("-g")
        return (
            key is not None
            and (key.owner, str(key.generation)) == (mine[0], mine[2])
            and digest.removeprefix("sha256:").startswith(key.digest)
        )
    if kind is Kind.IMAGE and place.rpartition(":")[2] == derived_tag(digest):
        return True
    named = {version.version_name for version in versions if place_in(kind, version.source_property) == place}
    return f"e-{_edition(kind, known, digest, place)}" in named


def _edition(kind: Kind, known: Mapping[str, Any], content: str, place: str) -> str:
    where: dict[str, Any] = {}
    if kind is not Kind.FILE:
        repository, _, tag = place.rpartition(":")
        where = {"repository": repository, "tag": tag}
    return package_of(kind, {**known, **where, "content": content}).edition
