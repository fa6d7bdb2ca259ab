"""What the service of an instance lets be done with it: known before anything is asked for. Pure.

The supplier configures upgrades and operations; the cloud refuses what is not configured (facts §7).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.arguments import quoted
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service_instance.diff import same_parameters

__all__ = ["is_upgrade", "refused_by_cloud", "refused_by_program", "refused_operation"]

_WAYS_OUT = (
    "to upgrade, let a version of the service allow it (`upgrades`); to keep it, name `serviceVersion: {runs}`; to "
    "have a new instance in its place, run `pulumi up --replace` with its URN"
)


def is_upgrade(olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether an instance of a version with a number is about to move on from it, in place."""
    runs, wanted = olds.get("serviceVersion"), inputs.get("serviceVersion")
    if not isinstance(runs, str) or not runs.isdigit() or wanted in (None, runs):
        return False
    if any(olds.get(key) != inputs.get(key) for key in ("serviceId", "region", "account") if key in inputs):
        return False
    return wanted is UNKNOWN or (isinstance(wanted, str) and (not wanted.isdigit() or int(wanted) > int(runs)))


def refused_by_program(olds: Mapping[str, Any], inputs: Mapping[str, Any], service: Mapping[str, Any]) -> list[Failure]:
    """An upgrade to a version that is about to be made, held against what the program says of it.

    Args:
        service: checked inputs of the service.
    """
    upgrades = service.get("upgrades")
    if not is_upgrade(olds, inputs) or inputs.get("serviceVersion") is not UNKNOWN or not isinstance(upgrades, Mapping):
        return []
    runs, versions = str(olds["serviceVersion"]), upgrades.get("fromVersions")
    if upgrades.get("allowed") is False:
        why = "the next version of its service allows no upgrades (`upgrades.allowed` of the service is false)"
    elif isinstance(versions, list | tuple) and runs not in versions and UNKNOWN not in versions:
        named = ", ".join(versions) or "none"
        why = f"the next version of its service allows upgrades from {named} only, and the instance runs version {runs}"
    else:
        return []
    return [Failure("service", f"{why}: {_WAYS_OUT.format(runs=runs)}")]


def refused_by_cloud(
    olds: Mapping[str, Any], inputs: Mapping[str, Any], upgradable: tuple[str, ...] | None, *, path: str
) -> list[Failure]:
    """An upgrade to a version that is there, held against those that the cloud offers for the instance."""
    wanted, runs = inputs.get("serviceVersion"), str(olds.get("serviceVersion"))
    is_numbered = isinstance(wanted, str) and wanted.isdigit()
    if upgradable is None or not is_numbered or wanted in upgradable or not is_upgrade(olds, inputs):
        return []
    offered = f"it may be upgraded to {', '.join(upgradable)}" if upgradable else "it may not be upgraded at all"
    why = f"version {wanted} of its service does not allow an upgrade from version {runs}, {offered}"
    return [Failure(path, f"{why}: {_WAYS_OUT.format(runs=runs)}")]


def refused_operation(olds: Mapping[str, Any], inputs: Mapping[str, Any], service: Mapping[str, Any]) -> list[Failure]:
    """Other parameters by an operation that the service of the same program does not have, or that changes others."""
    operation, operations = inputs.get("operation"), service.get("operations")
    before, after = olds.get("parameters"), inputs.get("parameters")
    is_change = olds and inputs.get("serviceVersion") == olds.get("serviceVersion")
    if not is_change or not isinstance(operation, str) or not isinstance(operations, Mapping):
        return []
    if not isinstance(after, Mapping) or same_parameters(before, after):
        return []
    templates = service.get("templates")
    name = inputs.get("templateName") or (
        next(iter(templates)) if isinstance(templates, Mapping) and len(templates) == 1 else None
    )
    changes = operations.get("changes")
    named = changes.get(name) if isinstance(changes, Mapping) else None
    if not isinstance(named, Mapping) or operation not in named:
        there = ", ".join(map(repr, sorted(named))) if isinstance(named, Mapping) else "none"
        reason = f"the service has no operation {quoted(operation)} for template {name!r}, only {there}"
        return [
            Failure("operation", f"{reason}; add it to the service's `operations.changes`, or take `operation` out")
        ]
    own = named[operation].get("parameters") or ()
    known = before if isinstance(before, Mapping) else {}
    moved = sorted(key for key in {*known, *after} if known.get(key) != after.get(key) and after.get(key) != UNKNOWN)
    return [
        Failure(
            f"parameters.{key}",
            f"operation {operation!r} of the service does not change it, only {', '.join(own) or 'nothing'}; leave the "
            "parameter as it was, or add it to the operation",
        )
        for key in moved
        if key not in own
    ]
