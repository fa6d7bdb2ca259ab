"""The lifecycle of a service: its draft, its review, what is published of it, and who may deploy it.

As with packages, every effect is preceded by a look and carries a token that is a function of identity and of what was
observed. A review by people is a state, not something to wait for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from computenest.kernel import identity
from computenest.kernel.errors import Conflict, Permanent
from computenest.kernel.identity import digest
from computenest.kernel.names import AccountName, OwnerId, Token
from computenest.kernel.outcome import Outcome
from computenest.kernel.plan import Step
from computenest.kernel.ports import Clock, Progress
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json
from computenest.reconcile.desk import Lease
from computenest.reconcile.objects import ObjectRun
from computenest.reconcile.operating import Operating
from computenest.reconcile.ownership import foreign
from computenest.resources.service import plan, state
from computenest.resources.service.api import CloudServices
from computenest.resources.service.compare import Left
from computenest.resources.service.metadata import templates_in
from computenest.resources.service.model import DRAFT, Service, ServiceTemplate, State, templates_key
from computenest.resources.service.observer import observe
from computenest.resources.service.operating_check import sayable
from computenest.resources.service.operations import normal
from computenest.resources.service.plan import Observed, Phase, classify
from computenest.resources.service.seen import Content
from computenest.resources.service.settle import ServiceSettle, few, version_token
from computenest.resources.service.template_store import CloudTemplates
from computenest.resources.service.write import ServiceWrite

_MAX_SAVES = 3  # of one draft in one run: what the cloud does not keep as it was written is not written again


@dataclass(frozen=True, slots=True)
class Services(Operating[Service[Known], State[Known]]):
    """Create, read, update and delete services of one account. What is published stays until what follows it is; a
    delete takes back what is under review or published, and then every version.

    Args:
        texts: digest -> text of templates that this process was given by a check: the state holds none.
    """

    services: CloudServices
    templates: CloudTemplates
    clock: Clock
    progress: Progress
    lease: Lease
    poll_interval_s: float
    texts: MutableMapping[str, str] = field(default_factory=dict)

    async def read(self, known: State[Known]) -> Outcome[State[Known]] | None:
        """The observed state, None where the service is gone.

        Raises:
            ComputeNestError: where it cannot be told; the caller keeps the state and warns.
        """
        seen = await observe(self.services, known.service_id, **_questions(known))
        return Outcome(seen.service_id, state.observed(known, seen)) if seen.exists else None

    async def adopt(self, service_id: str, *, owner_id: OwnerId, account: AccountName) -> Outcome[State[Known]] | None:
        """The state of a service that no state records, for an import; None where there is no such service."""
        seen = await observe(self.services, service_id)
        if not seen.exists:
            return None
        shown = seen.live or seen.draft or next(iter(seen.contents.values()))
        entries = templates_in(shown.metadata, templates_key(shown.service_type))
        facts, texts = dict[str, ServiceTemplate[Known]](), dict[str, str]()
        for name, entry in entries.items():
            text = await self.templates.get(url=str(entry.get("Url", "")))
            if text is not None:
                facts[name], texts[name] = state.template_facts(text, name=name), text
        with contextlib.suppress(Permanent):  # who may not list them declares nobody, and so changes nobody
            seen = replace(seen, shared=await self.services.shared(service_id=service_id))
        made = state.adopted(seen, owner_id=owner_id, account=account, facts=facts)
        if made.operations is not None:
            said = normal(sayable(made.operations, texts))
            made = made.made(made, operations=said if said.model_fields_set else None)
        return Outcome(service_id, made)

    def _run(self, wanted: Service[Known], former: State[Known] | None) -> _Run:
        return _Run(
            desk=self,
            wanted=wanted,
            former=former,
            object_id=former.service_id if former else "",
            left=state.left_by(former),
        )


@dataclass(kw_only=True)
class _Run(ObjectRun[State[Known], plan.Await, plan.Done]):
    """One operation on a service under way."""

    kind: ClassVar[str] = "service"
    max_deletions: ClassVar[int] = 500  # one of each version

    desk: Services
    wanted: Service[Known]
    left: Left
    observed: Observed = field(default_factory=Observed)

    @property
    def seen_tags(self) -> Mapping[str, str] | None:
        return self.observed.tags if self.observed.exists else None

    async def observe(self) -> None:
        questions = {} if self.is_clearing else _questions(self.wanted)
        self.observed = Observed()
        if self.object_id:
            self.observed = await observe(self.desk.services, self.object_id, **questions)

    def next_step(self) -> Step:
        has_saved = bool(self.attempts["CreateDraft"] + self.attempts["UpdateDraft"])
        return plan.next_step(self.wanted, self.observed, self.left, has_saved=has_saved)

    async def find(self) -> tuple[str, Mapping[str, str]] | None:
        service, port = self.wanted, self.desk.services
        owned = await port.owned(tags=self.owner_tags)
        if owned:
            content = await port.get(service_id=owned[0])
            return owned[0], content.tags if content is not None else {}
        for info in service.infos.values():
            for service_id, found in (await port.named(name=info.name)).items():
                if found.get(identity.OWNER_TAG) != service.owner_id:
                    raise foreign(self.kind, service_id, self.name, service, found)
        return None

    async def prepare(self) -> None:
        self.show("creating the service")
        self.first_fields = await self._fields(None)

    async def make(self, ordinal: int) -> str:
        service = self.wanted
        made = await self.desk.services.create(
            fields=self.first_fields,
            tags=self.tags,
            resource_group_id=service.resource_group_id,
            token=identity.token(service.owner_id, service.generation, "create-service", ordinal),
        )
        self.attempts["CreateDraft"] += 1
        return made

    async def is_there(self) -> bool | None:
        return True if await self.desk.services.get(service_id=self.object_id) else None

    async def act(self, step: Step) -> None:
        if isinstance(step, plan.CreateDraft | plan.UpdateDraft):
            await self._save(step)
        else:
            await self._publish(step)

    async def wait(self, step: plan.Await) -> None:
        shown = f"version {step.version.version} is {step.version.status}"
        self.show(shown)
        await self.pause(self.timed_out(shown), interval_s=self.desk.poll_interval_s)

    async def finish(self, done: plan.Done) -> Outcome[State[Known]]:
        await self.settle_tags()
        settle = ServiceSettle(self.desk.services, self.desk.progress, self.wanted)
        gone = await settle.settle(self.observed, done.content, self.former)
        self.show(f"version {done.content.version} is {done.status}")
        self.observed = self.observed.without(gone)
        made = state.done(self.wanted, self.observed, done, self.left)
        for said in made.reasons.values():
            self.warn(said)
        return Outcome(self.object_id, made.made(made, incarnation=self.incarnation))

    def kept(self, reason: str) -> Outcome[State[Known]]:
        kept = state.incomplete(self.wanted, self.observed, self.former, service_id=self.object_id, reason=reason)
        urls = state.urls_of(self.left.urls)
        kept = kept.made(kept, incarnation=self.recorded_incarnation, template_urls=urls)
        return Outcome(self.object_id, kept, (f"{self.name}: {reason}",))

    async def tag(self, tags: Mapping[str, str]) -> None:
        await self.desk.services.tag(service_id=self.object_id, tags=tags)

    async def untag(self, keys: list[str]) -> None:
        await self.desk.services.untag(service_id=self.object_id, keys=keys)

    async def remove(self, attempt: int) -> None:
        """What is reviewed or published is taken back, the rest is deleted, a version at a time."""
        del attempt
        service_id, port, seen = self.object_id, self.desk.services, self.observed
        if running := sorted(await port.instances(service_id=service_id)):
            raise Conflict(
                f"service {service_id} named {self.name!r} is still used by {few(running)}",
                hint="delete these instances first; nothing of the service was changed",
            )
        version = next((v for v in seen.versions if v.status == "Online"), seen.versions[0])
        if version.status in {"Online", "Beta"}:
            token = version_token(self.wanted, "withdraw", service_id, version)
            await port.withdraw(service_id=service_id, version=version.version, token=token)
        elif classify(version.status) is Phase.REVIEW and seen.draft is not None and seen.draft.registration_id:
            registration = seen.draft.registration_id
            token = identity.token(self.wanted.owner_id, self.wanted.generation, "cancel", registration)
            await port.cancel_review(registration_id=registration, token=token)
        else:
            token = version_token(self.wanted, "delete-version", service_id, version)
            await port.delete(service_id=service_id, version=version.version, token=token)

    async def _fields(self, base: Content | None) -> Mapping[str, Json]:
        """What is written to a draft; templates are put in place first."""
        write = ServiceWrite(self.desk.templates, self.desk.texts)
        numbers = [version.version for version in reversed(self.observed.versions) if version.number]
        fields, self.left = await write.fields(self.wanted, base, self.left, numbers)
        return fields

    async def _save(self, step: plan.CreateDraft | plan.UpdateDraft) -> None:
        purpose, port = type(step).__name__, self.desk.services
        if self.attempts[purpose] >= _MAX_SAVES:
            raise Permanent(
                f"service {self.object_id} does not keep what is saved: its draft differs after {_MAX_SAVES} times",
                hint="compare DeployMetadata in the console with the program, and report it if they agree",
            )
        fields = await self._fields(step.base if isinstance(step, plan.CreateDraft) else step.draft)
        token = self._token(purpose)
        if isinstance(step, plan.CreateDraft):
            self.acting("new draft")
            await port.create_draft(service_id=self.object_id, fields=fields, token=token)
        else:
            self.acting("saving the draft")
            await port.update(service_id=self.object_id, version=DRAFT, fields=fields, token=token)

    async def _publish(self, step: object) -> None:
        service_id, port, token = self.object_id, self.desk.services, self._token(type(step).__name__)
        if isinstance(step, plan.SetSharing):
            self.acting(f"version {step.version} becomes {self.wanted.visibility}")
            fields = {"ShareType": self.wanted.share_type}
            token = self._token(type(step).__name__, step.version)
            await port.update(service_id=service_id, version=step.version, fields=fields, token=token)
        elif isinstance(step, plan.PreLaunch):
            self.acting()
            await port.pre_launch(service_id=service_id, token=token)
        elif isinstance(step, plan.Register):
            self.acting("submitting the draft to the review")
            await port.register(service_id=service_id, token=token)
            self.left = replace(self.left, rejected="")
        elif isinstance(step, plan.CancelReview):
            self.acting("what is reviewed is not wanted any more")
            await port.cancel_review(registration_id=step.registration_id, token=token)
        elif isinstance(step, plan.Launch):
            self.acting(f"launching version {step.version}")
            await port.launch(service_id=service_id, version=step.version, token=token)

    def _token(self, purpose: str, *ordinals: str | int) -> Token:
        """Of one change of one service in the state that it was seen in."""
        wanted, seen = self.wanted, digest(*(f"{v.version}{v.status}{v.modified}" for v in self.observed.versions))
        about = (self.object_id, wanted.wanted_edition, seen, self.attempts[purpose], *ordinals)
        return identity.token(wanted.owner_id, wanted.generation, purpose, *about)


def _questions(service: Service[Known]) -> dict[str, bool]:
    """What a plan has to know beside the versions."""
    return {"with_reviews": service.publishing == "online", "with_shared": service.share_accounts is not None}
