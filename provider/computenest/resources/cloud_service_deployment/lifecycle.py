"""`CloudServiceDeployment` as a `Lifecycle`: what a program asks for, and what the cluster makes of it."""

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
from computenest.resources._components.redacting import concealed_of, redacted, redactor_of
from computenest.resources.cloud_service_deployment import diff as diffs
from computenest.resources.cloud_service_deployment.check import check
from computenest.resources.cloud_service_deployment.declaration import MODELS, RESOURCE, Arguments
from computenest.resources.cloud_service_deployment.model import Inputs, State
from computenest.resources.cloud_service_deployment.parts import secrets_in
from computenest.resources.cloud_service_deployment.spread import preview_everywhere

if TYPE_CHECKING:
    from computenest.resources.cloud_service_deployment.use_cases import Deployments


@dataclass(slots=True)
class CloudServiceDeploymentLifecycle(DeployedLifecycle[Inputs[Known], State[Known]]):
    """Lifecycle of `CloudServiceDeployment`."""

    shape: ClassVar[Shape] = Shape(RESOURCE, id_key="ownerId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(diffs.preview)
    also_secret: ClassVar[frozenset[Path]] = frozenset({("clusters",), ("leaving",)})

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        """The cluster is asked what would happen to each object; nothing is written there."""
        news, told = self._with_definition(olds, news)
        concealed = (*(news.concealed or ()), *concealed_of(news.service, self._secrets_among(news)))
        given = Arguments.made(news, concealed=tuple(sorted(set(concealed))))
        checked = check(olds, given, replaced=self._remembered(news.owner_id, olds))
        if checked.failures:
            return checked
        inputs = checked.inputs
        found = await preview_everywhere(self._at.asking, inputs, olds)
        redactor = redactor_of(secrets_in(one) for one in (inputs, *((olds,) if olds is not None else ())))
        seen = Inputs[Unknown].made(
            inputs,
            uid=found.uid,
            uids=found.uids or None,
            cluster_labels=found.labels or None,
            rollout=found.rollout if found.is_whole else UNKNOWN,
            objects=found.objects if found.is_whole else UNKNOWN,
            drifted=found.drifted,
        )
        return redacted(Checked(seen, tuple(found.failures), tuple(found.warnings), (*told, *found.notes)), redactor)

    def _with_definition(self, olds: Inputs[Known] | None, news: Arguments) -> tuple[Arguments, tuple[str, ...]]:
        """One that a program hands over as unknown altogether, because one value in it is, as this process has seen it:
        that of the service that the last run deployed, or the only one of the program."""
        if news.service is not UNKNOWN:
            return news, ()
        defined = self.core.defined
        name = str(olds.service.name) if olds is not None else next(iter(defined), "") if len(defined) == 1 else ""
        found = defined.get(name)
        if found is None:
            return news, ()
        return Arguments.made(news, service=found.definition), (
            f"its service is taken for the CloudService {name!r} of this program",
        )

    def _secrets_among(self, news: Arguments) -> frozenset[Path]:
        """Where a definition is secret altogether, the values of it that its CloudService was given as secrets."""
        given = SECRETS.get()
        found = [one.secrets for one in self.core.defined.values() if one.definition == news.service]
        return (given - {("service",)}).union(*found) if ("service",) in given and found else given

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        del owner_id
        if known is None or not known.service.components:
            raise Invalid(
                f"{id_!r} cannot be imported: a deployment is no object of its own",
                hint="declare it with `adopt: true`: releases of the same names are taken over as they are",
            )
        return await self._seen(id_, known, name=str(known.service.name))

    def _use_cases(self, desk: Desk) -> Deployments:
        from computenest.resources.cloud_service_deployment.use_cases import Deployments

        return Deployments(desk)


LIFECYCLE = CloudServiceDeploymentLifecycle
