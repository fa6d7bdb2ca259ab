"""ReleaseArtifact: scan, then distribution, then a number.

Distribution of a custom image is systems.md's six steps, done on the emulated ECS: share with the hub account; copy
into the hub account in the same region; copy from there to every region that lacks one; wait; set launch permissions;
store region -> image id. A region that fails does not stop the others. While any of this runs the version is still
called `draft`.
"""

import json
from collections.abc import Callable, Mapping

from computenest_cloud.catalogue import Product, market_image_id
from computenest_cloud.errors import ServiceError
from computenest_cloud.faults import Occasion
from computenest_cloud.services.ecs.seam import IMAGES, Copier, Image, Purpose, images
from computenest_cloud.services.market.seam import products
from computenest_cloud.services.nest_artifacts.artifacts import versions_of
from computenest_cloud.services.nest_artifacts.errors import error
from computenest_cloud.services.nest_artifacts.hub import Hub, images_of
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS, VERSIONS, Artifact, ArtifactVersion
from computenest_cloud.world import World

FINISH_SCAN = "scan-finished"
SETTLE = "delivery-settled"
SETTLE_S = 5.0  # a delivery that has nothing to copy takes this long (fact: nest-027)
PackageDelivery = Callable[[Artifact, ArtifactVersion], Mapping[str, str]]
RELEASABLE = frozenset({"Created", "ScanFailed", "DeliverFailed"})
PEAK = "deliveries_in_flight_peak"


def source_of(version: ArtifactVersion) -> str:
    """What decides the content of the copies: the image, the product's version, or the build's definition."""
    if version.build_property:
        return version.build_key
    keys = ("RegionId", "ImageId", "CommodityCode", "CommodityVersion")
    return json.dumps({key: version.artifact_property.get(key) for key in keys})


def source_region(version: ArtifactVersion) -> str:
    return str(version.build_property.get("RegionId") or version.artifact_property.get("RegionId") or "")


def target_regions(version: ArtifactVersion) -> tuple[str, ...]:
    """fact: nest-009: without SupportRegionIds the source's region is the only one."""
    return version.regions or tuple(filter(None, [source_region(version)]))


class Delivery:
    def __init__(self, world: World, hub: Hub, copier: Copier) -> None:
        self._world = world
        self._deliver_package: PackageDelivery = lambda artifact, version: {}  # noqa: ARG005
        self._hub = hub
        self._finished: Callable[[], None] = lambda: None
        world.timeline.on(FINISH_SCAN, self._scanned)
        world.timeline.on(SETTLE, self._settled)
        copier.on_copied(self._copied)

    def on_package(self, deliver: PackageDelivery) -> None:
        """How what is no image is delivered; answers where that fails, and why."""
        self._deliver_package = deliver

    def on_finished(self, finished: Callable[[], None]) -> None:
        """Called whenever a version has become available: its copies may have new users."""
        self._finished = finished

    def resume(self, finish_build: str) -> None:
        """After a restart: what was running goes on."""
        kinds = {"Building": finish_build, "Scanning": FINISH_SCAN, "Delivering": SETTLE}
        for version in self._world.store[VERSIONS]:
            if version.due_at is not None and version.status in kinds:
                self._world.timeline.schedule(kinds[version.status], version.key, version.due_at)

    def release(self, artifact: Artifact, version: ArtifactVersion) -> None:
        world = self._world
        if version.status not in RELEASABLE:
            raise error(world, "OperationDenied", f"(the draft is {version.status})")
        owner = world.account_name(artifact.owner_uid)
        occasion = Occasion("computenest", ("ReleaseArtifact", "Scan"), owner, target_regions(version))
        effect = world.faults.take(occasion, frozenset({"fail_scan"}))
        version.planned_failure = ""
        if effect is not None:
            version.planned_failure = (
                f"{effect.code or 'AtRisk'}: {effect.message or 'The scan found a vulnerability.'}"
            )
        version.status, version.status_detail = "Scanning", ""
        version.audit = "Processing"
        version.failures = {}
        version.phase_at = version.modified_at = world.now
        version.due_at = world.now + world.rules.number("scan.duration_s")
        world.timeline.schedule(FINISH_SCAN, version.key, version.due_at)
        self._note_peak()

    def in_flight(self) -> int:
        return sum(
            version.deleted_at is None and version.status in {"Scanning", "Delivering"}
            for version in self._world.store[VERSIONS]
        )

    def _note_peak(self) -> None:
        peak = int(self._world.store.setting(PEAK, 0))
        self._world.store.put_setting(PEAK, max(peak, self.in_flight()))

    def _scanned(self, version_key: str, due_s: float) -> None:
        version = self._world.store[VERSIONS].get(version_key)
        if version is None or version.due_at != due_s or version.status != "Scanning":
            return
        version.due_at = None
        version.audit = "AtRisk" if version.planned_failure else "Normal"
        if version.planned_failure and self._world.rules.position("scan.risk_shows_as") == "failed":  # fact: nest-043
            version.status, version.status_detail = "ScanFailed", version.planned_failure
            return
        version.status = "Delivering"
        version.phase_at = version.modified_at = self._world.now
        artifact = self._artifact(version)
        if artifact.artifact_type == "EcsImage" and not version.artifact_property.get("CommodityCode"):
            self._take_over(artifact, version)
            self._copy_missing(artifact, version)
        if not version.pending:
            version.due_at = self._world.now + SETTLE_S
            self._world.timeline.schedule(SETTLE, version.key, version.due_at)

    def _artifact(self, version: ArtifactVersion) -> Artifact:
        found = self._world.store[ARTIFACTS].get(version.artifact_id)
        if found is None:
            raise KeyError(version.artifact_id)
        return found

    def _take_over(self, artifact: Artifact, version: ArtifactVersion) -> None:
        """Keeps what is already delivered of this very source: by this draft before, or by an earlier version."""
        world, before = self._world, images_of(version)
        source = source_of(version)
        donors = [version] if version.source_key == source else []
        if not world.rules.is_on("delivery.reissues_unchanged_regions"):
            others = versions_of(world, version.artifact_id)
            donors += [other for other in others if other is not version and other.source_key == source]
        wanted = target_regions(version)
        kept: dict[str, str] = {}
        base = ""
        for donor in donors:
            base = base or (donor.base_image_id if self._hub.is_live(donor.base_image_id) else "")
            for region, image_id in donor.delivery.items():
                if region in wanted and self._hub.is_live(image_id):
                    kept.setdefault(region, image_id)
        version.source_key = source
        version.delivery = kept
        version.base_image_id = version.build_image_id if version.build_property else base
        self._hub.drop_unreferenced(artifact, before - images_of(version))

    def _copy_missing(self, artifact: Artifact, version: ArtifactVersion) -> None:
        missing = [region for region in target_regions(version) if region not in version.delivery]
        if not missing:
            return
        has_base = self._hub.is_live(version.base_image_id)
        if version.build_property and not has_base:
            self._fail(version, missing, "InvalidImageId.NotFound: The built image no longer exists.")
            return
        try:
            if has_base:
                self._fan_out(artifact, version)
            else:
                self._copy_to_hub(artifact, version)
        except ServiceError as failure:
            self._fail(version, missing, f"{failure.code}: {failure.message}")

    def _copy_to_hub(self, artifact: Artifact, version: ArtifactVersion) -> None:
        """Steps 1 and 2: the supplier's image into the hub account, in its own region."""
        image_id, region = str(version.artifact_property["ImageId"]), source_region(version)
        image = self._world.store[IMAGES].get(image_id)
        if image is None or image.region != region or image.owner_uid != artifact.owner_uid:
            raise ServiceError(
                404, "InvalidImageId.NotFound", f"The source image {image_id} does not exist in {region}."
            )
        if image.status != "Available":
            raise ServiceError(403, "IncorrectImageStatus", f"The source image {image_id} is {image.status}.")
        self._hub.share_with_hub(image)
        copy = self._hub.copy(image, region, self._copy_name(artifact), Purpose("base", version.key))
        version.base_image_id = copy.image_id
        version.pending = {region: copy.image_id}

    def _copy_name(self, artifact: Artifact) -> str:
        return f"computenest-{artifact.artifact_id}-{self._world.mint.count('copy-name')}"

    def _fan_out(self, artifact: Artifact, version: ArtifactVersion) -> None:
        """Step 3: from the hub's image to every region that lacks one."""
        base = self._hub.image(version.base_image_id)
        if base is None:
            raise KeyError(version.base_image_id)
        for region in target_regions(version):
            if region in version.delivery:
                continue
            if region == base.region:
                self._deliver(artifact, version, base)
                continue
            try:
                copy = self._hub.copy(base, region, self._copy_name(artifact), Purpose("copy", version.key))
            except ServiceError as failure:
                self._fail(version, [region], f"{failure.code}: {failure.message}")
            else:
                version.pending = {**version.pending, region: copy.image_id}

    def _deliver(self, artifact: Artifact, version: ArtifactVersion, image: Image) -> None:
        """Steps 5 and 6 for one region."""
        self._hub.allow_launch(image, artifact.owner_uid)
        version.delivery = {**version.delivery, image.region: image.image_id}
        version.modified_at = self._world.now

    @staticmethod
    def _fail(version: ArtifactVersion, regions: list[str], reason: str) -> None:
        version.failures = {**version.failures, **dict.fromkeys(regions, reason)}

    def _copied(self, image: Image) -> None:
        """Step 4, one copy at a time."""
        version = self._world.store[VERSIONS].get(image.version_key)
        if version is None or image.image_id not in version.pending.values() or version.deleted_at is not None:
            return
        artifact = self._artifact(version)
        version.pending = {region: other for region, other in version.pending.items() if other != image.image_id}
        if image.status == "Available" and image.role == "base":
            self._fan_out(artifact, version)
        elif image.status == "Available":
            self._deliver(artifact, version, image)
        else:
            self._copy_failed(version, image)
        if not version.pending:
            self._finish(artifact, version)

    def _copy_failed(self, version: ArtifactVersion, image: Image) -> None:
        if image.role == "base":
            version.base_image_id = ""
            missing = [region for region in target_regions(version) if region not in version.delivery]
            self._fail(version, missing, image.failure)
        else:
            self._fail(version, [image.region], image.failure)
        self._hub.drop(image.image_id)

    def _settled(self, version_key: str, due_s: float) -> None:
        version = self._world.store[VERSIONS].get(version_key)
        if version is None or version.due_at != due_s or version.status != "Delivering":
            return
        version.due_at = None
        before = images_of(version)
        if version.artifact_property.get("CommodityCode") and not version.build_property:
            self._look_up(version)
            self._hub.drop_unreferenced(self._artifact(version), before)
        elif self._artifact(version).artifact_type != "EcsImage":
            version.failures = self._deliver_package(self._artifact(version), version)
        self._finish(self._artifact(version), version)

    def _look_up(self, version: ArtifactVersion) -> None:
        """Marketplace: nothing is copied, ids are asked for. fact: market-002."""
        code, name = (str(version.artifact_property.get(key, "")) for key in ("CommodityCode", "CommodityVersion"))
        product = products(self._world).get(code)
        wanted = version.regions or (product.regions if product else ())
        version.source_key, version.base_image_id = source_of(version), ""
        version.delivery = {}
        if product is None or name not in product.versions:
            self._fail(
                version, list(wanted) or ["every region"], f"EntityNotExist.Commodity: {code} {name} is not on sale."
            )
            return
        version.delivery = _on_sale(product, name, wanted)
        for region in wanted:
            if region not in version.delivery:
                sold = ", ".join(sorted(product.regions))
                reason = f"OperationDenied.NotPublished: {code} {name} is not on sale in this region, but in {sold}."
                self._fail(version, [region], reason)

    def _finish(self, artifact: Artifact, version: ArtifactVersion) -> None:
        version.modified_at = self._world.now
        if version.failures:
            version.status = "DeliverFailed"
            version.status_detail = "; ".join(f"{region}: {why}" for region, why in sorted(version.failures.items()))
            return
        artifact.last_number += 1
        version.version = str(artifact.last_number)
        version.status, version.status_detail = "Available", ""
        self._finished()

    def progress_percent(self, version: ArtifactVersion) -> int:
        """fact: nest-026: regions done, and the running ones by their share."""
        if version.status == "Available":
            return 100
        if version.status not in {"Delivering", "DeliverFailed"}:
            return 0
        wanted = target_regions(version) or ("-",)
        done = float(sum(region in version.delivery for region in wanted))
        for image_id in version.pending.values():
            image = self._world.store[IMAGES].get(image_id)
            if image is not None and image.role == "copy":
                done += images.progress_percent(self._world, image) / 100
        return min(99, int(100 * done / len(wanted)))


def _on_sale(product: Product, version: str, wanted: tuple[str, ...]) -> Mapping[str, str]:
    return {region: market_image_id(product, version, region) for region in wanted if region in product.regions}
