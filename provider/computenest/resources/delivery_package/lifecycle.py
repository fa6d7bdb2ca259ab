"""`DeliveryPackage` as a `Lifecycle`: the use cases of this process, on values of this type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from computenest.kernel.errors import ComputeNestError, Invalid, Reason, Transient
from computenest.kernel.lifecycle import Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Failure, Outcome
from computenest.kernel.sending import MIB, Sending
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown, has_unknown
from computenest.resources._delivery.lifecycle import DeliveryLifecycle
from computenest.resources._program.core import CHECK_RETRY, Core
from computenest.resources.delivery_package import diff as diffs
from computenest.resources.delivery_package.check import check, described
from computenest.resources.delivery_package.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.delivery_package.diff import references
from computenest.resources.delivery_package.model import DeliveredChart, Described, Inputs, State, places_of

if TYPE_CHECKING:
    from computenest.resources.delivery_package.use_cases import DeliveryPackageUseCases

_COMPUTED = ("contents", "digest", "missing", "registries", "signer")


def use_cases_of(core: Core) -> DeliveryPackageUseCases:
    """The use cases of a process; the registry's client is imported here."""
    from computenest.cloud.clock import RealClock
    from computenest.reconcile.retry import Retry, retrying
    from computenest.reconcile.silence import Silence
    from computenest.resources._components.opened import pull_keys
    from computenest.resources._delivery.assembly import LayerCache
    from computenest.resources.delivery_package.api import FileArchives, OciRegistries, SourcePacker
    from computenest.resources.delivery_package.sources import PackageCharts
    from computenest.resources.delivery_package.use_cases import DeliveryPackageUseCases

    packer, clock = SourcePacker(LayerCache.of_user(), PackageCharts(pull_keys(core))), RealClock()
    registries, retry = OciRegistries(packer=packer), Retry(silence=Silence(core.settings.no_answer_s))
    bearing, asking = retrying(registries, retry=retry, clock=clock), retrying(registries, CHECK_RETRY, clock)
    archives = FileArchives(packer)
    return DeliveryPackageUseCases(packer, bearing, archives, clock, core.progress, core.lease, asking)


@dataclass(slots=True)
class DeliveryPackageLifecycle(DeliveryLifecycle["DeliveryPackageUseCases", Inputs[Known], State[Known]]):
    """Lifecycle of `DeliveryPackage`."""

    open: Callable[[Core], DeliveryPackageUseCases] = field(default=use_cases_of, kw_only=True)

    shape = Shape(RESOURCE, id_key="packageId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(diffs.preview)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        checked = check(olds, news, replaced=self._remembered(news.owner_id, olds))
        readable = _readable(checked.inputs)
        bag = {key: value for key, value in readable.bag().items() if key not in _COMPUTED}
        if checked.failures or has_unknown(bag):
            return checked
        inputs = Inputs[Known].model_validate({**bag, "digest": "?"})
        use = self._use()
        try:
            found = await use.packer.describe(inputs=inputs)
        except ComputeNestError as error:
            path = error.path if isinstance(error, Invalid) else ""
            return checked.plus((Failure(path, str(error) if isinstance(error, Invalid) else Reason.of(error)),))
        made = described(inputs, found)
        made = replace(made, inputs=Inputs[Unknown].made(made.inputs, charts=checked.inputs.charts))
        if made.failures:
            return made
        if found.digest:
            there = {one.repository: found.digest for one in places_of(inputs.targets, inputs.version)}
            self.core.bringing |= set(references(there, inputs.version).values())
        failures, told = await self._foretold(use, inputs, olds, found)
        return made.plus(tuple(failures), warnings=tuple(told))

    async def _foretold(
        self, use: DeliveryPackageUseCases, inputs: Inputs[Known], olds: Inputs[Known] | None, found: Described
    ) -> tuple[list[Failure], list[str]]:
        """How much each registry is sent, where it is not as it was. One that refuses a look refuses a push too."""
        failures: list[Failure] = []
        told: list[str] = []
        if not found.digest:
            size = f"{found.unread_bytes / MIB:.1f} MiB"
            return [], [f"{inputs.name}: its digest is known once {size} of it are fetched, which the update does"]
        for index, place in enumerate(places_of(inputs.targets, inputs.version)):
            is_as_before = olds is not None and olds.version == inputs.version
            if is_as_before and olds is not None and olds.registries.get(place.repository) == found.digest:
                continue
            try:
                lacking = await (use.asking or use.registries).absent(place=place, digests=tuple(found.blobs))
            except Transient as error:
                told.append(Reason.of(error, left_out=f"{place}: how much is sent to it is not known"))
                continue
            except ComputeNestError as error:
                failures.append(Failure(f"targets[{index}]", Reason.of(error)))
                continue
            sent = sum(found.blobs[digest] for digest in lacking)
            whole = (len(found.blobs), found.size_bytes)
            told.append(Sending(str(place), len(lacking), sent, of=whole).sentence)
        return failures, told

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        del owner_id
        if known is None or not known.package_id:
            raise Invalid(
                f"a delivery package cannot be imported ({id_}): no registry tells what it is made of",
                hint="declare it without `import`; what is there already is not sent again",
            )
        return await self._look(id_, known, self._use().read, name=known.name)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return given


def _readable(inputs: Inputs[Unknown]) -> Inputs[Unknown]:
    """The same without what is unknown of packages whose charts are on this machine: a package that is not pushed yet
    has no reference."""

    def known(chart: DeliveredChart) -> DeliveredChart:
        package = chart.package
        if package is None or package is UNKNOWN or package.path is None or package.path is UNKNOWN:
            return chart
        settled = {key: "" for key in ("package", "content") if getattr(package, key) is UNKNOWN}
        return chart.model_copy(update={"package": package.model_copy(update=settled)})

    if inputs.charts is UNKNOWN:
        return inputs
    return Inputs[Unknown].made(inputs, charts=tuple(map(known, inputs.charts)))


LIFECYCLE = DeliveryPackageLifecycle
