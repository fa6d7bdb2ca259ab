"""Install, upgrade, look after and uninstall delivery packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from computenest.kernel import plan
from computenest.kernel.errors import Permanent
from computenest.kernel.outcome import Outcome
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.resources._components.deploying import DeployingRun, place_of
from computenest.resources._components.deploying import Place as ReleasePlace
from computenest.resources._components.opened import Desk
from computenest.resources._components.plan import is_there
from computenest.resources._components.release import ReleaseName
from computenest.resources._delivery.clusterfile import Clusterfile
from computenest.resources._delivery.delivered import Delivered
from computenest.resources._delivery.places import Lying, Place, mark_of, refusal
from computenest.resources._delivery.sealed import PackedImage
from computenest.resources.delivery_installation.api import KeptPackages, LocalRegistries, Seen, Wanted
from computenest.resources.delivery_installation.model import INSTALLED, NOT_THERE, Inputs, State
from computenest.resources.delivery_installation.redacting import redactor_of
from computenest.resources.delivery_installation.wishes import image_places, wanted_releases


@dataclass(frozen=True, slots=True)
class Load(plan.Step):
    """Images are not in the cluster's registry."""

    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Drop(plan.Step):
    """An image lies in a registry that is the cluster's no more."""

    place: Place


@dataclass(frozen=True, slots=True)
class Installations:
    """Of every cluster."""

    desk: Desk
    packages: KeptPackages
    registries: LocalRegistries
    asking: LocalRegistries
    """The same for refreshes, which say at once that a registry does not answer."""

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        """Brings images and charts, taking over what an earlier, interrupted create of the same identity brought.

        Raises:
            ComputeNestError: before anything is changed; after that every failure is in the Outcome.
        """
        return await (await self._run(inputs, None)).converge()

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        """Brings what is not as wanted, and takes away what is not wanted any more."""
        return await (await self._run(inputs, former)).converge()

    async def read(self, known: State[Known]) -> Outcome[State[Known]] | None:
        """What is there now, None where none of its releases is.

        Raises:
            ComputeNestError: where it cannot be told.
        """
        run = self._bare(known, known)
        run.refuse_another_cluster((await self.desk.asking.identify(known.cluster)).uid)
        found, objects, revisions = {}, {}, {}
        places = await self._releases_of(known)
        for place in places:
            namespace, _, name = place.partition("/")
            history = (await self.desk.asking.look(known.cluster, ReleaseName(name), namespace)).history
            if not is_there(history) or known.owner_id not in {one.owner for one in history}:
                continue
            last = history[-1]
            found[name], revisions[name] = last.version, last.number
            is_as_left = known.revisions.get(name, last.number) == last.number
            objects[name] = (
                known.objects.get(name, "") if is_as_left else f"revision {last.number}, made by somebody else"
            )
        placed, loaded = await self._images_of(known)
        if not found and not placed:
            return None
        made = State[Known].made(
            known,
            uid=run.uid,
            rollout=found,
            objects=objects,
            loaded=loaded,
            places=placed,
            releases=places,
            drifted={},
            revisions=revisions,
            status=known.status or INSTALLED,
            incarnation=max(1, known.incarnation),
        )
        return Outcome(known.owner_id, made)

    async def _releases_of(self, known: State[Known]) -> tuple[ReleasePlace, ...]:
        """Where something of ours may be, by the state; of one that lost that, by what the package brings."""
        if known.releases:
            return tuple(map(ReleasePlace, known.releases))
        seen = await self.packages.look(where=known.package, verify="", clusterfile=known.clusterfile)
        return tuple(map(place_of, wanted_releases(known, seen.package, seen.clusterfile)))

    async def _images_of(self, known: State[Known]) -> tuple[dict[str, str], dict[str, str]]:
        """What carries our mark still, and what of it is whole, of everything that was put somewhere."""
        placed, loaded = {}, {}
        logins = _logins(known)
        for text, digest in placed_by(known).items():
            place = _at(text, logins)
            lying = await self.asking.look(
                place=place, owner_id=known.owner_id, generation=known.generation, digest=digest
            )
            if lying.marked:
                placed[text] = lying.marked
            if lying.digest == lying.marked == digest and lying.is_whole and text in known.loaded:
                loaded[text] = digest
        return placed, loaded

    async def delete(self, known: State[Known]) -> None:
        """Uninstalls every chart, last brought first, and takes the images away that nobody else relies on; already
        gone is success.

        Raises:
            Conflict: a release is not ours any more, or another cluster answers.
        """
        whole = State[Known].made(known, releases=await self._releases_of(known))
        await self._bare(whole, whole).delete(incarnation=known.incarnation)

    async def _run(self, inputs: Inputs[Known], former: State[Known] | None) -> _Run:
        seen = await self.packages.look(where=inputs.package, verify=inputs.verify, clusterfile=inputs.clusterfile)
        if inputs.digest == NOT_THERE or inputs.digest != seen.package.digest:
            raise Permanent(
                f"{inputs.package} is {seen.package.digest} now, and was checked as {inputs.digest}",
                hint="nothing was changed; run pulumi up again",
            )
        return self._bare(inputs, former, seen)

    def _bare(self, inputs: Inputs[Known], former: State[Known] | None, seen: Seen | None = None) -> _Run:
        package, clusterfile = (seen.package, seen.clusterfile) if seen is not None else (Delivered(""), Clusterfile())
        is_relabelled = former is not None and former.labels != inputs.labels
        return _Run(
            desk=self.desk,
            wanted=inputs,
            wishes=wanted_releases(inputs, package, clusterfile),
            brought=tuple(map(ReleasePlace, former.releases)) if former is not None else (),
            former=former,
            suspects=frozenset(inputs.rollout if is_relabelled else inputs.drifted),
            registries=self.registries,
            package=package,
            images=image_places(inputs, package),
        )


def placed_by(known: State[Known]) -> dict[str, str]:
    """Image -> digest, of what was put somewhere; a state may have lost one of the two that say so."""
    return {**known.loaded, **known.places}


def _logins(*known: Inputs[Known] | None) -> dict[str, tuple[str, str]]:
    """Host -> login, of the registries that are wanted; the last one wins."""
    given = [one.registry for one in known if one is not None and one.registry is not None]
    return {str(one.address).partition("/")[0]: (str(one.username), str(one.password)) for one in given if one.username}


def _at(text: str, logins: Mapping[str, tuple[str, str]]) -> Place:
    """Where an image was put, with the login there."""
    repository, _, tag = text.rpartition(":")
    return Place(repository, tag, *logins.get(repository.partition("/")[0], ()))


@dataclass(kw_only=True)
class _Run(DeployingRun[State[Known]]):
    """One operation under way: images first, then charts, and what is left of a former registry last."""

    done_as: ClassVar[str] = INSTALLED

    wanted: Inputs[Known]
    registries: LocalRegistries
    package: Delivered
    images: Mapping[Place, PackedImage]
    lying: dict[Place, Lying] = field(default_factory=dict)
    placed: dict[str, str] = field(default_factory=dict)
    """Place -> digest, of everything of ours."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.placed = placed_by(self.former) if self.former is not None else {}

    @property
    def redactor(self) -> Redactor:
        return redactor_of(self.wanted, *((self.former,) if self.former is not None else ()))

    async def look(self) -> None:
        for place, image in self.images.items():
            if self._is_there(place):
                continue
            owner, generation = self.wanted.owner_id, self.wanted.generation
            self.lying[place] = await self.registries.look(
                place=place, owner_id=owner, generation=generation, digest=image.root.digest
            )
            # What an interrupted run put there is ours as well, and no state tells of it.
            self.placed |= {f"{place.repository}:{tag}": found for tag, found in self.lying[place].ours.items()}
        await super().look()

    def _is_there(self, place: Place) -> bool:
        lying = self.lying.get(place)
        return lying is not None and lying.is_whole and lying.digest == lying.marked == self.images[place].root.digest

    def next_step(self) -> plan.Step:
        lacking = tuple(place for place in self.images if not self._is_there(place))
        for place in lacking:
            digest, recorded = self.images[place].root.digest, self.placed.get(str(place))
            reason = refusal(place, self.lying[place], digest, recorded=recorded, what="this installation")
            if reason:
                return plan.Failed(reason)
        if lacking:
            return Load(lacking)
        step = super().next_step()
        if isinstance(step, plan.Done):
            for place in self._left():
                return Drop(place)
        return step

    async def take(self, step: plan.Step) -> None:
        if isinstance(step, Load):
            await self._load(step.places)
        elif isinstance(step, Drop):
            await self._drop(step.place)
        else:
            await super().take(step)

    async def _load(self, places: tuple[Place, ...]) -> None:
        count = f"{len(places)} image{'s' * (len(places) != 1)}"
        self.acting(f"loading {count} into {places[0].repository.partition('/')[0]}")
        self.placed |= {str(one): self.images[one].root.digest for one in places}
        wanted = [Wanted(self.images[one].root.digest, one, self._mark(one)) for one in places]
        await self.registries.load(where=self.wanted.package, wanted=wanted, show=self.show)

    def _left(self) -> list[Place]:
        """Images in registries that are the cluster's no more; earlier ones in its registry stay for a rollback."""
        if not self.placed:
            return []
        registry = self.wanted.registry
        beginning = f"{registry.address}/" if registry is not None else ""
        return [one for one in self._places() if not beginning or not one.repository.startswith(beginning)]

    def _places(self) -> list[Place]:
        logins = _logins(self.former, self.wanted)
        return [_at(text, logins) for text in sorted(self.placed)]

    async def _drop(self, place: Place) -> None:
        self.acting(f"taking {place} away")
        stays = await self.registries.drop(place=place, mark=self._mark(place), digest=self.placed[str(place)])
        if stays:
            self.warn(stays)
        self.placed.pop(str(place), None)

    def _mark(self, place: Place) -> str:
        return mark_of(self.wanted.owner_id, self.wanted.generation, place.tag)

    async def clear(self, *, incarnation: int) -> None:
        await super().clear(incarnation=incarnation)
        for place in self._places():
            await self._drop(place)

    def reached(self, *, is_whole: bool) -> State[Known]:
        """Of an operation that did not finish with what was reached: a chart that was not brought is as before."""
        rollout, objects = dict(self.wanted.rollout), dict(self.wanted.objects)
        version, digest = self.package.version, self.wanted.digest
        if not is_whole:
            before = self.former if self.former is not None else State[Known]()
            reached = {one.wish.component for one in self.releases if one.is_as_wanted}
            rollout = {**before.rollout, **{name: text for name, text in rollout.items() if name in reached}}
            objects = {**before.objects, **{name: text for name, text in objects.items() if name in reached}}
        return State[Known].made(
            self.wanted,
            digest=digest,
            version=version,
            loaded={str(one): image.root.digest for one, image in self.images.items() if self._is_there(one)},
            rollout=rollout,
            objects=objects,
            drifted={},
            revisions=self.revisions,
            places=dict(self.placed),
        )
