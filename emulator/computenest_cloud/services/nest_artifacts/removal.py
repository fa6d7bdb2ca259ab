"""DeleteArtifact: what it refuses, and what goes with a version. fact: nest-030 to nest-033."""

from collections.abc import Callable

from computenest_cloud.services.nest_artifacts.artifacts import BUSY, find_version, versions_of
from computenest_cloud.services.nest_artifacts.errors import error
from computenest_cloud.services.nest_artifacts.hub import Hub, images_of
from computenest_cloud.services.nest_artifacts.records import Artifact, ArtifactVersion
from computenest_cloud.services.nest_artifacts.users import Users
from computenest_cloud.world import World


class Remover:
    def __init__(
        self, world: World, hub: Hub, users: Users, forget: Callable[[Artifact, list[ArtifactVersion]], None]
    ) -> None:
        self._world = world
        self._users = users
        self._forget = forget
        self._hub = hub

    def delete(self, artifact: Artifact, version_name: str) -> None:
        """One version, or all; nothing is deleted when one of them must stay."""
        world = self._world
        living = versions_of(world, artifact.artifact_id)
        doomed = [find_version(world, artifact, version_name)] if version_name else living
        if version_name and doomed[0].deleted_at is not None:
            raise error(world, "EntityNotExist.ArtifactVersion", f"({version_name!r} was deleted)")
        for version in doomed:
            self._check(version)
        for version in doomed:
            version.deleted_at = version.modified_at = world.now
            version.status, version.status_detail, version.due_at = "Deleted", "", None
        if len(doomed) == len(living):
            artifact.deleted_at = world.now
        for version in doomed:
            self._hub.drop_unreferenced(artifact, images_of(version))
            self._hub.unshare_unused(str(version.artifact_property.get("ImageId", "")))
        self._forget(artifact, doomed)

    def _check(self, version: ArtifactVersion) -> None:
        world = self._world
        if version.status in BUSY - {"Building"}:
            raise error(world, "OperationDenied", f"(version {version.version} is {version.status})")
        users = self._users.of(version)
        if users:
            where = f"(version {version.version} is used by {', '.join(users)})"
            raise error(world, "OperationDenied.ArtifactAssociated", where)
