"""The lifecycle of a service: observe, take the planned next step, look again.

As with packages, every effect is preceded by a look and carries a token that is a function of identity and of what was
observed; from the moment the service's id is known, whatever happens ends in an `Outcome` that carries it. A review by
people is a state, not something to wait for.
"""

from __future__ import annotations

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
from computenest.engine.operation import MAY_PASS, Operation
from computenest.engine.packages import Lease
from computenest.engine.service_look import ServiceLook, refuse_strange_service
from computenest.engine.service_settle import ServiceSettle
from computenest.engine.service_write import ServiceWrite
from computenest.ports import Clock, Progress
from computenest.ports.services import Services as ServicesPort
from computenest.ports.services import TemplateStore

__all__ = ["Services"]

_MAX_STEPS = 40  # changes; the longest story (cancel, update, submit, launch) needs less than a dozen
_MAX_SAVES = 3  # of one draft in one run: what the cloud does not keep as it was written is not written again
_MAX_REFUSALS = 20  # of one change, a few seconds apart: a state that passes has passed by then


@dataclass(slots=True, kw_only=True)
class _Run(Operation):
    """One operation on a service under way."""

    service: Service
    inputs: Mapping[str, Any]
    known: Known
    attempts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    """By purpose: of what was done, an ordinal of the next token; of what the cloud would not do just then."""
    observed: Observed = field(default_factory=Observed)

    @property
    def service_id(self) -> str:
        return self.object_id


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
        run = _Run(
            kind="service",
            name=service.display_name,
            former=former,
            clock=self.clock,
            deadline_s=self.clock.now_s() + service.timeout_s,
            object_id=service_id,
            service=service,
            inputs=inputs,
            known=state.known_of(former),
        )
        async with self.lease(service.owner_id):
            return await run.outcome_of(
                self._made_so(run), look=lambda: self._look(run), kept=lambda reason: self._kept(run, reason)
            )

    async def _made_so(self, run: _Run) -> Outcome:
        done = await self._step_until_done(run)
        if isinstance(done, plan.Fail):
            with contextlib.suppress(ComputeNestError):
                await self._look(run)
            return self._kept(run, done.reason)
        settle = self._settle(run.service, deadline_s=run.deadline_s)
        gone = await settle.settle(run.observed, done.content, run.former)
        self.progress.show(f"{run.name}: version {done.content.version} is {done.status}")
        run.observed = run.observed.without(gone)
        made = state.done(run.inputs, run.service, run.observed, done, run.known)
        return Outcome(id=run.service_id, state={**made, "incarnation": run.incarnation})

    async def _look(self, run: _Run) -> None:
        run.observed = await self._observe(run.service, run.service_id) if run.service_id else Observed()
        run.is_seen |= run.observed.exists

    async def _step_until_done(self, run: _Run) -> plan.Done | plan.Fail:
        if not run.service_id:
            await self._adopt(run)
        while run.attempts.total() < _MAX_STEPS:
            await self._look(run)
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
                await self._await(run, step)
            else:
                await self._perform(run, step)
        raise run.exhausted(_MAX_STEPS)

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
            may_pass = conflict.meaning in MAY_PASS
            if not may_pass or run.refusals[purpose] > _MAX_REFUSALS:
                raise
            await run.pause(conflict)

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

        async def make(ordinal: int) -> str:
            self.progress.show(f"{service.display_name}: creating the service")
            write = ServiceWrite(self.services, self.templates, self.texts)
            fields, run.known = await write.fields(service, None, run.known)
            made = await self.services.create(
                fields=fields,
                tags={**service.tags, **identity.owner_tags(service.owner_id, service.generation)},
                resource_group_id=service.resource_group_id,
                token=identity.token(service.owner_id, service.generation, "create-service", ordinal),
            )
            run.attempts["CreateDraft"] += 1
            return made

        async def is_there(service_id: str) -> bool | None:
            return True if await self.services.get(service_id=service_id) else None

        await run.create(make, is_there=is_there, adopt=lambda: self._adopt(run))

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
        run.object_id, run.is_seen = owned[0], True
        content = await self.services.get(service_id=run.service_id)
        run.incarnation = identity.incarnation(content.tags if content is not None else {}) + 1
        await self.services.tag(service_id=run.service_id, tags={identity.INCARNATION_TAG: str(run.incarnation)})

    async def _await(self, run: _Run, step: plan.Await) -> None:
        shown = f"version {step.version.version} is {step.version.status}"
        timed_out = Permanent(
            f"{run.name}: timed out after {run.service.timeout_s} s while {shown}",
            hint="run pulumi up again to go on waiting where this run stopped, or raise timeout_s",
        )
        self.progress.show(f"{run.name}: {shown}")
        await run.pause(timed_out, interval_s=self.poll_interval_s)

    @staticmethod
    def _kept(run: _Run, reason: str) -> Outcome:
        kept = state.incomplete(
            run.inputs, run.service, run.observed, run.former, service_id=run.service_id, reason=reason
        )
        kept |= {"incarnation": run.recorded_incarnation, "templateUrls": state.urls_known(run.known)}
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
