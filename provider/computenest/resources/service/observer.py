"""Looking at a service: its versions, what they say, its whitelist and its reviews."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.errors import Permanent
from computenest.kernel.names import VersionId
from computenest.resources.service.api import CloudServices
from computenest.resources.service.model import BETA, DRAFT
from computenest.resources.service.plan import Observed
from computenest.resources.service.seen import Content, Registration, Version

REJECTED = "Rejected"
"""Status of a submission that the reviewers turned down."""


async def observe(
    services: CloudServices, service_id: str, *, with_reviews: bool = False, with_shared: bool = False
) -> Observed:
    """Everything that a plan needs, in a handful of calls. An empty answer means that the service does not exist."""
    versions = await services.versions(service_id=service_id)
    contents: dict[str, Content] = {}
    for version in _of_interest(versions):
        content = await services.get(service_id=service_id, version=version)
        if content is not None:
            contents[content.version] = content
    if not contents:  # a list may be late; what is asked for by its id is not
        content = await services.get(service_id=service_id)
        if content is None:
            return Observed()
        contents[content.version] = content
    return Observed(
        service_id=service_id,
        versions=_agreeing(versions, contents),
        contents=contents,
        tags=next(iter(contents.values())).tags,
        review=await newest_review(services, service_id) if with_reviews else None,
        shared=await services.shared(service_id=service_id) if with_shared else None,
    )


async def newest_review(services: CloudServices, service_id: str) -> Registration | None:
    """The latest submission; with what the reviewers found where they turned it down."""
    found = await services.reviews(service_id=service_id)
    if not found or found[0].status != REJECTED:
        return found[0] if found else None
    return await with_findings(services, found[0])


async def with_findings(services: CloudServices, review: Registration) -> Registration:
    """A submission with what the reviewers found; who may not read that is told the rest all the same."""
    try:
        findings = await services.findings(registration_id=review.registration_id)
    except Permanent:
        return review
    return review if findings is None else review.model_copy(update={"findings": findings})


def _of_interest(versions: tuple[Version, ...]) -> list[VersionId]:
    """Draft and beta, the newest that is online, and the newest that is not any more."""
    named = [v.version for v in versions if v.version in (DRAFT, BETA)]
    for status in ("Online", "Offline"):
        numbered = [v for v in versions if v.number and v.status == status]
        if numbered:
            named.append(max(numbered, key=lambda v: v.number).version)
    return named or [v.version for v in versions[:1]]


def _agreeing(versions: tuple[Version, ...], contents: Mapping[str, Content]) -> tuple[Version, ...]:
    """The list, with what was read later and by id; a version that the list does not show yet is added."""
    listed = {version.version: version for version in versions}
    for name, content in contents.items():
        known = listed.get(VersionId(name)) or Version(version=content.version, status=content.status)
        share_type = content.share_type or known.share_type
        listed[content.version] = known.model_copy(update={"status": content.status, "share_type": share_type})
    return tuple(sorted(listed.values(), key=lambda one: (one.number > 0, -one.number, one.version)))
