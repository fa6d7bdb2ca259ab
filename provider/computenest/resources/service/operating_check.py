"""Upgrades, operations and further fields of a service, held against its templates. Pure, on partly unknown values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from computenest.kernel.arguments import check_numbers, quoted
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import nearest
from computenest.kernel.unknown import UNKNOWN
from computenest.kernel.values import Model
from computenest.resources._program.offer import parameters_in
from computenest.resources.service.operating import EXTRA, FIELDS
from computenest.resources.service.operations import ServiceOperations, ServiceUpgrades, normal

__all__ = ["check_operating", "in_normal_form"]

_INPUTS = {
    "UpgradeMetadata": "upgrades",
    "OperationMetadata": "operations",
    "IsSupportOperated": "operated",
    "PolicyNames": "policyNames",
    "Duration": "durationS",
    "TrialDuration": "trialDays",
    "TenantType": "tenantType",
    "Resellable": "resellable",
    "DeployMetadata": "metadata",
    "ShareType": "visibility",
    "ApprovalType": "approvalType",
    "VersionName": "versionName",
    "ServiceType": "serviceType",
    "DeployType": "deployType",
    "ServiceInfo": "infos",
}


_MODELS: Mapping[str, type[Model]] = {"upgrades": ServiceUpgrades, "operations": ServiceOperations}


def in_normal_form(key: str, value: Any) -> Any:
    """An input as the state has it too: a part that is as it comes is left out."""
    if key not in _MODELS or not isinstance(value, Mapping):
        return value
    try:
        return normal(_MODELS[key].model_validate(value))
    except ValidationError:
        return value  # told already


def check_operating(inputs: Mapping[str, Any], texts: Mapping[str, str], failures: list[Failure]) -> None:
    """Templates and parameters that operations name exist; `extra` names fields that nothing else sets."""
    _check_extra(inputs.get("extra"), failures)
    upgrades = inputs.get("upgrades")
    if isinstance(upgrades, Mapping) and upgrades.get("allowed") is False and upgrades.get("fromVersions"):
        failures.append(Failure("upgrades.allowed", "it is false, and `fromVersions` names some: keep one of them"))
    operations, templates = inputs.get("operations"), inputs.get("templates")
    if not isinstance(operations, Mapping) or not isinstance(templates, Mapping):
        return
    for key in ("changes", "power"):
        given = operations.get(key)
        named: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        for template in sorted(named):
            if template not in templates:
                path = f"operations.{key}[{quoted(template)}]"
                failures.append(Failure(path, f"the service has no such template{_meant(template, templates)}"))
            elif key == "changes":
                _check_changes(template, named[template], templates[template], texts, failures)


def _check_changes(template: str, named: Any, entry: Any, texts: Mapping[str, str], failures: list[Failure]) -> None:
    digest = entry.get("digest") if isinstance(entry, Mapping) else UNKNOWN
    declared = parameters_in(texts.get(digest, "") if isinstance(digest, str) else "")
    if declared is None:
        return
    for operation, change in sorted(named.items()) if isinstance(named, Mapping) else ():
        listed = change.get("parameters") if isinstance(change, Mapping) else None
        for index, name in enumerate(listed if isinstance(listed, list | tuple) else ()):
            if isinstance(name, str) and name not in declared:
                path = f"operations.changes[{quoted(template)}][{quoted(operation)}].parameters[{index}]"
                reason = f"template {template!r} has no parameter {quoted(name)}{_meant(name, declared)}"
                failures.append(Failure(path, reason))


def _check_extra(extra: Any, failures: list[Failure]) -> None:
    if not isinstance(extra, Mapping):
        return
    check_numbers(extra, failures, path="extra")
    for name in sorted(extra):
        if name in EXTRA:
            continue
        if name in _INPUTS:
            reason = f"this field is the resource's own: `{_INPUTS[name]}` sets it"
        else:
            near = nearest(name, {*EXTRA, *FIELDS})
            reason = "it is no field of a service that is set here" + (f"; did you mean {near}?" if near else "")
        failures.append(Failure(f"extra.{name}", reason))


def _meant(word: str, known: Any) -> str:
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else f", only {', '.join(sorted(known)) or 'none'}"
