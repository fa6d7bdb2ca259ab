"""Compute Nest's calls about registries, buckets and who may use an artifact, and whose those are.

Temporary keys come from GetArtifactRepositoryCredentials and live here and in the adapters only (facts §1.4, §1.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.failures import Call, Entity, unless_absent, unusable_answer
from computenest.cloud.registry.login import Login
from computenest.cloud.secret import Secret
from computenest.cloud.wire import object_in, objects_in, text
from computenest.kernel.names import ArtifactId, RegionId, Token
from computenest.kernel.values import Json
from computenest.resources._packages.content_model import Kind

_ENTITIES = (Entity.REPOSITORY, Entity.TAG)


@dataclass(frozen=True, slots=True)
class Resource:
    """A registry or bucket that a temporary key opens: `name` is a host or a bucket, `path` what lies below it."""

    region: RegionId
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class TemporaryKey:
    """What GetArtifactRepositoryCredentials answers; `expires_ms` is the cloud's epoch milliseconds, as a text."""

    expires_ms: str
    resources: tuple[Resource, ...]
    login: Login | None
    storage_keys: tuple[Secret, Secret, Secret] | None
    """Access key id, secret and security token."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of the supplier's namespace."""

    repository_id: str
    name: str
    kind: str
    """Public or Private."""


class CloudRepositories:
    """The registry's and buckets' side of one account."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def region(self) -> str:
        """The control region."""
        return self._client.region

    async def temporary_key(self, *, kind: Kind, region: RegionId | None = None) -> TemporaryKey:
        """A new temporary key; of files for the bucket of `region`, the control region's where None."""
        action = "GetArtifactRepositoryCredentials"
        answer = await self._call(action, {"ArtifactType": kind.value, "DeployRegionId": region})
        given = object_in(answer.get("Credentials"))
        resources = tuple(
            Resource(RegionId(text(row.get("RegionId")).removeprefix("oss-")), name, text(row.get("Path")).strip("/"))
            for row in objects_in(answer, "AvailableResources")
            if (name := text(row.get("RepositoryName")))
        )
        if not resources:
            call = Call(action=action, region=self.region, host="")
            raise unusable_answer("AvailableResources", call=call, request_id=text(answer.get("RequestId")))
        user, password = text(given.get("Username")), text(given.get("Password"))
        keys = [Secret(text(given.get(name))) for name in ("AccessKeyId", "AccessKeySecret", "SecurityToken")]
        return TemporaryKey(
            expires_ms=text(answer.get("ExpireDate")),
            resources=resources,
            login=Login(user, Secret(password)) if user else None,
            storage_keys=(keys[0], keys[1], keys[2]) if keys[0] and keys[1] else None,
        )

    async def repositories(self, *, kind: Kind, name: str | None = None) -> tuple[Repository, ...]:
        """ListAcrImageRepositories, all pages; of one name, exactly, where it is given."""
        rows = await self._pages(
            "ListAcrImageRepositories", {"ArtifactType": kind.value, "RepoName": name}, "Repositories"
        )
        found = (
            Repository(text(row.get("RepoId")), text(row.get("RepoName")), text(row.get("RepoType")))
            for row in rows
            if text(row.get("RepoId"))
        )
        return tuple(sorted((one for one in found if name in (None, one.name)), key=lambda one: one.name))

    async def tags(self, *, kind: Kind, repository_id: str) -> tuple[str, ...]:
        """ListAcrImageTags; () where there is no such repository."""
        rows: Sequence[Mapping[str, Json]] = ()
        with unless_absent(*_ENTITIES):
            rows = await self._pages(
                "ListAcrImageTags", {"RepoId": repository_id, "ArtifactType": kind.value}, "Images"
            )
        return tuple(sorted(text(row.get("Tag")) for row in rows if text(row.get("Tag"))))

    async def delete_tag(self, *, kind: Kind, repository_id: str, tag: str) -> None:
        """DeleteAcrImageTags; gone is success."""
        await self._delete("DeleteAcrImageTags", kind, {"RepoId": repository_id, "Tag": tag})

    async def delete_repository(self, *, kind: Kind, repository_id: str) -> None:
        """DeleteAcrImageRepositories; gone is success."""
        await self._delete("DeleteAcrImageRepositories", kind, {"RepoId": repository_id})

    async def permission(self, *, artifact_id: ArtifactId) -> str:
        """GetArtifact: `Automatic` or `Public`, "" where it does not say."""
        answer = await self._call("GetArtifact", {"ArtifactId": artifact_id})
        return text(answer.get("PermissionType"))

    async def publish(self, *, artifact_id: ArtifactId, token: Token) -> None:
        """UpdateArtifact with PermissionType Public; there is no way back (facts §1.1)."""
        await self._call(
            "UpdateArtifact", {"ArtifactId": artifact_id, "PermissionType": "Public", "ClientToken": token}
        )

    async def _delete(self, action: str, kind: Kind, parameters: Mapping[str, Json]) -> None:
        with unless_absent(*_ENTITIES):
            await self._call(action, {"RegionId": self.region, "ArtifactType": kind.value, **parameters})

    async def _call(self, action: str, parameters: Mapping[str, Json]) -> dict[str, Json]:
        return await self._client.call(Product.COMPUTE_NEST, action, parameters)

    async def _pages(self, action: str, parameters: Mapping[str, Json], rows: str) -> list[dict[str, Json]]:
        return await self._client.pages(Product.COMPUTE_NEST, action, parameters, rows)
