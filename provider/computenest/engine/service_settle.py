"""What follows when a service's content is as wanted, or not wanted at all: whitelist, tags, old versions, deletion.

Nothing that an instance runs is taken away: a version stays until its instances have moved on, and a service until
they are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from computenest.domain import identity
from computenest.domain.errors import Conflict, Permanent
from computenest.domain.identity import digest
from computenest.domain.names import Token
from computenest.domain.service.model import Content, Service, Version
from computenest.domain.service.plan import Observed, Phase, classify, superseded
from computenest.engine.ownership import tag_changes
from computenest.engine.service_look import ServiceLook, refuse_strange_service
from computenest.ports import Clock, Progress
from computenest.ports.services import Services

__all__ = ["ServiceSettle"]

_ACCOUNTS_PER_CALL = 10  # fact §4, assumed of AddServiceSharedAccounts as well
_ADDABLE = frozenset({"Deployable", "Accessible"})  # fact §1.6
_MAX_DELETIONS = 500
_NAMED_INSTANCES = 5


@dataclass(frozen=True, slots=True)
class ServiceSettle:
    """For one service of one operation; `until_s` is its deadline by the clock."""

    services: Services
    clock: Clock
    progress: Progress
    service: Service
    until_s: float
    poll_interval_s: float

    async def settle(self, seen: Observed, content: Content, former: Mapping[str, object]) -> frozenset[str]:
        """Tags, whitelist and retained versions as wanted; the versions that went."""
        service, service_id = self.service, seen.service_id
        refuse_strange_service(service, service_id, seen.tags, may_restore=True)
        changed, dropped = tag_changes(service, seen.tags, former)
        if changed:
            await self.services.tag(service_id=service_id, tags=changed)
        if dropped:
            await self.services.untag(service_id=service_id, keys=dropped)
        mine = former.get("shareAccounts")
        if service.share_accounts is not None:
            await self._share(service_id, seen.shared or {}, service.share_accounts)
        elif isinstance(mine, Mapping) and mine:  # the program names nobody any more: who it named goes
            shared = await self.services.shared(service_id=service_id)
            await self._share(service_id, shared, {a: p for a, p in shared.items() if a not in mine})
        return await self._retire(service_id, superseded(service, seen, content))

    async def _share(self, service_id: str, seen: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        """Who is to go goes first, so that the list never holds more than it may."""
        gone = sorted(set(seen) - set(wanted))
        for start in range(0, len(gone), _ACCOUNTS_PER_CALL):
            some = gone[start:][:_ACCOUNTS_PER_CALL]
            await self.services.unshare(service_id=service_id, accounts=some, token=self._token("unshare", seen, *some))
        added = {a: p for a, p in sorted(wanted.items()) if a not in seen}
        names = sorted(added)
        for start in range(0, len(names), _ACCOUNTS_PER_CALL):
            some = names[start:][:_ACCOUNTS_PER_CALL]
            shown = {a: added[a] if added[a] in _ADDABLE else _first_permission(added[a]) for a in some}
            await self.services.share(service_id=service_id, accounts=shown, token=self._token("share", seen, *some))
        for account, permission in sorted(wanted.items()):
            has = seen.get(account, permission if permission in _ADDABLE else "")
            if has != permission:
                await self.services.set_permission(
                    service_id=service_id,
                    account=account,
                    permission=permission,
                    token=self._token("permit", seen, account, permission),
                )

    def _token(self, purpose: str, seen: Mapping[str, str], *ordinals: str) -> Token:
        now = digest(*(f"{account}={permission}" for account, permission in sorted(seen.items())))
        return identity.token(self.service.owner_id, self.service.generation, purpose, now, *ordinals)

    async def _retire(self, service_id: str, versions: tuple[Version, ...]) -> frozenset[str]:
        if not versions:
            return frozenset()
        gone: set[str] = set()
        running = await self.services.instances(service_id=service_id)
        for version in versions:
            users = sorted(instance for instance, runs in running.items() if runs == version.version)
            if users:
                self.progress.warn(
                    f"{self.service.display_name}: version {version.version} stays for now: {_few(users)} run it"
                )
                continue
            try:
                if version.status in {"Online", "Beta"}:
                    token = self._version_token("retire", service_id, version)
                    await self.services.withdraw(service_id=service_id, version=version.version, token=token)
                token = self._version_token("delete-version", service_id, version)
                await self.services.delete(service_id=service_id, version=version.version, token=token)
            except Conflict as conflict:
                text = f"version {version.version} stays for now: {conflict.summary}"
                self.progress.warn(f"{self.service.display_name}: {text}")
            else:
                gone.add(version.version)
        return frozenset(gone)

    async def delete(self, service_id: str, *, incarnation: int) -> None:
        """Everything of the service goes, unless a later create has taken it over or instances run."""
        for _ in range(_MAX_DELETIONS):
            seen = await ServiceLook(self.services).observe(service_id)
            if not seen.exists:
                return
            refuse_strange_service(self.service, service_id, seen.tags)
            if identity.incarnation(seen.tags) > incarnation:
                said = f"{service_id} stays, its replacement has adopted it"
                self.progress.warn(f"{self.service.display_name}: {said}")
                return
            await self._refuse_while_used(service_id)
            await self._take_away(seen)
        raise Permanent(
            f"service {service_id} is still there after {_MAX_DELETIONS} steps",
            hint="look at it in the console, then run pulumi destroy again",
        )

    async def _refuse_while_used(self, service_id: str) -> None:
        running = sorted(await self.services.instances(service_id=service_id))
        if running:
            raise Conflict(
                f"service {service_id} named {self.service.display_name!r} is still used by {_few(running)}",
                hint="delete these instances first; nothing of the service was changed",
            )

    async def _take_away(self, seen: Observed) -> None:
        """One step: what moves is waited for, what is reviewed or published is taken back, the rest is deleted."""
        service_id = seen.service_id
        busy = next((v for v in seen.versions if classify(v.status) is Phase.PENDING), None)
        if busy is not None:
            if self.clock.now_s() >= self.until_s:
                raise Permanent(
                    f"{self.service.display_name}: timed out while version {busy.version} is {busy.status}",
                    hint="run pulumi destroy again, or raise timeout_s",
                )
            await self.clock.sleep(self.poll_interval_s)
            return
        version = next((v for v in seen.versions if v.status == "Online"), seen.versions[0])
        if version.status in {"Online", "Beta"}:
            token = self._version_token("withdraw", service_id, version)
            await self.services.withdraw(service_id=service_id, version=version.version, token=token)
        elif classify(version.status) is Phase.REVIEW and seen.draft is not None and seen.draft.registration_id:
            registration = seen.draft.registration_id
            token = identity.token(self.service.owner_id, self.service.generation, "cancel", registration)
            await self.services.cancel_review(registration_id=registration, token=token)
        else:
            token = self._version_token("delete-version", service_id, version)
            await self.services.delete(service_id=service_id, version=version.version, token=token)

    def _version_token(self, purpose: str, service_id: str, version: Version) -> Token:
        ordinals = (service_id, version.version, version.status, version.modified)
        return identity.token(self.service.owner_id, self.service.generation, purpose, *ordinals)


def _first_permission(permission: str) -> str:
    """What an account is added with before it gets a permission that adding does not know."""
    return "Accessible" if permission.startswith("Accessible") or permission == "Unauthorized" else "Deployable"


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED_INSTANCES])
    return shown if len(names) <= _NAMED_INSTANCES else f"{shown} and {len(names) - _NAMED_INSTANCES} more"
