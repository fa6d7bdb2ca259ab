"""Compute Nest's own side of its registries: temporary keys, and a supplier's repositories and tags in them.

fact: pkg-001 to pkg-005
"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.catalogue import regions
from computenest_cloud.clock import format_time
from computenest_cloud.errors import invalid_parameter
from computenest_cloud.services.nest_artifacts.errors import error
from computenest_cloud.services.nest_artifacts.paging import page
from computenest_cloud.services.oss.seam import HOME, Uploads
from computenest_cloud.services.registry.seam import NEST_NAMES, PUSH, REPOSITORIES, Contents, Registries, Repository
from computenest_cloud.tokens import replay_or_run
from computenest_cloud.world import Answer, Call, Handler

KINDS = ("File", *NEST_NAMES)


class RepositoryHandlers:
    def __init__(self, registries: Registries, contents: Contents, uploads: Uploads) -> None:
        self._registries = registries
        self._contents = contents
        self._uploads = uploads

    def actions(self) -> Mapping[str, Handler]:
        return {
            "GetArtifactRepositoryCredentials": self.get_credentials,
            "ListAcrImageRepositories": self.list_repositories,
            "ListAcrImageTags": self.list_tags,
            "DeleteAcrImageRepositories": self.delete_repository,
            "DeleteAcrImageTags": self.delete_tag,
        }

    def get_credentials(self, call: Call) -> Answer:
        kind, region = call.params.required("ArtifactType"), call.params.text("DeployRegionId") or HOME
        if kind not in KINDS:
            raise invalid_parameter("ArtifactType", f"{kind!r} is not one of {', '.join(KINDS)}.")
        if region not in regions():
            raise invalid_parameter("DeployRegionId", f"unknown region {region!r}.")
        if kind == "File":
            return Answer(self._uploads.artifact_credentials(call.account, region))
        instance = self._registries.nest(kind)
        namespace = self._registries.namespace(instance, call.account)
        lifetime_s = call.world.rules.number("registry.push_key_s")
        key = self._registries.new_key(
            instance, call.account, namespace=namespace.name, actions=PUSH, lifetime_s=lifetime_s
        )
        host = self._registries.host(instance)
        resource = {"RegionId": instance.region, "RepositoryName": host, "Path": f"{host}/{namespace.name}/repository"}
        return Answer(
            {
                "ExpireDate": str(int(key.expires_at * 1000)),
                "Credentials": {"Username": key.username, "Password": key.password},
                "AvailableResources": [resource],
            }
        )

    def _kind(self, call: Call) -> str:
        kind = call.params.text("ArtifactType") or "AcrImage"
        if kind not in NEST_NAMES:
            raise invalid_parameter("ArtifactType", f"{kind!r} is not one of {', '.join(NEST_NAMES)}.")
        return kind

    def _find(self, call: Call) -> Repository:
        instance = self._registries.nest(self._kind(call))
        found = self._registries.repository_by_id(call.params.required("RepoId"))
        if found is None or found.instance_id != instance.instance_id or found.namespace != call.account.uid:
            raise error(call.world, "EntityNotExist.Repository", f"({call.params.text('RepoId')!r})")
        return found

    def list_repositories(self, call: Call) -> Answer:
        instance, name = self._registries.nest(self._kind(call)), call.params.text("RepoName")
        found = [
            entry
            for entry in call.world.store[REPOSITORIES].grouped(instance.instance_id)
            if entry.namespace == call.account.uid and name in entry.name
        ]
        shown, body = page(call.params, sorted(found, key=lambda entry: -entry.seq), lambda entry: entry.seq)
        return Answer({**body, "Repositories": [self._repository(entry) for entry in shown]})

    def list_tags(self, call: Call) -> Answer:
        """fact: pkg-003: without digests."""
        tags = list(enumerate(self._contents.tags(self._find(call)), start=1))
        shown, body = page(call.params, sorted(tags, reverse=True), lambda entry: entry[0])
        images = [
            {
                "Tag": tag.name,
                "ImageSize": str(tag.size_bytes),
                "CreateTime": format_time(tag.created_at),
                "ModifiedTime": format_time(tag.created_at),
            }
            for _, tag in shown
        ]
        return Answer({**body, "Images": images})

    def delete_repository(self, call: Call) -> Answer:
        call.params.required("RegionId")

        def run() -> Answer:
            self._contents.delete(self._find(call))
            return Answer({})

        return replay_or_run(call, run)

    def delete_tag(self, call: Call) -> Answer:
        call.params.required("RegionId")
        name = call.params.required("Tag")

        def run() -> Answer:
            repository = self._find(call)
            tag = self._contents.tag(repository, name)
            if tag is None:
                raise error(call.world, "EntityNotExist.Tag", f"({name!r})")
            self._contents.delete_tag(repository, tag)
            return Answer({})

        return replay_or_run(call, run)

    def _repository(self, entry: Repository) -> dict[str, Any]:
        return {
            "RepoId": entry.repository_id,
            "RepoName": entry.name,
            "Namespace": entry.namespace,
            "RepoType": "Public" if self._registries.is_public(entry) else "Private",
            "CreateTime": format_time(entry.created_at),
            "ModifiedTime": format_time(entry.modified_at),
        }
