"""Which version of its service an instance is to run: the newest, or the one it runs where that deploys the same."""

from __future__ import annotations

from dataclasses import replace

from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources.service_instance.declaration import Arguments, ServiceReference
from computenest.resources.service_instance.deploys import ALWAYS, REPLACE, Deploys, Offered, is_ahead
from computenest.resources.service_instance.diff import is_exchanged, same_parameters
from computenest.resources.service_instance.model import Wanted

_WHERE = ("account", "region", "service_id", "template_name")
_VERSION = ("service_mark", "service_version")
_RUNS = ("expected_images", *_VERSION)
_EXCHANGED = (
    "version {version} of its service holds something else since: a launch updated it in place, and no upgrade leads "
    "from a version to itself, so the instance keeps what it was deployed with; `upgrade: replace` makes a new "
    "instance of what the version holds now, and the next version with a number of its own upgrades it"
)
_MAY_EXCHANGE = (
    "should the launch update version {version} in place rather than make one more, `up` makes a new instance in place "
    "of this one, as `upgrade: replace` says"
)


def staying(
    olds: Wanted[Known] | None,
    given: Arguments,
    inputs: Wanted[Unknown],
    deploys: Deploys | None,
    notes: list[str],
) -> Wanted[Unknown]:
    """With the fingerprint of what the wished version deploys, and the version of before where that is no other, or
    where nothing leads from it to the wished one; a note says so.

    A state of before fingerprints is compared with the version that it runs, as the last run left it. What nobody can
    tell in this run (the service takes no part in it) stays.
    """
    service = given.service
    if not isinstance(service, ServiceReference):  # a service by its id has none; checked inputs are checked again
        return inputs
    if given.service_version:
        return _marked(inputs, None)
    if (stage := _review(inputs)) is not None:
        return _marked(inputs, UNKNOWN if stage is UNKNOWN else None)
    now, before = _now(inputs, deploys), None if olds is None or _review(olds) else _before(olds, deploys)
    if is_ahead(service) or _relates_the_same(olds, deploys):
        now = before  # of a service ahead the inputs are those of the version under review
    given_here = inputs.model_fields_set.intersection(_WHERE)
    is_here = all(getattr(olds, name, None) == getattr(inputs, name) for name in given_here)
    if olds is not None and before is not None and before is not UNKNOWN and is_here and now in (None, before):
        if inputs.upgrade == ALWAYS or _brings_parameters(olds, inputs):
            return _marked(inputs, before)
        # Its images are as the association says of now: they are the same, and other parameters choose among them.
        is_same = same_parameters(olds.parameters, inputs.parameters) and olds.expected_images
        return _marked(_with_held(inputs, olds, _RUNS if is_same else _VERSION), before)
    if olds is not None and is_here and now is not UNKNOWN and not is_ahead(service) and is_exchanged(olds, inputs):
        is_renewed = inputs.upgrade == REPLACE or _brings_parameters(olds, inputs)
        if now is not None and not is_renewed:
            notes.append(_EXCHANGED.format(version=inputs.service_version))
        if now is None or not is_renewed:
            return _with_held(_marked(inputs, None), olds, ("fingerprint", *_RUNS))
    if olds is not None and inputs.upgrade == REPLACE and is_here and inputs.service_version is UNKNOWN:
        notes.append(_MAY_EXCHANGE.format(version=olds.service_version))
    if now is None or is_ahead(service):
        return _marked(inputs, None)
    return _marked(inputs, UNKNOWN if service.stage is UNKNOWN else now)


def _marked(inputs: Wanted[Unknown], fingerprint: Maybe[str] | None) -> Wanted[Unknown]:
    return Wanted[Unknown].made(inputs, fingerprint=fingerprint)


def _with_held(inputs: Wanted[Unknown], olds: Wanted[Known], names: tuple[str, ...]) -> Wanted[Unknown]:
    return inputs.with_those_of(olds, *olds.model_fields_set.intersection(names))


def _brings_parameters(olds: Wanted[Known], inputs: Wanted[Unknown]) -> bool:
    """Whether an upgrade is the way to give it other parameters: without it, it would be replaced."""
    return not inputs.operation and not same_parameters(olds.parameters, inputs.parameters)


def is_assumed(inputs: Wanted[Unknown], given: Arguments, deploys: Deploys | None) -> bool:
    """Whether an instance stays in a preview whose service is about to get another version, of package versions that
    do not exist yet: the ids of their images are an assumption."""
    service = given.service
    if deploys is None or not isinstance(service, ServiceReference) or inputs.fingerprint in (None, UNKNOWN):
        return False
    is_moving = service.service_version is UNKNOWN and inputs.service_version is not UNKNOWN
    return is_moving and deploys.now.is_assumed


def _review(inputs: Wanted[Unknown]) -> Maybe[str] | None:
    """Of an instance that waits, or may have to: what the reviewers do."""
    return inputs.service_mark.stage if inputs.service_mark else None


def _now(inputs: Wanted[Unknown], deploys: Deploys | None) -> Maybe[str] | None:
    if deploys is None:
        return None
    now, before = deploys.now, deploys.before
    if before is not None and now.service.relations is UNKNOWN:
        # A program hands over a relation with one unknown version as unknown altogether. Where the association stands
        # for all that there is, what its markers are is known all the same.
        related, covered = before.service.relations, now.substitutions
        if related is UNKNOWN or covered is None or covered is UNKNOWN:
            return UNKNOWN
        if related.keys() == covered.keys():
            now = Offered(replace(now.service, relations=related), covered)
    return now.fingerprint(inputs.template_name, inputs.region, deploys.text)


def _before(olds: Wanted[Known], deploys: Deploys | None) -> Maybe[str] | None:
    """Of what it runs. One of the form of before, or none, is that of the last run's service where it runs that."""
    known = olds.fingerprint
    if deploys is None or deploys.before is None:
        return known
    where = (olds.template_name, olds.region, deploys.text)
    if known is None:
        return deploys.before.fingerprint(*where) if _runs(olds, deploys.before) else None
    if known == deploys.before.by_version.fingerprint(*where):
        return deploys.before.fingerprint(*where)
    return known


def _runs(olds: Wanted[Known], offered: Offered) -> bool:
    edition = olds.service_mark.edition if olds.service_mark else None
    return edition is not None and edition == offered.service.edition


def _relates_the_same(olds: Wanted[Known] | None, deploys: Deploys | None) -> bool:
    """Whether it runs what the last run left, and nothing that counts became another version since: a run that leaves
    packages out (`--target`) has not come across them, and cannot say what they are."""
    if olds is None or deploys is None or deploys.before is None or not _runs(olds, deploys.before):
        return False
    where = (olds.template_name, olds.region, deploys.text)
    now = deploys.now.by_version.fingerprint(*where)
    return now not in (None, UNKNOWN) and now == deploys.before.by_version.fingerprint(*where)
