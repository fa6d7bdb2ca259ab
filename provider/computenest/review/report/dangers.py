"""What a reviewer must not overlook: what is replaced, upgraded, deleted or made public. Pure, one sentence each.

The order is that of how much it may hurt: what runs at customers, who may launch, what cannot be taken back, deletions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from computenest.review.documents import inputs_of, map_in

_PACKAGES = frozenset({"EcsImagePackage", "FilePackage", "ContainerImagePackage", "HelmChartPackage"})
_REPLACED = frozenset({"replace", "create-replacement"})
_ORDER = ("instance", "visibility", "final", "deletion")


def dangers_of(kind: str, name: str, step: Mapping[str, Any]) -> Iterable[tuple[int, str]]:
    """(rank, sentence) of one step; the lowest rank comes first.

    Args:
        kind: the type's last part, `ServiceInstance`.
        name: the resource's.
        step: of a preview's document.
    """
    operation = str(step.get("op", ""))
    old, new = inputs_of(step.get("oldState")), inputs_of(step.get("newState"))
    for about, sentence in _sentences(kind, operation, old, new, reasons=_reasons(step)):
        yield _ORDER.index(about), f"{kind} {name} {sentence}"


def _sentences(
    kind: str, operation: str, old: Mapping[str, Any], new: Mapping[str, Any], *, reasons: str
) -> Iterable[tuple[str, str]]:
    if kind == "ServiceInstance":
        yield from _of_instance(operation, old, new, reasons)
        return
    if kind == "Service":
        yield from _of_service(operation, old, new)
    if operation in _REPLACED:
        yield "final", f"is replaced{reasons}: what it made is made anew"
    elif operation == "delete":
        what = "its images and versions are deleted" if kind in _PACKAGES else "it is gone for good"
        yield "deletion", f"is deleted: {what}"
    elif operation == "update" and isinstance(new.get("distribution"), Mapping):
        lost = sorted(set(map_in(old.get("distribution"))) - set(map_in(new.get("distribution"))))
        if lost:
            yield "deletion", f"leaves {', '.join(lost)}"


def _of_instance(
    operation: str, old: Mapping[str, Any], new: Mapping[str, Any], reasons: str
) -> Iterable[tuple[str, str]]:
    if operation in _REPLACED:
        yield "instance", f"is replaced{reasons}: what runs ends, with its data, and is deployed anew"
    elif operation == "delete":
        yield "instance", "is deleted: what runs ends, with its data"
    elif operation == "update" and old.get("serviceVersion") != new.get("serviceVersion"):
        yield "instance", "is upgraded in place"
    elif operation == "update":
        yield "instance", "is changed while it runs"


def _of_service(operation: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if operation not in {"create", "update", *_REPLACED}:
        return
    was, will = old.get("visibility"), new.get("visibility")
    if will == "public" and was != "public":
        yield "visibility", "becomes public: everybody may launch it, and the images of its packages"
    elif was == "public" and isinstance(will, str) and will != "public":
        yield "visibility", f"becomes {will}: others lose the images of its packages"
    if new.get("publishing") == "online" and old.get("publishing") != "online":
        yield "final", "is submitted for a review: what goes online is seen by customers"


def _reasons(step: Mapping[str, Any]) -> str:
    found = step.get("replaceReasons")
    names = [str(name) for name in found] if isinstance(found, list) else []
    return f" because of {', '.join(names)}" if names else ""
