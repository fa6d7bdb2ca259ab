"""The state of a container image, chart or file package: what was wanted, where it lies, and what is found there.

It holds checked inputs and, under names of their own, observations. It never holds a key, only when the last one that
was used expires, and never the content itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.unknown import Known
from computenest.resources._packages.content_model import Kind, Seen
from computenest.resources._packages.content_package import ContentPackage, ContentState
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.plan import Observed
from computenest.resources._packages.states import States


@dataclass(frozen=True, slots=True)
class ContentStates(States[ContentPackage[Known], ContentState[Known]]):
    """The states of one type of such packages; what lies in the registry or storage is `looked_at`'s affair."""

    def _gone(self, known: ContentState[Known]) -> ContentState[Known]:
        return known.made(known, content="nothing")

    def _is_whole(self, known: ContentState[Known], version: ArtifactVersion, seen: Observed) -> bool:
        del seen
        return not (version.is_draft and known.release)


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
