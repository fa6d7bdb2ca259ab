"""Whether what lies at a place is what a package put there. Pure.

Names prove little: a tag may have been moved to other content since. The state records what was put where; where it
does not (a state written by an earlier release, an update that was interrupted), a name or a version that is made of
the content itself says the same. What nothing speaks for is not ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import Known
from computenest.resources._packages.content_model import Kind, place_in
from computenest.resources._packages.content_package import ContentState
from computenest.resources._packages.keys import derived_tag, file_key, owner_part
from computenest.resources._packages.model import ArtifactVersion


def fingerprints(known: ContentState[Known]) -> Mapping[str, str]:
    """Place -> the digest of what was put there, as far as the state tells."""
    if known.fingerprints is not None:
        return known.fingerprints
    place, content = known.place, known.content_there
    if not place or not content:
        return {}
    # A refresh may have put into the state what somebody moved the tag to; the edition was made of what we put there.
    is_put = known.status == INCOMPLETE or known.moved(content, place).wanted_edition == known.edition
    return {place: content} if is_put else {}


def is_ours(known: ContentState[Known], place: str, digest: str, versions: Sequence[ArtifactVersion] = ()) -> bool:
    """Whether `digest` at `place` is what the package of this state put there.

    Args:
        known: the state.
        place: `repository:tag`, or a file's address.
        digest: of what lies there.
        versions: of its artifact.
    """
    if fingerprints(known).get(place) == digest:
        return True
    if known.kind is Kind.FILE:
        key = file_key(place)
        mine = (owner_part(known.owner_id), known.generation)
        is_mine = key is not None and (key.owner, key.generation) == mine
        return key is not None and is_mine and digest.removeprefix("sha256:").startswith(key.digest)
    if known.kind is Kind.IMAGE and place.rpartition(":")[2] == derived_tag(digest):
        return True
    named = {version.version_name for version in versions if place_in(known.kind, version.source_property) == place}
    return f"e-{known.moved(digest, place).wanted_edition}" in named
