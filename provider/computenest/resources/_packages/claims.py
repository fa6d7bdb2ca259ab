"""Which artifacts of an account use a place: asked before anything that lies there is taken away or overwritten.

A registry's tag is whatever two stacks agree to call it, a chart's even its own name and version, so what lies at a
place may be what another package publishes. Every artifact of the kind is looked at once a run; after that one list
call tells which have changed since. Whoever asks while a list is under way waits for the next one: it must have begun
after the question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from computenest.kernel import identity
from computenest.kernel.names import ArtifactId, VersionId
from computenest.kernel.ports import Clock
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.content_model import Kind, place_in
from computenest.resources._packages.model import ArtifactSummary

_AT_A_TIME = 8
_STAMP_RESOLUTION_S = 2.0
"""The cloud tells when an artifact was modified by the second: what was read within one may have changed after it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A version of an artifact that names a place."""

    artifact_id: ArtifactId
    name: str
    owner: str
    version: VersionId
    place: str

    def __str__(self) -> str:
        return f"artifact {self.artifact_id} named {self.name!r} (version {self.version}) uses it"


@dataclass(slots=True)
class _Read:
    """What an artifact was found to claim, when, and what the list said of it then."""

    stamp: tuple[str, str, int]
    listed_s: float
    read_s: float
    claims: tuple[Claim, ...]

    def holds(self, stamp: tuple[str, str, int]) -> bool:
        is_settled = self.read_s >= self.listed_s + _STAMP_RESOLUTION_S
        return self.stamp == stamp and bool(stamp[0]) and is_settled


@dataclass(slots=True)
class Claims:
    """The claims of all artifacts of one kind in one account."""

    kind: Kind
    artifacts: CloudArtifacts
    clock: Clock
    _read: dict[ArtifactId, _Read] = field(default_factory=dict)
    _asked: int = 0
    _answered: int = 0
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def where(
        self, is_meant: Callable[[str], bool], *, besides: Collection[ArtifactId] = ()
    ) -> tuple[Claim, ...]:
        """The claims to places that are meant, of all artifacts but `besides`.

        Raises:
            ComputeNestError: it cannot be told.
        """
        began_s = self.clock.now_s()
        await self._look()
        found: list[Claim] = []
        for artifact_id, known in sorted(self._read.items()):
            if artifact_id in besides or not any(is_meant(claim.place) for claim in known.claims):
                continue
            claims = known.claims
            if known.read_s < began_s:  # a list may show for a while what was deleted meanwhile
                claims = await self._claims_of(artifact_id, name=claims[0].name, owner=claims[0].owner)
            found += [claim for claim in claims if is_meant(claim.place)]
        return tuple(found)

    async def _look(self) -> None:
        """Reads again what changed since; all who ask meanwhile have the answer."""
        self._asked += 1
        mine = self._asked
        async with self._looking:
            if self._answered >= mine:
                return
            answers = self._asked
            listed_s = self.clock.now_s()
            rows = await self.artifacts.of_type(self.kind.value)
            gate = asyncio.Semaphore(_AT_A_TIME)
            await asyncio.gather(*(self._update(row, gate, listed_s) for row in rows))
            listed = {row.artifact_id for row in rows}
            self._read = {key: known for key, known in self._read.items() if key in listed}
            self._answered = answers

    async def _update(self, row: ArtifactSummary, gate: asyncio.Semaphore, listed_s: float) -> None:
        """Reads one artifact, unless the list says that it is as it was."""
        stamp = (row.modified, row.status, row.max_version)
        known = self._read.get(row.artifact_id)
        if known is not None and known.holds(stamp):
            return
        async with gate:
            read_s = self.clock.now_s()
            claims = await self._claims_of(
                row.artifact_id, name=row.name, owner=str(row.tags.get(identity.OWNER_TAG, ""))
            )
        first_s = known.listed_s if known is not None and known.stamp == stamp else listed_s
        self._read[row.artifact_id] = _Read(stamp, first_s, read_s, claims)

    async def _claims_of(self, artifact_id: ArtifactId, *, name: str, owner: str) -> tuple[Claim, ...]:
        versions = await self.artifacts.versions(artifact_id=artifact_id)
        named = ((version, place_in(self.kind, version.source_property)) for version in versions)
        return tuple(Claim(artifact_id, name, owner, version.version, place) for version, place in named if place)
