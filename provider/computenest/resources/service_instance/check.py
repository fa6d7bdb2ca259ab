"""Validation of a service instance's inputs: pure, on known and partly unknown values alike, all failures at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from computenest.kernel.arguments import check_name, check_numbers, check_tags, quoted
from computenest.kernel.fields import key_of
from computenest.kernel.identity import identified
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources.service_instance.declaration import Arguments, ServiceReference
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
from computenest.resources.service_instance.images import Associated, expected_images, positions_of
from computenest.resources.service_instance.model import ServiceMark, Wanted
from computenest.resources.service_instance.staying import staying

__all__ = ["check", "is_ahead", "recorded_in"]

_MAX_NAME = 64  # facts §7
_TEXTS = ("account", "operation", "resource_group_id", "service_id", "service_version", "template_name")
_WHOSE = ("owner_id", "generation")
_MADE = ("edition", "publishing")
_CHOICES = {"power": ("running", "stopped"), "onFailure": ("replace", "continue", "leave")}
_UPGRADES = (CHANGED, ALWAYS, REPLACE)
T = TypeVar("T")


def recorded_in(olds: Wanted[Known] | None) -> Wanted[Known] | None:
    """Old inputs or outputs that say whose they are."""
    return olds if olds is not None and olds.owner_id else None


def check(
    olds: Wanted[Known] | None,
    news: Arguments,
    *,
    recorded: Wanted[Known] | None,
    deploys: Deploys | None = None,
    associated: Associated | None = None,
) -> Checked[Wanted[Unknown]]:
    """Checked inputs: what the user set, with identity, the service resolved, and the images that are expected.

    Args:
        olds: the inputs checked last time, None for a create or the second check of a replacement.
        news: what the program asks for.
        recorded: what this process has seen of the same resource in the state, for a replacement.
        deploys: what this process has seen of the service of the same program, None for nothing.
        associated: what this process knows of the association, None for what the program says of it.
    """
    empty = (name for name in _TEXTS if name in news.model_fields_set and getattr(news, name) == "")
    failures = [Failure(_key(name), "a text that is not empty is needed") for name in empty]
    if news.region == "":
        failures.append(Failure("region", "the region to deploy in is needed, such as cn-hangzhou"))
    if news.upgrade not in (None, UNKNOWN, *_UPGRADES):
        failures.append(Failure("upgrade", f"{CHANGED!r}, {ALWAYS!r} or {REPLACE!r} is needed"))
    check_tags(news.tags, failures)
    inputs = Wanted[Unknown].made(
        _service(olds, news, failures, is_new=olds is None and recorded is None),
        name=_name(olds, news, failures),
        parameters=_parameters(news, failures),
        concealed=_concealed(news),
        tags=news.tags if news.tags is UNKNOWN else dict(sorted(news.tags.items())) or None,
        **identified(recorded_in(olds), recorded, news.owner_id),
    )
    has_run = deploys is not None and deploys.may_run_before
    inputs = _with_images(olds, news, inputs, failures, associated=associated, has_run=has_run)
    notes: list[str] = []
    inputs = staying(olds, news, inputs, deploys, notes)
    return Checked(inputs, tuple(failures), tuple(notes))


def _key(name: str) -> str:
    return key_of(name, Wanted.model_fields[name])


def _service(olds: Wanted[Known] | None, news: Arguments, failures: list[Failure], *, is_new: bool) -> Wanted[Unknown]:
    """With id and version of the service. A service that changes is unknown to its dependents as a whole; the mark that
    it carries says which of the two are as the state has them."""
    service = news.service
    given = Wanted[Unknown].made(news, service_mark=None)
    if service is None:
        if "service_id" not in news.model_fields_set:
            failures.append(Failure("service", "a service is needed: a Service of this stack, or a service's id"))
        return given
    if service is UNKNOWN:
        return Wanted[Unknown].made(given, service_id=UNKNOWN, service_version=UNKNOWN)
    if isinstance(service, str):
        return Wanted[Unknown].made(given, service_id=service)
    before = (olds.service_mark if olds else None) or ServiceMark[Known]()
    mark = ServiceMark[Unknown].made(service, stage=None)
    if is_ahead(service):
        mark = ServiceMark[Unknown].made(mark, edition=None, publishing=None)
    is_same = mark.owner_id is not None and _agree(mark, before, _WHOSE)
    is_same_edition = is_same and mark.edition is not None and _agree(mark, before, _MADE)
    is_draft = olds is not None and olds.service_version == DRAFT and service.publishing == "online"
    if is_draft or (before.stage and service.stage != before.stage):
        is_same_edition = False  # what waits for reviewers is of a draft, and will be of a version with a number
    if service.stage is UNKNOWN and not is_same_edition:  # it may end with the reviewers
        mark = ServiceMark[Unknown].made(mark, **dict.fromkeys(mark.model_fields_set.intersection(_MADE), UNKNOWN))
    if not news.service_version and (is_new or before.stage):
        mark = ServiceMark[Unknown].made(mark, stage=_review(service))
    if _is_held(news, service):
        mark = ServiceMark[Unknown].made(owner_id=mark.owner_id, generation=mark.generation, stage=mark.stage)
    version = _or_before(service.service_version, olds.service_version if is_same_edition and olds else None)
    return Wanted[Unknown].made(
        given,
        service_id=_or_before(service.service_id, olds.service_id if is_same and olds else None) or None,
        service_version=news.service_version or version or None,
        service_mark=mark,
    )


def _review(service: ServiceReference) -> Maybe[str] | None:
    """Of a service without a version that could run meanwhile: that the reviewers have it, or that they may get it. An
    instance that runs is not asked: it stays where it is."""
    stage = service.stage
    if stage is UNKNOWN:
        return UNKNOWN if service.publishing in (UNKNOWN, "online") else None
    return stage if stage in IN_REVIEW and not is_ahead(service) else None


def _agree(mark: ServiceMark[Unknown], before: ServiceMark[Known], names: tuple[str, ...]) -> bool:
    return all((value := getattr(mark, name)) is not UNKNOWN and value == getattr(before, name) for name in names)


def _or_before(value: Maybe[T] | None, before: T | None) -> Maybe[T] | None:
    return before if value is UNKNOWN and before else value


def _name(olds: Wanted[Known] | None, news: Arguments, failures: list[Failure]) -> Maybe[str]:
    is_given = "name" in news.model_fields_set
    name = news.name if is_given else (olds.name if olds else "") or news.logical_name[:_MAX_NAME]
    before = len(failures)
    check_name(name, failures, limit=_MAX_NAME)
    return name if len(failures) == before else UNKNOWN


def _parameters(news: Arguments, failures: list[Failure]) -> Maybe[Mapping[str, Maybe[Json]]]:
    """Values stay out of every message: any of them may be a secret."""
    found, region = news.parameters, news.region
    if found is UNKNOWN:
        return UNKNOWN
    check_numbers(found, failures, path="parameters")
    if "" in found:
        failures.append(Failure("parameters['']", "a parameter has a name"))
    inner = found.get("RegionId")
    if inner is not None and inner is not UNKNOWN and region is not UNKNOWN and inner != region:
        failures.append(Failure("parameters.RegionId", f"`region` says {quoted(region)}; leave this one out"))
    return {key: value for key, value in sorted(found.items()) if value is not None and key != "RegionId"}


def _is_held(news: Arguments, service: ServiceReference) -> bool:
    """Whether the program names another version than its service has now: what is associated is of that one."""
    return bool(news.service_version) and news.service_version != service.service_version


def _concealed(news: Arguments) -> tuple[str, ...] | None:
    names = news.concealed
    return None if names is UNKNOWN else tuple(sorted(name for name in names if name is not UNKNOWN)) or None


def _with_images(
    olds: Wanted[Known] | None,
    news: Arguments,
    inputs: Wanted[Unknown],
    failures: list[Failure],
    *,
    associated: Associated | None,
    has_run: bool,
) -> Wanted[Unknown]:
    """What the association promises. A published version of a service keeps its images for ever, so an instance that
    stays on its version keeps what was promised, whatever the packages become meanwhile, unless other parameters choose
    among them."""
    association, service = news.association, news.service
    if association is None:  # checked inputs that are checked again keep theirs
        return inputs
    before = olds.expected_images if olds else {}
    if olds is not None and before and _stays(olds, inputs):
        return Wanted[Unknown].made(inputs, expected_images=before)
    if association is UNKNOWN:
        expected: Maybe[Mapping[str, Maybe[str]]] = UNKNOWN
    else:
        known = associated or Associated(association)
        possible = positions_of(known, inputs.parameters, inputs.region)
        expected = expected_images(known.given, inputs.region, failures, positions=possible)
    if isinstance(service, ServiceReference) and (is_ahead(service) or _is_held(news, service)):
        expected = {}
    elif (
        isinstance(service, ServiceReference)
        and service.stage is UNKNOWN
        and (olds or has_run)
        and expected is not UNKNOWN
    ):
        # The instance may move on with its service, or stay where it is while the reviewers look; a new one may be made
        # of the version that the service has already.
        shown = {name: image if before.get(name) == image else UNKNOWN for name, image in expected.items()}
        expected = shown if before.keys() == expected.keys() else UNKNOWN
    return Wanted[Unknown].made(inputs, expected_images=expected)


def _stays(olds: Wanted[Known], inputs: Wanted[Unknown]) -> bool:
    """Whether it stays on its version, with the parameters of before."""
    same = ("service_id", "service_version", "region", "template_name")
    chosen = inputs.model_fields_set.intersection(same)  # the cloud chooses the others, once
    if not all(getattr(olds, name) == getattr(inputs, name) for name in chosen):
        return False
    is_other = is_other_draft(olds, inputs) or (is_exchanged(olds, inputs) and inputs.upgrade == REPLACE)
    return not is_other and same_parameters(olds.parameters, inputs.parameters)
