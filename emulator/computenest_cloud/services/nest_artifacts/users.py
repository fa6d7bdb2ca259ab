"""Who uses artifacts: the services whose templates are related to them, and whoever else was named."""

from collections.abc import Callable, Iterable

from computenest_cloud.services.nest_artifacts.records import ASSOCIATIONS, Artifact, ArtifactVersion
from computenest_cloud.world import World


class Users:
    def __init__(self, world: World) -> None:
        self._world = world
        self._related: Callable[[ArtifactVersion], Iterable[str]] = lambda _: ()
        self._is_public: Callable[[Artifact], bool] = lambda _: False

    def on_asked(
        self, related: Callable[[ArtifactVersion], Iterable[str]], is_public: Callable[[Artifact], bool]
    ) -> None:
        """`related`: the services that use a version. `is_public`: whether a public one uses the artifact."""
        self._related, self._is_public = related, is_public

    def of(self, version: ArtifactVersion) -> list[str]:
        """The services that use this version, however they came to."""
        named = {
            association.service_id
            for association in self._world.store[ASSOCIATIONS]
            if (association.artifact_id, association.version) == (version.artifact_id, version.version)
        }
        return sorted(named | set(self._related(version)))

    def has_public(self, artifact: Artifact) -> bool:
        return self._is_public(artifact)
