"""What follows when a service's content is as wanted: its whitelist, and its old versions.

Nothing that an instance runs is taken away: a version stays until its instances have moved on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from computenest.kernel import identity
from computenest.kernel.errors import Conflict
from computenest.kernel.identity import digest
from computenest.kernel.names import Token
from computenest.kernel.ports import Progress
from computenest.kernel.unknown import Known
from computenest.resources.service.api import CloudServices
from computenest.resources.service.model import Service, State
from computenest.resources.service.plan import Observed, superseded
from computenest.resources.service.seen import Content, Version

_ACCOUNTS_PER_CALL = 10  # fact §4, assumed of AddServiceSharedAccounts as well
_ADDABLE = frozenset({"Deployable", "Accessible"})  # fact §1.6
_NAMED_INSTANCES = 5


@dataclass(frozen=True, slots=True)
class ServiceSettle:
    """For one service."""

    services: CloudServices
    progress: Progress
    service: Service[Known]

    async def settle(self, seen: Observed, content: Content, former: State[Known] | None) -> frozenset[str]:
        """Whitelist and retained versions as wanted; the versions that went."""
        service, service_id = self.service, seen.service_id
        mine = former.share_accounts if former is not None else None
        if service.share_accounts is not None:
            await self._share(service_id, seen.shared or {}, service.share_accounts)
        elif mine:  # the program names nobody any more: who it named goes
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
                self.progress.warn(f"{self.service.name}: version {version.version} stays for now: {few(users)} run it")
                continue
            try:
                if version.status in {"Online", "Beta"}:
                    token = version_token(self.service, "retire", service_id, version)
                    await self.services.withdraw(service_id=service_id, version=version.version, token=token)
                token = version_token(self.service, "delete-version", service_id, version)
                await self.services.delete(service_id=service_id, version=version.version, token=token)
            except Conflict as conflict:
                text = f"version {version.version} stays for now: {conflict.summary}"
                self.progress.warn(f"{self.service.name}: {text}")
            else:
                gone.add(version.version)
        return frozenset(gone)


def version_token(service: Service[Known], purpose: str, service_id: str, version: Version) -> Token:
    """Of one change of one version, as it is now."""
    ordinals = (service_id, version.version, version.status, version.modified)
    return identity.token(service.owner_id, service.generation, purpose, *ordinals)


def _first_permission(permission: str) -> str:
    """What an account is added with before it gets a permission that adding does not know."""
    return "Accessible" if permission.startswith("Accessible") or permission == "Unauthorized" else "Deployable"


def few(names: list[str]) -> str:
    """The first of them, and how many more there are."""
    shown = ", ".join(names[:_NAMED_INSTANCES])
    return shown if len(names) <= _NAMED_INSTANCES else f"{shown} and {len(names) - _NAMED_INSTANCES} more"
