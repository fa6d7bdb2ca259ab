"""`ContainerImagePackage`, `HelmChartPackage` and `FilePackage` as lifecycles: one class, a kind each."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from computenest.cloud.artifacts import CloudArtifacts
from computenest.cloud.clock import RealClock
from computenest.cloud.faults import refused_by_machine
from computenest.domain.arguments import ALL_REGIONS
from computenest.domain.content import check as checks
from computenest.domain.content import state
from computenest.domain.content.diff import diff, foresee
from computenest.domain.content.model import Described, Kind
from computenest.domain.distribution.check import Recorded, recorded_in
from computenest.domain.distribution.regions import many_regions
from computenest.domain.errors import ComputeNestError, Invalid, Reason, Transient
from computenest.domain.names import AccountName, OwnerId
from computenest.domain.outcome import Checked, Difference, Failure, Outcome
from computenest.engine.claims import Claims
from computenest.engine.places import Places
from computenest.engine.retry import retrying
from computenest.engine.silence import Silence
from computenest.engine.uploads import ContentPackages, ContentTerms
from computenest.ports import Artifacts
from computenest.transports.accounts import asked_in_check
from computenest.transports.core import Account, Core
from computenest.transports.lifecycle import Found, Path
from computenest.transports.told import UNREAD

__all__ = ["ContentLifecycle"]

_NETWORK_CLOCK = RealClock()  # the network answers in real time, however fast the cloud's own clock runs
_PUSH_BUDGET_S = 6 * 3600.0  # a push may have run for hours before it breaks, and then only its rest is sent
_COMPUTED_FROM = {
    "name": ("artifactName", "repository"),
    "source": ("content",),
    "platforms": ("content",),
    "regions": ("distribution",),
}


@dataclass(slots=True)
class ContentLifecycle:
    """Lifecycle of one kind of content."""

    core: Core
    kind: Kind
    _recorded: dict[str, Recorded] = field(default_factory=dict)
    """Owner id, minted or kept -> what the state says of it: how a replacement knows that it is one."""
    _texts: dict[str, str] = field(default_factory=dict)
    """Digest -> text of files that the program holds: check sees the text, the state never does."""
    _use_cases: dict[AccountName, ContentPackages] = field(default_factory=dict)

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Checked, tuple[str, ...]]:
        minted, known = str(news.get("ownerId", "")), recorded_in(olds)
        if known is not None:
            self._recorded[minted] = self._recorded[known.owner_id] = known
        recorded = None if known else self._recorded.get(minted)
        account = await self.core.account(news)
        news, refused, notes = await account.checks.with_all_regions(olds, news)
        artifacts = asked_in_check(CloudArtifacts(account.session.client, artifact_type=self.kind.value))
        if known is None and recorded is None:
            recorded = await account.checks.renamed(artifacts, news)
        checked = checks.check(self.kind, olds, news, recorded=recorded)
        strange, warnings = await account.checks.strange_regions(_new_regions(olds, news))
        taken, unasked = await account.checks.taken(artifacts, olds, checked)
        failures = (*checked.failures, *refused, *strange, *taken, *self.core.duplicates(checked, news))
        checked = Checked(checked.inputs, failures)
        notes = (*notes, *many_regions(checked.inputs.get("distribution")), *warnings, *unasked)
        source, described = checks.readable_source(checked), None
        if source is not None:
            try:
                described = await self._describe(source, news, known_digest=str(olds.get("content") or ""))
            except ComputeNestError as error:
                place = "source.reference" if "reference" in source else "source.path" if "path" in source else "source"
                path = error.path if isinstance(error, Invalid) and error.path else place
                why = str(error) if isinstance(error, Invalid) else Reason.of(error)
                checked = Checked(checked.inputs, (*checked.failures, Failure(path, why)))
        found = () if described is None else tuple(f"{checked.inputs.get('name')}: {note}" for note in described.notes)
        notes = (*notes, *found, *checks.permission_notes(olds, checked.inputs))
        return checks.finish(self.kind, checked, described), notes

    async def _describe(self, source: Mapping[str, str], news: Mapping[str, Any], *, known_digest: str) -> Described:
        account = await self.core.account(news)
        quiet = replace(account.retry, silence=Silence())  # nothing is asked: to succeed is no sign of the cloud's
        store = retrying(account.session.content, retry=quiet, clock=_NETWORK_CLOCK)
        try:
            described = await store.describe(kind=self.kind, source=_located(source), known_digest=known_digest)
        except OSError as error:  # a name that no file can have, a folder that may not be read
            raise refused_by_machine(error) from error
        if "text" in source:
            self._texts[described.digest] = source["text"]
        return described

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        self.core.related.will_be(olds, news)
        return diff(self.kind, olds, news)

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        return foresee(self.kind, inputs, former)

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        outcome = await (await self._of(inputs)).create(inputs, self._source(inputs))
        self.core.related.made(outcome.state)
        return outcome

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        outcome = await (await self._of(inputs)).update(inputs, former, self._source(inputs))
        self.core.related.made(outcome.state)
        return outcome

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        del owner_id
        if not known.get("artifactId"):
            raise Invalid(
                f"a {self.kind.type_name} cannot be imported: what it is made of is not among what the cloud tells",
                hint="declare it without `import`; content that is there already is not sent again",
            )
        try:
            outcome = await (await self._of(known)).read(known)
        except Transient as error:
            self.core.progress.warn(Reason.of(error, left_out=UNREAD, name=str(known.get("name"))))
            return Found(Outcome(id_, known), state.inputs_of(self.kind, known))
        return None if outcome is None else Found(outcome, state.inputs_of(self.kind, outcome.state))

    async def delete(self, known: Mapping[str, Any]) -> None:
        await (await self._of(known)).delete(known)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        found = {path for path in given if path != ("source", "text")}  # only its digest is kept
        computed = {(name,) for path in given for name in _COMPUTED_FROM.get(str(path[0]), ())}
        return frozenset(found | computed)

    def _source(self, inputs: Mapping[str, Any]) -> Mapping[str, str]:
        source = _located(checks.source_of(inputs))
        if source["kind"] != "text":
            return source
        text = self._texts.get(str(inputs["content"]))
        if text is None:
            raise Invalid("the text was not given again since it was checked", path="source.text", hint="run it again")
        return {**source, "text": text}

    async def _of(self, properties: Mapping[str, Any]) -> ContentPackages:
        account = await self.core.account(properties)
        name = account.session.account
        if name not in self._use_cases:
            self._use_cases[name] = self._open(account)
        return self._use_cases[name]

    def _open(self, account: Account) -> ContentPackages:
        session, patient = account.session, replace(account.retry, budget_s=_PUSH_BUDGET_S)
        artifacts: Artifacts = retrying(
            CloudArtifacts(session.client, artifact_type=self.kind.value), retry=account.retry, clock=_NETWORK_CLOCK
        )
        registrations = retrying(session.repositories, retry=account.retry, clock=_NETWORK_CLOCK)
        store = retrying(session.content, retry=patient, clock=_NETWORK_CLOCK)
        claims = Claims(self.kind, artifacts, registrations, session.clock)
        return ContentPackages(
            kind=self.kind,
            packages=replace(account.packages, artifacts=artifacts, terms=ContentTerms(self.kind)),
            store=store,
            registrations=registrations,
            places=Places(self.kind, store, claims, account.packages.progress),
        )


def _located(source: Mapping[str, str]) -> Mapping[str, str]:
    """The source with `~` as the home folder of whoever runs the provider: a program in YAML has nobody else to ask."""
    path = source.get("path", "")
    if not path.startswith("~"):
        return source
    with contextlib.suppress(RuntimeError):  # no such user: it is named as it is where it is not found
        return {**source, "path": str(pathlib.Path(path).expanduser())}
    return source


def _new_regions(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, str]:
    """Property path -> region, of those that were not asked about before."""
    listed, before = news.get("regions"), olds.get("distribution")
    known = {"", ALL_REGIONS, *(before if isinstance(before, Mapping) else ())}
    given = listed if isinstance(listed, list | tuple) else ()
    return {f"regions[{i}]": r for i, r in enumerate(given) if isinstance(r, str) and r not in known}
