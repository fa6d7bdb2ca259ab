"""Validation of the input `direct`, all failures at once, each with its property path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources._packages.direct_model import MAX_PERMITTED, PUBLIC, DirectSpec

__all__ = ["check_direct", "has_keys"]

_MAX_TAGS = 13  # an image has 20; up to six are ours, and one is kept free
_MANAGED_ONLY = ("description", "release", "retainVersions", "versionName")


def check_direct(
    olds: Mapping[str, Any], news: Mapping[str, Any], inputs: Mapping[str, Any], failures: list[Failure]
) -> dict[str, Any]:
    """`{"direct": …}` normalised, or {} where the package is managed. `inputs` are the others, checked already."""
    given = news.get("direct")
    if given is None:
        return {}
    if given is UNKNOWN or has_unknown(given):
        return {"direct": UNKNOWN}
    if not isinstance(given, Mapping):
        failures.append(Failure("direct", "a DirectDistribution is needed"))
        return {"direct": UNKNOWN}
    try:
        spec = DirectSpec.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=False, include_input=False):
            path = "direct" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in item["loc"])
            what = "there is no such property" if item["type"] == "extra_forbidden" else item["msg"]
            failures.append(Failure(path, what.removeprefix("Value error, ")))
        return {"direct": UNKNOWN}
    if given.get("hubAccount") == "":
        failures.append(Failure("direct.hubAccount", "the name is empty; leave it out for the default account"))
    failures.extend(
        Failure(f"direct.kmsKeys.{region}", "a key's id is needed; leave the region out to copy without encryption")
        for region, key in sorted(spec.kms_keys.items())
        if not key.strip()
    )
    failures.extend(_judge(spec, news, inputs))
    normal = spec.model_dump(by_alias=True, exclude_unset=True, exclude_none=True, mode="json")
    if spec.permit:
        normal["permit"] = sorted(set(spec.permit))
    former = olds.get("direct")
    if isinstance(former, Mapping) and former.get("stack"):
        normal["stack"] = former["stack"]  # like the owner id: a renamed stack keeps what is its own
    return {"direct": normal}


def has_keys(direct: Any) -> bool:
    """Whether the copies are encrypted with keys of the user's, so that an encrypted source can be distributed."""
    return direct is UNKNOWN or bool(direct.get("kmsKeys"))


def _judge(spec: DirectSpec, news: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Failure]:
    found = []
    source = inputs.get("source")
    if isinstance(source, Mapping) and source.get("kind") != "custom":
        found.append(Failure("source", "direct distribution copies a CustomImage; other sources need Compute Nest"))
    if spec.hub_uid is None and (inputs.get("account") or "") not in {spec.hub_account, UNKNOWN}:
        found.append(
            Failure(
                "direct.hubUid",
                f"the source's account shares the image with account {spec.hub_account or 'default'!r}: "
                "its id, a number of 16 digits, is needed",
            )
        )
    accounts = set(spec.permit)
    if len(accounts) > MAX_PERMITTED:
        found.append(
            Failure(
                "direct.permit",
                f"{len(accounts)} accounts are too many: an image can be shared with {MAX_PERMITTED}; "
                "make the image public instead, or split the accounts over several packages",
            )
        )
    if PUBLIC in accounts:
        why = "copies are never made public: name the accounts that may launch from them"
        found.append(Failure("direct.permit", why))
    if spec.hub_uid in accounts:
        found.append(Failure("direct.permit", f"{spec.hub_uid} owns the copies; take it out of the list"))
    found.extend(
        Failure(key, "this belongs to Compute Nest's versions; direct distribution has none: leave it out")
        for key in _MANAGED_ONLY
        if news.get(key) is not None
    )
    tags = inputs.get("tags")
    if isinstance(tags, Mapping) and len(tags) > _MAX_TAGS:
        found.append(Failure("tags", f"{len(tags)} tags are too many beside ours; at most {_MAX_TAGS} are possible"))
    return found
