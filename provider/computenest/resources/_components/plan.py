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
class Action:
    """What happens to a release, in the words of a preview: `upgrade 1.0.0 -> 1.1.0`."""

    words: str

    def __str__(self) -> str:
        return self.words


class Install(Action):
    """There is no release of that name."""


class Upgrade(Action):
    """Another version of the chart, or the same version with other bytes."""


class Reconfigure(Action):
    """The same chart, other values."""


@dataclass(frozen=True, slots=True)
class Rollback(Action):
    """What is declared is what an earlier revision was."""

    revision: int


class Resume(Action):
    """A killed helm left a revision pending, or an upgrade failed: it is unlocked where need be, and done again."""


class Repair(Action):
    """The release is as declared, its objects are not."""


class ApplyDefinitions(Action):
    """The release is as declared, CRDs of its chart are not."""


@dataclass(frozen=True, slots=True)
class LeaveAlone(Action):
    """Nothing is to be done. `instead` is the version that is there, where that is not as declared."""

    instead: str = ""


@dataclass(frozen=True, slots=True)
class CannotTell(Action):
    """A helm is at work: nothing is done."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refuse(Action):
    """Doing it would harm somebody: an error before anything is changed."""

    reason: str


def is_there(history: tuple[Revision, ...]) -> bool:
    """Whether there is a release, in whatever state."""
    return bool(history) and history[-1].status is not Status.UNINSTALLED


def decide(
    declared: Declared, history: tuple[Revision, ...], *, last_change_s: float | None = None, drifted: int = 0
) -> Action:
    """What happens to the release.

    Args:
        declared: what is wanted.
        history: its revisions by number, oldest first; () where there is none.
        last_change_s: how many seconds ago the last revision began, by this machine's clock; None where nobody knows.
        drifted: how many objects of the deployed revision are not as it left them, and are to be repaired.
    """
    if not is_there(history):
        return Install(f"install {declared.version}")
    last, policy = history[-1], declared.policy
    owners = {revision.owner for revision in history} - {None}
    if declared.owner not in owners and not (policy.adopts or policy.is_shared):
        return _foreign(declared, last, is_owned=bool(owners))
    if last.status.is_pending and last_change_s is not None and last_change_s < declared.stale_s:
        since = f"a helm has been at work on revision {last.number} for {last_change_s:.0f} s"
        known = f"; last known {last.version}" if last.version else ""
        return CannotTell(f"cannot tell: {since}{known}; nothing will be done there", since)
    if policy.is_shared and (last.status is Status.DEPLOYED or is_higher(last.version, declared.version)):
        return _of_shared(declared, last)
    if last.status in (Status.FAILED, Status.UNINSTALLING, Status.UNKNOWN) or last.status.is_pending:
        what = "a killed helm" if last.status.is_pending else "a failed attempt"
        return Resume(f"resume {declared.version} ({what}: revision {last.number})")
    return _from_deployed(declared, history, drifted)


def _foreign(declared: Declared, last: Revision, *, is_owned: bool) -> Refuse:
    """Why a release that no resource of ours has made, or another one, is left as it is."""
    whose = "belongs to another resource" if is_owned else "was made by somebody else"
    reason = (
        f"the release {declared.release} in namespace {declared.namespace} ({last.chart} {last.version}) {whose};"
        " give yours another name, or take it over with adopt"
    )
    return Refuse(f"refused: {reason}", reason)


def _from_deployed(declared: Declared, history: tuple[Revision, ...], drifted: int) -> Action:
    """What happens to one that its last revision left deployed."""
    last = history[-1]
    if _is_same(declared, last):
        if drifted:
            return Repair(f"repair {last.version} (drift: {counted(drifted, 'object')})")
        return _left(f"{last.version} is installed as declared")
    if declared.policy.downgrade == "rollback":
        earlier = [each for each in history[:-1] if each.status is Status.SUPERSEDED and _is_same(declared, each)]
        if earlier:
            to = earlier[-1]
            return Rollback(f"rollback to revision {to.number} ({to.version})", to.number)
    if declared.version != last.version or declared.chart != last.chart:
        return _upgrade(last, declared, _by_hand(last))
    if declared.chart_digest and last.chart_digest and declared.chart_digest != last.chart_digest:
        return _upgrade(last, declared, "the chart has other content under the same version")
    values = changed_values(last.values, declared.values)
    return Reconfigure(f"reconfigure {declared.version} ({counted(len(values), 'value')})")


def _of_shared(declared: Declared, last: Revision) -> Upgrade | LeaveAlone:
    """What happens to one that many may ask for: only what is lower is changed."""
    if declared.chart == last.chart and is_higher(declared.version, last.version):
        return _upgrade(last, declared)
    if _is_same(declared, last):
        return _left(f"{last.version} is installed as declared")
    if declared.chart != last.chart:
        return _left(f"it is of another chart, {last.chart} {last.version}", instead=last.version)
    if declared.version != last.version:
        found = f"{last.version} is installed, {declared.version} declared is not higher"
    else:
        found = f"{last.version} is installed already"
    values = changed_values(last.values, declared.values)
    return _left(f"{found}; not applied: {', '.join(values)}" if values else found, instead=last.version)


def _left(reason: str, *, instead: str = "") -> LeaveAlone:
    return LeaveAlone(f"leave alone ({reason})", instead)


def _upgrade(last: Revision, declared: Declared, reason: str = "") -> Upgrade:
    """To the declared version, in the words of a preview."""
    before = f"{last.version} -> " if last.version != declared.version else ""
    return Upgrade(f"upgrade {before}{declared.version}" + (f" ({reason})" if reason else ""))


def counted(count: int, what: str) -> str:
    """`1 object`, `2 objects`."""
    return f"{count} {what}{'s' if count != 1 else ''}"


def is_higher(one: str, other: str) -> bool:
    """By SemVer's precedence; what is no version of it is not higher."""
    try:
        return bool(_version(one) > _version(other))
    except ValueError:
        return False


def _version(text: str) -> Version:
    return Version.parse(text.removeprefix("v"), optional_minor_and_patch=True)


def _by_hand(last: Revision) -> str:
    """Said of a release that somebody rolled back."""
    return f"revision {last.number} is a rollback to {last.rolled_back_to}" if last.rolled_back_to else ""


def _is_same(declared: Declared, revision: Revision) -> bool:
    """Of two digests one may be missing: a chart of a package that was not pushed yet, a release made by hand."""
    if (declared.chart, declared.version) != (revision.chart, revision.version):
        return False
    digests = {declared.chart_digest, revision.chart_digest} - {""}
    return len(digests) <= 1 and not changed_values(revision.values, declared.values)
