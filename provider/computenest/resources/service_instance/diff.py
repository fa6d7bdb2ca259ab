"""What separates an instance's state from its desired state, and which of it only a new instance can bring."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.outcome import Difference
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources.service_instance.classify import WAITING, is_moving, is_unusable
from computenest.resources.service_instance.declaration import RESOURCE
from computenest.resources.service_instance.deploys import REPLACE
from computenest.resources.service_instance.model import ServiceMark, State, Wanted
from computenest.resources.service_instance.parameters import are_same

_MOVING = ("draft", "beta")
_FAILED = "DeployedFailed"
_FROM_CLOUD = ("resource_group_id", "service_version", "template_name")
"""The cloud chooses one where the program does not, and the state says which: no difference."""


def diff(olds: State[Known], news: Wanted[Unknown]) -> Difference:
    """Compares the state's outputs (its inputs among them) with checked inputs.

    Guarantees:
        1. diff(x, x) is empty for an instance that is deployed.
        2. Another service version is an upgrade in place, and may bring other parameters along. Other parameters alone
           are an update where `operation` names the supplier's operation for that, otherwise a replacement.
        3. An instance whose deployment failed is replaced, unless `onFailure` says otherwise. One that is still at work
           is waited for, and a change of it that failed is tried again.
        4. One whose version deploys something else since, under the same number, is replaced where `upgrade` says so,
           and is left alone otherwise: no upgrade leads from a version to itself.
        5. One that waits for reviewers is none yet: nothing replaces it, and it is deployed once they have decided.
    """
    names = {key: RESOURCE.properties[key].name for key in RESOURCE.compared}
    changed = [key for key, name in names.items() if not _is_same(name, olds, news)]
    is_same = same_parameters(olds.parameters, news.parameters)
    if not is_same:
        changed.append("parameters")
    if olds.status == WAITING:
        return Difference(tuple(sorted([*changed, *([] if is_waiting(news) else ["status"])])))
    replaces = [key for key in RESOURCE.replaces if key in changed]
    goes_on = olds.status == _FAILED and news.on_failure == "continue"
    if not (goes_on or is_same or "serviceVersion" in changed or is_other_draft(olds, news) or news.operation):
        replaces.append("parameters")
    if is_other_draft(olds, news):
        changed.append("serviceMark")
    if _is_renewed(olds, news):
        replaces.append("serviceMark")
    if olds.status == _FAILED and news.on_failure in ("continue", "leave"):
        changed += ["status"] if news.on_failure == "continue" else []
    elif is_unusable(olds.status):
        replaces.append("status")
    elif is_moving(olds.status) or olds.reason:
        changed.append("status")
    return Difference(changes=tuple(sorted({*changed, *replaces})), replaces=tuple(sorted(replaces)))


def is_waiting(inputs: Wanted[Unknown]) -> bool:
    """Whether checked inputs say that the reviewers have the service, and that there is no version to run meanwhile."""
    mark = inputs.service_mark
    return mark is not None and mark.stage is not UNKNOWN and bool(mark.stage)


def is_other_draft(olds: Wanted[Known] | None, news: Wanted[Unknown]) -> bool:
    """Whether a version that keeps its name while its content changes (`draft`, `beta`) is made of something else."""
    return news.service_version in _MOVING and _is_other_edition(olds, news)


def is_exchanged(olds: Wanted[Known] | None, news: Wanted[Unknown]) -> bool:
    """Whether a version that keeps its number is made of something else: a launch may update the newest version that
    is online (UpdateLatestVersion; emulator's fact svc-034)."""
    version, mark = news.service_version, news.service_mark
    if not isinstance(version, str) or version in _MOVING or (mark is not None and mark.has_unknown):
        return False
    return _is_other_edition(olds, news)


def _is_other_edition(olds: Wanted[Known] | None, news: Wanted[Unknown]) -> bool:
    if olds is None or olds.service_version != news.service_version:
        return False
    before, after = _edition(olds.service_mark), _edition(news.service_mark)
    return before is not None and after is not None and before != after


def _edition(mark: ServiceMark[Unknown] | None) -> Maybe[str] | None:
    return None if mark is None else mark.edition


def _is_renewed(olds: State[Known], news: Wanted[Unknown]) -> bool:
    """Whether a new instance is asked for because what its version deploys was exchanged."""
    before, after = olds.fingerprint, news.fingerprint
    is_told = before is not None and after is not None and after is not UNKNOWN
    return is_told and before != after and news.upgrade == REPLACE and is_exchanged(olds, news)


def _is_same(name: str, olds: State[Known], news: Wanted[Unknown]) -> bool:
    old, new = getattr(olds, name) or None, getattr(news, name) or None
    return old == new or (new is None and name in (*_FROM_CLOUD, "power"))


def same_parameters(olds: Mapping[str, Json], news: Maybe[Mapping[str, Maybe[Json]]]) -> bool:
    """Whether a deployment hears the same; what is not known yet may be something else."""
    return (
        news is not UNKNOWN
        and olds.keys() == news.keys()
        and all(value is not UNKNOWN and are_same(olds[name], value) for name, value in news.items())
    )
