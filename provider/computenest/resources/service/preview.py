"""What an operation will make of a service, as far as that is sure before it runs."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources.service.model import Service, State

_SETTLED = frozenset({"Draft", "Beta", "Online", "Rejected", "Submitted"})
_KEPT = ("incarnation", "service_id")
_STAYS = ("registration_id", "service_version", "stage", "status", "submitted", "template_urls")


def preview(inputs: Service[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state after the operation, UNKNOWN where a review or the cloud decides.

    Args:
        inputs: checked inputs, parts of them UNKNOWN where the preview does not know them.
        former: the state before, None for a create.
    """
    edition = UNKNOWN if inputs.has_unknown else Service[Known].made(inputs).wanted_edition
    publishing = inputs.publishing
    is_same = former is not None and edition is not UNKNOWN and edition == former.edition
    is_decided = former is not None and former.status == "Submitted" and inputs.review != "Submitted"
    stays = former if former is not None and is_same and former.status in _SETTLED else None
    if stays is None or publishing != stays.publishing or is_decided or inputs.review == "Approved":
        stays = None
    # What is too public is taken back from the reviewers.
    is_narrower = former is not None and former.visibility == "public" and inputs.visibility != "public"
    if is_narrower and stays is not None and stays.status == "Submitted":
        stays = None
    keeps_all = stays is not None and not inputs.due and inputs.retain_versions == stays.retain_versions
    found = State[Unknown].made(
        inputs,
        due=None,
        review=UNKNOWN if publishing == "online" else None,
        edition=edition,
        dropped=UNKNOWN,
        reasons=_reasons(inputs, former, edition) if stays is None else stays.reasons,
        **dict.fromkeys((*_KEPT, *_STAYS, "versions"), UNKNOWN),
    )
    found = _as_before(_as_before(found, former, *_KEPT), stays, *_STAYS)
    found = _as_before(found, stays, *(["review"] if publishing == "online" else []), *(["versions"] * keeps_all))
    if stays is None and publishing == "beta":
        found = found.made(found, service_version="beta", stage="beta", status="Beta")
    elif stays is None and publishing == "draft" and former is None:
        found = found.made(found, service_version="draft", stage="draft", status="Draft")
    if is_same and not is_narrower and inputs.review == "Approved":
        found = found.made(found, stage="online", status="Online")
    return found


def _as_before(found: State[Unknown], former: State[Known] | None, *names: str) -> State[Unknown]:
    """With what the state before holds of these."""
    return found if former is None else found.with_those_of(former, *former.model_fields_set.intersection(names))


def _reasons(inputs: Service[Unknown], former: State[Known] | None, edition: Maybe[str]) -> Maybe[Mapping[str, str]]:
    """None, unless reviewers may have turned down what is wanted."""
    was_submitted = edition is UNKNOWN or (former is not None and edition == former.submitted)
    may_be_rejected = inputs.publishing == "online" and was_submitted
    return UNKNOWN if may_be_rejected and inputs.review != "Approved" else {}
