"""The state of a container image, chart or file package: what was wanted, where it lies, and what is found there.

It holds checked inputs and, under names of their own, observations. It never holds a key, only when the last one that
was used expires, and never the content itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from computenest.kernel import identity
from computenest.kernel.names import RegionId
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import Known
from computenest.resources._packages.content_model import Kind, Seen
from computenest.resources._packages.content_package import ContentPackage, ContentState
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.plan import Observed, live_version, matches

__all__ = ["ContentStates", "looked_at"]


@dataclass(frozen=True, slots=True)
class ContentStates:
    """The states of one type of such packages: a `Policy`.

    Args:
        state: what is recorded of one.
    """

    state: type[ContentState[Known]]

    def delivered(
        self,
        wanted: ContentPackage[Known],
        seen: Observed,
        version: ArtifactVersion,
        former: ContentState[Known] | None,
        *,
        visible: Sequence[RegionId],
    ) -> ContentState[Known]:
        """The state of a package that has everything it wants."""
        del former, visible
        return self.state.made(
            wanted,
            artifact_id=seen.artifact.artifact_id if seen.artifact else "",
            version=version.version,
            status="Draft" if version.is_draft else "Available",
            edition=wanted.wanted_edition,
            reasons={},
        )

    def incomplete(
        self,
        wanted: ContentPackage[Known],
        seen: Observed,
        former: ContentState[Known] | None,
        artifact_id: str,
        reasons: Mapping[RegionId, str],
        detail: str,
    ) -> ContentState[Known]:
        """The state of a package whose content lies there but whose version could not be made or released."""
        live = live_version(seen)
        return self.state.made(
            wanted,
            artifact_id=artifact_id,
            version=live.version if live is not None else former.version if former is not None else "draft",
            status=INCOMPLETE,
            edition=former.edition if former is not None else "",
            reasons=dict(reasons) or {"": detail or "the cloud gives no reason"},
        )

    def observed(self, known: ContentState[Known], seen: Observed) -> ContentState[Known]:
        """The state as Compute Nest shows it now; what lies in the registry or storage is `looked_at`'s affair."""
        live = live_version(seen)
        version, artifact = live if live is not None else seen.draft, seen.artifact
        if version is None or artifact is None:
            return known.made(known, status=INCOMPLETE, content="nothing")
        found = known
        if artifact.version == version.version and artifact.description != known.description:
            found = found.made(found, description=artifact.description)
        if known.version_name is not None and version.version_name != known.draft().version_name:
            found = found.made(found, version_name=version.version_name)
        is_ours = identity.is_ours(artifact.tags, owner_id=known.owner_id, generation=known.generation)
        if known.tags or not is_ours:
            kept = {key: artifact.tags[key] for key in sorted(known.tags) if key in artifact.tags}
            found = found.made(found, tags=kept)
        whole = matches(known, version, seen) and (version.is_draft != known.release or not known.release)
        complete = whole and identity.OWNER_TAG in artifact.tags
        return found.made(
            found,
            artifact_id=artifact.artifact_id,
            version=version.version,
            status=("Draft" if version.is_draft else "Available") if complete else INCOMPLETE,
            edition=known.wanted_edition if complete else known.edition,
            reasons={} if complete else known.reasons,
        )


def looked_at(known: ContentState[Known], seen: Seen, *, permission: str) -> ContentState[Known]:
    """The state with what was found at the place: where that is not the content any more, the next `up` repairs it."""
    found, content = known.drifted(seen), known.content
    if seen.digest != content:
        found = found.made(found, content=seen.digest or "nothing")
    elif seen.missing:
        count = len(seen.missing)
        lacks = f"{count} of its parts" if count > 1 else "a part"
        found = found.made(found, content=f"{content} without {lacks}")
    if known.kind is not Kind.FILE and permission and permission != known.permission:
        found = found.made(found, permission=permission)
    return found
