"""Services and their versions: look-up, drafts, saving, deletion. Publishing and sharing are in files of their own.

Saving is asynchronous: a new draft is Creating, a changed one Updating, and then Draft. What is not a draft changes
only in what does not touch its content (fact: svc-004).
"""

from collections.abc import Callable, Mapping
from typing import Any

from computenest_cloud.errors import invalid_parameter
from computenest_cloud.faults import Occasion
from computenest_cloud.services.nest_artifacts.seam import ARTIFACTS
from computenest_cloud.services.nest_services.errors import error
from computenest_cloud.services.nest_services.parsing import DEFAULTS, ServiceRequest
from computenest_cloud.services.nest_services.records import (
    SERVICE_VERSIONS,
    SERVICES,
    SHARED_ACCOUNTS,
    Service,
    ServiceVersion,
)
from computenest_cloud.services.nest_services.relations import (
    Relation,
    parse_metadata,
    parse_relations,
    resolve,
)
from computenest_cloud.store.records import Account
from computenest_cloud.wire.values import whole_number
from computenest_cloud.world import World

DRAFT = "draft"
BETA = "beta"
FINISH_SAVE = "service-saved"
EDITABLE = frozenset({"Draft", "CreateFailed", "UpdateFailed"})
ANY_TIME = frozenset({"ShareType", "ApprovalType"})  # changeable on a published version


def find(world: World, account: Account, service_id: str) -> Service:
    """A living service of this account."""
    service = world.store[SERVICES].get(service_id)
    if service is None or service.owner_uid != account.uid or service.deleted_at is not None:
        raise error(world, "EntityNotExist.Service", f"({service_id!r})")
    return service


def versions_of(world: World, service_id: str) -> list[ServiceVersion]:
    """The living ones, newest first."""
    found = [version for version in world.store[SERVICE_VERSIONS].grouped(service_id) if version.deleted_at is None]
    return sorted(found, key=lambda version: -version.seq)


def version_named(world: World, service: Service, name: str) -> ServiceVersion | None:
    return next((found for found in versions_of(world, service.service_id) if found.version == name), None)


def find_version(world: World, service: Service, name: str) -> ServiceVersion:
    """`name` empty: the default version, or else the newest (fact: svc-005)."""
    living = versions_of(world, service.service_id)
    wanted = name or service.default_version
    for version in living:
        if version.version == wanted:
            return version
    if not name and living:
        return living[0]
    raise error(world, "EntityNotExist.ServiceVersion", f"({service.service_id!r} has no version {name!r})")


def default_of(world: World, service: Service) -> ServiceVersion:
    return find_version(world, service, "")


class Services:
    """CreateService, UpdateService, DeleteService."""

    def __init__(self, world: World, changed: Callable[[], None]) -> None:
        self._world = world
        self._changed = changed
        self._instances_of: Callable[[ServiceVersion], list[str]] = lambda _: []
        self.service_of: Callable[[Account, str], str] = lambda _, __: ""
        world.timeline.on(FINISH_SAVE, self._saved)

    def on_asked_for_instances(
        self, instances_of: Callable[[ServiceVersion], list[str]], service_of: Callable[[Account, str], str]
    ) -> None:
        """`instances_of`: ids of those that run a version. `service_of`: a supplier's instance's service, or ""."""
        self._instances_of, self.service_of = instances_of, service_of

    def resume(self) -> None:
        for version in self._world.store[SERVICE_VERSIONS]:
            if version.due_at is not None and version.status in {"Creating", "Updating"}:
                self._world.timeline.schedule(FINISH_SAVE, version.key, version.due_at)

    def create(self, account: Account, request: ServiceRequest) -> ServiceVersion | None:
        """None: a dry run."""
        world = self._world
        self._check_relations(account, request.fields)
        service = find(world, account, request.service_id) if request.service_id else None
        if service is not None and version_named(world, service, DRAFT) is not None:
            raise error(world, "EntityAlreadyExist.DraftService", f"({service.service_id!r})")
        if request.is_dry_run:
            return None
        before = default_of(world, service) if service is not None else None
        if service is None:
            service = world.store[SERVICES].add(
                Service(
                    service_id=world.mint.hex_id("service"),
                    seq=world.mint.count("order"),
                    owner_uid=account.uid,
                    resource_group_id=request.resource_group_id or "rg-default",
                    tags=dict(request.tags),
                    created_at=world.now,
                )
            )
        seq = world.mint.count("order")
        version = world.store[SERVICE_VERSIONS].add(
            ServiceVersion(
                version_key=f"s{seq}",
                seq=seq,
                service_id=service.service_id,
                version=DRAFT,
                fields={**DEFAULTS, **(before.fields if before else {}), **request.fields},
                infos=request.infos or (before.infos if before else ()),
                created_at=world.now,
                modified_at=world.now,
            )
        )
        self._begin(account, version, "Creating", "CreateService")
        return version

    def update(self, account: Account, request: ServiceRequest, name: str, *, makes_default: bool) -> None:
        world = self._world
        service = find(world, account, request.service_id)
        version = find_version(world, service, name or self._editable_name(service))
        self._check_relations(account, request.fields)
        changed = {key for key, value in request.fields.items() if version.fields.get(key) != value}
        is_published = version.status in {"Online", "Offline", "Beta"}
        is_light = changed <= ANY_TIME and (request.infos is None or request.infos == version.infos)
        if version.status not in EDITABLE and not (is_published and is_light):
            what = f"version {version.version} of {service.service_id} is {version.status}"
            raise error(world, "OperationDenied.ServiceStatus", f"({what})")
        if request.is_dry_run:
            return
        version.fields = {**version.fields, **request.fields}
        version.infos = request.infos or version.infos
        version.modified_at = world.now
        if is_published:
            if makes_default:
                service.default_version = version.version
            self._changed()
            return
        self._begin(account, version, "Updating", "UpdateService")

    def _editable_name(self, service: Service) -> str:
        draft = version_named(self._world, service, DRAFT)
        return DRAFT if draft is not None else ""

    def _begin(self, account: Account, version: ServiceVersion, status: Any, action: str) -> None:
        world = self._world
        effect = world.faults.take(Occasion("computenest", (action,), account.name, ("",)), frozenset({"fail_service"}))
        version.planned_failure = ""
        if effect is not None:
            version.planned_failure = f"{effect.code or 'InternalError'}: {effect.message or 'Could not be saved.'}"
        version.status, version.status_detail = status, ""
        version.due_at = world.now + world.rules.number("service.save_s")
        world.timeline.schedule(FINISH_SAVE, version.key, version.due_at)

    def _saved(self, version_key: str, due_s: float) -> None:
        version = self._world.store[SERVICE_VERSIONS].get(version_key)
        if version is None or version.due_at != due_s or version.deleted_at is not None:
            return
        version.due_at = None
        if version.planned_failure:
            version.status = "CreateFailed" if version.status == "Creating" else "UpdateFailed"
            version.status_detail = version.planned_failure
        else:
            version.status = "Draft"
        version.modified_at = self._world.now
        self._changed()

    def _check_relations(self, account: Account, fields: Mapping[str, Any]) -> None:
        """fact: svc-011"""
        world = self._world
        if "DeployMetadata" not in fields or not world.rules.is_on("service.checks_relations"):
            return
        for relation in parse_relations(parse_metadata(fields["DeployMetadata"])):
            self._check_relation(account, relation)

    def _check_relation(self, account: Account, relation: Relation) -> None:
        world = self._world
        artifact = world.store[ARTIFACTS].get(relation.artifact_id)
        if artifact is None or artifact.owner_uid != account.uid or artifact.deleted_at is not None:
            raise error(
                world, "EntityNotExist.Artifact", f"({relation.artifact_id!r}, related to {relation.literal!r})"
            )
        if resolve(world, relation, account.uid) is None:
            detail = f"({relation.artifact_id!r} has no version {relation.version!r}, related to {relation.literal!r})"
            raise error(world, "EntityNotExist.ArtifactVersion", detail)

    def delete(self, service: Service, name: str) -> None:
        """fact: svc-006"""
        world = self._world
        version = find_version(world, service, name)
        if version.status in {"Creating", "Updating", "Submitted", "Launching", "Online"}:
            what = f"version {version.version} of {service.service_id} is {version.status}"
            raise error(world, "OperationDenied.ServiceStatus", f"({what})")
        users = self._instances_of(version)
        if users:
            what = f"version {version.version} of {service.service_id} is used by {', '.join(users)}"
            raise error(world, "OperationDenied.ServiceInUse", f"({what})")
        version.deleted_at = version.modified_at = world.now
        version.due_at = None
        if service.default_version == version.version:
            service.default_version = ""
        if not versions_of(world, service.service_id):
            service.deleted_at = world.now
            for shared in world.store[SHARED_ACCOUNTS].grouped(service.service_id):
                world.store[SHARED_ACCOUNTS].remove(shared.key)
        self._changed()


def matches(world: World, version: ServiceVersion, names: tuple[str, ...]) -> bool:
    """The name filter is as fuzzy as that of artifacts."""
    if not names:
        return True
    is_prefix = world.rules.position("list.name_filter") == "prefix"
    for info in version.infos:
        name = str(info.get("Name", "")).lower()
        if any(name.startswith(part.lower()) if is_prefix else part.lower() in name for part in names):
            return True
    return False


def check_number(name: str) -> str:
    if name not in {DRAFT, BETA} and whole_number(name) is None:
        raise invalid_parameter("ServiceVersion", f"{name!r} is not a version.")
    return name
