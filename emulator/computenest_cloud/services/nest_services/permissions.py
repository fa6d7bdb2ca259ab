"""Who may launch from the hub's copies: what the services' public or private attribute decides.

No service uses the package: private, the supplier alone. Any public service: public. Only private ones: private, and
their whitelists become share permissions of the copies, ten accounts a call and fifty an image.
fact: svc-040 to svc-044
"""

from collections.abc import Iterable

from computenest_cloud.services.ecs.seam import IMAGES, SHARES, Image, Share
from computenest_cloud.services.nest_artifacts.seam import Artifact, Hub
from computenest_cloud.services.nest_services.errors import error
from computenest_cloud.services.nest_services.records import SHARED_ACCOUNTS, ServiceVersion
from computenest_cloud.services.nest_services.relations import (
    IMAGE_RELATION,
    living_service_versions,
    owner_of,
    relations_of,
    resolve,
)
from computenest_cloud.world import World

ACCOUNTS_PER_CALL = 10
ACCOUNTS_PER_IMAGE = 50


def whitelist(world: World, service_id: str) -> set[str]:
    shared = world.store[SHARED_ACCOUNTS].grouped(service_id)
    return {entry.user_uid for entry in shared if entry.kind == "SharedAccount"}


class Permissions:
    def __init__(self, world: World, hub: Hub) -> None:
        self._world = world
        self._hub = hub

    def _counts(self, version: ServiceVersion) -> bool:
        """fact: svc-041"""
        if self._world.rules.position("permission.counts") == "published":
            return version.status in {"Beta", "Online"}
        return version.status not in {"Creating", "CreateFailed"}

    def is_public(self, artifact: Artifact) -> bool:
        """Whether a public service uses it. fact: pkg-010"""
        world = self._world
        return any(
            self._counts(user)
            and user.text("ShareType") == "Public"
            and any(
                relation.artifact_id == artifact.artifact_id
                and resolve(world, relation, owner_of(world, user)) is not None
                for relation in relations_of(user)
            )
            for user in living_service_versions(world)
        )

    def _wanted(self) -> tuple[set[str], dict[str, set[str]]]:
        """The images that are public, and the accounts of each of the others."""
        world = self._world
        public: set[str] = set()
        accounts: dict[str, set[str]] = {}
        for version in filter(self._counts, living_service_versions(world)):
            allowed = whitelist(world, version.service_id)
            for relation in relations_of(version):
                target = resolve(world, relation, owner_of(world, version)) if relation.kind == IMAGE_RELATION else None
                if target is None:
                    continue
                if version.text("ShareType") == "Public":
                    public.update(target.delivery.values())
                for image_id in target.delivery.values():
                    accounts.setdefault(image_id, set()).update(allowed)
        return public, {image_id: uids for image_id, uids in accounts.items() if image_id not in public}

    def check(self) -> None:
        """Refuses a whitelist that an image could not carry."""
        for image_id, uids in self._wanted()[1].items():
            if len(uids) > ACCOUNTS_PER_IMAGE:
                raise error(self._world, "QuotaExceeded.SharedAccounts", f"({image_id} would have {len(uids)})")

    def apply(self) -> None:
        public, accounts = self._wanted()
        for image in self._world.store[IMAGES]:
            if image.owner_uid != self._hub.account.uid or image.role == "own":
                continue
            is_public = image.image_id in public
            if image.is_public != is_public:
                image.is_public = is_public
                self._log(image)
            self._share(image, accounts.get(image.image_id, set()))

    def _log(self, image: Image) -> None:
        self._world.log_internal("ModifyImageSharePermission", image.region, "OK")

    def _share(self, image: Image, wanted: Iterable[str]) -> None:
        store = self._world.store
        shares = store[SHARES].grouped(image.image_id)
        current = {share.account_uid for share in shares if share.made_by == "whitelist"}
        taken = {share.account_uid for share in shares if share.made_by != "whitelist"} | {image.owner_uid}
        added = sorted(set(wanted) - current - taken)
        removed = sorted(current - set(wanted))
        for uid in added:
            now = self._world.now
            store[SHARES].add(Share(image_id=image.image_id, account_uid=uid, shared_at=now, made_by="whitelist"))
        for uid in removed:
            store[SHARES].remove(f"{image.image_id}/{uid}")
        for _ in range(0, max(len(added), len(removed)), ACCOUNTS_PER_CALL):
            self._log(image)
