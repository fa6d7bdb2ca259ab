"""Files, container images and charts as artifacts: what a release does with them, who may read them, where they are.

An image or a chart stays where it was pushed, in the one registry; a file is copied to the bucket of every region.
fact: pkg-006 to pkg-012
"""

from collections.abc import Mapping

from computenest_cloud.catalogue import regions
from computenest_cloud.services.nest_artifacts.artifacts import versions_of
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS, Artifact, ArtifactVersion
from computenest_cloud.services.nest_artifacts.users import Users
from computenest_cloud.services.oss.seam import FILES, Objects, StoredObject, Uploads, split_url
from computenest_cloud.services.registry.seam import NEST_NAMES, Contents, Registries, Repository
from computenest_cloud.world import World


class Packages:
    def __init__(
        self, world: World, registries: Registries, contents: Contents, uploads: Uploads, users: Users
    ) -> None:
        self._world = world
        self._users = users
        self._registries = registries
        self._contents = contents
        self._uploads = uploads
        registries.on_asked_if_public(self.is_public_repository)
        uploads.on_asked_if_public(self.is_public_file)

    @property
    def _objects(self) -> Objects:
        return self._uploads.objects

    # --- release

    def deliver(self, artifact: Artifact, version: ArtifactVersion) -> Mapping[str, str]:
        """Where it fails, and why: region -> reason."""
        if artifact.artifact_type in NEST_NAMES:
            return self._check_tag(artifact, version)
        if artifact.artifact_type == "File":
            return self._copy(artifact, version)
        return {}

    def repository(self, artifact: Artifact, version: ArtifactVersion) -> Repository | None:
        if artifact.artifact_type not in NEST_NAMES:
            return None
        instance = self._registries.nest(artifact.artifact_type)
        name = str(version.artifact_property.get("RepoName", ""))
        return self._registries.repository(instance.instance_id, f"{artifact.owner_uid}/{name}")

    def _check_tag(self, artifact: Artifact, version: ArtifactVersion) -> Mapping[str, str]:
        if version.build_property:
            return {}
        found = self.repository(artifact, version)
        name, tag = (str(version.artifact_property.get(key, "")) for key in ("RepoName", "Tag"))
        if found is None:
            return {"registry": f"EntityNotExist.Repository: there is no repository {name!r}."}
        if self._contents.tag(found, tag) is None:
            return {"registry": f"EntityNotExist.Tag: the repository {name!r} has no tag {tag!r}."}
        return {}

    def targets(self, version: ArtifactVersion) -> tuple[str, ...]:
        """fact: pkg-008"""
        is_named = self._world.rules.position("file.regions") == "support_region_ids"
        return version.regions if is_named and version.regions else tuple(regions())

    def _copy(self, artifact: Artifact, version: ArtifactVersion) -> Mapping[str, str]:
        url = str(version.artifact_property.get("Url", ""))
        source = self._objects.find(*split_url(url))
        wanted = self.targets(version)
        if source is None or source.owner_uid != artifact.owner_uid:
            return dict.fromkeys(wanted, f"NoSuchKey: there is no file of this account at {url.partition('?')[0]}.")
        delivery = {}
        for region in wanted:
            made = self._objects.copy(source, f"{FILES}-{region}", source.name, artifact.owner_uid)
            delivery[region] = made.key
        version.delivery = delivery
        return {}

    def forget(self, artifact: Artifact, doomed: list[ArtifactVersion]) -> None:
        """Takes away the files that no living version names any more. fact: pkg-009"""
        if artifact.artifact_type != "File":
            return
        kept = [v for a in self._world.store[ARTIFACTS] for v in versions_of(self._world, a.artifact_id)]
        named = {key for version in kept for key in self._keys(version)}
        for version in doomed:
            for key in self._keys(version) - named:
                bucket, _, name = key.partition("/")
                found = self._objects.find(bucket, name)
                if found is not None and found.owner_uid == artifact.owner_uid:
                    self._objects.remove(bucket, name)

    def _keys(self, version: ArtifactVersion) -> set[str]:
        url = str(version.artifact_property.get("Url", ""))
        goes = self._world.rules.position("file.end") == "with_last_version"
        uploaded = {"/".join(split_url(url))} if url and goes else set()
        return uploaded | {key for key in version.delivery.values() if "/" in key}

    # --- who may read it

    def is_public(self, artifact: Artifact) -> bool:
        """fact: pkg-010: by an image's or chart's own permission, or because a public service uses it."""
        if artifact.permission_type == "Public" and artifact.artifact_type in NEST_NAMES:
            return True
        return self._users.has_public(artifact)

    def is_public_repository(self, repository: Repository) -> bool:
        if repository.repository_type == "PUBLIC":
            return True
        for artifact in self._world.store[ARTIFACTS]:
            if artifact.deleted_at is not None or artifact.artifact_type not in NEST_NAMES:
                continue
            living = versions_of(self._world, artifact.artifact_id)
            if any(self.repository(artifact, version) is repository for version in living) and (
                self.is_public(artifact)
                or any(str(version.artifact_property.get("RepoType", "")) == "Public" for version in living)
            ):
                return True
        return False

    def is_public_file(self, found: StoredObject) -> bool:
        for artifact in self._world.store[ARTIFACTS]:
            if artifact.artifact_type == "File" and artifact.deleted_at is None:
                living = versions_of(self._world, artifact.artifact_id)
                if any(found.key in version.delivery.values() for version in living) and self.is_public(artifact):
                    return True
        return False
