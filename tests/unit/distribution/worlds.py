"""Observed worlds to plan in: short ways to write one down, and an ideal cloud that performs every step at once."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from computenest.kernel.names import ArtifactId, ImageId, OwnerId, RegionId, VersionId
from computenest.kernel.plan import Step
from computenest.resources._packages import plan
from computenest.resources._packages.model import Artifact, ArtifactVersion, BuiltImage, CustomImage
from computenest.resources._packages.plan import Observed
from lifecycle.images import Image

HOME, AWAY = RegionId("cn-hangzhou"), RegionId("cn-beijing")


def package(number: int = 1, *regions: str, **changes: Any) -> Image:
    """The `number`th edition of one package."""
    source = CustomImage(image_id=ImageId(f"m-bp1gold{number:06}"), region=HOME)
    distribution = dict.fromkeys(sorted(regions or (HOME, AWAY)), source.origin)
    wanted = {"source": source, "distribution": distribution, **changes}
    return Image.made(owner_id=OwnerId("o-1"), name="web", artifact_name="web", **wanted)


def built(**changes: Any) -> Image:
    return package(source=BuiltImage(region=HOME, source_image="aliyun_3", command="true"), **changes)


def version(name: str | int, status: str, made: Image, *, images: tuple[str, ...] | None = None) -> ArtifactVersion:
    """A version as the cloud lists it; a released one has an image in each of its regions unless told otherwise."""
    draft = made.draft()
    has = (draft.regions if status == "Available" else ()) if images is None else images
    return ArtifactVersion(
        version=VersionId(str(name)),
        status=status,
        version_name=draft.version_name,
        source_property=draft.source.artifact_property(),
        build_property=draft.source.build_property() or {},
        regions=draft.regions,
        images={RegionId(region): ImageId(f"m-{region}-{name}") for region in has},
    )


def world(*versions: ArtifactVersion, lost: Set[RegionId] = frozenset(), description: str = "") -> Observed:
    """An artifact with these versions, the draft first."""
    highest = max((v.number for v in versions), default=0)
    shown = versions[0] if versions else None
    artifact = Artifact(
        artifact_id=ArtifactId("artifact-1"),
        name="web",
        artifact_type="EcsImage",
        status=shown.status if shown else "Created",
        max_version=highest,
        version=shown.version if shown else VersionId("draft"),
        description=description,
    )
    return Observed(artifact=artifact, versions=versions, lost=lost)


@dataclass
class IdealCloud:
    """Does what it is told, and finishes what it began at the next look."""

    observed: Observed
    numbers_at_release: bool = False

    def perform(self, wanted: Image, step: Step) -> None:
        rest = tuple(v for v in self.observed.versions if not v.is_draft)
        lost = self.observed.lost
        if isinstance(step, plan.CreateArtifact | plan.CreateDraft | plan.UpdateDraft):
            status = "Creating" if wanted.source.build_property() else "Created"
            rest = (version("draft", status, wanted), *rest)
        elif isinstance(step, plan.Release):
            name = self.observed.highest + 1 if self.numbers_at_release else "draft"
            rest = (version(name, "Scanning", wanted), *rest)
        elif isinstance(step, plan.Await):
            moving = step.version
            rest, lost = self._moved_on(moving), lost - set(moving.regions)
        self.observed = world(*rest, lost=lost)

    def _moved_on(self, moving: ArtifactVersion) -> tuple[ArtifactVersion, ...]:
        after = {"Creating": "Created", "Scanning": "Delivering"}.get(moving.status, "Available")
        name = moving.version
        if after == "Available" and moving.is_draft:
            name = VersionId(str(self.observed.highest + 1))
        images = {region: ImageId(f"m-{region}-{name}") for region in moving.regions} if after == "Available" else {}
        moved = moving.model_copy(update={"version": name, "status": after, "images": images})
        versions = [moved if v is moving else v for v in self.observed.versions]
        return tuple(sorted(versions, key=lambda v: (not v.is_draft, -v.number)))


def drive(cloud: IdealCloud, wanted: Image, *, limit: int = 30) -> list[Step]:
    """Steps until Done or Fail, with the bookkeeping of the engine."""
    steps: list[Step] = []
    released: frozenset[int] = frozenset()
    while len(steps) < limit:
        step = plan.next_step(wanted, cloud.observed, released=released)
        steps.append(step)
        if isinstance(step, plan.Done | plan.Fail):
            break
        if isinstance(step, plan.CreateArtifact | plan.CreateDraft | plan.UpdateDraft):
            released = plan.after_draft(released)
        if isinstance(step, plan.Release):
            released |= {cloud.observed.highest}
        cloud.perform(wanted, step)
    return steps
