"""What the service of an instance lets be done with it: known before anything is asked for. Pure.

The supplier configures upgrades and operations; the cloud refuses what is not configured (facts §7).
"""

from __future__ import annotations

from computenest.kernel.arguments import quoted
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._program.facts import ServiceFacts
from computenest.resources.service_instance.diff import same_parameters
from computenest.resources.service_instance.model import Wanted

_WAYS_OUT = (
    "to upgrade, let a version of the service allow it (`upgrades`); to keep it, name `serviceVersion: {runs}`; to "
    "have a new instance in its place, run `pulumi up --replace` with its URN"
)


def is_upgrade(olds: Wanted[Known] | None, inputs: Wanted[Unknown]) -> bool:
    """Whether an instance of a version with a number is about to move on from it, in place."""
    runs, wanted = olds.service_version if olds else None, inputs.service_version
    if olds is None or runs is None or not runs.isdigit() or wanted is None or wanted == runs:
        return False
    where = inputs.model_fields_set.intersection(("service_id", "region", "account"))
    if any(getattr(olds, name) != getattr(inputs, name) for name in where):
        return False
    return wanted is UNKNOWN or not wanted.isdigit() or int(wanted) > int(runs)


def refused_by_program(olds: Wanted[Known] | None, inputs: Wanted[Unknown], service: ServiceFacts) -> list[Failure]:
    """An upgrade to a version that is about to be made, held against what the program says of it."""
    if not is_upgrade(olds, inputs) or inputs.service_version is not UNKNOWN:
        return []
    runs, versions = str(olds.service_version if olds else ""), service.upgraded_from
    if not service.allows_upgrades:
        why = "the next version of its service allows no upgrades (`upgrades.allowed` of the service is false)"
    elif versions is not None and runs not in versions:
        named = ", ".join(versions) or "none"
        why = f"the next version of its service allows upgrades from {named} only, and the instance runs version {runs}"
    else:
        return []
    return [Failure("service", f"{why}: {_WAYS_OUT.format(runs=runs)}")]


def refused_by_cloud(
    olds: Wanted[Known] | None, inputs: Wanted[Unknown], upgradable: tuple[str, ...] | None, *, path: str
) -> list[Failure]:
    """An upgrade to a version that is there, held against those that the cloud offers for the instance."""
    wanted, runs = inputs.service_version, olds.service_version if olds else None
    is_numbered = isinstance(wanted, str) and wanted.isdigit()
    if upgradable is None or not is_numbered or wanted in upgradable or not is_upgrade(olds, inputs):
        return []
    offered = f"it may be upgraded to {', '.join(upgradable)}" if upgradable else "it may not be upgraded at all"
    why = f"version {wanted} of its service does not allow an upgrade from version {runs}, {offered}"
    return [Failure(path, f"{why}: {_WAYS_OUT.format(runs=runs)}")]


def refused_operation(olds: Wanted[Known] | None, inputs: Wanted[Unknown], service: ServiceFacts) -> list[Failure]:
    """Other parameters by an operation that the service of the same program does not have, or that changes others."""
    operation, operations, after = inputs.operation, service.operations, inputs.parameters
    if olds is None or inputs.service_version != olds.service_version or operations is None:
        return []
    before = olds.parameters
    if not isinstance(operation, str) or after is UNKNOWN or same_parameters(before, after):
        return []
    templates = service.templates
    only = next(iter(templates)) if templates is not UNKNOWN and len(templates) == 1 else None
    name = inputs.template_name or only
    named = operations.get(name) if isinstance(name, str) else None
    if named is None or operation not in named:
        there = "none" if named is None else ", ".join(map(repr, sorted(named)))
        reason = f"the service has no operation {quoted(operation)} for template {name!r}, only {there}"
        return [
            Failure("operation", f"{reason}; add it to the service's `operations.changes`, or take `operation` out")
        ]
    own = named[operation]
    moved = sorted(key for key in {*before, *after} if before.get(key) != after.get(key) and after.get(key) != UNKNOWN)
    return [
        Failure(
            f"parameters.{key}",
            f"operation {operation!r} of the service does not change it, only {', '.join(own) or 'nothing'}; leave the "
            "parameter as it was, or add it to the operation",
        )
        for key in moved
        if key not in own
    ]
