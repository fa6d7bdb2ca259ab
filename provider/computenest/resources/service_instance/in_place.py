"""What an upgrade does to the resources of an instance whose image changes: in place, or not at all. Pure.

ROS updates what it can and replaces nothing: `ReplacementOption` is Disabled by default (facts §7).
"""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.errors import Invalid
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources.service_instance.allowed import is_upgrade
from computenest.resources.service_instance.images import logical_id
from computenest.resources.service_instance.model import Wanted
from computenest.templates import scan

FIXED = frozenset({"ALIYUN::ECS::LaunchTemplate", "ALIYUN::EHPC::Cluster"})
"""Types whose ImageId no update changes (emulator's fact ros-039)."""
_EDITABLE = frozenset(
    {
        "ALIYUN::ECS::Instance",
        "ALIYUN::ECS::InstanceGroup",
        "ALIYUN::ECS::InstanceClone",
        "ALIYUN::ECS::InstanceGroupClone",
    }
)
"""Types whose machines get another system disk (emulator's fact ros-013)."""
_FIXED_NOTE = (
    "{name} is an {type}, whose ImageId no update changes: {fails} and version {runs} runs on; give the resource "
    "another name in the template, so that a new one is made, or let a new instance take this one's place"
)
_IN_PLACE_NOTE = (
    "{names} will be updated in place where the image changes: the instances stay, and their system disks are made anew"
)


def image_notes(olds: Wanted[Known] | None, inputs: Wanted[Unknown], text: str) -> list[str]:
    """What a reviewer should know of an upgrade, resource by resource.

    Args:
        olds: the inputs checked last time.
        inputs: checked inputs.
        text: of the instance's template, "" where it is not at hand.
    """
    if not text or olds is None or not is_upgrade(olds, inputs):
        return []
    before, after, types = olds.expected_images, inputs.expected_images, _types(text)
    images: Mapping[str, Maybe[str]] = dict.fromkeys(before, UNKNOWN) if after is UNKNOWN else after
    moved = {name: images[name] for name in sorted(before) if name in images and images[name] != before[name]}
    runs, notes = olds.service_version, []
    for name, image in moved.items():
        if types.get(name) in FIXED:
            fails = "where its image changes, the upgrade fails" if image is UNKNOWN else "the upgrade fails"
            notes.append(_FIXED_NOTE.format(name=name, type=types[name], fails=fails, runs=runs))
    if in_place := [name for name in moved if types.get(name) in _EDITABLE]:
        notes.append(_IN_PLACE_NOTE.format(names=", ".join(in_place)))
    return notes


def _types(text: str) -> dict[str, str]:
    """Logical id -> type, of the resources that carry an image."""
    try:
        positions = scan(text.encode("utf-8", "surrogatepass")).positions
    except Invalid:
        return {}
    return {logical_id(position.path): position.resource_type for position in positions}
