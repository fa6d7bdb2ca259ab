"""Deployment packages, the images behind them, and what every family needs: a clock, a place to show progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from computenest.kernel.logs import LogLine
from computenest.kernel.names import ArtifactId, ImageId, RegionId, Token, VersionId
from computenest.resources._packages.model import (
    Artifact,
    ArtifactSummary,
    ArtifactVersion,
    DraftSpec,
    Image,
    Product,
)
from computenest.resources._packages.risk import Risk

__all__ = ["Artifacts", "Caller", "ImageCopies", "Images", "Market", "VersionUse"]


class Artifacts(Protocol):
    """Compute Nest's supplier API, as far as packages need it. Source of each action: facts §1.1."""

    async def create(
        self, *, name: str, draft: DraftSpec, tags: Mapping[str, str], resource_group_id: str | None, token: Token
    ) -> ArtifactId:
        """CreateArtifact: a new artifact with a draft. Conflict where the name is taken and the cloud minds."""
        ...

    async def create_draft(self, *, artifact_id: ArtifactId, name: str, draft: DraftSpec, token: Token) -> None:
        """CreateArtifact with an id: a new draft. Conflict (`EntityAlreadyExist.DraftArtifact`) where there is one."""
        ...

    async def update_draft(self, *, artifact_id: ArtifactId, draft: DraftSpec, token: Token) -> None:
        """UpdateArtifact. Conflict (`OperationDenied`) while the draft is building, scanned or delivered."""
        ...

    async def release(self, *, artifact_id: ArtifactId, token: Token) -> None:
        """ReleaseArtifact: scan, then deliver the draft. The answer names no version number (facts §1.1)."""
        ...

    async def find(self, *, name: str) -> tuple[ArtifactSummary, ...]:
        """Artifacts of exactly this name (the list API's filter is fuzzy), of any type and status but deleted."""
        ...

    async def list_by_id(self, ids: Sequence[ArtifactId]) -> Mapping[ArtifactId, ArtifactSummary]:
        """One ListArtifacts call for at most 100 ids; those that are gone are missing from the answer."""
        ...

    async def get(self, *, artifact_id: ArtifactId, version: VersionId | None = None) -> Artifact | None:
        """GetArtifact; None where it does not exist or is deleted."""
        ...

    async def versions(self, *, artifact_id: ArtifactId) -> tuple[ArtifactVersion, ...]:
        """ListArtifactVersions, the draft first, then the newest; () where the artifact does not exist."""
        ...

    async def delete(self, *, artifact_id: ArtifactId, version: VersionId | None, token: Token) -> None:
        """DeleteArtifact, of one version or all. Already gone is success; in use is a Conflict naming the service."""
        ...

    async def tag(self, *, artifact_id: ArtifactId, tags: Mapping[str, str]) -> None:
        """TagResources."""
        ...

    async def untag(self, *, artifact_id: ArtifactId, keys: Sequence[str]) -> None:
        """UnTagResources."""
        ...

    async def risks(self, *, artifact_id: ArtifactId, version: VersionId) -> tuple[Risk, ...]:
        """ListArtifactRisks."""
        ...

    async def build_log(self, *, artifact_id: ArtifactId, version: VersionId) -> tuple[LogLine, ...]:
        """ListArtifactBuildLogs: the newest 100 lines of a managed build, the oldest of them first."""
        ...


class Images(Protocol):
    """ECS images of one account."""

    async def regions(self) -> frozenset[RegionId]:
        """DescribeRegions."""
        ...

    async def describe(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        """One DescribeImages call for at most 100 ids, with every status named (the default hides copies that run,
        facts §4); ids that the account may not see, and community images, are missing from the answer."""
        ...

    async def published(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        """The community images (made public by their owner) among at most 100 ids: `describe` hides them, so what is
        missing there is not lost before it is missing here as well."""
        ...


class ImageCopies(Images, Protocol):
    """ECS images of one account, to be copied, shared and deleted. Source of each action: facts §4."""

    async def own(self, *, region: RegionId) -> tuple[Image, ...]:
        """DescribeImages: the account's own images there, of every status, all pages."""
        ...

    async def copy(
        self,
        *,
        region: RegionId,
        image_id: ImageId,
        destination: RegionId,
        name: str,
        tags: Mapping[str, str],
        kms_key: str | None,
        resource_group_id: str | None,
        token: Token,
    ) -> ImageId:
        """CopyImage. Conflict (`InvalidImageName.Duplicated`) where the name is taken in the destination."""
        ...

    async def cancel(self, *, region: RegionId, image_id: ImageId) -> None:
        """CancelCopyImage, `region` being the destination's. Gone is success; finished is a Conflict."""
        ...

    async def delete(self, *, region: RegionId, image_id: ImageId) -> None:
        """DeleteImage, never forced. Gone is success; in use, shared or copying is a Conflict."""
        ...

    async def shares(self, *, region: RegionId, image_id: ImageId) -> frozenset[str]:
        """DescribeImageSharePermission, all pages: the ids of the accounts."""
        ...

    async def share(self, *, region: RegionId, image_id: ImageId, add: Sequence[str], remove: Sequence[str]) -> None:
        """ModifyImageSharePermission, at most ten accounts of each kind; to remove PUBLIC makes an image private."""
        ...

    async def tag(self, *, region: RegionId, image_id: ImageId, tags: Mapping[str, str]) -> None:
        """TagResources."""
        ...

    async def untag(self, *, region: RegionId, image_id: ImageId, keys: Sequence[str]) -> None:
        """UntagResources."""
        ...


class Caller(Protocol):
    """The account behind the keys that are used."""

    async def uid(self) -> str:
        """STS GetCallerIdentity: that account's id. It needs no permission."""
        ...


class Market(Protocol):
    """The cloud marketplace."""

    async def product(self, *, code: str) -> Product | None:
        """DescribeProduct; None where there is no such product."""
        ...


class VersionUse(Protocol):
    """Who uses the versions of an artifact."""

    async def unused(self, artifact_id: ArtifactId, versions: Sequence[VersionId]) -> tuple[VersionId, ...]:
        """Those of `versions` that nobody uses any more; () where that cannot be told."""
        ...
