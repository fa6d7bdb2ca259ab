"""What separates an instance's state from its wish, and which of it only a new instance can bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.outcome import Difference
from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service_instance.classify import WAITING, is_moving, is_unusable
from computenest.resources.service_instance.declaration import RESOURCE
from computenest.resources.service_instance.deploys import REPLACE
from computenest.resources.service_instance.parameters import are_same

__all__ = ["diff", "is_exchanged", "is_other_draft", "is_waiting", "same_parameters"]

_MOVING = ("draft", "beta")
_FROM_CLOUD = ("resourceGroupId", "serviceVersion", "templateName")
"""The cloud chooses one where the program does not, and the state says which: no difference."""


def diff(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
    """Compares the state's outputs (its inputs among them) with checked inputs.

    Guarantees:
        1. diff(x, x) is empty for an instance that is deployed.
        2. Another service version is an upgrade in place, and may bring other parameters along. Other parameters alone
           are an update where `operation` names the supplier's operation for that, otherwise a replacement.
        3. An instance whose deployment failed is replaced: nothing repairs it in place. One that is still at work
           is waited for, and a change of it that failed is tried again.
        4. One whose version deploys something else since, under the same number, is replaced where `upgrade` says so,
           and is left alone otherwise: no upgrade leads from a version to itself.
        5. One that waits for reviewers is none yet: nothing replaces it, and it is deployed once they have decided.
    """
    if olds.get("status") == WAITING:
        return _of_waiting(olds, news)
    changed = [key for key in RESOURCE.compared if not _is_same(key, olds, news)]
    replaces = [key for key in RESOURCE.replaces if key in changed]
    if not same_parameters(olds.get("parameters"), news.get("parameters")):
        changed.append("parameters")
        if not ({"serviceVersion"} & {*changed} or is_other_draft(olds, news) or news.get("operation")):
            replaces.append("parameters")
    if is_other_draft(olds, news):
        changed.append("serviceMark")
    if _is_renewed(olds, news):
        replaces.append("serviceMark")
    status = str(olds.get("status", ""))
    if is_unusable(status):
        replaces.append("status")
    elif is_moving(status) or olds.get("reason"):
        changed.append("status")
    return Difference(changes=tuple(sorted({*changed, *replaces})), replaces=tuple(sorted(replaces)))


def is_waiting(inputs: Mapping[str, Any]) -> bool:
    """Whether checked inputs say that the reviewers have the service, and that there is no version to run meanwhile."""
    mark = inputs.get("serviceMark")
    return isinstance(mark, Mapping) and mark.get("stage") is not UNKNOWN and bool(mark.get("stage"))


def _of_waiting(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
    changed = [key for key in RESOURCE.compared if not _is_same(key, olds, news)]
    if not same_parameters(olds.get("parameters"), news.get("parameters")):
        changed.append("parameters")
    if not is_waiting(news):
        changed.append("status")
    return Difference(changes=tuple(sorted(changed)))


def is_other_draft(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether a version that keeps its name while its content changes (`draft`, `beta`) is made of something else."""
    version = news.get("serviceVersion")
    return version in _MOVING and version == olds.get("serviceVersion") and _is_other_edition(olds, news)


def is_exchanged(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether a version that keeps its number is made of something else: a launch may update the newest version that
    is online (UpdateLatestVersion; emulator's fact svc-034)."""
    version = news.get("serviceVersion")
    if not isinstance(version, str) or version in _MOVING or UNKNOWN in (news.get("serviceMark") or {}).values():
        return False
    return version == olds.get("serviceVersion") and _is_other_edition(olds, news)


def _is_other_edition(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    before, after = olds.get("serviceMark"), news.get("serviceMark")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False
    return "edition" in before and "edition" in after and before["edition"] != after["edition"]


def _is_renewed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether a new instance is asked for because what its version deploys was exchanged."""
    before, after = olds.get("fingerprint"), news.get("fingerprint")
    is_told = None not in (before, after) and UNKNOWN not in (before, after)
    return is_told and before != after and news.get("upgrade") == REPLACE and is_exchanged(olds, news)


def _is_same(key: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    if news.get(key) is None and key in _FROM_CLOUD:
        return True
    old, new = RESOURCE.value(olds, key), RESOURCE.value(news, key)
    return (old or None) == (new or None)


def same_parameters(olds: Any, news: Any) -> bool:
    """Whether a deployment hears the same; what is not known yet may be something else."""
    if news is UNKNOWN or olds is UNKNOWN:
        return False
    before, after = olds or {}, news or {}
    return before.keys() == after.keys() and all(
        after[name] is not UNKNOWN and are_same(before[name], after[name]) for name in after
    )
