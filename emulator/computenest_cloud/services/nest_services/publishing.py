"""How a draft becomes what customers see: pre-launch, review by a human, launch, withdrawal. fact: svc-030 to svc-036

The control plane approves or rejects (`POST registrations/review`), or everything is approved at once (svc-037).
"""

from collections.abc import Callable

from computenest_cloud.services.nest_services import services
from computenest_cloud.services.nest_services.errors import error
from computenest_cloud.services.nest_services.records import (
    REGISTRATIONS,
    SERVICE_VERSIONS,
    SERVICES,
    Registration,
    Service,
    ServiceVersion,
)
from computenest_cloud.services.nest_services.relations import relations_of, resolve
from computenest_cloud.services.nest_services.services import BETA, DRAFT, find_version, version_named
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

FINISH_LAUNCH = "service-launched"


class Publishing:
    def __init__(self, world: World, changed: Callable[[], None]) -> None:
        self._world = world
        self._changed = changed
        world.timeline.on(FINISH_LAUNCH, self._launched)

    def resume(self) -> None:
        for version in self._world.store[SERVICE_VERSIONS]:
            if version.due_at is not None and version.status == "Launching":
                self._world.timeline.schedule(FINISH_LAUNCH, version.key, version.due_at)

    def _refuse(self, version: ServiceVersion) -> None:
        what = f"version {version.version} of {version.service_id} is {version.status}"
        raise error(self._world, "OperationDenied.ServiceStatus", f"({what})")

    def pre_launch(self, service: Service) -> None:
        """The draft is copied to `beta`; an earlier beta is replaced by it."""
        world = self._world
        draft = find_version(world, service, DRAFT)
        if draft.status not in {"Draft", "Approved"}:
            self._refuse(draft)
        former = version_named(world, service, BETA)
        if former is not None:
            former.fields, former.infos = draft.fields, draft.infos
            former.modified_at = former.published_at = world.now
        else:
            seq = world.mint.count("order")
            world.store[SERVICE_VERSIONS].add(
                ServiceVersion(
                    version_key=f"s{seq}",
                    seq=seq,
                    service_id=service.service_id,
                    version=BETA,
                    fields=draft.fields,
                    infos=draft.infos,
                    status="Beta",
                    created_at=world.now,
                    modified_at=world.now,
                    published_at=world.now,
                )
            )
        self._changed()

    def register(self, service: Service) -> Registration:
        world = self._world
        draft = find_version(world, service, DRAFT)
        if draft.status != "Draft":
            self._refuse(draft)
        registration = world.store[REGISTRATIONS].add(
            Registration(
                registration_id=world.mint.hex_id("sr"),
                seq=world.mint.count("order"),
                service_id=service.service_id,
                version_key=draft.key,
                submitted_at=world.now,
            )
        )
        draft.status, draft.registration_id = "Submitted", registration.registration_id
        draft.modified_at = world.now
        if world.rules.number("review.approves_at_once"):  # fact: svc-037
            self.review(registration, is_approved=True, comment="")
        return registration

    def registration(self, account: Account, registration_id: str) -> Registration:
        world = self._world
        found = world.store[REGISTRATIONS].get(registration_id)
        service = None if found is None else world.store[SERVICES].get(found.service_id)
        if found is None or service is None or service.owner_uid != account.uid:
            raise error(world, "EntityNotExist.ServiceRegistration", f"({registration_id!r})")
        return found

    def cancel(self, registration: Registration) -> None:
        version = self._world.store[SERVICE_VERSIONS].get(registration.version_key)
        if version is None or registration.status not in {"Submitted", "Approved"} or version.status == "Launching":
            detail = f"(the registration is {registration.status})"
            raise error(self._world, "OperationDenied.ServiceStatus", detail)
        self._close(registration, version, "Canceled")

    def _close(self, registration: Registration, version: ServiceVersion, status: str) -> None:
        registration.status = "Canceled" if status == "Canceled" else "Rejected"
        registration.finished_at = self._world.now
        version.status = "Draft"
        version.modified_at = self._world.now

    def review(self, registration: Registration, *, is_approved: bool, comment: str) -> bool:
        """The human's decision (control plane); False when there is nothing to decide."""
        version = self._world.store[SERVICE_VERSIONS].get(registration.version_key)
        if version is None or version.deleted_at is not None or registration.status != "Submitted":
            return False
        registration.comment = comment
        if not is_approved:
            version.status_detail = comment
            self._close(registration, version, "Rejected")
            return True
        registration.status, registration.finished_at = "Approved", self._world.now
        version.status = "Approved"
        version.modified_at = self._world.now
        return True

    def launch(self, service: Service, name: str) -> tuple[str, str]:
        """The kind of launch, and the version it will be called."""
        world = self._world
        version = find_version(world, service, services.check_number(name))
        if version.status not in {"Approved", "Offline"}:
            self._refuse(version)
        if not world.rules.is_on("launch.accepts_draft_artifacts"):
            for relation in relations_of(version):
                target = resolve(world, relation, service.owner_uid)
                if target is not None and target.version == DRAFT:
                    what = f"{relation.literal!r} is related to the draft of {relation.artifact_id}"
                    raise error(world, "OperationDenied.ServiceStatus", f"({what})")
        is_new = version.status == "Approved"
        updated = self._updated_by(service, version)
        version.status = "Launching"
        version.due_at = world.now + world.rules.number("service.launch_s")
        world.timeline.schedule(FINISH_LAUNCH, version.key, version.due_at)
        if updated is not None:
            return "UpdateLatestVersion", updated.version
        number = str(service.last_number + 1) if is_new else version.version
        return ("PublishNewVersion" if is_new else "PublishOfflineVersion"), number

    def _updated_by(self, service: Service, draft: ServiceVersion) -> ServiceVersion | None:
        """The newest online version, where a launch gives it the draft's content and makes none. fact: svc-034"""
        if draft.version != DRAFT or self._world.rules.position("launch.of_a_draft") != "update_latest":
            return None
        living = services.versions_of(self._world, service.service_id)
        return next((version for version in living if version.status == "Online"), None)

    def _launched(self, version_key: str, due_s: float) -> None:
        world = self._world
        version = world.store[SERVICE_VERSIONS].get(version_key)
        if version is None or version.due_at != due_s or version.status != "Launching":
            return
        service = world.store[SERVICES].get(version.service_id)
        if service is None:
            raise KeyError(version.service_id)
        version.due_at = None
        updated = self._updated_by(service, version)
        if updated is not None:
            updated.fields, updated.infos = version.fields, version.infos
            self._executed(version)
            version.deleted_at = world.now
            version = updated
        elif version.version == DRAFT:
            service.last_number += 1
            version.version = str(service.last_number)
            self._executed(version)
        version.status, version.status_detail = "Online", ""
        version.published_at = version.modified_at = world.now
        service.default_version = version.version
        self._changed()

    def _executed(self, version: ServiceVersion) -> None:
        registration = self._world.store[REGISTRATIONS].get(version.registration_id)
        if registration is not None:
            registration.status = "Executed"

    def withdraw(self, service: Service, name: str) -> None:
        """fact: svc-035, svc-038; a beta that is withdrawn is gone."""
        world = self._world
        version = find_version(world, service, services.check_number(name))
        if version.status not in {"Online", "Beta"}:
            self._refuse(version)
        if service.listed_as and version.status == "Online":
            raise error(
                world, "OperationDenied.ServiceListed", f"({service.service_id!r} is sold as {service.listed_as})"
            )
        if version.status == "Beta":
            version.deleted_at = world.now
        else:
            version.status = "Offline"
        version.modified_at = world.now
        if service.default_version == version.version:
            online = [other for other in services.versions_of(world, service.service_id) if other.status == "Online"]
            service.default_version = online[0].version if online else version.version
        self._changed()
