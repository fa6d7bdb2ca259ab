"""What happened to a container group, in the form of Kubernetes' events. fact: eci-037"""

from collections.abc import Mapping
from typing import Any

from computenest_cloud.services.eci.records import ContainerGroup

KEPT = 50


def note(
    group: ContainerGroup, now: float, reason: str, message: str, *, where: str = "", is_warning: bool = False
) -> None:
    """The same thing again only counts; the last 50 are kept."""
    kind = "Warning" if is_warning else "Normal"
    said = {"reason": reason, "message": message, "type": kind, "container": where}
    new: dict[str, Any] = {**said, "first": now, "last": now, "count": 1}
    kept: list[Mapping[str, Any]] = []
    for event in group.events:
        if (event["reason"], event["message"], event["container"]) == (reason, message, where):
            new = {**event, "last": now, "count": event["count"] + 1}
        else:
            kept.append(event)
    group.events = (*kept[-KEPT + 1 :], new)
