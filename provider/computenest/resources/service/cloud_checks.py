"""What a check of a service asks the cloud: read-only, a call or two, so that a preview says what a run would do.

For a service that is to be published: how its review stands, and which superseded versions go. For a new one: whether
its name is taken. A cloud that cannot be reached is no failure of the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.kernel import identity
from computenest.kernel.arguments import quoted
from computenest.kernel.errors import Conflict
from computenest.kernel.names import ArtifactId, VersionId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import has_unknown
from computenest.reconcile.asking import asked
from computenest.reconcile.ownership import refuse_foreign
from computenest.resources._packages.ports import Artifacts
from computenest.resources.service.check import service_of
from computenest.resources.service.model import DRAFT, Service, Version
from computenest.resources.service.observer import REJECTED, newest_review
from computenest.resources.service.plan import overtaken
from computenest.resources.service.ports import Services

__all__ = ["ServiceChecks"]


@dataclass(frozen=True, slots=True)
class ServiceChecks:
    """Checks services of one account against what the cloud says."""

    services: Services
    artifacts: Artifacts

    async def missing_artifacts(self, olds: Mapping[str, Any], checked: Checked) -> Checked:
        """With failures for artifacts that a program names by their ids and that are not there. What was there in the
        last run, and what comes from a package, is not asked."""
        return await asked(checked, self._missing(olds, checked))

    async def _missing(self, olds: Mapping[str, Any], checked: Checked) -> Checked:
        failures, before = [], olds.get("relations")
        for marker, target in _given_by_id(checked.inputs.get("relations")):
            if isinstance(before, Mapping) and before.get(marker) == target:
                continue
            artifact_id, version = ArtifactId(target["artifactId"]), VersionId(target["version"])
            if await self.artifacts.get(artifact_id=artifact_id, version=version or None) is None:
                which = f"artifact {quoted(artifact_id)}" + (f" has no version {quoted(version)}" if version else "")
                why = f"{which}{'' if version else ' does not exist'}, or this account may not see it: check the id"
                failures.append(Failure(f"relations[{marker!r}]", why))
        return checked.plus(failures)

    async def check(self, checked: Checked, *, is_new: bool) -> Checked:
        """With `review` and `due` where there is something to tell."""
        if checked.failures or has_unknown({k: checked.inputs.get(k) for k in ("account", "publishing", "infos")}):
            return checked
        if is_new:
            return await asked(checked, self._new(checked))
        if checked.inputs.get("publishing") == "online":
            return await asked(checked, self._published(checked))
        return checked

    async def _new(self, checked: Checked) -> Checked:
        """A stranger's service of one of the names; one of ours is what an interrupted create left, and adopted."""
        owner, generation = checked.inputs["ownerId"], int(checked.inputs["generation"])
        if await self.services.owned(tags=identity.owner_tags(owner, generation)):
            return checked
        failures = []
        for locale, info in checked.inputs["infos"].items():
            for service_id, tags in (await self.services.named(name=info["name"])).items():
                if tags.get(identity.OWNER_TAG) != owner:
                    wanted = _named(checked.inputs)
                    try:
                        refuse_foreign("service", service_id, wanted.display_name, wanted, tags)
                    except Conflict as conflict:
                        failures.append(Failure(f"infos[{locale!r}].name", str(conflict)))
        return checked.plus(failures)

    async def _published(self, checked: Checked) -> Checked:
        inputs = dict(checked.inputs)
        tags = identity.owner_tags(inputs["ownerId"], int(inputs["generation"]))
        owned = await self.services.owned_versions(tags=tags)
        if not owned:
            return checked
        service_id, versions = next(iter(owned.items()))
        draft = next((v for v in versions if v.version == DRAFT), None)
        if draft is not None and draft.status in {"Submitted", "Approved", "Draft"}:
            inputs["review"] = {"Draft": "none"}.get(draft.status, draft.status)
        turned_down = await self._turned_down(service_id) if draft is not None and draft.status == "Draft" else ()
        due = await self._due(inputs, service_id, versions, launches=inputs.get("review") == "Approved")
        if due:
            inputs["due"] = due
        return Checked(inputs, checked.failures, checked.warnings).plus(warnings=turned_down)

    async def _turned_down(self, service_id: str) -> tuple[str, ...]:
        """What the reviewers found in the draft, where they turned it down."""
        review = await newest_review(self.services, service_id)
        return (f"the reviewers turned it down: {review.said}",) if review and review.status == REJECTED else ()

    async def _due(
        self, inputs: Mapping[str, Any], service_id: str, versions: tuple[Version, ...], *, launches: bool
    ) -> dict[str, str]:
        """Version -> what this run does with it: those that are superseded already, or by the launch at hand."""
        going = overtaken(
            versions,
            retain=int(inputs.get("retainVersions", 1)) - (1 if launches else 0),
            has_beta=not launches or inputs.get("publishing") == "online",
        )
        if not going:
            return {}
        running = await self.services.instances(service_id=service_id)
        return {
            version.version: "withdrawn and deleted: superseded, and no instance runs it"
            for version in going
            if version.version not in running.values()
        }


def _given_by_id(relations: Any) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Marker and target of the relations whose artifact no package of a program stands behind."""
    for marker, target in relations.items() if isinstance(relations, Mapping) else ():
        known = isinstance(target, Mapping) and all(
            isinstance(target.get(key), str) for key in ("artifactId", "version")
        )
        if known and "ownerId" not in target:
            yield marker, target


def _named(inputs: Mapping[str, Any]) -> Service:
    """Only its identity and names: other parts may be unknown in a preview."""
    return service_of({key: inputs[key] for key in ("ownerId", "generation", "infos")})
