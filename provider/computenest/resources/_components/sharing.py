"""Takes one of those who ask for a shared release away from it, and the release with the last of them."""

from __future__ import annotations

from computenest.kernel.names import OwnerId
from computenest.resources._components.ports import Removal
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.releases import Releases
from computenest.resources._components.shared import INSTALLER_LABEL, user_label, users


async def leave_shared(
    releases: Releases,
    release: ReleaseName,
    namespace: str,
    owner: OwnerId,
    incarnation: int,
    *,
    timeout_s: float,
) -> Removal:
    """Uninstalls it where nobody else asks for it and it was not there before ours; otherwise it stays, and why is
    said."""
    history = await releases.observer.history(release, namespace)
    if not history:
        return Removal()
    last = history[-1]
    asking = users(last)
    if asking.get(owner, 0) > incarnation:
        return Removal(is_anothers=True)
    others = len(asking.keys() - {owner})
    if not others and INSTALLER_LABEL in last.labels:
        return Removal(await releases.remove(release, namespace, timeout_s=timeout_s))
    if owner in asking:
        await releases.observer.relabel(release, namespace, last, {user_label(owner): None})
    if others:
        return Removal(left_because=f"{others} other resource{'s ask' if others > 1 else ' asks'} for it")
    return Removal(left_because="it was there before, and nobody of ours has installed it")
