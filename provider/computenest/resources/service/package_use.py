"""Which superseded versions of a package no service uses any more: what a refresh says of them.

The cloud has no question for that (facts §1.1: a deletion is refused, and names the service), so every version of every
service of the account is looked at; only where something is superseded, and only in a refresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from computenest.kernel.errors import Permanent, Transient
from computenest.kernel.names import ArtifactId, VersionId
from computenest.resources._program.accounts import asked_of
from computenest.resources._program.core import Account
from computenest.resources.service.api import CloudServices
from computenest.resources.service.metadata import relations_in

_AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """Looks at the services of one account."""

    services: CloudServices

    async def unused(self, artifact_id: ArtifactId, versions: Sequence[VersionId]) -> tuple[VersionId, ...]:
        """Those of `versions` that no version of any service names; () where that cannot be told."""
        if not versions:
            return ()
        try:
            listed = await self.services.owned_versions(tags={})
            gate = asyncio.Semaphore(_AT_A_TIME)
            places = [(service, version.version) for service, found in listed.items() for version in found]
            used = await asyncio.gather(*(self._used(gate, artifact_id, *place) for place in places))
        except (Permanent, Transient):
            return ()  # an account that may not read services cannot tell: nothing is promised
        return tuple(version for version in versions if not any(version in some for some in used))

    async def _used(
        self, gate: asyncio.Semaphore, artifact_id: ArtifactId, service_id: str, version: VersionId
    ) -> frozenset[str]:
        async with gate:
            content = await self.services.get(service_id=service_id, version=version)
        if content is None:
            return frozenset()
        targets = relations_in(content.metadata).values()
        return frozenset(target.version for target in targets if target.artifact_id == artifact_id)


def of_account(account: Account) -> ServiceUse:
    """What packages ask: whether a version of theirs is in use."""
    return ServiceUse(asked_of(account, account.session.port(CloudServices)))
