"""Upgrades, operations and further fields of a service, held against its templates. Pure, on partly unknown values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from computenest.kernel.arguments import check_numbers, quoted
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import nearest
from computenest.kernel.unknown import UNKNOWN
from computenest.kernel.values import Json, Model
from computenest.resources._program.offer import parameters_in
from computenest.resources.service.commodity import ServiceCommodity
from computenest.resources.service.operating import EXTRA, FIELDS
from computenest.resources.service.operations import ServiceOperations, ServiceUpgrades, normal

__all__ = ["check_operating", "in_normal_form", "sayable"]

_COUNTED = ("ComputeNestBill", "ComputeNestPrometheus")
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
    "Commodity": "commodity",
    "ComplianceMetadata": "compliancePacks",
    "ServiceLocaleConfigs": "localeConfigs",
}


_MODELS: Mapping[str, type[Model]] = {
    "commodity": ServiceCommodity,
    "operations": ServiceOperations,
    "upgrades": ServiceUpgrades,
}


def in_normal_form(key: str, value: Any) -> Any:
    """An input as the state has it too: a part that is as it comes is left out."""
    if key == "localeConfigs" and isinstance(value, Mapping):
        texts = ((name, one) for name, one in value.items() if isinstance(one, Mapping))
        return {
            **value,
            **{name: {lang: said for lang, said in one.items() if said is not None} for name, one in texts},
        }
    if key not in _MODELS or not isinstance(value, Mapping):
        return value
    try:
        return normal(_MODELS[key].model_validate(value))
    except ValidationError:
        return value  # told already


def check_operating(inputs: Mapping[str, Any], texts: Mapping[str, str], failures: list[Failure]) -> None:
    """Templates and parameters that operations name exist; `extra` names fields that nothing else sets."""
    _check_extra(inputs, failures)
    upgrades = inputs.get("upgrades")
    if isinstance(upgrades, Mapping) and upgrades.get("allowed") is False and upgrades.get("fromVersions"):
        failures.append(Failure("upgrades.allowed", "it is false, and `fromVersions` names some: keep one of them"))
    _check_commodity(inputs.get("commodity"), inputs.get("templates"), failures)
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


def _check_commodity(commodity: Json, templates: Json, failures: list[Failure]) -> None:
    """Templates that a product sells or meters exist; a metric is named where one is counted."""
    if not isinstance(commodity, Mapping):
        return
    for key in ("specifications", "metering"):
        listed = commodity.get(key)
        for index, one in enumerate(listed if isinstance(listed, list | tuple) else ()):
            name = one.get("templateName") if isinstance(one, Mapping) else UNKNOWN
            if isinstance(name, str) and isinstance(templates, Mapping) and name not in templates:
                path = f"commodity.{key}[{index}].templateName"
                failures.append(Failure(path, f"the service has no template {quoted(name)}{_meant(name, templates)}"))
    items = commodity.get("meteringItems")
    for name, item in sorted(items.items()) if isinstance(items, Mapping) else ():
        if isinstance(item, Mapping) and item.get("type") in _COUNTED and not item.get("metricName"):
            path = f"commodity.meteringItems[{quoted(name)}].metricName"
            failures.append(Failure(path, f"an item of type {item['type']} counts a metric: name it"))


def sayable(operations: ServiceOperations, texts: Mapping[str, str]) -> ServiceOperations:
    """What an import found, without operations that no program can say: they change parameters that their template does
    not declare. They stay in the cloud until the program says others.

    Args:
        operations: as the cloud has them.
        texts: template -> its text, of those that could be read.
    """
    changes = {}
    for template, named in operations.changes.items():
        declared = parameters_in(texts.get(template, ""))
        known = {name: one for name, one in named.items() if declared is None or set(one.parameters) <= {*declared}}
        if known:
            changes[template] = known
    return operations.model_copy(update={"changes": changes})


def _check_extra(inputs: Mapping[str, Json], failures: list[Failure]) -> None:
    extra = inputs.get("extra")
    if not isinstance(extra, Mapping):
        return
    check_numbers(extra, failures, path="extra")
    for name in sorted(extra):
        if name in EXTRA and inputs.get(_INPUTS.get(name, "")) is None:
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
