"""The part of `computenest orphans` that finds things by their owner's mark."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from computenest.kernel.errors import ComputeNestError, Meaning, NotFound, Permanent
from computenest.reconcile.retry import Retry, retrying
from computenest.resources import catalog
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.keys import file_key
from computenest.resources._packages.marks import ArtifactMarks, OrphanedArtifacts
from computenest.resources._program.marks import Marks
from computenest.resources._program.orphans import Marked, Stacks, orphaned
from computenest.resources._program.session import Session
from computenest.resources.file_package.api import FileStore


@dataclass(frozen=True, slots=True)
class Found:
    """A line for each orphan, how many are left, and how many more may be anybody's."""

    lines: list[str]
    left: int
    others: int


class _Lines:
    """Where places say what stays."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def show(self, text: str) -> None:
        """Nobody watches."""

    def warn(self, text: str) -> None:
        self.said.append(text)


@dataclass(frozen=True, slots=True)
class MarkSearch:
    """What is looked for in one account."""

    session: Session
    known: Collection[tuple[str, str]]
    stacks: Stacks
    remove: bool
    must_list: bool
    """Whether what cannot be listed counts as left: an account of copies alone may not be allowed to."""
    types: Collection[str] = ()
    """Of the stack's resources, by name. Whoever has none of a type may not be allowed to list that either, and could
    not have made any: what the account is not permitted counts as left of these alone."""

    async def look(self) -> Found:
        session, clock = self.session, self.session.clock
        said = _Lines()
        seen, refused = await self._seen(said)
        unseen = refused if self.must_list else 0
        found, others = orphaned(seen, self.stacks, known=self.known)
        artifacts = retrying(session.port(CloudArtifacts), Retry(), clock)
        packages = [one for one in _every_type() if isinstance(one, ArtifactMarks)]
        lying = {one.type_name: places for one in packages if (places := one.places(session, said)) is not None}
        removal = OrphanedArtifacts(artifacts, lying)
        lines: list[str] = []
        left = 0
        for one in found:
            content = await removal.content(one) if one.what == "artifact" else ()
            end, is_left = await self._end(one, removal)
            left += is_left
            lines.append(f"{one.what}  {one.id}  {one.names[0] if one.names else ''}  {end}")
            lines += [f"content  {place}  of {one.id}  {end}" for place in content]
        files, files_left = await self._files(seen)
        return Found([*lines, *files, *said.said], left + files_left + unseen, others)

    async def _seen(self, said: _Lines) -> tuple[list[Marked], int]:
        """What the account may list, and how many kinds it should be able to list and is not; one that has copies of
        images alone may not be allowed the rest."""
        seen: list[Marked] = []
        refused: dict[str, bool] = {}
        for marks in _every_type():
            patient: Marks = retrying(marks, Retry(), self.session.clock)
            try:
                seen += await patient.listed(self.session)
            except (Permanent, NotFound) as error:
                if marks.what not in refused:
                    said.warn(f"{marks.what} cannot be listed: {error}")
                is_expected = error.meaning is not Meaning.DENIED or marks.type_name in self.types
                refused[marks.what] = refused.get(marks.what, False) or is_expected
        return seen, sum(refused.values())

    async def _end(self, one: Marked, removal: OrphanedArtifacts) -> tuple[str, bool]:
        if not self.remove:
            return one.status, True
        if one.what != "artifact":
            return f"{one.status}; it stays: delete it in the console, or declare it again and destroy it", True
        why = await removal.remove(one)
        return (f"stays: {why}" if why else "removed"), bool(why)

    async def _files(self, seen: list[Marked]) -> tuple[list[str], int]:
        """Files whose key names a resource of these stacks, and no artifact of it."""
        if not self.stacks.resources:
            return [], 0
        owners = {one.owner for one in seen if one.what == "artifact"} | {owner for owner, _ in self.known}
        lines, left = [], 0
        files = self.session.port(FileStore)
        for url in await files.uploaded():
            key = file_key(url)
            if key is None or not self.stacks.own_key(key) or any(o[2:].startswith(key.owner) for o in owners):
                continue
            end = "uploaded"
            if self.remove:
                try:
                    await files.delete(url)
                    end = "removed"
                except ComputeNestError as error:
                    end = f"stays: {error}"
            left += end != "removed"
            lines.append(f"content  {url}  of no artifact  {end}")
        return lines, left


def _every_type() -> list[Marks]:
    """What finds the objects of each type that has any; what was made of others comes first."""
    return sorted((part.MARKS for part in catalog.parts("marks")), key=lambda one: one.what, reverse=True)
