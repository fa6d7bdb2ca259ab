"""`Service` as a `Lifecycle`: the use cases of each account's services, and the texts that checks were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from computenest.kernel.lifecycle import Found, Path
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.outcome import Checked, Difference, Failure
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.opened import checks_of
from computenest.resources._program.accounts import AccountLifecycle, asked_in_check, asked_of
from computenest.resources._program.core import Account
from computenest.resources._program.offer import offer_of
from computenest.resources.service import state
from computenest.resources.service.api import CloudServices
from computenest.resources.service.check import Recorded, check
from computenest.resources.service.cloud_checks import ServiceChecks
from computenest.resources.service.declaration import RESOURCE
from computenest.resources.service.diff import diff
from computenest.resources.service.notes import one_shot_notes
from computenest.resources.service.preview import preview

if TYPE_CHECKING:
    from computenest.resources.service.use_cases import Services

__all__ = ["LIFECYCLE", "ServiceLifecycle"]


@dataclass(slots=True)
class ServiceLifecycle(AccountLifecycle["Services", Recorded]):
    """Lifecycle of `Service`."""

    _names: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    """Account, locale and name -> owner id and logical name of the service that this program gives that name."""
    _texts: dict[str, str] = field(default_factory=dict)
    """Digest -> text of every template that a check of this process was given; no state holds one."""

    shape = Shape(RESOURCE, id_key="serviceId", short=frozenset({"shareAccounts"}))

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        owner_id = OwnerId(str(olds.get("ownerId") or ""))
        known = Recorded(owner_id, int(olds.get("generation", 1))) if owner_id else None
        associations = tuple(self.core.promised.values())
        found = check(olds, news, recorded=self._recall(news, known), associations=associations)
        self._texts.update(found.texts)
        offer = offer_of(found.checked.inputs.get("templates"), self._texts)
        owner = str(found.checked.inputs.get("ownerId", ""))
        self.core.offered[owner] = offer
        self.core.deployable[owner] = (olds, found.checked.inputs)
        notes = (*found.warnings, *one_shot_notes(_by_file(found.checked.inputs.get("templates"), found.texts)))
        duplicates = self._duplicates(found.checked.inputs, str(news.get("logicalName", "")))
        checked = found.checked.plus(duplicates, notes)
        if checked.failures or checked.inputs.get("account") is UNKNOWN:
            return checked
        account = await self.core.account(checked.inputs)
        checked = await checks_of(account).strange_regions(checked, _new_regions(olds, news))
        artifacts = asked_in_check(account, account.session.port(CloudArtifacts))
        checks = ServiceChecks(asked_of(account, account.session.port(CloudServices)), artifacts)
        return await checks.missing_artifacts(olds, await checks.check(checked, is_new=known is None))

    def _duplicates(self, inputs: Mapping[str, Any], logical_name: str) -> tuple[Failure, ...]:
        """Names that another service of this program has too: before they exist, the cloud cannot tell."""
        owner, account, failures = str(inputs.get("ownerId", "")), str(inputs.get("account") or ""), []
        for locale, info in inputs["infos"].items() if isinstance(inputs.get("infos"), Mapping) else ():
            name = info.get("name") if isinstance(info, Mapping) else UNKNOWN
            if not isinstance(name, str):
                continue
            first, whose = self._names.setdefault((account, locale, name), (owner, logical_name))
            if first != owner:
                reason = f"service {whose!r} of this program is named {name!r} too; give one of them another name"
                failures.append(Failure(f"infos[{locale!r}].name", reason))
        return tuple(failures)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        return diff(olds, news)

    def preview(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        return preview(inputs, former)

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        if known.get("serviceId"):
            return await self._look(id_, known, (await self._of(known)).read, state.inputs_of)
        account = AccountName(str(known.get("account") or ""))
        made = await (await self._of(known)).adopt(id_, owner_id=owner_id, account=account)
        return None if made is None else Found(made, state.inputs_of(made.state))

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


def _by_file(entries: Any, texts: Mapping[str, str]) -> dict[str, str]:
    """What messages call each template -> its text."""
    if not isinstance(entries, Mapping):
        return {}
    known = {name: entry for name, entry in entries.items() if isinstance(entry, Mapping)}
    named = {str(entry.get("fileName") or name): entry.get("digest") for name, entry in known.items()}
    return {name: texts[digest] for name, digest in named.items() if isinstance(digest, str) and digest in texts}


def _new_regions(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, str]:
    """Property path -> region where a template may be deployed, of those that the last run did not ask about."""
    found: dict[str, str] = {}
    before = olds.get("templates")
    for name, entry in news["templates"].items() if isinstance(news.get("templates"), Mapping) else ():
        regions, former = _regions_of(entry), _regions_of(before.get(name) if isinstance(before, Mapping) else None)
        found |= {f"templates[{name!r}].regions[{index}]": r for index, r in enumerate(regions) if r not in former}
    return found


def _regions_of(entry: Any) -> list[str]:
    regions = entry.get("regions") if isinstance(entry, Mapping) else None
    return [region for region in regions if isinstance(region, str)] if isinstance(regions, list) else []


LIFECYCLE = ServiceLifecycle
