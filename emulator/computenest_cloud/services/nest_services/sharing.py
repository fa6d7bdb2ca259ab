"""A service's whitelist. fact: svc-045, svc-046"""

from collections.abc import Callable

from computenest_cloud.errors import invalid_parameter
from computenest_cloud.services.nest_services.parsing import SHARE_PERMISSIONS, ShareKind
from computenest_cloud.services.nest_services.permissions import Permissions
from computenest_cloud.services.nest_services.records import SHARED_ACCOUNTS, Service, SharedAccount
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import World

UID_LENGTH = 16


class ServiceSharing:
    def __init__(self, world: World, permissions: Permissions, changed: Callable[[], None]) -> None:
        self._world = world
        self._permissions = permissions
        self._changed = changed

    def listed(self, service: Service) -> list[SharedAccount]:
        found = self._world.store[SHARED_ACCOUNTS].grouped(service.service_id)
        return sorted(found, key=lambda shared: -shared.seq)

    def add(self, service: Service, accounts: tuple[tuple[str, str], ...], kind: ShareKind) -> None:
        """All of them or, when one is refused, none; an account that is on the list gets the new permission."""
        world = self._world
        for uid, _ in accounts:
            if len(uid) != UID_LENGTH or whole_number(uid) is None or uid == service.owner_uid:
                raise invalid_parameter("SharedAccounts", f"the account {uid!r} does not exist or is the owner.")
        before = {shared.key: shared for shared in world.store[SHARED_ACCOUNTS].grouped(service.service_id)}
        added = [
            SharedAccount(
                service_id=service.service_id,
                user_uid=uid,
                kind=kind,
                permission=permission,
                seq=world.mint.count("order"),
                created_at=world.now,
                updated_at=world.now,
            )
            for uid, permission in accounts
        ]
        for shared in added:
            world.store[SHARED_ACCOUNTS].add(shared)
        try:
            self._permissions.check()
        except Exception:
            for shared in added:
                world.store[SHARED_ACCOUNTS].remove(shared.key)
                if shared.key in before:
                    world.store[SHARED_ACCOUNTS].add(before[shared.key])
            raise
        self._changed()

    def remove(self, service: Service, uids: tuple[str, ...], kind: ShareKind) -> None:
        """Who is not on the list is ignored."""
        for uid in uids:
            self._world.store[SHARED_ACCOUNTS].remove(f"{service.service_id}/{kind}/{uid}")
        self._changed()

    def change(self, service: Service, uid: str, permission: str, kind: ShareKind) -> None:
        if permission not in SHARE_PERMISSIONS:
            raise invalid_parameter("Permission", f"{permission!r} is not known.")
        shared = self._world.store[SHARED_ACCOUNTS].get(f"{service.service_id}/{kind}/{uid}")
        if shared is None:
            raise invalid_parameter("UserAliUid", f"the service is not shared with {uid!r}.")
        shared.permission = permission
        shared.updated_at = self._world.now
        self._changed()
