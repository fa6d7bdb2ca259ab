"""`ClusterComponent` as a `Lifecycle`: what a program asks for, and what the cluster has already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel.errors import Invalid
from computenest.kernel.lifecycle import SECRETS
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.lifecycle import DeployedLifecycle
from computenest.resources._components.opened import Desk
from computenest.resources._components.previewing import CANNOT_TELL, Before, Previewed, preview_releases
from computenest.resources._components.redacting import redacted, redactor_of
from computenest.resources.cluster_component import diff as diffs
from computenest.resources.cluster_component.check import check, definition_of, wanted_release
from computenest.resources.cluster_component.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.cluster_component.model import Inputs, State

if TYPE_CHECKING:
    from computenest.resources.cluster_component.use_cases import ClusterComponents


@dataclass(slots=True)
class ClusterComponentLifecycle(DeployedLifecycle[Inputs[Known], State[Known]]):
    """Lifecycle of `ClusterComponent`."""

    shape: ClassVar[Shape] = Shape(RESOURCE, id_key="ownerId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(diffs.preview)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        """The cluster is asked what is there and what would happen; nothing is written there."""
        checked = check(olds, _concealing(news), replaced=self._remembered(news.owner_id, olds))
        if checked.failures:
            return checked
        inputs = checked.inputs
        wishes = wanted_release(inputs)
        found = await preview_releases(self._at.asking, inputs.cluster, wishes, _before(olds, inputs))
        seen = _with(inputs, found, is_whole=bool(wishes))
        return redacted(
            Checked(seen, tuple(found.failures), tuple(found.warnings), tuple(found.notes)),
            redactor_of((definition_of(one), {}, one.concealed) for one in (inputs, *((olds,) if olds else ()))),
        )

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        del owner_id
        if known is None or not known.name:
            raise Invalid(
                f"{id_!r} cannot be imported: who asks for a component is no object of its own",
                hint="declare it without `import`: what is installed is left as it is, unless it is lower",
            )
        return await self._seen(id_, known, name=str(known.name))

    def _use_cases(self, desk: Desk) -> ClusterComponents:
        from computenest.resources.cluster_component.use_cases import ClusterComponents

        return ClusterComponents(desk)


def _concealing(news: Arguments) -> Arguments:
    """With the paths of secret values, as the values of a component of that name."""
    name = str(news.name) if news.name is not None else news.logical_name.lower()
    secret = [".".join(map(str, (name, *path[1:]))) for path in SECRETS.get() if path[:1] == ("values",)]
    given = [one if one.startswith(f"{name}.") or one == name else f"{name}.{one}" for one in news.concealed or ()]
    return Arguments.made(news, concealed=tuple(sorted({*secret, *given})))


def _with(inputs: Inputs[Unknown], found: Previewed, *, is_whole: bool) -> Inputs[Unknown]:
    if not is_whole:
        return Inputs[Unknown].made(inputs, uid=found.uid, brought=UNKNOWN)
    (brought,) = found.rollout.values() or ("",)
    if CANNOT_TELL in found.objects.values():
        brought = CANNOT_TELL  # so that a run finds out
    return Inputs[Unknown].made(inputs, uid=found.uid, brought=brought, drifted=next(iter(found.drifted.values()), ""))


def _before(olds: Inputs[Known] | None, news: Inputs[Unknown]) -> Before:
    if olds is None:
        return Before()
    name = str(olds.name)
    return Before(
        uid=olds.uid,
        rollout={name: olds.brought} if olds.brought else {},
        is_same=(olds.chart, olds.values, olds.namespace, olds.release)
        == (news.chart, news.values, news.namespace, news.release),
    )


LIFECYCLE = ClusterComponentLifecycle
