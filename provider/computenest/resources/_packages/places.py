"""What may be taken away from a place, or overwritten there: only what this package put there and nobody else uses.

Whoever uses content claims it first (its artifact names the place) and looks at the place afterwards, once more at the
end; whoever takes content away gives up its own claim first and asks for those of others last. So of two runs at once
at least one sees the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from computenest.kernel.errors import Conflict, Permanent
from computenest.kernel.names import ArtifactId, OwnerId
from computenest.kernel.ports import Progress
from computenest.kernel.unknown import Known
from computenest.resources._packages.claims import Claim, Claims
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.content_package import ContentState
from computenest.resources._packages.content_ports import ContentStore, Overwriting
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.ours import fingerprints, is_ours

_REFRESH = "run pulumi refresh to see it, and up then puts this package's own content back; or choose another tag"


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one kind of content in one account."""

    state: type[ContentState[Known]]
    store: ContentStore
    claims: Claims
    progress: Progress

    async def clear(
        self,
        known: ContentState[Known],
        places: Collection[str],
        *,
        artifact_id: ArtifactId,
        versions: Sequence[ArtifactVersion] = (),
    ) -> None:
        """Takes away what this package put at places, and says what stays and why."""
        for place in sorted(places):
            found = await self.store.lies(known=known, place=place)
            why = await self._why_it_stays(known, place, found, artifact_id, versions) if found else ""
            if found and not why:
                why = await self._drop(known, place, artifact_id)
            if why:
                self.progress.warn(f"{known.name}: {place} stays: {why}")
        spare = [place for place in sorted(places) if not await self._is_neighboured(place, artifact_id)]
        if not spare:
            return
        await self.store.tidy(known=known, places=spare)
        for place in spare:  # a repository goes with whatever was pushed to it in that very moment: no call forbids it
            if await self._is_neighboured(place, artifact_id):
                self.progress.warn(
                    f"{known.name}: while {place} was taken away, another package began to use its repository: "
                    "pulumi refresh and up of that stack put its content back, where it went too"
                )

    async def _drop(self, known: ContentState[Known], place: str, artifact_id: ArtifactId) -> str:
        """Why it was put back, "" where it is gone."""
        late: list[Claim] = []

        async def is_wanted() -> bool:
            late[:] = await self._claims_at(place, artifact_id)
            return bool(late)

        is_gone = await self.store.drop(known=known, place=place, is_wanted=is_wanted)
        return "" if is_gone else str(late[0])

    def keep(self, known: ContentState[Known], places: Collection[str]) -> None:
        """Says what is kept because the package wants it so."""
        for place in sorted(places):
            self.progress.warn(f"{known.name}: {place} stays: retainContent is set")

    def guard(self, owner: OwnerId, former: ContentState[Known] | None) -> Overwriting:
        """Judges what a push would overwrite: `former` is the state before, None for a create."""

        async def judge(place: str, *, where: str, found: str) -> None:
            own_id = former.artifact_id if former is not None else ""
            claims = await self.claims.where(lambda one: one == place)
            others = [claim for claim in claims if claim.owner != owner and claim.artifact_id != own_id]
            if others:
                raise Conflict(
                    f"{where} exists and holds another content ({found}), and {others[0]}; it is left untouched",
                    hint="choose another tag or repository for this package",
                )
            is_known = former is not None and place in former.places
            is_known |= any(claim.owner == owner for claim in claims)
            if not is_known and self.state.kind is not Kind.FILE:
                raise Conflict(
                    f"{where} exists and holds another content ({found}); it is left untouched",
                    hint="choose another tag or repository, or delete that tag yourself",
                )
            if former is None or (place == former.place and found == former.content):
                return
            if not is_ours(former, place, found):
                raise Conflict(
                    f"{where} holds another content ({found}) than this package put there "
                    f"({fingerprints(former).get(place, 'unknown')}); it is left untouched",
                    hint=_REFRESH,
                )

        return judge

    async def _why_it_stays(
        self,
        known: ContentState[Known],
        place: str,
        found: str,
        artifact_id: ArtifactId,
        versions: Sequence[ArtifactVersion],
    ) -> str:
        """Why what lies there may not be taken away, "" where it may."""
        if not is_ours(known, place, found, versions):
            return f"it holds {found} now, which this package did not put there"
        try:
            others = await self._claims_at(place, artifact_id)
        except Permanent as error:
            return f"it cannot be told whether another artifact uses it: {error.summary}"
        return str(others[0]) if others else ""

    async def _claims_at(self, place: str, artifact_id: ArtifactId) -> tuple[Claim, ...]:
        return await self.claims.where(lambda one: one == place, besides=(artifact_id,))

    async def _is_neighboured(self, place: str, artifact_id: ArtifactId) -> bool:
        """Whether an artifact names the repository: if only a tag of it that somebody deleted, it is repaired there."""
        if self.state.kind is Kind.FILE:
            return False
        repository = place.rpartition(":")[0]
        try:
            return bool(
                await self.claims.where(lambda one: one.rpartition(":")[0] == repository, besides=(artifact_id,))
            )
        except Permanent:
            return True
