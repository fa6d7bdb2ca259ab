"""A cloud without faults that keeps one service, and the loop that the engine runs on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel.names import VersionId
from computenest.kernel.plan import Fail, Step
from computenest.kernel.unknown import Known
from computenest.resources.service import plan, state
from computenest.resources.service.compare import Left, file_name, infos_to_write
from computenest.resources.service.metadata import merged
from computenest.resources.service.model import BETA, DRAFT, Service
from computenest.resources.service.plan import Observed
from computenest.resources.service.seen import Content, Registration, Version
from unit.service.services import service_of, state_of

MAX_STEPS = 15


@dataclass
class IdealService:
    """What the cloud holds."""

    contents: dict[str, Content] = field(default_factory=dict)
    highest: int = 0
    review: str = ""

    def observed(self) -> Observed:
        versions = tuple(
            Version(version=VersionId(name), status=c.status, share_type=c.share_type)
            for name, c in self.contents.items()
        )
        review = Registration(registration_id="sr-1", status=self.review) if self.review else None
        shown = self.contents.values()
        return Observed("service-1", versions, dict(self.contents), next(iter(shown)).tags if shown else {}, review)

    def approve(self) -> None:
        self._set(DRAFT, status="Approved")
        self.review = "Approved"

    def reject(self) -> None:
        self._set(DRAFT, status="Draft")
        self.review = "Rejected"

    def perform(self, service: Service[Known], step: Step, known: Left) -> None:
        match step:
            case plan.CreateService():
                self._save(service, None, known)
            case plan.CreateDraft(base):
                self._save(service, base, known)
            case plan.UpdateDraft(draft):
                self._save(service, draft, known)
            case plan.CancelReview():
                self._set(DRAFT, status="Draft")
                self.review = "Canceled"
            case plan.PreLaunch():
                self.contents[BETA] = self.contents[DRAFT].model_copy(update={"version": BETA, "status": "Beta"})
            case plan.Register():
                self._set(DRAFT, status="Submitted")
                self.review = "Submitted"
            case plan.Launch(version):
                content = self.contents.pop(version)
                self.highest += version == DRAFT
                name = VersionId(str(self.highest)) if version == DRAFT else version
                self.contents[name] = content.model_copy(update={"version": name, "status": "Online"})
            case plan.SetSharing(version):
                self._set(version, share_type=service.share_type)
            case _:
                raise AssertionError(step)

    def _set(self, version: str, **fields: Any) -> None:
        self.contents[version] = self.contents[version].model_copy(update=fields)

    def _save(self, service: Service[Known], base: Content | None, known: Left) -> None:
        urls = {name: f"https://store/{file_name(name, t)}" for name, t in service.templates.items()}
        seen = {} if base is None else base.metadata
        self.contents[DRAFT] = Content(
            service_id="service-1",
            version=DRAFT,
            status="Draft",
            version_name=service.version_name or ("" if base is None else base.version_name),
            deploy_type=service.deploy_type,
            service_type=service.service_type,
            share_type=service.share_type,
            approval_type=service.approval_type or "",
            infos=infos_to_write(service, {} if base is None else base.infos, known),
            metadata=merged(seen, service, urls, former=known.managed),
            registration_id="sr-1",
        )


def drive(cloud: IdealService, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """One run of the engine; the state that it leaves."""
    service, known = service_of(inputs), state.left_by(state_of(former))
    for _ in range(MAX_STEPS):
        seen = cloud.observed()
        step = plan.next_step(service, seen, known)
        if isinstance(step, plan.Done):
            gone = {version.version for version in plan.superseded(service, seen, step.content)}
            cloud.contents = {name: content for name, content in cloud.contents.items() if name not in gone}
            return {**state.done(service, seen.without(gone), step, known).bag(), "incarnation": 1}
        assert not isinstance(step, plan.Await | Fail), step
        cloud.perform(service, step, known)
    raise AssertionError("it never ends")
