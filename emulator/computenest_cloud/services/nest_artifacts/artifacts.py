"""Artifacts and their versions: look-up, drafts, names, tags. Building and delivery are in files of their own.

An artifact has at most one draft; a released version has a number and never changes again. What was deleted stays as
a tombstone, because whether it can still be seen is not documented (fact: nest-031).
"""

from computenest_cloud.errors import invalid_parameter
from computenest_cloud.services.nest_artifacts.building import Builder
from computenest_cloud.services.nest_artifacts.errors import error
from computenest_cloud.services.nest_artifacts.hub import Hub
from computenest_cloud.services.nest_artifacts.parsing import (
    CreateRequest,
    DraftRequest,
    ListRequest,
    check_image_source,
    check_package_source,
)
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS, VERSIONS, Artifact, ArtifactVersion
from computenest_cloud.store.records import Account
from computenest_cloud.world import World

DRAFT = "draft"
WITH_PERMISSION = ("AcrImage", "HelmChart")
BUSY = frozenset({"Building", "Scanning", "Delivering"})


def shows_deleted(world: World) -> bool:
    return world.rules.position("artifact.deleted_shows_as") == "status_deleted"


def find(world: World, account: Account, artifact_id: str) -> Artifact:
    """A living artifact of this account."""
    artifact = world.store[ARTIFACTS].get(artifact_id)
    if artifact is None or artifact.owner_uid != account.uid or artifact.deleted_at is not None:
        raise error(world, "EntityNotExist.Artifact", f"({artifact_id!r})")
    return artifact


def find_or_tombstone(world: World, account: Account, artifact_id: str) -> Artifact:
    artifact = world.store[ARTIFACTS].get(artifact_id)
    if artifact is not None and artifact.owner_uid == account.uid and artifact.deleted_at and shows_deleted(world):
        return artifact
    return find(world, account, artifact_id)


def find_by_name(world: World, account: Account, name: str) -> Artifact:
    for artifact in world.store[ARTIFACTS]:
        if artifact.owner_uid == account.uid and artifact.name == name and artifact.deleted_at is None:
            return artifact
    raise error(world, "EntityNotExist.Artifact", f"(name {name!r})")


def versions_of(world: World, artifact_id: str) -> list[ArtifactVersion]:
    """The living ones, newest first: the draft, then the numbers downwards."""
    found = [version for version in world.store[VERSIONS].grouped(artifact_id) if version.deleted_at is None]
    return sorted(found, key=lambda version: -version.seq)


def listed_versions(world: World, artifact: Artifact) -> list[ArtifactVersion]:
    """What ListArtifactVersions shows: the living, and tombstones where they show."""
    living = versions_of(world, artifact.artifact_id)
    if not shows_deleted(world):
        return living
    dead = [
        version
        for version in world.store[VERSIONS].grouped(artifact.artifact_id)
        if version.deleted_at is not None and (version.version != DRAFT or artifact.deleted_at == version.deleted_at)
    ]
    return sorted(living + dead, key=lambda version: -version.seq)


def find_version(world: World, artifact: Artifact, name: str) -> ArtifactVersion:
    """`name` empty: the newest, or the newest released one (fact: nest-008)."""
    candidates = listed_versions(world, artifact)
    if not name:
        released = [version for version in candidates if version.version != DRAFT]
        if released and world.rules.position("get.default_version") == "released_first":
            return released[0]
        if candidates:
            return candidates[0]
    living_first = sorted(candidates, key=lambda version: version.deleted_at is not None)
    for version in living_first:
        if version.version == name:
            return version
    raise error(world, "EntityNotExist.ArtifactVersion", f"({artifact.artifact_id!r} has no version {name!r})")


def max_version(world: World, artifact: Artifact) -> int:
    return max((int(v.version) for v in versions_of(world, artifact.artifact_id) if v.version != DRAFT), default=0)


def draft_of(world: World, artifact: Artifact) -> ArtifactVersion | None:
    return next((v for v in versions_of(world, artifact.artifact_id) if v.version == DRAFT), None)


class Drafts:
    """CreateArtifact and UpdateArtifact."""

    def __init__(self, world: World, builder: Builder, hub: Hub) -> None:
        self._world = world
        self._hub = hub
        self._builder = builder

    def create(self, account: Account, request: CreateRequest) -> tuple[Artifact, ArtifactVersion]:
        if request.artifact_id:
            artifact = find(self._world, account, request.artifact_id)
            self._check_new_version(artifact, request)
        else:
            artifact = self._new_artifact(account, request)
        return artifact, self._new_draft(artifact, request)

    def _check_new_version(self, artifact: Artifact, request: CreateRequest) -> None:
        if artifact.artifact_type != request.artifact_type:
            raise invalid_parameter("ArtifactType", f"the artifact is of type {artifact.artifact_type}.")
        if draft_of(self._world, artifact) is not None:
            raise error(self._world, "EntityAlreadyExist.DraftArtifact", f"({artifact.artifact_id!r})")

    def _new_artifact(self, account: Account, request: CreateRequest) -> Artifact:
        world = self._world
        if world.rules.is_on("artifact.names_unique"):
            for other in world.store[ARTIFACTS]:
                if other.owner_uid == account.uid and other.name == request.name and other.deleted_at is None:
                    raise error(world, "EntityAlreadyExist.Artifact", f"({request.name!r} is {other.artifact_id})")
        return world.store[ARTIFACTS].add(
            Artifact(
                artifact_id=world.mint.artifact_id(),
                seq=world.mint.count("order"),
                owner_uid=account.uid,
                name=request.name,
                artifact_type=request.artifact_type,
                build_type=request.build_type,
                resource_group_id=request.resource_group_id or "rg-default",
                tags=dict(request.tags),
                created_at=world.now,
            )
        )

    def _new_draft(self, artifact: Artifact, request: CreateRequest) -> ArtifactVersion:
        world, draft = self._world, request.draft
        seq = world.mint.count("order")
        version = world.store[VERSIONS].add(
            ArtifactVersion(
                version_key=f"v{seq}",
                seq=seq,
                artifact_id=artifact.artifact_id,
                version=DRAFT,
                version_name=draft.version_name or "",
                description=draft.description or "",
                artifact_property=draft.artifact_property or {},
                build_property=draft.build_property or {},
                regions=draft.regions or (),
                created_at=world.now,
                modified_at=world.now,
            )
        )
        if version.build_property:
            self._builder.prepare(artifact, version)
        return version

    def update(self, artifact: Artifact, request: DraftRequest, permission_type: str) -> ArtifactVersion:
        world = self._world
        if permission_type:
            self._publish(artifact, permission_type)
            if request == DraftRequest(None, None, None, None, None):
                return find_version(world, artifact, "")
        version = draft_of(world, artifact)
        if version is None:
            raise error(world, "EntityNotExist.ArtifactVersion", f"({artifact.artifact_id!r} has no draft)")
        if version.status in BUSY:
            raise error(world, "OperationDenied", f"(the draft is {version.status})")
        artifact_property = (
            version.artifact_property if request.artifact_property is None else request.artifact_property
        )
        build_property = version.build_property if request.build_property is None else request.build_property
        if artifact.artifact_type == "EcsImage":
            check_image_source(artifact_property, build_property)
        elif not build_property:
            check_package_source(artifact.artifact_type, artifact_property)
        former_image = str(version.artifact_property.get("ImageId", ""))
        version.artifact_property = artifact_property
        version.build_property = build_property
        self._hub.unshare_unused(former_image)
        version.regions = version.regions if request.regions is None else request.regions
        version.version_name = version.version_name if request.version_name is None else request.version_name
        version.description = version.description if request.description is None else request.description
        version.modified_at = world.now
        version.status = "Created"
        version.status_detail = ""
        if version.build_property:
            self._builder.prepare(artifact, version)
        return version

    def _publish(self, artifact: Artifact, permission_type: str) -> None:
        """fact: nest-007, nest-050: only from Automatic to Public, of images and charts."""
        if permission_type not in {"Public", "Automatic"}:
            raise invalid_parameter("PermissionType", f"{permission_type!r} is not known.")
        if artifact.artifact_type not in WITH_PERMISSION:
            if self._world.rules.position("artifact.permission_of_others") == "ignored":
                return
            raise invalid_parameter("PermissionType", f"It is not for artifacts of type {artifact.artifact_type}.")
        if artifact.permission_type == "Public" and permission_type == "Automatic":
            raise error(self._world, "OperationDenied", "(PermissionType changes from Automatic to Public only)")
        artifact.permission_type = permission_type


def select(world: World, account: Account, request: ListRequest, *, lag_s: float) -> list[Artifact]:
    """What ListArtifacts finds, newest first. The name filter is fuzzy (fact: nest-006)."""
    is_prefix = world.rules.position("list.name_filter") == "prefix"

    def has_name(artifact: Artifact) -> bool:
        name = artifact.name.lower()
        wanted = [part.lower() for part in request.names]
        return not wanted or any(name.startswith(part) if is_prefix else part in name for part in wanted)

    found = [
        artifact
        for artifact in world.store[ARTIFACTS]
        if artifact.owner_uid == account.uid
        and (artifact.deleted_at is None or shows_deleted(world) or world.now < artifact.stale_until)
        and artifact.visible_at <= world.now
        and (lag_s == 0 or artifact.created_at <= world.now - lag_s)
        and has_name(artifact)
        and (not request.artifact_ids or artifact.artifact_id in request.artifact_ids)
        and (not request.artifact_types or artifact.artifact_type in request.artifact_types)
        and request.resource_group_id in {"", artifact.resource_group_id}
        and all(
            key in artifact.tags and (not value or artifact.tags[key] == value) for key, value in request.tags.items()
        )
    ]
    return sorted(found, key=lambda artifact: -artifact.seq)
