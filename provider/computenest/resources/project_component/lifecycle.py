"""`ProjectComponent` as a `Lifecycle`: what a program asks for, and what the cluster makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel.errors import Invalid
from computenest.kernel.lifecycle import SECRETS, Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.lifecycle import DeployedLifecycle
from computenest.resources._components.opened import Desk
from computenest.resources._components.previewing import Before, preview_releases
from computenest.resources._components.redacting import redacted
from computenest.resources.project_component import diff as diffs
from computenest.resources.project_component.check import check, wanted_release
from computenest.resources.project_component.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.project_component.model import Inputs, State
from computenest.resources.project_component.secrets import redactor_of_components

if TYPE_CHECKING:
    from computenest.resources.project_component.use_cases import ProjectComponents

_NO_ID = "{!r} cannot be imported: a component is imported as CONTEXT/NAMESPACE/RELEASE"


@dataclass(slots=True)
class ProjectComponentLifecycle(DeployedLifecycle[Inputs[Known], State[Known]]):
    """Lifecycle of `ProjectComponent`."""

    shape: ClassVar[Shape] = Shape(RESOURCE, id_key="ownerId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(diffs.preview)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        """The cluster is asked what would happen to each object; nothing is written there."""
        hidden = {
            *(news.concealed or ()),
            *(_path_in_values(path) for path in SECRETS.get() if path[:1] == ("values",)),
        }
        given = Arguments.made(news, concealed=tuple(sorted(hidden)))
        checked = check(olds, given, replaced=self._remembered(news.owner_id, olds))
        if checked.failures:
            return checked
        inputs = checked.inputs
        wishes = wanted_release(inputs)
        found = await preview_releases(self._at.asking, inputs.cluster, wishes, _before(olds, inputs))
        name = wishes[0].component if wishes else ""
        seen = Inputs[Unknown].made(
            inputs,
            uid=found.uid,
            version=found.rollout.get(name, UNKNOWN),
            objects=found.objects.get(name, UNKNOWN),
            drifted=found.drifted.get(name, ""),
        )
        return redacted(
            Checked(seen, tuple(found.failures), tuple(found.warnings), tuple(found.notes)),
            redactor_of_components(inputs, olds),
        )

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        """An import is by `CONTEXT/NAMESPACE/RELEASE`: helm's releases have no id of their own."""
        if known is None or not known.name:
            parts = id_.rsplit("/", 2)  # a context may have slashes of its own
            if len(parts) == 1 or not all(parts):
                raise Invalid(
                    _NO_ID.format(id_), hint="as in admin@main/team/web; without a context it is the current one"
                )
            *context, namespace, release = parts
            made = await self._use_cases(self._at).imported("".join(context), namespace, release, owner_id=owner_id)
            return None if made is None else Outcome(made.owner_id, made)
        return await self._seen(id_, known, name=str(known.name))

    def _use_cases(self, desk: Desk) -> ProjectComponents:
        from computenest.resources.project_component.use_cases import ProjectComponents

        return ProjectComponents(desk)


def _path_in_values(path: Path) -> str:
    """`auth.password`; "" for all of them."""
    return ".".join(map(str, path[1:]))


def _before(olds: Inputs[Known] | None, news: Inputs[Unknown]) -> Before:
    if olds is None:
        return Before()
    name = str(olds.name)
    return Before(
        uid=olds.uid,
        rollout={name: olds.version},
        objects={name: olds.objects},
        is_same=(olds.chart, olds.values, olds.namespace) == (news.chart, news.values, news.namespace),
    )


LIFECYCLE = ProjectComponentLifecycle
