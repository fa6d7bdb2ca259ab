"""What the engine asks of the outside for container images, charts and files: a place for content."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from computenest.kernel.unknown import Known
from computenest.resources._packages.content_model import Described, Seen
from computenest.resources._packages.content_package import ContentPackage, ContentState


class Overwriting(Protocol):
    """Asked before content takes the place of other content."""

    async def __call__(self, place: str, *, where: str, found: str) -> None:
        """Conflict where what lies there is not this package's, or another one's too.

        Args:
            place: as in a state.
            where: the place in full, for people.
            found: the digest of what lies there.
        """
        ...


class ContentStore(Protocol):
    """Where content lies: Compute Nest's registry or its buckets, reached with temporary keys that stay in here."""

    async def describe(self, *, source: Mapping[str, str], known_digest: str = "") -> Described:
        """What a source holds; nothing is sent. Invalid at `source…` where it cannot be read.

        Args:
            known_digest: what it held before, as the state says: a chart that has not changed keeps its digest.
        """
        ...

    async def push(
        self,
        *,
        wanted: ContentPackage[Known],
        source: Mapping[str, str],
        former: ContentState[Known] | None,
        overwriting: Overwriting,
        show: Callable[[str], None],
    ) -> ContentState[Known]:
        """Puts the content where it is wanted, and tells where it lies; what is there already is not sent again.

        Args:
            former: the state before, None before the first push.
            overwriting: awaited before other content is replaced.
            show: takes live status lines.
        """
        ...

    async def look(self, *, known: ContentState[Known]) -> Seen:
        """What lies at the place that the state records."""
        ...

    async def lies(self, *, known: ContentState[Known], place: str) -> str:
        """The digest of what lies at a place, "" for nothing."""
        ...

    async def drop(self, *, known: ContentState[Known], place: str, is_wanted: Callable[[], Awaitable[bool]]) -> bool:
        """Takes away what lies at a place; gone is success.

        Args:
            is_wanted: asked once it is gone: whether somebody has begun to use it; then it is put back.

        Returns:
            Whether it is gone for good.
        """
        ...

    async def tidy(self, *, known: ContentState[Known], places: Sequence[str]) -> None:
        """Takes away what else was of these places alone: a repository that is empty, uploads that never ended."""
        ...
