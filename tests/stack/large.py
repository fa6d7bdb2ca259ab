"""A template of any number of positions, and the plain maps that stand behind its markers."""

from __future__ import annotations

from typing import Any

from computenest.kernel import regions as geography

SENTINEL = "only-the-template-says-this"


def template(positions: int, markers: int) -> str:
    """As many instances as wanted, their image ids spread over `ecs_image_0`, `ecs_image_1`, ..."""
    lines = ["ROSTemplateFormatVersion: '2015-09-01'", f"Description: {SENTINEL}", "Resources:"]
    for number in range(positions):
        lines += [
            f"  Server{number}:",
            "    Type: ALIYUN::ECS::Instance",
            "    Properties:",
            f"      ImageId: ecs_image_{number % markers}",
            "      InstanceType: ecs.g7.large",
            f"      UserData: '{SENTINEL} {number}'",
        ]
    return "\n".join(lines) + "\n"


def maps(markers: int, regions: int) -> dict[str, dict[str, str]]:
    """Marker -> region -> image id."""
    names = sorted(geography.KNOWN_REGIONS)[:regions]
    assert len(names) == regions
    return {
        f"ecs_image_{marker}": {region: f"m-{marker:02}{at:018}" for at, region in enumerate(names)}
        for marker in range(markers)
    }


def association(positions: int, packages: dict[str, dict[str, str]]) -> dict[str, Any]:
    """What program.py declares for them."""
    return {"template": template(positions, len(packages)), "packages": packages}
