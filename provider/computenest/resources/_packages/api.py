"""Compute Nest's supplier API for artifacts, as far as packages need it.

Each method is one action, or all pages of one (facts §1.1). What comes back is read tolerantly: only few of the fields
are verified against the real cloud. An artifact or version whose status is `Deleted` counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from computenest.cloud.client import MAX_PAGE, Client
from computenest.cloud.endpoints import Product
from computenest.cloud.failures import Entity, unless_absent
from computenest.cloud.tagging import Tagging
from computenest.cloud.wire import (
    integer,
    json_text,
    object_in,
    objects_in,
    percent,
    tag_pairs,
    tags_in,
    text,
    texts_in,
)
from computenest.kernel.logs import LogLine
from computenest.kernel.names import ArtifactId, ImageId, RegionId, Token, VersionId
from computenest.kernel.values import Json
from computenest.resources._packages.model import DRAFT, Artifact, ArtifactSummary, ArtifactVersion, DraftSpec
from computenest.resources._packages.risk import Risk

_BUILD_TYPE = "EcsImage"
_DELETED = "Deleted"
_ENTITIES = (Entity.ARTIFACT, Entity.ARTIFACT_VERSION)


class CloudArtifacts:
    """The artifacts of one account."""

    def __init__(self, client: Client, *, artifact_type: str = "EcsImage") -> None:
        """`artifact_type` is the type of what is created; what is looked for by name or id may be of any."""
        self._client = client
        self._type = artifact_type
        self._tags = Tagging(client, Product.COMPUTE_NEST, "artifact")

    async def create(
        self, *, name: str, draft: DraftSpec, tags: Mapping[str, str], resource_group_id: str | None, token: Token
    ) -> ArtifactId:
        """CreateArtifact: a new artifact with a draft. Conflict where the name is taken and the cloud minds."""
        more: dict[str, Json] = {"Tag": tag_pairs(tags), "ResourceGroupId": resource_group_id}
        answer = await self._create(name, draft, token, more)
        return ArtifactId(self._client.required(answer, "ArtifactId", action="CreateArtifact"))

    async def create_draft(self, *, artifact_id: ArtifactId, name: str, draft: DraftSpec, token: Token) -> None:
        """CreateArtifact with an id: a new draft. Conflict (`EntityAlreadyExist.DraftArtifact`) where there is one."""
        await self._create(name, draft, token, {"ArtifactId": artifact_id})  # fact §1.1: the name is sent here too

    async def _create(self, name: str, draft: DraftSpec, token: Token, more: Mapping[str, Json]) -> dict[str, Json]:
        made: dict[str, Json] = {"ArtifactType": self._type, "Name": name, "ClientToken": token}
        return await self._call("CreateArtifact", {**made, **_draft_parameters(draft, is_new=True), **more})

    async def update_draft(self, *, artifact_id: ArtifactId, draft: DraftSpec, token: Token) -> None:
        """UpdateArtifact. Conflict (`OperationDenied`) while the draft is building, scanned or delivered."""
        parameters = {"ArtifactId": artifact_id, **_draft_parameters(draft, is_new=False), "ClientToken": token}
        await self._call("UpdateArtifact", parameters)

    async def release(self, *, artifact_id: ArtifactId, token: Token) -> None:
        """ReleaseArtifact: scan, then deliver the draft. The answer names no version number (facts §1.1)."""
        await self._call("ReleaseArtifact", {"ArtifactId": artifact_id, "ClientToken": token})

    async def find(self, *, name: str) -> tuple[ArtifactSummary, ...]:
        """Artifacts of exactly this name (the list API's filter is fuzzy), of any type and status but deleted."""
        rows = await self._pages("ListArtifacts", {"Filter": [{"Name": "Name", "Values": [name]}]})
        found = (summary for row in rows if (summary := summary_of(row)) is not None)
        # fact §1.1: the filter is fuzzy, `web` also finds `web-prod-legacy`.
        return tuple(sorted((one for one in found if one.name == name), key=lambda one: one.artifact_id))

    async def of_type(self, artifact_type: str) -> tuple[ArtifactSummary, ...]:
        """ListArtifacts of a type, all pages: every artifact of the account, whoever made it."""
        rows = await self._pages("ListArtifacts", {"Filter": [{"Name": "ArtifactType", "Values": [artifact_type]}]})
        found = (summary for row in rows if (summary := summary_of(row)) is not None)
        return tuple(one for one in found if one.artifact_type in ("", artifact_type))

    async def list_by_id(self, ids: Sequence[ArtifactId]) -> Mapping[ArtifactId, ArtifactSummary]:
        """One ListArtifacts call for at most 100 ids; those that are gone are missing from the answer."""
        wanted = sorted(set(ids))
        if len(wanted) > MAX_PAGE:
            raise ValueError(f"at most {MAX_PAGE} ids in one call, not {len(wanted)}")
        if not wanted:
            return {}
        rows = await self._pages("ListArtifacts", {"Filter": [{"Name": "ArtifactId", "Values": wanted}]})
        found = {one.artifact_id: one for row in rows if (one := summary_of(row)) is not None}
        return {artifact_id: found[artifact_id] for artifact_id in wanted if artifact_id in found}

    async def get(self, *, artifact_id: ArtifactId, version: VersionId | None = None) -> Artifact | None:
        """GetArtifact; None where it does not exist or is deleted."""
        answer: Mapping[str, Json] = {}
        with unless_absent(*_ENTITIES):
            answer = await self._call("GetArtifact", {"ArtifactId": artifact_id, "ArtifactVersion": version})
        summary = summary_of(answer)  # an answer without an id is an absent artifact, as with GetService (§1.1)
        if summary is None:
            return None
        return Artifact(
            **dict(summary),
            version=VersionId(text(answer.get("ArtifactVersion")) or version or DRAFT),
            version_name=text(answer.get("VersionName")),
            description=text(answer.get("Description")),
            status_detail=text(answer.get("StatusDetail")),
            resource_group_id=text(answer.get("ResourceGroupId")),
        )

    async def versions(self, *, artifact_id: ArtifactId) -> tuple[ArtifactVersion, ...]:
        """ListArtifactVersions, the draft first, then the newest; () where the artifact does not exist."""
        rows: Sequence[Mapping[str, Json]] = ()
        with unless_absent(*_ENTITIES):
            rows = await self._pages("ListArtifactVersions", {"ArtifactId": artifact_id})
        found = (version for row in rows if (version := _version(row)) is not None)
        return tuple(sorted(found, key=lambda one: (not one.is_draft, -one.number, one.version)))

    async def delete(self, *, artifact_id: ArtifactId, version: VersionId | None, token: Token) -> None:
        """DeleteArtifact, of one version or all. Already gone is success; in use is a Conflict naming the service."""
        parameters = {"ArtifactId": artifact_id, "ArtifactVersion": version, "ClientToken": token}
        with unless_absent(*_ENTITIES):
            await self._call("DeleteArtifact", parameters)

    async def tag(self, *, artifact_id: ArtifactId, tags: Mapping[str, str]) -> None:
        """TagResources."""
        await self._tags.tag(artifact_id, tags)

    async def untag(self, *, artifact_id: ArtifactId, keys: Sequence[str]) -> None:
        """UnTagResources."""
        await self._tags.untag(artifact_id, keys)

    async def risks(self, *, artifact_id: ArtifactId, version: VersionId) -> tuple[Risk, ...]:
        """ListArtifactRisks."""
        answer = await self._call("ListArtifactRisks", {"ArtifactId": artifact_id, "ArtifactVersion": version})
        found = (
            Risk(
                name=text(row.get("RiskName")),
                level=text(row.get("Level")),
                kind=text(row.get("RiskType")),
                solution=text(row.get("Solution")),
            )
            for row in objects_in(answer, "ArtifactRiskList")
        )
        return tuple(sorted(found, key=lambda risk: (risk.kind, risk.name, risk.level)))

    async def build_log(self, *, artifact_id: ArtifactId, version: VersionId) -> tuple[LogLine, ...]:
        """ListArtifactBuildLogs: the newest 100 lines of a managed build, the oldest of them first."""
        # fact §1.1: unlike others about artifacts, this one names a region.
        named = {"ArtifactId": artifact_id, "ArtifactVersion": version, "RegionId": self._client.region}
        given: dict[str, Json] = {**named, "SortOrder": "Descending", "MaxResults": MAX_PAGE}
        answer: Mapping[str, Json] = {}
        with unless_absent(*_ENTITIES):
            answer = await self._call("ListArtifactBuildLogs", given)
        rows = reversed(objects_in(answer, "BuildLogs"))
        return tuple(LogLine(text(row.get("Timestamp")), text(row.get("Content")), source="build") for row in rows)

    async def _call(self, action: str, parameters: Mapping[str, Json]) -> dict[str, Json]:
        return await self._client.call(Product.COMPUTE_NEST, action, parameters)

    async def _pages(self, action: str, parameters: Mapping[str, Json]) -> list[dict[str, Json]]:
        return await self._client.pages(Product.COMPUTE_NEST, action, parameters, "Artifacts")


def _draft_parameters(draft: DraftSpec, *, is_new: bool) -> dict[str, Json]:
    built = draft.source.build_property()
    parameters: dict[str, Json] = {
        "VersionName": draft.version_name,
        "Description": draft.description,
        "ArtifactProperty": json_text(draft.source.artifact_property()),
        "ArtifactBuildProperty": json_text(built),
        "SupportRegionIds": sorted(draft.regions),
    }
    # fact §1.1: ArtifactBuildType can be set, never changed.
    return {**parameters, "ArtifactBuildType": _BUILD_TYPE} if is_new and built is not None else parameters


def summary_of(row: Mapping[str, Json]) -> ArtifactSummary | None:
    """One artifact; None where the row names none or says that it is deleted."""
    artifact_id, status = text(row.get("ArtifactId")), text(row.get("Status"))
    if not artifact_id or status == _DELETED:
        return None
    return ArtifactSummary(
        artifact_id=ArtifactId(artifact_id),
        name=text(row.get("Name")),
        artifact_type=text(row.get("ArtifactType")),
        status=status,
        max_version=integer(row.get("MaxVersion")),
        tags=MappingProxyType(tags_in(row.get("Tags"))),
        modified=text(row.get("GmtModified")),
    )


def _version(row: Mapping[str, Json]) -> ArtifactVersion | None:
    """One version; None where the row names none or says that it is deleted."""
    version, status = text(row.get("ArtifactVersion")), text(row.get("Status"))
    if not version or status == _DELETED:
        return None
    delivered = object_in(row.get("ImageDelivery"))
    return ArtifactVersion(
        version=VersionId(version),
        status=status,
        status_detail=text(row.get("StatusDetail")),
        progress_percent=percent(row.get("Progress")),
        version_name=text(row.get("VersionName")),
        source_property=object_in(row.get("ArtifactProperty")),
        build_property=object_in(row.get("ArtifactBuildProperty")),
        regions=tuple(sorted(RegionId(region) for region in texts_in(row.get("SupportRegionIds")))),
        # A region without an id has no image yet; the SDK's type is text -> text (§1.1).
        images={
            RegionId(key): ImageId(text(value)) for key, value in sorted(delivered.items()) if value and text(value)
        },
        audit=text(row.get("SecurityAuditResult")),
    )
