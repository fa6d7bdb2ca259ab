"""Which version of its service an instance is to run: the newest, or the one it runs where that deploys the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service_instance.deploys import ALWAYS, REPLACE, Deploys, Offered, is_ahead
from computenest.resources.service_instance.diff import is_exchanged, same_parameters

__all__ = ["is_assumed", "staying"]

_WHERE = ("account", "region", "serviceId", "templateName")
_VERSION = ("serviceMark", "serviceVersion")
_RUNS = ("expectedImages", *_VERSION)
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
    olds: Mapping[str, Any],
    given: Mapping[str, Any],
    inputs: Mapping[str, Any],
    deploys: Deploys | None,
    notes: list[str],
) -> dict[str, Any]:
    """The fingerprint of what the wished version deploys, with the version of before where that is no other, or where
    nothing leads from it to the wished one; a note says so.

    A state of before fingerprints is compared with the version that it runs, as the last run left it. What nobody can
    tell in this run (the service takes no part in it) stays.
    """
    service = given.get("service")
    if not isinstance(service, Mapping):  # a service by its id has no fingerprint; checked inputs are checked again
        return {key: given[key] for key in ("fingerprint",) if key in given}
    if given.get("serviceVersion"):
        return {}
    if (stage := _review(inputs)) is not None:
        return {"fingerprint": UNKNOWN} if stage is UNKNOWN else {}
    now, before = _now(inputs, deploys), None if _review(olds) else _before(olds, deploys)
    if is_ahead(service) or _relates_the_same(olds, deploys):
        now = before  # of a service ahead the inputs are those of the version under review
    is_told = before is not None and before is not UNKNOWN
    is_here = all(olds.get(key) == inputs.get(key) for key in _WHERE if key in inputs)
    if is_told and is_here and now in (None, before):
        if inputs.get("upgrade") == ALWAYS or _brings_parameters(olds, inputs):
            return {"fingerprint": before}
        # Its images are as the association says of now: they are the same, and other parameters choose among them.
        is_same = same_parameters(olds.get("parameters"), inputs.get("parameters")) and olds.get("expectedImages")
        runs = _RUNS if is_same else _VERSION
        return {"fingerprint": before, **{key: olds[key] for key in runs if key in olds}}
    if is_here and now is not UNKNOWN and not is_ahead(service) and is_exchanged(olds, inputs):
        is_renewed = inputs.get("upgrade") == REPLACE or _brings_parameters(olds, inputs)
        if now is not None and not is_renewed:
            notes.append(_EXCHANGED.format(version=inputs["serviceVersion"]))
        if now is None or not is_renewed:
            return {key: olds[key] for key in ("fingerprint", *_RUNS) if key in olds}
    if inputs.get("upgrade") == REPLACE and is_here and inputs.get("serviceVersion") is UNKNOWN:
        notes.append(_MAY_EXCHANGE.format(version=olds.get("serviceVersion")))
    if now is None or is_ahead(service):
        return {}
    return {"fingerprint": UNKNOWN if service.get("stage") is UNKNOWN else now}


def _brings_parameters(olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether an upgrade is the way to give it other parameters: without it, it would be replaced."""
    return not inputs.get("operation") and not same_parameters(olds.get("parameters"), inputs.get("parameters"))


def is_assumed(inputs: Mapping[str, Any], given: Mapping[str, Any], deploys: Deploys | None) -> bool:
    """Whether an instance stays in a preview whose service is about to get another version, of package versions that
    do not exist yet: the ids of their images are an assumption."""
    service, fingerprint = given.get("service"), inputs.get("fingerprint")
    if deploys is None or not isinstance(service, Mapping) or fingerprint in (None, UNKNOWN):
        return False
    is_moving = service.get("serviceVersion") is UNKNOWN and inputs.get("serviceVersion") is not UNKNOWN
    return is_moving and deploys.now.is_assumed


def _review(inputs: Mapping[str, Any]) -> Any:
    """Of an instance that waits, or may have to: what the reviewers do."""
    mark = inputs.get("serviceMark")
    return mark.get("stage") if isinstance(mark, Mapping) else None


def _now(inputs: Mapping[str, Any], deploys: Deploys | None) -> Any:
    if deploys is None:
        return None
    now, before = deploys.now, deploys.before
    if before is not None and now.service.get("relations") is UNKNOWN:
        # A program hands over a relation with one unknown version as unknown altogether. Where the association stands
        # for all that there is, what its markers are is known all the same.
        related = before.service.get("relations")
        if (
            isinstance(related, Mapping)
            and isinstance(now.substitutions, Mapping)
            and {*related} == {*now.substitutions}
        ):
            now = Offered({**now.service, "relations": related}, now.substitutions)
    return now.fingerprint(inputs.get("templateName"), inputs.get("region"), deploys.text)


def _before(olds: Mapping[str, Any], deploys: Deploys | None) -> Any:
    """Of what it runs. One of the form of before, or none, is that of the last run's service where it runs that."""
    known = olds.get("fingerprint")
    if deploys is None or deploys.before is None:
        return known
    where = (olds.get("templateName"), olds.get("region"), deploys.text)
    if known is None:
        return deploys.before.fingerprint(*where) if _runs(olds, deploys.before) else None
    if known == deploys.before.by_version.fingerprint(*where):
        return deploys.before.fingerprint(*where)
    return known


def _runs(olds: Mapping[str, Any], offered: Offered) -> bool:
    mark = olds.get("serviceMark")
    edition = mark.get("edition") if isinstance(mark, Mapping) else None
    return edition is not None and edition == offered.service.get("edition")


def _relates_the_same(olds: Mapping[str, Any], deploys: Deploys | None) -> bool:
    """Whether it runs what the last run left, and nothing that counts became another version since: a run that leaves
    packages out (`--target`) has not come across them, and cannot say what they are."""
    if deploys is None or deploys.before is None or not _runs(olds, deploys.before):
        return False
    where = (olds.get("templateName"), olds.get("region"), deploys.text)
    now = deploys.now.by_version.fingerprint(*where)
    return now not in (None, UNKNOWN) and now == deploys.before.by_version.fingerprint(*where)
