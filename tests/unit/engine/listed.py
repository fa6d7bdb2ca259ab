"""The list API as watches see it, in virtual time: who was asked for when, and who woke when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from computenest.kernel.names import ArtifactId, VersionId
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.model import ArtifactSummary, ArtifactVersion
from computenest.resources._packages.watch import ArtifactWatch, Seen
from lifecycle.virtual import VirtualClock

INTERVAL_S = 5.0
BUSY, DONE = Seen("Delivering", 0), Seen("Available", 1)


@dataclass
class ListedArtifacts:
    """The list API, and one look at versions for observers; every other call would be a mistake."""

    clock: VirtualClock
    shown: dict[ArtifactId, Seen] = field(default_factory=dict)
    pages: list[tuple[float, int]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    modified: dict[ArtifactId, str] = field(default_factory=dict)
    looks: list[tuple[float, ArtifactId]] = field(default_factory=list)
    look_takes_s: float = 0.0
    look_errors: list[Exception] = field(default_factory=list)

    async def versions(self, *, artifact_id: ArtifactId) -> tuple[ArtifactVersion, ...]:
        self.looks.append((self.clock.now_s(), artifact_id))
        if self.look_takes_s:
            await self.clock.sleep(self.look_takes_s)
        if self.look_errors:
            raise self.look_errors.pop(0)
        return (ArtifactVersion(version=VersionId("draft"), status="Delivering", progress_percent=len(self.looks)),)

    async def list_by_id(self, ids: Sequence[ArtifactId]) -> Mapping[ArtifactId, ArtifactSummary]:
        self.pages.append((self.clock.now_s(), len(ids)))
        if self.errors:
            raise self.errors.pop(0)
        return {i: self._summary(i, self.shown[i]) for i in ids if i in self.shown}

    def _summary(self, artifact_id: ArtifactId, seen: Seen) -> ArtifactSummary:
        return ArtifactSummary(
            artifact_id=artifact_id,
            name="web",
            artifact_type="EcsImage",
            status=seen.status,
            max_version=seen.max_version,
            modified=self.modified.get(artifact_id, ""),
        )


def artifact(number: int) -> ArtifactId:
    return ArtifactId(f"artifact-{number:04}")


@dataclass
class Watched:
    """A watch on a list, and who woke when."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    woken: dict[ArtifactId, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.artifacts = ListedArtifacts(self.clock)
        self.watch = ArtifactWatch(cast("CloudArtifacts", self.artifacts), self.clock, INTERVAL_S)

    async def wait(self, number: int, seen: Seen = BUSY) -> None:
        await self.watch.until_changed(artifact(number), seen)
        self.woken[artifact(number)] = self.clock.now_s()
