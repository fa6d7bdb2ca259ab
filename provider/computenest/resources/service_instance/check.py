"""Validation of a service instance's inputs: pure, on known and partly unknown values alike, all failures at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from computenest.kernel import regions as geography
from computenest.kernel.arguments import check_name, check_numbers, check_tags, quoted, seconds
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources.service_instance.deploys import (
    ALWAYS,
    CHANGED,
    DRAFT,
    IN_REVIEW,
    REPLACE,
    Deploys,
    is_ahead,
)
from computenest.resources.service_instance.diff import is_exchanged, is_other_draft, same_parameters
from computenest.resources.service_instance.images import expected_images, positions_of
from computenest.resources.service_instance.model import Wanted
from computenest.resources.service_instance.staying import staying

__all__ = ["Recorded", "check", "is_ahead", "recorded_in", "wanted_of"]

_MAX_NAME = 64  # facts §7
_TEXTS = ("account", "operation", "resourceGroupId", "serviceId", "serviceVersion", "templateName")
_KEYS = frozenset(
    {
        *_TEXTS,
        "association",
        "concealed",
        "logicalName",
        "name",
        "ownerId",
        "parameters",
        "region",
        "service",
        "tags",
        "timeoutS",
        "upgrade",
    }
)
_WHOSE = ("ownerId", "generation")
_MADE = ("edition", "publishing")
_UPGRADES = (CHANGED, ALWAYS, REPLACE)
_COMPUTED = frozenset(
    {"expectedImages", "fingerprint", "generation", "serviceMark"}
)  # of checked inputs that are checked again


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the state says of a resource: read by the first check of a replacement, used by the second."""

    owner_id: OwnerId
    generation: int


def recorded_in(olds: Mapping[str, Any]) -> Recorded | None:
    """What old inputs or outputs record; None for none."""
    if not olds.get("ownerId"):
        return None
    return Recorded(OwnerId(str(olds["ownerId"])), int(olds.get("generation") or 1))


def check(
    olds: Mapping[str, Any], news: Mapping[str, Any], *, recorded: Recorded | None, deploys: Deploys | None = None
) -> Checked:
    """Checked inputs: what the user set, with identity, the service resolved, and the images that are expected.

    Args:
        olds: the inputs checked last time, {} for a create or the second check of a replacement.
        news: what the program asks for. `service` is a service's own outputs, in place of `serviceId` and
            `serviceVersion`; `association` is an association's `positions` and `substitutions`.
        recorded: what this process has seen of the same resource in the state, for a replacement.
        deploys: what this process has seen of the service of the same program, None for nothing.
    """
    failures = [
        Failure(key, f"there is no property {quoted(key)}{_meant(key)}")
        for key in sorted(news)
        if key not in _KEYS | _COMPUTED and news[key] is not None
    ]
    given = {key: value for key, value in news.items() if value is not None}
    inputs: dict[str, Any] = {}
    for key in _TEXTS:
        if key in given:
            inputs[key] = _text(given[key], key, failures)
    inputs |= _service(olds, given, failures, is_new=not olds and recorded is None)
    inputs["name"] = _name(olds, given, failures)
    inputs["region"] = _region(given, failures)
    inputs["parameters"] = _parameters(given, inputs["region"], failures)
    inputs |= _concealed(given) | check_tags(given.get("tags"), failures) | _timeout(given, failures)
    inputs |= _upgrade(given, failures)
    inputs |= _images(olds, given, inputs, failures, has_run=deploys is not None and deploys.may_run_before)
    notes: list[str] = []
    inputs |= staying(olds, given, inputs, deploys, notes)
    inputs |= _identity(olds, news, recorded)
    return Checked(inputs=inputs, failures=tuple(failures), warnings=tuple(notes))


def wanted_of(inputs: Mapping[str, Any]) -> Wanted:
    """The instance that fully known, checked inputs describe, or a state's (its outputs are left aside).

    Raises:
        pydantic.ValidationError: never for inputs that passed `check`.
    """
    return Wanted.model_validate({key: value for key, value in inputs.items() if value is not None})


def _meant(key: str) -> str:
    near = geography.nearest(key, _KEYS - {"logicalName", "ownerId"})
    return f"; did you mean {near!r}?" if near else ""


def _text(value: Any, path: str, failures: list[Failure]) -> Any:
    if value is UNKNOWN or (isinstance(value, str) and value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and path == "serviceVersion":
        return str(value)
    failures.append(Failure(path, "a text that is not empty is needed"))
    return UNKNOWN


def _service(
    olds: Mapping[str, Any], given: Mapping[str, Any], failures: list[Failure], *, is_new: bool
) -> dict[str, Any]:
    """Id and version of the service. A service that changes is unknown to its dependents as a whole; the mark that it
    carries says which of the two are as the state has them."""
    service = given.get("service")
    if service is None:
        if "serviceId" not in given:
            failures.append(Failure("service", "a service is needed: a Service of this stack, or a service's id"))
        return {}
    if service is UNKNOWN:
        return {"serviceId": UNKNOWN, "serviceVersion": UNKNOWN}
    if isinstance(service, str):
        return {"serviceId": service}
    if not isinstance(service, Mapping):
        failures.append(Failure("service", "a Service of this stack, or a service's id, is needed"))
        return {}
    if "ownerId" not in service and "serviceId" not in service:
        failures.append(Failure("service", "it is no Service: give one of this stack, or a service's id"))
        return {}
    mark = _mark(service)
    before = olds.get("serviceMark")
    before = before if isinstance(before, Mapping) else {}
    is_same = "ownerId" in mark and all(_known(mark, key) == _known(before, key) for key in _WHOSE)
    is_same_edition = is_same and "edition" in mark and all(_known(mark, key) == _known(before, key) for key in _MADE)
    is_draft = olds.get("serviceVersion") == DRAFT and service.get("publishing") == "online"
    if is_draft or (before.get("stage") and service.get("stage") != before["stage"]):
        is_same_edition = False  # what waits for reviewers is of a draft, and will be of a version with a number
    if service.get("stage") is UNKNOWN and not is_same_edition:  # it may end with the reviewers
        mark |= {key: UNKNOWN for key in _MADE if key in mark}
    if not given.get("serviceVersion") and (is_new or before.get("stage")):
        mark |= _review(service)
    found = {
        "serviceId": _or_before(service.get("serviceId", UNKNOWN), olds.get("serviceId"), holds=is_same),
        "serviceVersion": given.get("serviceVersion")
        or _or_before(service.get("serviceVersion", UNKNOWN), olds.get("serviceVersion"), holds=is_same_edition),
        "serviceMark": mark,
    }
    return {key: value for key, value in found.items() if value is not None and value != ""}


def _mark(service: Mapping[str, Any]) -> dict[str, Any]:
    """Which service it is, and what the version that instances are made of is made of, where that can be told."""
    keys = _WHOSE if is_ahead(service) else (*_WHOSE, *_MADE)
    return {key: service[key] for key in keys if service.get(key) is not None}


def _review(service: Mapping[str, Any]) -> dict[str, Any]:
    """Of a service without a version that could run meanwhile: that the reviewers have it, or that they may get it. An
    instance that runs is not asked: it stays where it is."""
    stage = service.get("stage")
    if stage is UNKNOWN:
        return {"stage": UNKNOWN} if service.get("publishing") in (UNKNOWN, "online") else {}
    return {"stage": stage} if stage in IN_REVIEW and not is_ahead(service) else {}


def _known(mark: Mapping[str, Any], key: str) -> Any:
    value = mark.get(key)
    return object() if value is UNKNOWN else value  # what is unknown equals nothing


def _or_before(value: Any, before: Any, *, holds: bool) -> Any:
    return before if value is UNKNOWN and holds and before is not None else value


def _name(olds: Mapping[str, Any], given: Mapping[str, Any], failures: list[Failure]) -> Any:
    name = given.get("name", olds.get("name") or str(given.get("logicalName", ""))[:_MAX_NAME])
    before = len(failures)
    check_name(name, failures, limit=_MAX_NAME)
    return name if len(failures) == before else UNKNOWN


def _region(given: Mapping[str, Any], failures: list[Failure]) -> Any:
    region = given.get("region")
    if region is UNKNOWN:
        return UNKNOWN
    if not isinstance(region, str) or not region:
        failures.append(Failure("region", "the region to deploy in is needed, such as cn-hangzhou"))
        return UNKNOWN
    return region


def _parameters(given: Mapping[str, Any], region: Any, failures: list[Failure]) -> Any:
    """Values stay out of every message: any of them may be a secret."""
    found = given.get("parameters", {})
    if found is UNKNOWN:
        return UNKNOWN
    if not isinstance(found, Mapping):
        failures.append(Failure("parameters", "a map from parameter to value is needed"))
        return {}
    check_numbers(found, failures, path="parameters")
    if "" in found:
        failures.append(Failure("parameters['']", "a parameter has a name"))
    inner = found.get("RegionId")
    if inner is not None and inner is not UNKNOWN and region is not UNKNOWN and inner != region:
        failures.append(Failure("parameters.RegionId", f"`region` says {quoted(region)}; leave this one out"))
    return {str(key): value for key, value in sorted(found.items()) if value is not None and key != "RegionId"}


def _concealed(given: Mapping[str, Any]) -> dict[str, Any]:
    names = given.get("concealed")
    if names is UNKNOWN or not isinstance(names, list | tuple) or not names:
        return {}
    return {"concealed": sorted(str(name) for name in names if name is not UNKNOWN)}


def _timeout(given: Mapping[str, Any], failures: list[Failure]) -> dict[str, Any]:
    value = given.get("timeoutS")
    if value is None or value is UNKNOWN:
        return {} if value is None else {"timeoutS": UNKNOWN}
    try:
        return {"timeoutS": seconds(value)}
    except ValueError as refused:
        failures.append(Failure("timeoutS", str(refused)))
        return {}


def _upgrade(given: Mapping[str, Any], failures: list[Failure]) -> dict[str, Any]:
    chosen = given.get("upgrade")
    if chosen not in (None, UNKNOWN, *_UPGRADES):
        failures.append(Failure("upgrade", f"{CHANGED!r}, {ALWAYS!r} or {REPLACE!r} is needed"))
        return {}
    return {} if chosen is None else {"upgrade": chosen}


def _images(
    olds: Mapping[str, Any],
    given: Mapping[str, Any],
    inputs: Mapping[str, Any],
    failures: list[Failure],
    *,
    has_run: bool,
) -> dict[str, Any]:
    """What the association promises. A published version of a service keeps its images for ever, so an instance that
    stays on its version keeps what was promised, whatever the packages become meanwhile, unless other parameters choose
    among them."""
    association = given.get("association")
    if isinstance(association, Mapping) and "ownerId" not in association and "substitutions" not in association:
        failures.append(Failure("association", "it is no ServiceImageAssociation: give one of this stack"))
        return {}
    if "association" not in given:
        kept = given.get("expectedImages")  # checked inputs that are checked again
        return {} if kept is None else {"expectedImages": kept}
    same = ("serviceId", "serviceVersion", "region", "templateName")
    chosen = {key: inputs[key] for key in same if key in inputs}  # the cloud chooses the others, once
    stays = not has_unknown(chosen) and all(olds.get(key) == value for key, value in chosen.items())
    is_other = is_other_draft(olds, inputs) or (is_exchanged(olds, inputs) and inputs.get("upgrade") == REPLACE)
    stays = stays and not is_other and same_parameters(olds.get("parameters"), inputs["parameters"])
    before = olds.get("expectedImages")
    if stays and isinstance(before, Mapping) and before and not has_unknown(before):
        return {"expectedImages": dict(before)}
    possible = positions_of(given["association"], inputs["parameters"], inputs["region"])
    expected = expected_images(given["association"], inputs["region"], failures, positions=possible)
    service = given.get("service")
    if isinstance(service, Mapping) and is_ahead(service):
        expected = {}
    elif (
        isinstance(service, Mapping)
        and service.get("stage") is UNKNOWN
        and (olds or has_run)
        and isinstance(expected, Mapping)
    ):
        # The instance may move on with its service, or stay where it is while the reviewers look; a new one may be made
        # of the version that the service has already.
        known = before if isinstance(before, Mapping) else {}
        expected = {name: image if known.get(name) == image else UNKNOWN for name, image in expected.items()}
        expected = expected if known.keys() == expected.keys() else UNKNOWN
    return {"expectedImages": expected}


def _identity(olds: Mapping[str, Any], news: Mapping[str, Any], recorded: Recorded | None) -> dict[str, Any]:
    known = recorded_in(olds)
    if known is not None:
        return {"ownerId": known.owner_id, "generation": known.generation}
    if recorded is not None:
        return {"ownerId": recorded.owner_id, "generation": recorded.generation + 1}
    return {"ownerId": news.get("ownerId", ""), "generation": 1}
