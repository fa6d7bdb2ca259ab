"""Upgrades, operations and further fields of a service, held against its templates. Pure, on partly unknown values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from computenest.kernel.arguments import check_numbers, quoted
from computenest.kernel.fields import key_of
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import nearest
from computenest.kernel.unknown import UNKNOWN, Maybe, Unknown
from computenest.resources._program.offer import parameters_in
from computenest.resources.service.commodity import ServiceCommodity
from computenest.resources.service.model import Service, ServiceTemplate
from computenest.resources.service.operating import EXTRA, FIELDS, NAMED
from computenest.resources.service.operations import ServiceOperation, ServiceOperations, normal

_COUNTED = ("ComputeNestBill", "ComputeNestPrometheus")
_INPUTS = {
    **{api: key_of(name, Service.model_fields[name]) for name, api in NAMED.items()},
    "DeployMetadata": "metadata",
    "ShareType": "visibility",
    "ApprovalType": "approvalType",
    "VersionName": "versionName",
    "ServiceType": "serviceType",
    "DeployType": "deployType",
    "ServiceInfo": "infos",
}


Templates = Mapping[str, Maybe[ServiceTemplate[Unknown]]]


def in_normal_form(inputs: Service[Unknown]) -> Service[Unknown]:
    """Inputs as the state has them too: a part that is as it comes is left out."""
    given = ((name, getattr(inputs, name)) for name in ("commodity", "operations", "upgrades"))
    return inputs.made(inputs, **{name: normal(one) for name, one in given if one is not None and one is not UNKNOWN})


def check_operating(inputs: Service[Unknown], texts: Mapping[str, str], failures: list[Failure]) -> None:
    """Templates and parameters that operations name exist; `extra` names fields that nothing else sets."""
    _check_extra(inputs, failures)
    upgrades, operations, templates = inputs.upgrades, inputs.operations, inputs.templates
    if upgrades is not None and upgrades is not UNKNOWN and not upgrades.allowed and upgrades.from_versions:
        failures.append(Failure("upgrades.allowed", "it is false, and `fromVersions` names some: keep one of them"))
    if inputs.commodity is not None and inputs.commodity is not UNKNOWN:
        _check_commodity(inputs.commodity, None if templates is UNKNOWN else templates, failures)
    if operations is None or operations is UNKNOWN or templates is UNKNOWN:
        return
    named = [("changes", template) for template in operations.changes]
    for key, template in sorted([*named, *(("power", template) for template in operations.power)]):
        if template not in templates:
            path = f"operations.{key}[{quoted(template)}]"
            failures.append(Failure(path, f"the service has no such template{_meant(template, templates)}"))
        elif key == "changes":
            _check_changes(template, operations.changes[template], templates[template], texts, failures)


def _check_changes(
    template: str,
    named: Mapping[str, ServiceOperation],
    entry: Maybe[ServiceTemplate[Unknown]],
    texts: Mapping[str, str],
    failures: list[Failure],
) -> None:
    declared = parameters_in("" if entry is UNKNOWN else texts.get(str(entry.digest), ""))
    if declared is None:
        return
    for operation, change in sorted(named.items()):
        for index, name in enumerate(change.parameters):
            if name not in declared:
                path = f"operations.changes[{quoted(template)}][{quoted(operation)}].parameters[{index}]"
                reason = f"template {template!r} has no parameter {quoted(name)}{_meant(name, declared)}"
                failures.append(Failure(path, reason))


def _check_commodity(commodity: ServiceCommodity, templates: Templates | None, failures: list[Failure]) -> None:
    """Templates that a product sells or meters exist; a metric is named where one is counted."""
    listed = [(f"specifications[{index}]", one.template_name) for index, one in enumerate(commodity.specifications)]
    listed += [(f"metering[{index}]", one.template_name) for index, one in enumerate(commodity.metering)]
    for where, name in listed:
        if templates is not None and name not in templates:
            reason = f"the service has no template {quoted(name)}{_meant(name, templates)}"
            failures.append(Failure(f"commodity.{where}.templateName", reason))
    for name, item in sorted(commodity.metering_items.items()):
        if item.type in _COUNTED and not item.metric_name:
            path = f"commodity.meteringItems[{quoted(name)}].metricName"
            failures.append(Failure(path, f"an item of type {item.type} counts a metric: name it"))


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


def _check_extra(inputs: Service[Unknown], failures: list[Failure]) -> None:
    extra = inputs.extra
    if extra is UNKNOWN:
        return
    check_numbers(extra, failures, path="extra")
    set_here = {key_of(name, Service.model_fields[name]) for name in inputs.model_fields_set & {*Service.model_fields}}
    for name in sorted(extra):
        if name in EXTRA and _INPUTS.get(name) not in set_here:
            continue
        if name in _INPUTS:
            reason = f"this field is the resource's own: `{_INPUTS[name]}` sets it"
        else:
            near = nearest(name, {*EXTRA, *FIELDS})
            reason = "it is no field of a service that is set here" + (f"; did you mean {near}?" if near else "")
        failures.append(Failure(f"extra.{name}", reason))


def _meant(word: str, known: Iterable[str]) -> str:
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else f", only {', '.join(sorted(known)) or 'none'}"
