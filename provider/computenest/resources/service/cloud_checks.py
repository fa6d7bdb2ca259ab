"""What a check of a service asks the cloud: read-only, a call or two, so that a preview says what a run would do.

For a service that is to be published: how its review stands, and which superseded versions go. For a new one: whether
its name is taken. A cloud that cannot be reached is no failure of the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from computenest.kernel import identity
from computenest.kernel.arguments import quoted
from computenest.kernel.errors import Conflict
from computenest.kernel.names import ArtifactId, VersionId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown, has_unknown
from computenest.reconcile.asking import asked
from computenest.reconcile.ownership import refuse_foreign
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources.service.api import CloudServices
from computenest.resources.service.model import DRAFT, RelationTarget, Service
from computenest.resources.service.observer import REJECTED, newest_review
from computenest.resources.service.plan import overtaken
from computenest.resources.service.seen import Version


@dataclass(frozen=True, slots=True)
class ServiceChecks:
    """Checks services of one account against what the cloud says."""

    services: CloudServices
    artifacts: CloudArtifacts

    async def missing_artifacts(
        self, olds: Service[Known] | None, checked: Checked[Service[Unknown]]
    ) -> Checked[Service[Unknown]]:
        """With failures for artifacts that a program names by their ids and that are not there. What was there in the
        last run, and what comes from a package, is not asked."""
        return await asked(checked, self._missing(olds, checked))

    async def _missing(
        self, olds: Service[Known] | None, checked: Checked[Service[Unknown]]
    ) -> Checked[Service[Unknown]]:
        failures, before = [], olds.relations if olds is not None else {}
        for marker, target in _given_by_id(checked.inputs):
            known = before.get(marker)
            if known is not None and (known.artifact_id, known.version) == (target.artifact_id, target.version):
                continue
            artifact_id, version = ArtifactId(target.artifact_id), VersionId(target.version)
            if await self.artifacts.get(artifact_id=artifact_id, version=version or None) is None:
                which = f"artifact {quoted(artifact_id)}" + (f" has no version {quoted(version)}" if version else "")
                why = f"{which}{'' if version else ' does not exist'}, or this account may not see it: check the id"
                failures.append(Failure(f"relations[{marker!r}]", why))
        return checked.plus(failures)

    async def check(self, checked: Checked[Service[Unknown]], *, is_new: bool) -> Checked[Service[Unknown]]:
        """With `review` and `due` where there is something to tell."""
        inputs = checked.inputs
        if checked.failures or inputs.publishing is UNKNOWN or has_unknown(_named(inputs).model_dump()):
            return checked
        if is_new:
            return await asked(checked, self._new(checked))
        if inputs.publishing == "online":
            return await asked(checked, self._published(checked))
        return checked

    async def _new(self, checked: Checked[Service[Unknown]]) -> Checked[Service[Unknown]]:
        """A stranger's service of one of the names; one of ours is what an interrupted create left, and adopted."""
        wanted = Service[Known].made(_named(checked.inputs))
        if await self.services.owned(tags=identity.owner_tags(wanted.owner_id, wanted.generation)):
            return checked
        failures = []
        for locale, info in wanted.infos.items():
            for service_id, tags in (await self.services.named(name=info.name)).items():
                if tags.get(identity.OWNER_TAG) != wanted.owner_id:
                    try:
                        refuse_foreign("service", service_id, wanted.name, wanted, tags)
                    except Conflict as conflict:
                        failures.append(Failure(f"infos[{locale!r}].name", str(conflict)))
        return checked.plus(failures)

    async def _published(self, checked: Checked[Service[Unknown]]) -> Checked[Service[Unknown]]:
        inputs = checked.inputs
        tags = identity.owner_tags(inputs.owner_id, inputs.generation)
        owned = await self.services.owned_versions(tags=tags)
        if not owned:
            return checked
        service_id, versions = next(iter(owned.items()))
        draft = next((v for v in versions if v.version == DRAFT), None)
        review = None
        if draft is not None and draft.status in {"Submitted", "Approved", "Draft"}:
            review = {"Draft": "none"}.get(draft.status, draft.status)
        turned_down = await self._turned_down(service_id) if draft is not None and draft.status == "Draft" else ()
        due = await self._due(inputs, service_id, versions, launches=review == "Approved")
        seen = inputs.made(inputs, review=review or inputs.review, due=due or inputs.due)
        return Checked(seen, checked.failures, checked.warnings).plus(warnings=turned_down)

    async def _turned_down(self, service_id: str) -> tuple[str, ...]:
        """What the reviewers found in the draft, where they turned it down."""
        review = await newest_review(self.services, service_id)
        return (f"the reviewers turned it down: {review.said}",) if review and review.status == REJECTED else ()

    async def _due(
        self, inputs: Service[Unknown], service_id: str, versions: tuple[Version, ...], *, launches: bool
    ) -> dict[str, str]:
        """Version -> what this run does with it: those that are superseded already, or by the launch at hand."""
        retain = 1 if inputs.retain_versions is UNKNOWN else inputs.retain_versions
        going = overtaken(
            versions,
            retain=retain - (1 if launches else 0),
            has_beta=not launches or inputs.publishing == "online",
        )
        if not going:
            return {}
        running = await self.services.instances(service_id=service_id)
        return {
            version.version: "withdrawn and deleted: superseded, and no instance runs it"
            for version in going
            if version.version not in running.values()
        }


def _given_by_id(inputs: Service[Unknown]) -> Iterator[tuple[str, RelationTarget[Known]]]:
    """Marker and target of the relations whose artifact no package of a program stands behind."""
    for marker, target in inputs.relations.items() if inputs.relations is not UNKNOWN else ():
        is_known = target is not UNKNOWN and UNKNOWN not in (target.artifact_id, target.version)
        if target is not UNKNOWN and is_known and target.owner_id is None:
            yield marker, RelationTarget[Known].made(target, generation=None, edition=None)


def _named(inputs: Service[Unknown]) -> Service[Unknown]:
    """Only its identity and names: other parts may be unknown in a preview."""
    return Service[Unknown].made(
        owner_id=inputs.owner_id, generation=inputs.generation, infos=inputs.infos, account=inputs.account
    )
