"""What happens to one release of one cluster: one pure function of what is declared and what is observed, which makes
the preview's words and the steps of a run alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from semver import Version

from computenest.kernel.names import OwnerId
from computenest.resources._components.merge import changed_values
from computenest.resources._components.policy import Policy
from computenest.resources._components.release import ReleaseName, Revision, Status

__all__ = [
    "Action",
    "ApplyDefinitions",
    "CannotTell",
    "Declared",
    "Install",
    "LeaveAlone",
    "Reconfigure",
    "Refuse",
    "Repair",
    "Resume",
    "Rollback",
    "Uninstall",
    "Unreachable",
    "Upgrade",
    "decide",
    "is_higher",
    "is_there",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A release as it is wanted.

    Args:
        release: its name.
        namespace: where it is kept.
        chart: the chart's name.
        version: of the chart.
        chart_digest: the beginning of the digest of the chart's bytes, "" where nobody has them yet.
        values: merged, without the chart's defaults.
        owner: whose it is.
        policy: how it is brought. One that is shared is one a cluster, which many may ask for: absent it is installed,
            lower it is upgraded, otherwise it is left alone, its values included, whoever brought it.
        stale_s: after how long a pending revision counts as left by a killed helm.
    """

    release: ReleaseName
    namespace: str
    chart: str
    version: str
    chart_digest: str
    values: Mapping[str, Any]
    owner: OwnerId
    policy: Policy = field(default_factory=Policy)
    stale_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A cluster that did not answer.

    Args:
        reason: why, in a few words.
        last_version: the version that was there when it last answered, "" where nobody knows.
    """

    reason: str
    last_version: str = ""


@dataclass(frozen=True, slots=True)
class Install:
    """There is no release of that name."""

    version: str

    def __str__(self) -> str:
        return f"install {self.version}"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Another version of the chart, or the same version with other bytes."""

    before: str
    version: str
    reason: str = ""

    def __str__(self) -> str:
        what = f"upgrade {self.before} -> {self.version}" if self.before != self.version else f"upgrade {self.version}"
        return f"{what} ({self.reason})" if self.reason else what


@dataclass(frozen=True, slots=True)
class Reconfigure:
    """The same chart, other values."""

    version: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        count = len(self.values)
        return f"reconfigure {self.version} ({count} value{'s' if count != 1 else ''})"


@dataclass(frozen=True, slots=True)
class Rollback:
    """What is declared is what an earlier revision was."""

    revision: int
    version: str

    def __str__(self) -> str:
        return f"rollback to revision {self.revision} ({self.version})"


@dataclass(frozen=True, slots=True)
class Resume:
    """A killed helm left a revision pending, or an upgrade failed: it is unlocked where need be, and done again."""

    revision: int
    status: Status
    version: str

    def __str__(self) -> str:
        what = "a killed helm" if self.status.is_pending else "a failed attempt"
        return f"resume {self.version} ({what}: revision {self.revision})"


@dataclass(frozen=True, slots=True)
class Repair:
    """The release is as declared, its objects are not."""

    version: str
    objects: int

    def __str__(self) -> str:
        return f"repair {self.version} (drift: {self.objects} object{'s' if self.objects != 1 else ''})"


@dataclass(frozen=True, slots=True)
class ApplyDefinitions:
    """The release is as declared, CRDs of its chart are not."""

    version: str
    count: int

    def __str__(self) -> str:
        return f"apply {self.count} CRD{'s' if self.count != 1 else ''} of {self.version}"


@dataclass(frozen=True, slots=True)
class LeaveAlone:
    """Nothing is to be done.

    Args:
        reason: why.
        instead: the version that is there, where that is not as declared.
    """

    reason: str
    instead: str = ""

    def __str__(self) -> str:
        return f"leave alone ({self.reason})"


@dataclass(frozen=True, slots=True)
class Uninstall:
    """The release is not declared any more."""

    version: str

    def __str__(self) -> str:
        return f"uninstall {self.version}"


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The cluster did not answer, or a helm is at work: nothing is done."""

    reason: str
    last_version: str = ""

    def __str__(self) -> str:
        known = f"; last known {self.last_version}" if self.last_version else ""
        return f"cannot tell: {self.reason}{known}; nothing will be done there"


@dataclass(frozen=True, slots=True)
class Refuse:
    """Doing it would harm somebody: an error before anything is changed."""

    reason: str

    def __str__(self) -> str:
        return f"refused: {self.reason}"


Action = (
    Install
    | Upgrade
    | Reconfigure
    | Rollback
    | Resume
    | Repair
    | ApplyDefinitions
    | LeaveAlone
    | Uninstall
    | CannotTell
    | Refuse
)


def is_there(history: tuple[Revision, ...]) -> bool:
    """Whether there is a release, in whatever state."""
    return bool(history) and history[-1].status is not Status.UNINSTALLED


def decide(
    declared: Declared | None,
    history: tuple[Revision, ...] | Unreachable,
    *,
    last_change_s: float | None = None,
    drifted: int = 0,
) -> Action:
    """What happens to the release.

    Args:
        declared: what is wanted, None where the release is not wanted any more.
        history: its revisions by number, oldest first; () where there is none.
        last_change_s: how many seconds ago the last revision began, by this machine's clock; None where nobody knows.
        drifted: how many objects of the deployed revision are not as it left them, and are to be repaired.
    """
    if isinstance(history, Unreachable):
        return CannotTell(history.reason, history.last_version)
    if not is_there(history):
        return Install(declared.version) if declared else LeaveAlone("it is not installed")
    last = history[-1]
    owners = {revision.owner for revision in history} - {None}
    if (
        declared is not None
        and declared.owner not in owners
        and not (declared.policy.adopts or declared.policy.is_shared)
    ):
        return _foreign(declared, last, is_owned=bool(owners))
    if last.status.is_pending and last_change_s is not None:
        limit_s = declared.stale_s if declared else 0.0
        if last_change_s < limit_s:
            since = f"a helm has been at work on revision {last.number} for {last_change_s:.0f} s"
            return CannotTell(since, last.version)
    if declared is None:
        return Uninstall(last.version)
    if declared.policy.is_shared and (last.status is Status.DEPLOYED or is_higher(last.version, declared.version)):
        return _of_shared(declared, last)
    if last.status in (Status.FAILED, Status.UNINSTALLING, Status.UNKNOWN) or last.status.is_pending:
        return Resume(last.number, last.status, declared.version)
    return _from_deployed(declared, history, drifted)


def _foreign(declared: Declared, last: Revision, *, is_owned: bool) -> Refuse:
    whose = "belongs to another resource" if is_owned else "was made by somebody else"
    return Refuse(
        f"the release {declared.release} in namespace {declared.namespace} ({last.chart} {last.version}) {whose};"
        " give yours another name, or take it over with adopt"
    )


def _from_deployed(declared: Declared, history: tuple[Revision, ...], drifted: int) -> Action:
    last = history[-1]
    if _is_same(declared, last):
        return Repair(last.version, drifted) if drifted else LeaveAlone(f"{last.version} is installed as declared")
    if declared.policy.downgrade == "rollback":
        earlier = [each for each in history[:-1] if _can_be_rolled_to(each) and _is_same(declared, each)]
        if earlier:
            return Rollback(earlier[-1].number, earlier[-1].version)
    if declared.version != last.version or declared.chart != last.chart:
        return Upgrade(last.version, declared.version, _by_hand(last))
    if declared.chart_digest and last.chart_digest and declared.chart_digest != last.chart_digest:
        return Upgrade(last.version, declared.version, "the chart has other content under the same version")
    return Reconfigure(declared.version, changed_values(last.values, declared.values))


def _of_shared(declared: Declared, last: Revision) -> Upgrade | LeaveAlone:
    if declared.chart == last.chart and is_higher(declared.version, last.version):
        return Upgrade(last.version, declared.version)
    if _is_same(declared, last):
        return LeaveAlone(f"{last.version} is installed as declared")
    if declared.chart != last.chart:
        return LeaveAlone(f"it is of another chart, {last.chart} {last.version}", instead=last.version)
    if declared.version != last.version:
        found = f"{last.version} is installed, {declared.version} declared is not higher"
    else:
        found = f"{last.version} is installed already"
    values = changed_values(last.values, declared.values)
    return LeaveAlone(f"{found}; not applied: {', '.join(values)}" if values else found, instead=last.version)


def is_higher(one: str, other: str) -> bool:
    """By SemVer's precedence; what is no version of it is not higher."""
    try:
        return bool(_version(one) > _version(other))
    except ValueError:
        return False


def _version(text: str) -> Version:
    return Version.parse(text.removeprefix("v"), optional_minor_and_patch=True)


def _by_hand(last: Revision) -> str:
    return f"revision {last.number} is a rollback to {last.rolled_back_to}" if last.rolled_back_to else ""


def _can_be_rolled_to(revision: Revision) -> bool:
    return revision.status is Status.SUPERSEDED


def _is_same(declared: Declared, revision: Revision) -> bool:
    """Of two digests one may be missing: a chart of a package that was not pushed yet, a release made by hand."""
    if (declared.chart, declared.version) != (revision.chart, revision.version):
        return False
    digests = {declared.chart_digest, revision.chart_digest} - {""}
    return len(digests) <= 1 and not changed_values(revision.values, declared.values)
