"""What Compute Nest does to deploy: read the version's template, put the region's packages in, hand it to ROS.

fact: inst-010 to inst-014, inst-017
"""

import json
from collections.abc import Mapping
from typing import Any

from computenest_cloud.services.nest_instances.placeholders import Addresses, DocumentedAddresses, Placeholders, address
from computenest_cloud.services.nest_instances.substitution import Substitution
from computenest_cloud.services.nest_services.seam import (
    IMAGE_RELATION,
    ServiceVersion,
    owner_of,
    parse_metadata,
    relations_of,
    resolve,
)
from computenest_cloud.services.oss.seam import Uploads
from computenest_cloud.services.ros.seam import parse_template
from computenest_cloud.world import World

Template = Mapping[str, Any]  # one entry of TemplateConfigs


class CannotDeployError(Exception):
    """The cause, as the instance's StatusDetail says it."""


def templates_of(version: ServiceVersion) -> list[Template]:
    """TemplateConfigs of the user's part; the supplier's part where that is empty."""
    metadata = parse_metadata(version.text("DeployMetadata"))
    supplier = metadata.get("SupplierDeployMetadata") or {}
    for found in (metadata.get("TemplateConfigs"), supplier.get("SupplierTemplateConfigs")):
        if isinstance(found, list) and found:
            return [entry for entry in found if isinstance(entry, dict)]
    return []


def template_named(version: ServiceVersion, name: str) -> Template | None:
    """fact: inst-003"""
    found = templates_of(version)
    if not name:
        return found[0] if len(found) == 1 else None
    return next((entry for entry in found if entry.get("Name") == name), None)


def allowed_regions(template: Template) -> tuple[str, ...]:
    found = template.get("AllowedRegions")
    return tuple(str(region) for region in found) if isinstance(found, list) else ()


class Deployment:
    def __init__(self, world: World, uploads: Uploads, addresses: Addresses | None = None) -> None:
        self._world = world
        self._uploads = uploads
        self._addresses = addresses or DocumentedAddresses()

    def source(self, version: ServiceVersion, template: Template) -> dict[str, Any]:
        """What the service's supplier may read."""
        url = str(template.get("Url", ""))
        text = self._uploads.text(url, owner_of(self._world, version))
        if text is None:
            raise CannotDeployError(f"TemplateNotFound: the template {template.get('Name')} cannot be read ({url}).")
        return parse_template(text)

    def rendered(self, version: ServiceVersion, template: Template, region: str) -> str:
        """The template with the region's packages, as ROS gets it."""
        missing: dict[str, str] = {}
        images = self._images(version, region, missing)
        rules = self._world.rules
        substitution = Substitution(
            images.get,
            follows_functions=rules.is_on("substitution.follows_functions"),
            documented_types_only=rules.position("substitution.types") == "documented",
        )
        placeholders = self._placeholders(version, region, missing)
        found = placeholders.apply(substitution.apply(self.source(version, template)))
        lacking = [missing[text] for text in sorted((substitution.used | placeholders.used) & set(missing))]
        if lacking:
            raise CannotDeployError("ArtifactNotInRegion: " + "; ".join(lacking))
        return json.dumps(found, ensure_ascii=False, default=str)

    def _images(self, version: ServiceVersion, region: str, missing: dict[str, str]) -> dict[str, str]:
        """Literal -> image id; where there is none the literal stays, and `missing` says why."""
        found = {}
        for relation in relations_of(version):
            if relation.kind != IMAGE_RELATION:
                continue
            target = resolve(self._world, relation, owner_of(self._world, version))
            image_id = "" if target is None else target.delivery.get(region, "")
            if not image_id:
                what = f"{relation.artifact_id} version {relation.version or 'latest'}"
                missing[relation.literal] = f"{what} has no image in {region} for {relation.literal!r}"
            found[relation.literal] = image_id or relation.literal
        return found

    def _placeholders(self, version: ServiceVersion, region: str, missing: dict[str, str]) -> Placeholders:
        world, addresses = self._world, self._addresses
        values = {}
        for relation in relations_of(version):
            if relation.kind == IMAGE_RELATION:
                continue
            target = resolve(world, relation, owner_of(world, version))
            found = address(world, addresses, relation.kind, relation.literal, target, region) if target else None
            if found is None:
                what = f"{relation.artifact_id} version {relation.version or 'latest'}"
                missing[relation.literal] = f"{what} has no address in {region} for {relation.literal!r}"
            values[relation.literal] = found or relation.literal
        uid = owner_of(world, version)
        return Placeholders(values, lambda is_chart: addresses.pull_secret(uid, region, is_chart=is_chart))

    def parameters(self, version: ServiceVersion, template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
        """Those that the template knows: RegionId and the like are Compute Nest's own. fact: inst-012"""
        known = self.source(version, template).get("Parameters") or {}
        return {name: value for name, value in given.items() if name in known}

    def required(self, version: ServiceVersion, template: Template, given: Mapping[str, Any]) -> list[str]:
        specs = self.source(version, template).get("Parameters") or {}
        return sorted(
            name
            for name, spec in specs.items()
            if isinstance(spec, dict) and "Default" not in spec and name not in given
        )
