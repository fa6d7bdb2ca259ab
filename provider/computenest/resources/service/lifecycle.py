"""`Service` as a `Lifecycle`: the use cases of each account's services, and the texts that checks were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from computenest.kernel.lifecycle import Path
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.outcome import Checked, Failure, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.opened import checks_of
from computenest.resources._program.accounts import AccountLifecycle, asked_in_check, asked_of
from computenest.resources._program.core import Account
from computenest.resources.service import diff as diffs
from computenest.resources.service import preview as previews
from computenest.resources.service.api import CloudServices
from computenest.resources.service.check import check
from computenest.resources.service.cloud_checks import ServiceChecks
from computenest.resources.service.declaration import MODELS, RESOURCE, Arguments, GivenTemplate
from computenest.resources.service.model import Service, State
from computenest.resources.service.notes import one_shot_notes
from computenest.resources.service.offering import facts_of, offered_by

if TYPE_CHECKING:
    from computenest.resources.service.use_cases import Services


@dataclass(slots=True)
class ServiceLifecycle(AccountLifecycle["Services", Service[Known], Service[Known], State[Known]]):
    """Lifecycle of `Service`."""

    _names: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    """Account, locale and name -> owner id and logical name of the service that this program gives that name."""
    _texts: dict[str, str] = field(default_factory=dict)
    """Digest -> text of every template that a check of this process was given; no state holds one."""

    shape: ClassVar[Shape] = Shape(RESOURCE, id_key="serviceId", models=MODELS)
    diff = staticmethod(diffs.diff)
    preview = staticmethod(previews.preview)

    async def check(self, olds: Service[Known] | None, news: Arguments) -> Checked[Service[Unknown]]:
        known = olds if olds is not None and olds.owner_id else None
        associations = tuple(self.core.promised.values())
        found = check(olds, news, recorded=self._remembered(news.owner_id, known), associations=associations)
        self._texts.update(found.texts)
        inputs, owner = found.checked.inputs, found.checked.inputs.owner_id
        self.core.offered[owner] = offered_by(inputs, self._texts)
        self.core.deployable[owner] = (None if olds is None else facts_of(olds), facts_of(inputs))
        notes = one_shot_notes(_by_file(news, inputs, found.texts))
        checked = found.checked.plus(self._duplicates(inputs, news.logical_name), notes)
        if checked.failures or inputs.account is UNKNOWN:
            return checked
        account = await self.core.account_of(inputs.account)
        checked = await checks_of(account).strange_regions(checked, _new_regions(olds, news))
        artifacts = asked_in_check(account, account.session.port(CloudArtifacts))
        checks = ServiceChecks(asked_of(account, account.session.port(CloudServices)), artifacts)
        return await checks.missing_artifacts(olds, await checks.check(checked, is_new=known is None))

    def _duplicates(self, inputs: Service[Unknown], logical_name: str) -> tuple[Failure, ...]:
        """Names that another service of this program has too: before they exist, the cloud cannot tell."""
        owner, account, failures = inputs.owner_id, inputs.account, []
        for locale, info in inputs.infos.items() if inputs.infos is not UNKNOWN else ():
            if info is UNKNOWN or info.name is UNKNOWN or account is UNKNOWN:
                continue
            first, whose = self._names.setdefault((account, locale, info.name), (owner, logical_name))
            if first != owner:
                reason = f"service {whose!r} of this program is named {info.name!r} too; give one of them another name"
                failures.append(Failure(f"infos[{locale!r}].name", reason))
        return tuple(failures)

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        account = known.account if known is not None else AccountName("")
        use_cases = await self._of_account(account)
        if known is None or not known.service_id:
            return await use_cases.adopt(id_, owner_id=owner_id, account=account)
        return await self._look(id_, known, use_cases.read)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """Of a template only its digest is kept; who is shared with shows in the permissions."""
        found = {path for path in given if not (path[0] == "templates" and path[-1] == "text")}
        return frozenset(found) | ({("permissions",)} if any(path[0] == "shareAccounts" for path in found) else set())

    def _open(self, account: Account) -> Services:
        from computenest.resources.service.template_store import CloudTemplates
        from computenest.resources.service.use_cases import Services

        return Services(
            asked_of(account, account.session.port(CloudServices)),
            asked_of(account, account.session.port(CloudTemplates)),
            account.session.clock,
            self.core.progress,
            self.core.lease,
            self.core.settings.poll_interval_s,
            self._texts,
        )


def _given(news: Arguments) -> Mapping[str, GivenTemplate]:
    """The templates of which a program says something, by their names."""
    entries = {} if news.templates is None or news.templates is UNKNOWN else news.templates
    return {name: entry for name, entry in entries.items() if entry is not UNKNOWN}


def _by_file(news: Arguments, inputs: Service[Unknown], texts: Mapping[str, str]) -> dict[str, str]:
    """What messages call each template -> its text."""
    kept = {} if inputs.templates is UNKNOWN else inputs.templates
    known = {name: one.digest for name, one in kept.items() if one is not UNKNOWN}
    return {
        str(entry.file_name or name): texts[digest]
        for name, entry in _given(news).items()
        if isinstance(digest := known.get(name), str) and digest in texts
    }


def _new_regions(olds: Service[Known] | None, news: Arguments) -> dict[str, str]:
    """Property path -> region where a template may be deployed, of those that the last run did not ask about."""
    before = olds.templates if olds is not None else {}
    found: dict[str, str] = {}
    for name, entry in _given(news).items():
        former = before[name].regions if name in before else ()
        listed = () if entry.regions is None or entry.regions is UNKNOWN else entry.regions
        found |= {
            f"templates[{name!r}].regions[{index}]": region
            for index, region in enumerate(listed)
            if region is not UNKNOWN and region not in former
        }
    return found


LIFECYCLE = ServiceLifecycle
