"""The next step towards a service, from what is wanted and what is observed. Pure: the engine performs and looks again.

Level-triggered, as that of packages: no step depends on what this process did before, except that a draft whose
saving failed in this very run is not saved again in it. A human's review is a state like any other, and a run ends
with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from computenest.kernel import plan
from computenest.kernel.names import VersionId
from computenest.kernel.unknown import Known
from computenest.resources.service.compare import Left, matches
from computenest.resources.service.model import BETA, DRAFT, Service
from computenest.resources.service.seen import Content, Registration, Version


class Phase(Enum):
    """Where a version stands: editable, moving by itself, with the reviewers, seen by customers, or failed."""

    IDLE = "idle"
    PENDING = "pending"
    REVIEW = "review"
    PUBLISHED = "published"
    FAILED = "failed"
    GONE = "gone"


_PHASES = {
    "Draft": Phase.IDLE,
    "Submitted": Phase.REVIEW,
    "Approved": Phase.REVIEW,
    "Online": Phase.PUBLISHED,
    "Offline": Phase.PUBLISHED,
    "Beta": Phase.PUBLISHED,
    "Deleted": Phase.GONE,
}


def classify(status: str) -> Phase:
    """The phase that a status stands for; an unknown one is work under way, bounded by the caller's deadline."""
    if status in _PHASES:
        return _PHASES[status]
    return Phase.FAILED if status.endswith("Failed") else Phase.PENDING


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything the cloud says of one service.

    Args:
        versions: all of them, () where the service does not exist.
        contents: version -> its content, of those that matter: draft, beta, the newest online or offline.
        tags: the service's.
        review: the latest submission, None where there was none.
        shared: account -> permission; None where nobody asked.
    """

    service_id: str = ""
    versions: tuple[Version, ...] = ()
    contents: Mapping[str, Content] = field(default_factory=lambda: MappingProxyType({}))
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    review: Registration | None = None
    shared: Mapping[str, str] | None = None

    @property
    def exists(self) -> bool:
        return bool(self.versions)

    @property
    def draft(self) -> Content | None:
        return self.contents.get(DRAFT)

    @property
    def live(self) -> Content | None:
        """The newest version that is online."""
        return next((self.contents[v.version] for v in self._numbered("Online") if v.version in self.contents), None)

    @property
    def withdrawn(self) -> Content | None:
        """The newest version that was taken offline."""
        return next((self.contents[v.version] for v in self._numbered("Offline") if v.version in self.contents), None)

    @property
    def highest(self) -> int:
        """The highest number that is there; an ordinal for tokens."""
        return max((v.number for v in self.versions), default=0)

    def without(self, gone: Set[str]) -> Observed:
        """The same without versions that were deleted since."""
        return replace(self, versions=tuple(v for v in self.versions if v.version not in gone))

    def _numbered(self, status: str) -> list[Version]:
        return sorted((v for v in self.versions if v.number and v.status == status), key=lambda v: -v.number)


class CreateService(plan.Create):
    """There is no service: create it with its first draft."""


@dataclass(frozen=True, slots=True)
class CreateDraft(plan.Step):
    """There is no draft, and what is published is not what is wanted."""

    base: Content


@dataclass(frozen=True, slots=True)
class UpdateDraft(plan.Step):
    """The draft is not what is wanted, or could not be saved in an earlier run."""

    draft: Content


@dataclass(frozen=True, slots=True)
class CancelReview(plan.Step):
    """What the reviewers have before them is not what is wanted."""

    registration_id: str


class PreLaunch(plan.Step):
    """The draft is as wanted: make it the beta."""


class Register(plan.Step):
    """The draft is as wanted: submit it to the review."""


@dataclass(frozen=True, slots=True)
class Launch(plan.Step):
    """The version is approved, or was online before: publish it."""

    version: VersionId


@dataclass(frozen=True, slots=True)
class SetSharing(plan.Step):
    """A published version has another visibility than is wanted; changeable at any time (emulator's fact svc-004)."""

    version: VersionId


@dataclass(frozen=True, slots=True)
class Await(plan.Await):
    """The cloud is at work on this version."""

    version: Version


@dataclass(frozen=True, slots=True)
class Done(plan.Done):
    """Everything that needs no human is as wanted; `status` may be Submitted or Rejected."""

    content: Content
    status: str


def next_step(service: Service[Known], observed: Observed, known: Left, *, has_saved: bool = False) -> plan.Step:
    """The one thing to do now.

    Args:
        service: what is wanted.
        observed: what the cloud says, just read.
        known: what earlier runs left.
        has_saved: this run created or updated the draft, so that a failure to save it is final.
    """
    if not observed.exists:
        return CreateService()
    busy = next((v for v in observed.versions if classify(v.status) is Phase.PENDING), None)
    if busy is not None:
        return Await(busy)
    for version in observed.versions:
        if classify(version.status) is Phase.PUBLISHED and version.share_type not in {"", service.share_type}:
            return SetSharing(version.version)
    if service.publishing == "online":
        return _towards_online(service, observed, known, has_saved=has_saved)
    draft = observed.draft
    if draft is not None and classify(draft.status) is Phase.REVIEW:
        return CancelReview(draft.registration_id)  # nothing is to be published any more
    settled = _settled(service, observed, known)
    if settled is not None:
        return settled
    step = _towards_draft(service, observed, known, has_saved=has_saved)
    if not isinstance(step, Done) or service.publishing == "draft":
        return step
    return PreLaunch()


def _settled(service: Service[Known], observed: Observed, known: Left) -> Done | None:
    """What is there already without a draft of its own: the beta, or a published version that says the same."""
    if service.publishing == "beta":
        beta = observed.contents.get(BETA)
        return Done(beta, "Beta") if beta is not None and matches(service, beta, known) else None
    live = observed.live
    if observed.draft is None and live is not None and matches(service, live, known):
        return Done(live, "Online")
    return None


def _towards_online(service: Service[Known], observed: Observed, known: Left, *, has_saved: bool) -> plan.Step:
    live, draft, review = observed.live, observed.draft, observed.review
    if live is not None and matches(service, live, known):
        if draft is not None and classify(draft.status) is Phase.REVIEW:
            return CancelReview(draft.registration_id)  # what is wanted is online already
        return Done(live, "Online")
    withdrawn = observed.withdrawn
    is_newest = withdrawn is not None and (live is None or int(withdrawn.version) > int(live.version))
    if withdrawn is not None and is_newest and draft is None and matches(service, withdrawn, known):
        return Launch(withdrawn.version)
    step = _towards_draft(service, observed, known, has_saved=has_saved)
    if not isinstance(step, Done) or draft is None:
        return step
    if draft.status == "Approved":
        return Launch(DRAFT)
    if draft.status == "Submitted":
        return Done(draft, "Submitted")
    is_rejected = review is not None and review.status == "Rejected" and known.rejected == service.wanted_edition
    return Done(draft, "Rejected") if is_rejected else Register()


def _towards_draft(service: Service[Known], observed: Observed, known: Left, *, has_saved: bool) -> plan.Step:
    """Done when the draft says what is wanted."""
    draft = observed.draft
    if draft is None:
        return CreateDraft(_base(observed))
    phase, is_wanted = classify(draft.status), matches(service, draft, known)
    if phase is Phase.FAILED:
        if has_saved:
            return plan.Failed(f"{draft.status}: {draft.status_detail or 'the cloud gives no reason'}")
        return UpdateDraft(draft)
    if phase is Phase.REVIEW:
        # Narrower is not for after the review: until then the images would stay public.
        is_too_wide = draft.share_type == "Public" and service.share_type != "Public"
        if not is_wanted or is_too_wide:
            return CancelReview(draft.registration_id)
        return Done(draft, draft.status)
    if not is_wanted or draft.share_type != service.share_type or not _approval_agrees(service, draft):
        return UpdateDraft(draft)
    return Done(draft, "Draft")


def _approval_agrees(service: Service[Known], content: Content) -> bool:
    return service.approval_type is None or content.approval_type in {"", service.approval_type}


def _base(observed: Observed) -> Content:
    """What a new draft starts from: the newest published version."""
    found = observed.live or observed.withdrawn or observed.contents.get(BETA)
    return found or next(iter(observed.contents.values()))


def superseded(service: Service[Known], observed: Observed, done: Content) -> tuple[Version, ...]:
    """Versions that may go now that `done` is what the service is; none while anything but a number is."""
    if not done.version.isdigit():
        return ()
    return overtaken(observed.versions, retain=service.retain_versions, has_beta=service.publishing == "online")


def overtaken(versions: tuple[Version, ...], *, retain: int, has_beta: bool) -> tuple[Version, ...]:
    """All numbered versions but the newest that is online and the `retain` ones before it.

    Args:
        versions: all of them.
        retain: how many superseded ones to keep; -1 where another is about to go online and counts as the newest.
        has_beta: a beta is overtaken too: what it was the beta of is online.
    """
    newest = max((v.number for v in versions if v.number and v.status == "Online"), default=0)
    if not newest:
        return ()
    ranked = sorted((v for v in versions if 0 < v.number <= newest), key=lambda v: -v.number)
    beta = tuple(v for v in versions if v.version == BETA) if has_beta else ()
    return (*beta, *ranked[1 + retain :])
