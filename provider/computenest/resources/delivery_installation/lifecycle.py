"""`DeliveryInstallation` as a `Lifecycle`: what a program asks for, and what package and cluster make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from computenest.kernel.errors import ComputeNestError, Invalid, Reason, Transient
from computenest.kernel.lifecycle import SECRETS, Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Failure, Outcome
from computenest.kernel.sending import Sending
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown, has_unknown
from computenest.resources._components.previewing import Before, preview_releases
from computenest.resources._components.redacting import concealed_of, redacted
from computenest.resources._delivery.lifecycle import DeliveryLifecycle
from computenest.resources._program.core import CHECK_RETRY, Core
from computenest.resources.delivery_installation import diff as diffs
from computenest.resources.delivery_installation.check import check
from computenest.resources.delivery_installation.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.delivery_installation.model import NOT_THERE, Inputs, State
from computenest.resources.delivery_installation.redacting import redactor_of
from computenest.resources.delivery_installation.wishes import (
    image_places,
    pulled_elsewhere,
    unfit,
    wanted_releases,
)

if TYPE_CHECKING:
    from computenest.resources.delivery_installation.api import Seen
    from computenest.resources.delivery_installation.use_cases import Installations


def use_cases_of(core: Core) -> Installations:
    """The use cases of a process; the registry's client is imported here."""
    from computenest.cloud.clock import RealClock
    from computenest.reconcile.retry import Retry, retrying
    from computenest.reconcile.silence import Silence
    from computenest.resources._components.opened import open_desk
    from computenest.resources._delivery.assembly import user_cache
    from computenest.resources.delivery_installation.api import KeptPackages, LocalRegistries
    from computenest.resources.delivery_installation.use_cases import Installations

    kept, clock, retry = (
        KeptPackages(user_cache("delivery-packages")),
        RealClock(),
        Retry(silence=Silence(core.settings.no_answer_s)),
    )
    registries = LocalRegistries(packages=kept)
    return Installations(
        open_desk(core),
        retrying(kept, CHECK_RETRY, clock),
        retrying(registries, retry, clock),
        retrying(registries, CHECK_RETRY, clock),
    )


@dataclass(slots=True)
class DeliveryInstallationLifecycle(DeliveryLifecycle["Installations", Inputs[Known], State[Known]]):
    """Lifecycle of `DeliveryInstallation`."""

    open: Callable[[Core], Installations] = field(default=use_cases_of, kw_only=True)

    shape = Shape(RESOURCE, id_key="ownerId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(diffs.preview)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        """Package, registry and cluster are asked what would happen; nothing is written there."""
        concealed = (*(news.concealed or ()), *concealed_of(UNKNOWN, SECRETS.get()))
        given = Arguments.made(news, concealed=tuple(sorted(set(concealed))))
        checked = check(olds, given, replaced=self._remembered(news.owner_id, olds))
        inputs = checked.inputs
        if checked.failures or UNKNOWN in (inputs.package, inputs.verify, inputs.clusterfile):
            return checked
        use = self._use()
        try:
            seen = await use.packages.look(
                where=str(inputs.package), verify=str(inputs.verify), clusterfile=str(inputs.clusterfile)
            )
        except ComputeNestError as error:
            return self._without_package(checked, olds, error)
        failures = list(unfit(inputs, seen.package, seen.clusterfile))
        if failures:
            return checked.plus(failures)
        redactor = redactor_of(inputs, *((olds,) if olds is not None else ()))
        return redacted(await self._seen(use, inputs, olds, seen), redactor)

    def _without_package(
        self, checked: Checked[Inputs[Unknown]], olds: Inputs[Known] | None, error: ComputeNestError
    ) -> Checked[Inputs[Unknown]]:
        """What the same program is to bring may not be there yet."""
        if isinstance(error, Transient) and olds is not None and _is_same(olds, checked.inputs):
            warning = Reason.of(error, left_out=f"{checked.inputs.package} is taken for what the last run installed")
            kept = {key: getattr(olds, key) for key in ("digest", "loaded", "rollout", "objects")}
            return Checked(Inputs[Unknown].made(checked.inputs, **kept), (), (warning,))
        is_expected = isinstance(error, Invalid) and str(checked.inputs.package) in self.core.bringing
        if not is_expected:
            path = error.path if isinstance(error, Invalid) else "package"
            return checked.plus((Failure(path, str(error) if isinstance(error, Invalid) else Reason.of(error)),))
        before = olds if olds is not None else Inputs[Known]()
        inputs = Inputs[Unknown].made(
            checked.inputs,
            digest=NOT_THERE,
            loaded=before.loaded,
            rollout=dict.fromkeys(before.rollout, NOT_THERE),
            objects=dict.fromkeys(before.objects, NOT_THERE),
        )
        told = f"{inputs.package} is brought by this program: what it makes of the cluster is known once it is there"
        return Checked(inputs, checked.failures, checked.warnings, (*checked.notes, told))

    async def _seen(
        self, use: Installations, inputs: Inputs[Unknown], olds: Inputs[Known] | None, seen: Seen
    ) -> Checked[Inputs[Unknown]]:
        """What package and cluster make of it: what will be there, and how much is sent for it."""
        wishes = wanted_releases(inputs, seen.package, seen.clusterfile)
        failures: list[Failure] = []
        for wish in wishes:
            if inputs.registry is not None and wish.values is not UNKNOWN and not has_unknown(wish.values):
                try:
                    failures += pulled_elsewhere(inputs, seen.package, await use.packages.used(wish=wish))
                except ComputeNestError as error:
                    failures.append(Failure("package", Reason.of(error)))
        if failures:
            return Checked(inputs, tuple(failures))
        found = await preview_releases(use.desk.asking, inputs.cluster, wishes, _before(olds, inputs, seen))
        loads, told = await self._loads(use, inputs, olds, seen)
        made = Inputs[Unknown].made(
            inputs,
            uid=found.uid,
            digest=seen.package.digest,
            loaded=loads,
            rollout=found.rollout,
            objects=found.objects,
            drifted=found.drifted,
        )
        left_out = [f"{inputs.clusterfile}: {one}" for one in seen.clusterfile.left_out]
        left_out += [
            f"{inputs.clusterfile}: {one.at} writes {one.path}, which is of no application"
            for one in seen.clusterfile.overrides
            if not one.path.startswith("application/")
        ]
        return Checked(made, tuple(found.failures), (*left_out, *found.warnings), (*told, *found.notes))

    async def _loads(
        self, use: Installations, inputs: Inputs[Unknown], olds: Inputs[Known] | None, seen: Seen
    ) -> tuple[dict[str, str] | object, list[str]]:
        """What will be in the cluster's registry, and how much of it that is sent: each blob once, since what one
        repository has is mounted into the others."""
        registry = inputs.registry
        if registry is UNKNOWN or (registry is not None and has_unknown(registry.model_dump())):
            return UNKNOWN, []
        places = image_places(inputs, seen.package)
        loads = {str(place): image.root.digest for place, image in places.items()}
        lacking: dict[str, int] = {}
        there: set[str] = set()
        count = 0
        for place, image in places.items():
            if olds is not None and olds.loaded.get(str(place)) == image.root.digest:
                there |= image.blobs.keys()
                continue
            try:
                absent = set(await use.asking.absent(place=place, digests=tuple(image.blobs)))
            except Transient as error:
                return loads, [Reason.of(error, left_out=f"{place}: how much is sent to it is not known")]
            count += 1
            lacking |= {digest: size for digest, size in image.blobs.items() if digest in absent}
            there |= image.blobs.keys() - absent
        sent = {digest: size for digest, size in lacking.items() if digest not in there}
        if not count or registry is None:
            return loads, []
        sending = Sending(str(registry.address), len(sent), sum(sent.values()), images=(count, len(places)))
        return loads, [sending.sentence]

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        del owner_id
        if known is None or not known.package:
            raise Invalid(
                f"{id_!r} cannot be imported: an installation is no object of its own",
                hint="declare it with `adopt: true`: releases of the same names are taken over as they are",
            )
        return await self._look(id_, known, self._use().read, name=known.package)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return given if ("cluster",) in given else given | {("cluster", "kubeconfig")}


def _is_same(olds: Inputs[Known], news: Inputs[Unknown]) -> bool:
    """Whether the program asks for the same package in the same way."""
    same = ("package", "verify", "registry", "images", "mirrored", "namespace", "configuration", "clusterfile")
    return all(getattr(olds, key) == getattr(news, key) for key in same)


def _before(olds: Inputs[Known] | None, news: Inputs[Unknown], seen: Seen) -> Before:
    if olds is None:
        return Before()
    return Before(
        uid=olds.uid,
        rollout=olds.rollout,
        objects=olds.objects,
        is_same=olds.digest == seen.package.digest and _is_same(olds, news),
    )


LIFECYCLE = DeliveryInstallationLifecycle
