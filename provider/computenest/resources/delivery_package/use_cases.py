"""Put delivery packages into registries, look after them there, and take them away, on the one loop of `reconcile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from computenest.kernel import plan
from computenest.kernel.outcome import INCOMPLETE, Outcome
from computenest.kernel.ports import Clock, Progress
from computenest.kernel.unknown import Known
from computenest.reconcile.desk import Lease
from computenest.reconcile.operating import Operating
from computenest.reconcile.reconciler import Run
from computenest.resources._delivery.places import Lying, Place, mark_of
from computenest.resources.delivery_package import plan as steps
from computenest.resources.delivery_package.api import FileArchives, OciRegistries, SourcePacker
from computenest.resources.delivery_package.diff import is_fetched, references
from computenest.resources.delivery_package.model import (
    AVAILABLE,
    Described,
    Inputs,
    State,
    archive_of,
    package_id_of,
    places_of,
)


@dataclass(frozen=True, slots=True)
class DeliveryPackageUseCases(Operating[Inputs[Known], State[Known]]):
    """Of one process: registries belong to no account of the cloud."""

    packer: SourcePacker
    registries: OciRegistries
    archives: FileArchives
    clock: Clock
    progress: Progress
    lease: Lease
    asking: OciRegistries | None = None
    """For checks and refreshes, which say at once that a registry does not answer."""

    async def read(self, known: State[Known]) -> Outcome[State[Known]] | None:
        """What lies there now, None where nothing of it is left anywhere.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        there: dict[str, str] = {}
        is_anywhere = False
        for place in places_of(known.targets, known.version):
            lying = await (self.asking or self.registries).look(
                place=place,
                owner_id=known.owner_id,
                generation=known.generation,
                digest=known.digest,
                signer=known.signer,
            )
            is_anywhere |= bool(lying.marked)
            is_right = lying.digest == known.digest and lying.is_whole and lying.is_signed
            is_right = is_right and lying.marked == known.digest
            there[place.repository] = known.digest if is_right else lying.digest if lying.digest != known.digest else ""
        if known.archive:
            there[archive_of(known.archive)] = await self.archives.look(path=known.archive)
            is_anywhere |= bool(there[archive_of(known.archive)])
        if (known.targets or known.archive) and not is_anywhere:
            return None
        found = State[Known].made(known, registries={key: value for key, value in there.items() if value})
        return Outcome(package_id_of(known.owner_id, known.generation), found)

    def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        return _Run(desk=self, wanted=inputs, former=former)


@dataclass(kw_only=True)
class _Run(Run[State[Known]]):
    """One operation on a package under way."""

    desk: DeliveryPackageUseCases
    wanted: Inputs[Known]
    described: Described | None = None
    lying: dict[Place, Lying] = field(default_factory=dict)
    archived: str = ""
    """The digest of what the archive holds; "" too where it is to be written anew."""
    placed: dict[str, str] = field(default_factory=dict)
    """Place -> digest, of everything of ours."""
    size_bytes: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.placed = dict(self.former.places) if self.former is not None else {}

    @property
    def digest(self) -> str:
        if is_fetched(self.wanted.digest):
            return self.wanted.digest
        return self.described.digest if self.described is not None else ""

    async def begin(self) -> None:
        """What was not fetched for a check is fetched now: the digest decides what is done."""
        is_same = self.former is not None and self.former.contents == self.wanted.contents
        if not self.digest and is_same and self.former is not None and self.former.digest:
            self.described = Described(self.former.digest, self.former.size_bytes, 0, {}, {}, {}, (), {})
        if not self.digest:
            self.show("fetching what it is made of")
            self.described = await self.desk.packer.describe(inputs=Inputs[Known].made(self.wanted, digest=""))

    async def look(self) -> None:
        self.lying = {
            place: await self.desk.registries.look(
                place=place,
                owner_id=self.wanted.owner_id,
                generation=self.wanted.generation,
                digest=self.digest,
                signer=self.wanted.signer,
            )
            for place in places_of(self.wanted.targets, self.wanted.version)
        }
        # What an interrupted run put there is ours as well, and no state tells of it.
        for place, lying in self.lying.items():
            self.placed |= {f"{place.repository}:{tag}": digest for tag, digest in lying.ours.items()}
        if self.wanted.archive:
            is_other = self.former is not None and self.former.since != self.wanted.since and not self.attempts["Write"]
            self.archived = "" if is_other else await self.desk.archives.look(path=self.wanted.archive)

    def next_step(self) -> plan.Step:
        step = steps.next_step(self.digest, self.lying, self._left(), self.placed)
        if isinstance(step, plan.Done) and self.wanted.archive and self.archived != self.digest:
            return steps.Write(self.wanted.archive)
        return step

    async def take(self, step: plan.Step) -> None:
        if isinstance(step, steps.Bring):
            self.acting(f"bringing it to {step.place}")
            self.placed[str(step.place)] = self.digest
            host = step.place.repository.partition("/")[0]
            others = [one.repository for one in self.lying if one.repository.partition("/")[0] == host]
            self.size_bytes = await self.desk.registries.bring(
                place=step.place,
                mark=self._mark(step.place),
                inputs=Inputs[Known].made(self.wanted, digest=self.digest),
                neighbours=[one for one in others if one != step.place.repository],
                show=self.show,
            )
        elif isinstance(step, steps.Drop):
            await self._drop(step.place, step.digest)
        elif isinstance(step, steps.Write):
            self.acting(f"writing {step.path}")
            self.placed[archive_of(step.path)] = self.digest
            inputs = Inputs[Known].made(self.wanted, digest=self.digest)
            self.size_bytes = await self.desk.archives.write(inputs=inputs)

    async def wait(self, step: plan.Await) -> None:
        """Registries do what they are asked, or do not."""

    async def finish(self, done: plan.Done) -> Outcome[State[Known]]:
        del done
        return Outcome(self._id, self._state(AVAILABLE, {}))

    def kept(self, reason: str) -> Outcome[State[Known]]:
        return Outcome(self._id, self._state(INCOMPLETE, {"": reason}), (f"{self.name}: {reason}",))

    async def clear(self, *, incarnation: int) -> None:
        """A package that was put there by a replacement has marks of its own."""
        del incarnation
        self.is_clearing = True
        await self.look()
        if self.wanted.archive:
            self.placed.setdefault(archive_of(self.wanted.archive), self.wanted.digest)
        for text, digest in sorted(self.placed.items()):
            await self._drop(self._at(text), digest)

    async def _drop(self, place: Place, digest: str) -> None:
        if str(place).startswith(archive_of("")):
            self.acting(f"deleting {place}")
            await self.desk.archives.drop(path=str(place).removeprefix(archive_of("")), digest=digest)
            self.placed.pop(str(place), None)
            return
        self.acting(f"taking it away from {place}")
        signer = self.wanted.signer or (self.former.signer if self.former is not None else "")
        mark = self._mark(place)
        stays = await self.desk.registries.drop(place=place, mark=mark, digest=digest, signer=signer)
        if stays:
            self.warn(stays)
        self.placed.pop(str(place), None)

    def _left(self) -> dict[Place, str]:
        """What lies in repositories that are no target any more."""
        wanted = {one.repository for one in self.lying}
        kept = archive_of(self.wanted.archive) if self.wanted.archive else ""
        found = {self._at(text): digest for text, digest in sorted(self.placed.items()) if text != kept}
        return {place: digest for place, digest in found.items() if place.repository not in wanted}

    def _at(self, text: str) -> Place:
        """Where something was put, with the login of what is wanted there, or was before."""
        repository, _, tag = text.rpartition(":")
        former = places_of(self.former.targets, self.former.version) if self.former is not None else ()
        known = {one.repository: one for one in (*former, *places_of(self.wanted.targets, self.wanted.version))}
        return replace(known.get(repository, Place(repository, tag)), tag=tag)

    def _mark(self, place: Place) -> str:
        return mark_of(self.wanted.owner_id, self.wanted.generation, place.tag)

    @property
    def _id(self) -> str:
        return package_id_of(self.wanted.owner_id, self.wanted.generation)

    def _state(self, status: str, reasons: Mapping[str, str]) -> State[Known]:
        """What was observed last; of an operation that did not finish, with why."""
        there = {
            place.repository: lying.digest
            for place, lying in self.lying.items()
            if lying.digest and lying.digest == lying.marked and lying.is_whole
        }
        if self.wanted.archive and self.archived:
            there[archive_of(self.wanted.archive)] = self.archived
        former = self.former.size_bytes if self.former is not None else 0
        return State[Known].made(
            self.wanted,
            digest=self.digest,
            registries=there,
            package_id=self._id,
            status=status,
            references=references(there, self.wanted.version),
            size_bytes=self.size_bytes or (self.described.size_bytes if self.described else 0) or former,
            places=dict(self.placed),
            reasons=dict(reasons),
            incarnation=self.incarnation,
        )
