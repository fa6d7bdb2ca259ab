"""A cloud in memory that implements the ports in virtual time: the embedded cloud's main rules, at no cost a call.

It is written against `ports.py` and the facts, not against the provider. Everything unverified is a switch in `Rules`.
What a test asks at the end is in `started` (copies begun, by source, region and version) and `images` (what lives).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from computenest.kernel.logs import LogLine
from computenest.kernel.names import ArtifactId, ImageId, RegionId, Token, VersionId
from computenest.kernel.regions import KNOWN_REGIONS, PREFIX_OF_REGION
from computenest.resources._packages.model import (
    Artifact,
    ArtifactSummary,
    ArtifactVersion,
    DraftSpec,
    Image,
    Product,
)
from computenest.resources._packages.risk import Risk
from lifecycle.faults import Faults
from lifecycle.records import Build, Record, Rules
from lifecycle.refused import refused
from lifecycle.virtual import VirtualClock

__all__ = ["MemoryCloud", "Rules"]

T = TypeVar("T")
BUSY = frozenset({"Creating", "Scanning", "Delivering"})
_NEVER = Token("")


@dataclass
class _Answer:
    fingerprint: str
    answer: Any
    object_id: ArtifactId
    at_s: float


class MemoryCloud:
    """`CloudArtifacts`, `CloudImages` and `CloudMarket` of one account."""

    def __init__(self, clock: VirtualClock, rules: Rules | None = None, faults: Faults | None = None) -> None:
        self.clock = clock
        self.rules = rules or Rules()
        self.faults = faults or Faults()
        self.records: dict[ArtifactId, Record] = {}
        self.images: dict[ImageId, RegionId] = {}
        self.started: Counter[tuple[str, RegionId, str]] = Counter()
        self.calls: Counter[str] = Counter()
        self.services: dict[tuple[ArtifactId, str], str] = {}
        self.bad_copies: dict[RegionId, list[str]] = {}
        self.bad_scans: list[str] = []
        self.bad_builds: list[str] = []
        self.printed: tuple[LogLine, ...] = ()
        self.products: dict[str, Product] = {}
        self._tokens: dict[tuple[str, Token], _Answer] = {}
        self._minted = 0

    # what a test does behind the provider's back -----------------------------------------------------------------

    @property
    def living(self) -> list[Record]:
        return [record for record in self.records.values() if not record.is_deleted]

    def lose(self, image_id: ImageId) -> None:
        """A copy disappears from ECS."""
        del self.images[image_id]

    def plant(self, name: str, *, tags: Mapping[str, str], draft: DraftSpec) -> Record:
        """Somebody else's artifact."""
        record = Record(self._mint("artifact"), name, dict(tags), "", self.clock.now_s())
        record.versions.append(Build(draft))
        self.records[record.artifact_id] = record
        return record

    # CloudArtifacts ----------------------------------------------------------------------------------------------

    async def create(
        self, *, name: str, draft: DraftSpec, tags: Mapping[str, str], resource_group_id: str | None, token: Token
    ) -> ArtifactId:
        def effect() -> ArtifactId:
            if self.rules.names_unique and any(record.name == name for record in self.living):
                raise refused("EntityAlreadyExist.Artifact", f"an artifact named {name!r} exists already")
            now_s = self.clock.now_s()
            record = Record(self._mint("artifact"), name, dict(tags), resource_group_id or "", now_s)
            self.records[record.artifact_id] = record
            self._add_draft(record, draft)
            return record.artifact_id

        said = f"{name}{draft.wire()}{sorted(tags.items())}{resource_group_id}"
        return await self._call("create", effect, token=token, said=said)

    async def create_draft(self, *, artifact_id: ArtifactId, name: str, draft: DraftSpec, token: Token) -> None:
        def effect() -> ArtifactId:
            record = self._find(artifact_id)
            if record.draft is not None:
                raise refused("EntityAlreadyExist.DraftArtifact", "the artifact has a draft version already")
            self._add_draft(record, draft)
            return artifact_id

        await self._call("create", effect, token=token, said=f"{artifact_id}{name}{draft.wire()}", shown="create_draft")

    async def update_draft(self, *, artifact_id: ArtifactId, draft: DraftSpec, token: Token) -> None:
        def effect() -> ArtifactId:
            build = self._draft_of(artifact_id)
            if build.status in BUSY:
                raise refused("OperationDenied", f"the draft is {build.status}")
            build.draft, build.modified_s = draft, self.clock.now_s()
            build.status, build.detail, build.failures = "Created", "", {}
            self._start_build(self._find(artifact_id), build)
            return artifact_id

        await self._call("update_draft", effect, token=token, said=f"{artifact_id}{draft.wire()}")

    async def release(self, *, artifact_id: ArtifactId, token: Token) -> None:
        def effect() -> ArtifactId:
            build = self._draft_of(artifact_id)
            if build.status not in {"Created", "ScanFailed", "DeliverFailed"}:
                raise refused("OperationDenied", f"the draft is {build.status}")
            build.status, build.detail, build.failures = "Scanning", "", {}
            build.modified_s = self.clock.now_s()
            build.due_s = build.modified_s + self.rules.scan_s
            return artifact_id

        await self._call("release", effect, token=token, said=str(artifact_id))

    async def find(self, *, name: str) -> tuple[ArtifactSummary, ...]:
        return await self._call("find", lambda: tuple(r for r in self._listed() if r.name == name), said=name)

    async def of_type(self, artifact_type: str) -> tuple[ArtifactSummary, ...]:
        del artifact_type
        return await self._call("of_type", lambda: tuple(self._listed()))

    async def list_by_id(self, ids: Sequence[ArtifactId]) -> Mapping[ArtifactId, ArtifactSummary]:
        assert len(ids) <= 100
        return await self._call(
            "list_by_id", lambda: {r.artifact_id: r for r in self._listed() if r.artifact_id in ids}
        )

    async def get(self, *, artifact_id: ArtifactId, version: VersionId | None = None) -> Artifact | None:
        def effect() -> Artifact | None:
            record = self.records.get(artifact_id)
            if record is None or record.is_deleted:
                return None
            build = next((b for b in record.newest_first() if version in {None, b.version}), None)
            return None if build is None else self._artifact(record, build)

        return await self._call("get", effect, said=f"{artifact_id}{version}")

    async def versions(self, *, artifact_id: ArtifactId) -> tuple[ArtifactVersion, ...]:
        def effect() -> tuple[ArtifactVersion, ...]:
            record = self.records.get(artifact_id)
            if record is None or record.is_deleted:
                return ()
            return tuple(self._version(build) for build in record.newest_first())

        return await self._call("versions", effect, said=str(artifact_id))

    async def delete(self, *, artifact_id: ArtifactId, version: VersionId | None, token: Token) -> None:
        def effect() -> ArtifactId:
            record = self.records.get(artifact_id)
            if record is None or record.is_deleted:
                return artifact_id
            doomed = [build for build in record.versions if version in {None, build.version}]
            for build in doomed:
                if build.status in {"Scanning", "Delivering"}:
                    raise refused("OperationDenied", f"version {build.version} is {build.status}")
                if service := self.services.get((artifact_id, build.version)):
                    said = f"version {build.version} is used by {service}"
                    raise refused("OperationDenied.ArtifactAssociated", said)
            record.versions = [build for build in record.versions if build not in doomed]
            record.is_deleted = not record.versions
            self._drop_unreferenced()
            return artifact_id

        await self._call("delete", effect, token=token, said=f"{artifact_id}{version}")

    async def tag(self, *, artifact_id: ArtifactId, tags: Mapping[str, str]) -> None:
        await self._call("tag", lambda: self._find(artifact_id).tags.update(tags), said=f"{artifact_id}{tags}")

    async def untag(self, *, artifact_id: ArtifactId, keys: Sequence[str]) -> None:
        def effect() -> None:
            record = self._find(artifact_id)
            record.tags = {key: value for key, value in record.tags.items() if key not in keys}

        await self._call("untag", effect, said=f"{artifact_id}{keys}")

    async def risks(self, *, artifact_id: ArtifactId, version: VersionId) -> tuple[Risk, ...]:
        return await self._call("risks", lambda: (), said=f"{artifact_id}{version}")

    async def build_log(self, *, artifact_id: ArtifactId, version: VersionId) -> tuple[LogLine, ...]:
        return await self._call("build_log", lambda: self.printed, said=f"{artifact_id}{version}")

    # CloudImages and CloudMarket --------------------------------------------------------------------------------

    async def regions(self) -> frozenset[RegionId]:
        return await self._call("regions", lambda: KNOWN_REGIONS)

    async def describe(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        def effect() -> dict[ImageId, Image]:
            if self.rules.loss_shows_in_delivery:
                return {}
            return {i: Image(image_id=i, status="Available") for i in ids if self.images.get(i) == region}

        return await self._call("describe", effect, said=f"{region}{ids}")

    async def published(self, *, region: RegionId, ids: Sequence[ImageId]) -> Mapping[ImageId, Image]:
        return await self._call("published", dict[ImageId, Image], said=f"{region}{ids}")

    async def product(self, *, code: str) -> Product | None:
        return await self._call("product", lambda: self.products.get(code), said=code)

    # the cloud's own work ----------------------------------------------------------------------------------------

    async def _call(
        self, action: str, effect: Callable[[], T], *, token: Token = _NEVER, said: str = "", shown: str = ""
    ) -> T:
        self.calls[shown or action] += 1
        if self.rules.latency_s:
            await self.clock.sleep(self.rules.latency_s)
        else:
            await asyncio.sleep(0)
        await self.faults.before(shown or action, said)
        self._catch_up()
        answer = self._replay_or_run(action, effect, token, said)
        await self.faults.after(shown or action, said)
        return answer

    def _replay_or_run(self, action: str, effect: Callable[[], T], token: Token, said: str) -> T:
        if not token:
            return effect()
        assert token.isascii()
        assert len(token) <= 64
        known, now_s = self._tokens.get((action, token)), self.clock.now_s()
        if known is not None and now_s - known.at_s < self.rules.token_ttl_s:
            record = self.records.get(known.object_id)
            if self.rules.replays_deleted or (record is not None and not record.is_deleted):
                if known.fingerprint != said:
                    raise refused("IdempotentParameterMismatch", "the token was used with other parameters")
                answer: T = known.answer
                return answer
        answer = effect()
        self._tokens[(action, token)] = _Answer(said, answer, ArtifactId(str(answer)), now_s)
        return answer

    def _catch_up(self) -> None:
        """Everything that was due until now, in order."""
        while True:
            due = [
                (build.due_s, record.artifact_id)
                for record in self.living
                for build in record.versions
                if build.due_s is not None and build.due_s <= self.clock.now_s()
            ]
            if not due:
                return
            moment_s, artifact_id = min(due)
            record = self.records[artifact_id]
            self._move_on(record, next(build for build in record.versions if build.due_s == moment_s), moment_s)

    def _move_on(self, record: Record, build: Build, moment_s: float) -> None:
        build.due_s, build.modified_s = None, moment_s
        if build.status == "Creating":
            reason = self.bad_builds.pop(0) if self.bad_builds else ""
            build.status, build.detail = ("CreateFailed", reason) if reason else ("Created", "")
        elif build.status == "Scanning":
            reason = self.bad_scans.pop(0) if self.bad_scans else ""
            if reason:
                build.status, build.detail = "ScanFailed", reason
                return
            build.status = "Delivering"
            self._begin_delivery(record, build)
            build.due_s = moment_s + (self.rules.copy_s if build.draft.source.kind != "marketplace" else 5.0)
        elif build.status == "Delivering":
            self._finish_delivery(record, build)

    def _begin_delivery(self, record: Record, build: Build) -> None:
        donors = [build] if build.source_key == build.key else []
        if not self.rules.reissues:
            donors += [b for b in record.newest_first() if b is not build and b.source_key == build.key]
        kept: dict[RegionId, ImageId] = {}
        for donor in donors:
            for region, image in donor.images.items():
                if region in build.draft.regions and image in self.images:
                    kept.setdefault(region, image)
        build.images, build.source_key = kept, build.key
        self._drop_unreferenced()

    def _finish_delivery(self, record: Record, build: Build) -> None:
        for region in build.draft.regions:
            if region in build.images:
                continue
            reasons = self.bad_copies.get(region, [])
            if reasons:
                build.failures[region] = reasons.pop(0)
                continue
            self.started[(build.key, region, build.draft.version_name)] += 1
            prefix = PREFIX_OF_REGION.get(region, "m-zzz")
            image = ImageId(f"{prefix}{self._mint('i')[2:]:0>12}")
            build.images[region] = image
            self.images[image] = region
        if build.failures:
            build.status = "DeliverFailed"
            build.detail = "; ".join(f"{region}: {why}" for region, why in sorted(build.failures.items()))
            return
        record.last_number += 1
        build.version, build.status, build.detail = str(record.last_number), "Available", ""

    def _add_draft(self, record: Record, draft: DraftSpec) -> None:
        build = Build(draft, modified_s=self.clock.now_s())
        record.versions.append(build)
        self._start_build(record, build)

    def _start_build(self, record: Record, build: Build) -> None:
        if build.draft.source.build_property() is None:
            return
        if any(other is not build and other.source_key == build.key for other in record.versions):
            return
        build.status, build.due_s = "Creating", self.clock.now_s() + self.rules.build_s

    def _drop_unreferenced(self) -> None:
        used = {image for record in self.living for build in record.versions for image in build.images.values()}
        self.images = {image: region for image, region in self.images.items() if image in used}

    def _find(self, artifact_id: ArtifactId) -> Record:
        record = self.records.get(artifact_id)
        if record is None or record.is_deleted:
            raise refused("EntityNotExist.Artifact", f"there is no artifact {artifact_id}")
        return record

    def _draft_of(self, artifact_id: ArtifactId) -> Build:
        build = self._find(artifact_id).draft
        if build is None:
            raise refused("EntityNotExist.ArtifactVersion", f"{artifact_id} has no draft")
        return build

    def _listed(self) -> list[Artifact]:
        latest_s = self.clock.now_s() - self.rules.list_lag_s
        seen = [record for record in self.living if record.created_s <= latest_s]
        return [self._artifact(record, record.newest_first()[0]) for record in seen]

    def _artifact(self, record: Record, build: Build) -> Artifact:
        return Artifact(
            artifact_id=record.artifact_id,
            name=record.name,
            artifact_type="EcsImage",
            status=build.status,
            max_version=record.max_version,
            tags=dict(record.tags),
            modified=f"{build.modified_s:.0f}",
            version=VersionId(build.version),
            version_name=build.draft.version_name,
            description=build.draft.description,
            status_detail=build.detail,
            resource_group_id=record.resource_group_id,
        )

    def _version(self, build: Build) -> ArtifactVersion:
        images = dict(build.images)
        if self.rules.loss_shows_in_delivery:
            images = {region: image for region, image in images.items() if image in self.images}
        if build.status == "Delivering" and not self.rules.fills_in_by_region:
            images = {}
        return ArtifactVersion(
            version=VersionId(build.version),
            status=build.status,
            status_detail=build.detail,
            version_name=build.draft.version_name,
            source_property=build.draft.source.artifact_property(),
            build_property=build.draft.source.build_property() or {},
            regions=build.draft.regions,
            images=images,
        )

    def _mint(self, kind: str) -> ArtifactId:
        self._minted += 1
        return ArtifactId(f"{kind}-{self._minted}")
