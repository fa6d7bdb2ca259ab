"""The lifecycle of a service: observe, take the planned next step, look again.

As with packages, every effect is preceded by a look and carries a token that is a function of identity and of what was
observed; from the moment the service's id is known, whatever happens ends in an `Outcome` that carries it. A review by
people is a state, not something to wait for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

from computenest.domain import identity
from computenest.domain.errors import ComputeNestError, Conflict, Permanent
from computenest.domain.identity import digest
from computenest.domain.names import AccountName, OwnerId, Token
from computenest.domain.outcome import Outcome
from computenest.domain.service import plan, state
from computenest.domain.service.check import service_of
from computenest.domain.service.compare import Known
from computenest.domain.service.metadata import templates_in
from computenest.domain.service.model import DRAFT, Service, templates_key
from computenest.domain.service.plan import Observed
from computenest.engine.packages import Lease
from computenest.engine.service_look import ServiceLook, refuse_strange_service
from computenest.engine.service_settle import ServiceSettle
from computenest.engine.service_write import ServiceWrite
from computenest.engine.stopping import stopped_because
from computenest.ports import Clock, Progress
from computenest.ports.services import Services as ServicesPort
from computenest.ports.services import TemplateStore

__all__ = ["Services"]

_MAX_STEPS = 40  # changes; the longest story (cancel, update, submit, launch) needs less than a dozen
_MAX_SAVES = 3  # of one draft in one run: what the cloud does not keep as it was written is not written again
_MAX_REFUSALS = 20  # of one change, a few seconds apart: a state that passes has passed by then
_MAX_REPLAYS = 16
_NOT_YET_LOOKS = 5
_NOT_YET_S = 5.0


@dataclass(slots=True)
class _Run:
    """One operation under way: what it knows, and what it did."""

    service: Service
    inputs: Mapping[str, Any]
    former: Mapping[str, Any]
    deadline_s: float
    known: Known
    service_id: str = ""
    creations: int = 0
    incarnation: int = 1
    has_acted: bool = False
    attempts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    """By purpose: of what was done, an ordinal of the next token; of what the cloud would not do just then."""
    observed: Observed = field(default_factory=Observed)


@dataclass(frozen=True, slots=True)
class Services:
    """Create, read, update and delete services of one account.

    Args:
        texts: digest -> text of templates that this process was given by a check: the state holds none.
    """

    services: ServicesPort
    templates: TemplateStore
    clock: Clock
    progress: Progress
    lease: Lease
    poll_interval_s: float
    texts: MutableMapping[str, str] = field(default_factory=dict)

    @property
    def look(self) -> ServiceLook:
        return ServiceLook(self.services)

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        """Makes the service, adopting what an earlier, interrupted create of the same identity began.

        Raises:
            ComputeNestError: before a service exists; after that every failure is in the Outcome.
        """
        return await self._converge(inputs, former={}, service_id="")

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        """Brings the service of `former` to the checked `inputs`; what is published stays until what follows it is."""
        return await self._converge(inputs, former=former, service_id=str(former["serviceId"]))

    async def read(self, known: Mapping[str, Any]) -> Outcome | None:
        """The observed state, None where the service is gone.

        Raises:
            ComputeNestError: where it cannot be told; the caller keeps the state and warns.
        """
        service = service_of(known)
        seen = await self._observe(service, str(known["serviceId"]))
        if not seen.exists:
            return None
        return Outcome(id=seen.service_id, state=state.observed(known, service, seen))

    async def adopt(self, service_id: str, *, owner_id: OwnerId, account: AccountName) -> Outcome | None:
        """The state of a service that no state records, for an import; None where there is no such service."""
        seen = await self.look.observe(service_id)
        if not seen.exists:
            return None
        shown = seen.live or seen.draft or next(iter(seen.contents.values()))
        entries = templates_in(shown.metadata, templates_key(shown.service_type))
        facts = {}
        for name, entry in entries.items():
            text = await self.templates.get(url=str(entry.get("Url", "")))
            if text is not None:
                facts[name] = state.template_facts(text, name=name)
        with contextlib.suppress(Permanent):  # who may not list them declares nobody, and so changes nobody
            seen = replace(seen, shared=await self.services.shared(service_id=service_id))
        made = state.adopted(seen, owner_id=owner_id, account=account, facts=facts)
        return Outcome(id=service_id, state=made)

    async def delete(self, known: Mapping[str, Any]) -> None:
        """Takes back what is under review or published, then deletes every version; already gone is success.

        Raises:
            Conflict: it is not ours any more, or instances still run (the message names them).
        """
        service = service_of(known)
        async with self.lease(service.owner_id):
            await self._settle(service).delete(str(known["serviceId"]), incarnation=int(known.get("incarnation") or 1))

    def _settle(self, service: Service, *, deadline_s: float | None = None) -> ServiceSettle:
        until_s = self.clock.now_s() + service.timeout_s if deadline_s is None else deadline_s
        return ServiceSettle(self.services, self.clock, self.progress, service, until_s, self.poll_interval_s)

    async def _observe(self, service: Service, service_id: str) -> Observed:
        wants_review = service.publishing == "online"
        return await self.look.observe(
            service_id, with_reviews=wants_review, with_shared=service.share_accounts is not None
        )

    async def _converge(self, inputs: Mapping[str, Any], *, former: Mapping[str, Any], service_id: str) -> Outcome:
        service = service_of(inputs)
        deadline_s = self.clock.now_s() + service.timeout_s
        run = _Run(service, inputs, former, deadline_s, state.known_of(former), service_id)
        run.incarnation = int(former.get("incarnation") or 1)
        async with self.lease(service.owner_id):
            try:
                done = await self._step_until_done(run)
                if isinstance(done, plan.Fail):
                    return await self._incomplete(run, done.reason)
                settle = self._settle(service, deadline_s=deadline_s)
                gone = await settle.settle(run.observed, done.content, former)
            except ComputeNestError as error:
                if not run.service_id or (run.former and not run.has_acted):
                    raise
                return await self._incomplete(run, str(error))
            except asyncio.CancelledError as cancelled:
                return self._stopped(run, cancelled)
            self.progress.show(f"{service.display_name}: version {done.content.version} is {done.status}")
            run.observed = run.observed.without(gone)
            made = state.done(inputs, service, run.observed, done, run.known)
            return Outcome(id=run.service_id, state={**made, "incarnation": run.incarnation})

    async def _step_until_done(self, run: _Run) -> plan.Done | plan.Fail:
        if not run.service_id:
            await self._adopt(run)
        while run.attempts.total() < _MAX_STEPS:
            run.observed = await self._observe(run.service, run.service_id) if run.service_id else Observed()
            step = plan.next_step(
                run.service,
                run.observed,
                run.known,
                has_saved=bool(run.attempts["CreateDraft"] + run.attempts["UpdateDraft"]),
            )
            if isinstance(step, plan.Done | plan.Fail):
                return step
            if isinstance(step, plan.Await):
                run.has_acted = True
                await self._pause(run, None, step)
            else:
                await self._perform(run, step)
        raise Permanent(
            f"{run.service.display_name} needs more than {_MAX_STEPS} steps; this is a fault of the provider",
            hint="please report it with the output of `pulumi up --logtostderr -v=9`",
        )

    async def _perform(self, run: _Run, step: plan.Step) -> None:
        purpose = type(step).__name__
        try:
            if isinstance(step, plan.CreateService):
                await self._create(run)
                return
            refuse_strange_service(run.service, run.service_id, run.observed.tags, may_restore=bool(run.former))
            if isinstance(step, plan.CreateDraft | plan.UpdateDraft):
                self._check_kept(run, purpose)
                write = ServiceWrite(self.services, self.templates, self.texts)
                base = step.base if isinstance(step, plan.CreateDraft) else step.draft
                fields, run.known = await write.fields(run.service, base, run.known)
                run.has_acted = True
                await self._save(run, step, fields)
            else:
                run.has_acted = True
                await self._publish(run, step)
            run.attempts[purpose] += 1
        except Conflict as conflict:
            # Another look decides: a draft that is there already, or one that the cloud is at work on.
            run.refusals[purpose] += 1
            may_pass = conflict.code.startswith(("EntityAlreadyExist.Draft", "OperationDenied"))
            if not may_pass or run.refusals[purpose] > _MAX_REFUSALS:
                raise
            await self._pause(run, conflict, None)

    @staticmethod
    def _check_kept(run: _Run, purpose: str) -> None:
        if run.attempts[purpose] >= _MAX_SAVES:
            raise Permanent(
                f"service {run.service_id} does not keep what is saved: its draft differs after {_MAX_SAVES} times",
                hint="compare DeployMetadata in the console with the program, and report it if they agree",
            )

    async def _save(self, run: _Run, step: plan.CreateDraft | plan.UpdateDraft, fields: Mapping[str, Any]) -> None:
        token = self._token(run, type(step).__name__)
        if isinstance(step, plan.CreateDraft):
            self.progress.show(f"{run.service.display_name}: new draft")
            await self.services.create_draft(service_id=run.service_id, fields=fields, token=token)
        else:
            self.progress.show(f"{run.service.display_name}: saving the draft")
            await self.services.update(service_id=run.service_id, version=DRAFT, fields=fields, token=token)

    async def _publish(self, run: _Run, step: plan.Step) -> None:
        name, token = run.service.display_name, self._token(run, type(step).__name__)
        if isinstance(step, plan.SetSharing):
            self.progress.show(f"{name}: version {step.version} becomes {run.service.visibility}")
            fields = {"ShareType": run.service.share_type}
            token = self._token(run, type(step).__name__, step.version)
            await self.services.update(service_id=run.service_id, version=step.version, fields=fields, token=token)
        elif isinstance(step, plan.PreLaunch):
            await self.services.pre_launch(service_id=run.service_id, token=token)
        elif isinstance(step, plan.Register):
            self.progress.show(f"{name}: submitting the draft to the review")
            await self.services.register(service_id=run.service_id, token=token)
            run.known = replace(run.known, rejected="")
        elif isinstance(step, plan.CancelReview):
            self.progress.show(f"{name}: what is reviewed is not wanted any more")
            await self.services.cancel_review(registration_id=step.registration_id, token=token)
        elif isinstance(step, plan.Launch):
            self.progress.show(f"{name}: launching version {step.version}")
            await self.services.launch(service_id=run.service_id, version=step.version, token=token)

    async def _create(self, run: _Run) -> None:
        service = run.service
        if run.former:
            raise Conflict(
                f"service {run.service_id} of {service.display_name} is gone",
                hint="run `pulumi refresh` so that the state says so, then `pulumi up` to make it anew",
            )
        if run.creations and run.service_id:
            for _ in range(_NOT_YET_LOOKS):
                await self._pause(run, None, None)
                if await self.services.get(service_id=run.service_id) is not None:
                    return
        if run.creations >= _MAX_REPLAYS:
            raise Permanent(f"{service.display_name}: the cloud answered {run.creations} times with a deleted service")
        run.creations += 1
        self.progress.show(f"{service.display_name}: creating the service")
        write = ServiceWrite(self.services, self.templates, self.texts)
        fields, run.known = await write.fields(service, None, run.known)
        try:
            run.service_id = await self.services.create(
                fields=fields,
                tags={**service.tags, **identity.owner_tags(service.owner_id, service.generation)},
                resource_group_id=service.resource_group_id,
                token=identity.token(service.owner_id, service.generation, "create-service", run.creations),
            )
        except Conflict as conflict:
            if not conflict.code.startswith(("IdempotentParameterMismatch", "EntityAlreadyExist")):
                raise
            await self._adopt_late(run, conflict)
            return
        run.has_acted = True
        run.attempts["CreateDraft"] += 1

    async def _adopt_late(self, run: _Run, conflict: Conflict) -> None:
        """The token was used before: for a service of ours that no list shows yet, or for one deleted since."""
        run.service_id = ""
        for _ in range(_NOT_YET_LOOKS):
            await self._pause(run, conflict, None)
            await self._adopt(run)
            if run.service_id:
                return
        if conflict.code.startswith("EntityAlreadyExist"):
            raise conflict

    async def _adopt(self, run: _Run) -> None:
        """Takes over what an earlier create of this identity began; refuses a stranger's service of the same name."""
        service = run.service
        tags = identity.owner_tags(service.owner_id, service.generation)
        owned = await self.services.owned(tags=tags)
        if not owned:
            for info in service.infos.values():
                for service_id, found in (await self.services.named(name=info.name)).items():
                    if found.get(identity.OWNER_TAG) != service.owner_id:
                        refuse_strange_service(service, service_id, found)
            return
        run.service_id = owned[0]
        content = await self.services.get(service_id=run.service_id)
        run.incarnation = identity.incarnation(content.tags if content is not None else {}) + 1
        await self.services.tag(service_id=run.service_id, tags={identity.INCARNATION_TAG: str(run.incarnation)})

    async def _pause(self, run: _Run, cause: Exception | None, step: plan.Await | None) -> None:
        if self.clock.now_s() >= run.deadline_s:
            if step is None:
                raise cause or Permanent("timed out while the cloud did not show what it had created")
            raise Permanent(
                f"{run.service.display_name}: timed out after {run.service.timeout_s} s while version "
                f"{step.version.version} is {step.version.status}",
                hint="run pulumi up again to go on waiting where this run stopped, or raise timeout_s",
            )
        if step is not None:
            self.progress.show(f"{run.service.display_name}: version {step.version.version} is {step.version.status}")
        await self.clock.sleep(_NOT_YET_S if step is None else self.poll_interval_s)

    async def _incomplete(self, run: _Run, reason: str) -> Outcome:
        """What there is, with the reason; a last look is taken where the cloud still answers."""
        with contextlib.suppress(ComputeNestError):  # what was observed last is true enough, and carries the id
            run.observed = await self._observe(run.service, run.service_id)
        return self._kept(run, reason)

    def _stopped(self, run: _Run, cancelled: asyncio.CancelledError) -> Outcome:
        """What there is when somebody ends the run: no call is made any more, and the next run goes on."""
        reason = stopped_because(cancelled)
        if reason is None:
            raise cancelled
        if not run.service_id or (run.former and not run.has_acted):
            raise Permanent(f"{run.service.display_name}: {reason}") from cancelled
        return self._kept(run, reason)

    @staticmethod
    def _kept(run: _Run, reason: str) -> Outcome:
        kept = state.incomplete(
            run.inputs, run.service, run.observed, run.former, service_id=run.service_id, reason=reason
        )
        kept |= {"incarnation": run.incarnation, "templateUrls": state.urls_known(run.known)}
        return Outcome(id=run.service_id, state=kept, reasons=(f"{run.service.display_name}: {reason}",))

    @staticmethod
    def _token(run: _Run, purpose: str, *ordinals: str | int) -> Token:
        """Of one change of one service in the state that it was seen in."""
        seen = digest(*(f"{v.version}{v.status}{v.modified}" for v in run.observed.versions))
        return identity.token(
            run.service.owner_id,
            run.service.generation,
            purpose,
            run.service_id,
            run.service.edition,
            seen,
            run.attempts[purpose],
            *ordinals,
        )
