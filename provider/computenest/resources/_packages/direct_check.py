"""Validation of the input `direct`, all failures at once, each with its property path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from computenest.kernel.fields import key_of
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe
from computenest.resources._packages.direct_model import MAX_PERMITTED, PUBLIC, DirectSpec
from computenest.resources._packages.image_package import Arguments, Package
from computenest.resources._packages.model import BuiltImage, MarketplaceImage

_MAX_TAGS = 13  # an image has 20; up to six are ours, and one is kept free
_MANAGED_ONLY = ("description", "release", "retain_versions", "version_name")


def check_direct(olds: Package[Known] | None, news: Arguments, failures: list[Failure]) -> Maybe[DirectSpec] | None:
    """What is told of direct distribution, normalised; None where the package is managed."""
    spec = news.direct
    if spec is None or spec is UNKNOWN:
        return spec
    failures.extend(_judge(spec, news))
    changed = {"permit": tuple(sorted(set(spec.permit)))} if spec.permit else {}
    former = olds.direct if olds is not None else None
    if former is not None and former.stack:
        return spec.model_copy(update={**changed, "stack": former.stack})  # a renamed stack keeps what is its own
    return spec.model_copy(update=changed)


def _judge(spec: DirectSpec, news: Arguments) -> Iterator[Failure]:
    """Everything that is wrong with it."""
    if not spec.hub_account and "hub_account" in spec.model_fields_set:
        yield Failure("direct.hubAccount", "the name is empty; leave it out for the default account")
    for region, key in sorted(spec.kms_keys.items()):
        if not key.strip():
            why = "a key's id is needed; leave the region out to copy without encryption"
            yield Failure(f"direct.kmsKeys.{region}", why)
    if isinstance(news.source, MarketplaceImage | BuiltImage):
        yield Failure("source", "direct distribution copies a CustomImage; other sources need Compute Nest")
    if spec.hub_uid is None and news.account not in {spec.hub_account, UNKNOWN}:
        yield Failure(
            "direct.hubUid",
            f"the source's account shares the image with account {spec.hub_account or 'default'!r}: "
            "its id, a number of 16 digits, is needed",
        )
    accounts = set(spec.permit)
    if len(accounts) > MAX_PERMITTED:
        yield Failure(
            "direct.permit",
            f"{len(accounts)} accounts are too many: an image can be shared with {MAX_PERMITTED}; "
            "make the image public instead, or split the accounts over several packages",
        )
    if PUBLIC in accounts:
        yield Failure("direct.permit", "copies are never made public: name the accounts that may launch from them")
    if spec.hub_uid in accounts:
        yield Failure("direct.permit", f"{spec.hub_uid} owns the copies; take it out of the list")
    for name in _MANAGED_ONLY:
        if name in news.model_fields_set:
            key = key_of(name, Arguments.model_fields[name])
            yield Failure(key, "this belongs to Compute Nest's versions; direct distribution has none: leave it out")
    if isinstance(news.tags, Mapping) and len(news.tags) > _MAX_TAGS:
        yield Failure("tags", f"{len(news.tags)} tags are too many beside ours; at most {_MAX_TAGS} are possible")
