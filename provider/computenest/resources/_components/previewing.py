"""What a check says of a resource that is made of releases: maps of what will be there, and for people what happens to
which object. The cluster is asked, and nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from computenest.kernel.errors import ComputeNestError, Invalid, Permanent, Reason, Transient
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.ports import Clusters, ClusterSeen
from computenest.resources._components.wish import Outlook, Wish

CANNOT_TELL = "cannot tell"
"""In the place of a digest, of a cluster that did not answer: an update finds that out before it changes anything."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the last run left, by the inputs that it was given; of a first run nothing.

    Args:
        uid: of the cluster, "" where nobody knows it.
        rollout: component -> version.
        objects: component -> digest.
        is_same: whether the program asks for the same again, as far as that is known without a cluster.
        is_alone: whether the resource is on no other cluster, which goes on without this one.
    """

    uid: str = ""
    rollout: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)
    is_same: bool = False
    is_alone: bool = True


@dataclass(slots=True)
class Previewed:
    """What will be there, and what is said of it.

    Args:
        uid: of the cluster; unknown while it is not there.
        rollout: component -> version that will be there.
        objects: component -> digest of the objects that will be there.
        drifted: component -> what was found otherwise than the last run left it, and is brought back.
        failures: what is wrong with what is asked for.
        warnings: what people should know.
        notes: what happens to which object.
    """

    uid: Maybe[str] = ""
    rollout: dict[str, Maybe[str]] = field(default_factory=dict)
    objects: dict[str, Maybe[str]] = field(default_factory=dict)
    drifted: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _NoChart:
    """A registry that does not answer."""

    error: Transient


async def preview_releases(
    clusters: Clusters,
    access: Maybe[ClusterAccess],
    wishes: Sequence[Wish],
    before: Before,
    seen: ClusterSeen | ComputeNestError | None = None,
) -> Previewed:
    """What a run would do to each release.

    Args:
        clusters: whom to ask.
        access: of the cluster; unknown, or with an unknown part, where it is made in the same run.
        wishes: what is wanted; what could not be read is left out.
        before: what the last run left.
        seen: which cluster it is, or why nobody can tell, where it was asked already.
    """
    found = Previewed()
    reached, version = _reachable(access)
    if reached is None:
        found.uid = UNKNOWN
    else:
        try:
            seen = seen or await clusters.identify(reached)
            if isinstance(seen, ComputeNestError):
                raise seen
            found.uid = seen.uid or before.uid
        except Transient as error:
            return _cannot_tell(found, error, wishes, before)
        except (Invalid, Permanent) as error:
            path = getattr(error, "path", "") or "cluster"
            found.failures.append(Failure(path, Reason.of(error)))
            return found
        if before.uid and found.uid != before.uid:
            found.failures.append(Failure("cluster", another_cluster(reached, before.uid, str(found.uid))))
            return found

    looks = (_look(clusters, reached, wish, version) for wish in wishes)
    for wish, outlook in zip(wishes, await asyncio.gather(*looks), strict=True):
        if isinstance(outlook, _NoChart):
            _keep(found, wish, before)
            left_out = f"{wish.component} is taken for what the last run left, its chart cannot be looked at"
            if not before.is_same:
                left_out = f"cannot tell what {wish.component} would be, a run will not begin before that answers"
            found.warnings.append(Reason.of(outlook.error, left_out=left_out))
        elif isinstance(outlook, Transient):
            return _cannot_tell(found, outlook, wishes, before)
        elif isinstance(outlook, ComputeNestError):
            said = getattr(outlook, "path", "")
            path = said if said and said.startswith(wish.path) else wish.at("chart")
            found.failures.append(Failure(path, Reason.of(outlook)))
        else:
            _add(found, wish, outlook, before)
    return found


async def _look(
    clusters: Clusters, reached: ClusterAccess | None, wish: Wish, version: str
) -> Outlook | ComputeNestError | _NoChart:
    try:
        await clusters.declared(wish)
    except Transient as error:
        return _NoChart(error)
    except ComputeNestError as error:
        return error
    try:
        return await clusters.preview(reached, wish, kubernetes_version=version)
    except ComputeNestError as error:
        return error


def another_cluster(access: ClusterAccess, known: str, seen: str) -> str:
    """What is said of a cluster that answers in the place of another."""
    return (
        f"another cluster answers as {access.name!r}: its kube-system has the uid {seen}, and the last run was on"
        f" {known}. Nothing was changed. Name the new one otherwise if it is meant, or mend the kubeconfig"
    )


def _reachable(access: Maybe[ClusterAccess]) -> tuple[ClusterAccess | None, str]:
    """The access where it is known, and the version of Kubernetes that is declared."""
    if access is UNKNOWN:
        return None, ""
    declared = access.kubernetes_version
    is_known = UNKNOWN not in (access.kubeconfig, access.context)
    return access if is_known else None, declared if isinstance(declared, str) else ""


def _cannot_tell(found: Previewed, error: Transient, wishes: Sequence[Wish], before: Before) -> Previewed:
    waits = "a run will not begin before it answers" if before.is_alone else "what is new there waits until it answers"
    said = "nothing will be done there" if before.is_same else waits
    found.warnings.append(Reason.of(error, left_out=f"cannot tell what is on the cluster, {said}"))
    found.uid = before.uid
    for one in wishes:
        _keep(found, one, before)
    return found


def _keep(found: Previewed, wish: Wish, before: Before) -> None:
    """What the last run left, of what cannot be looked at now."""
    name = wish.component
    found.rollout[name] = before.rollout.get(name, CANNOT_TELL)
    found.objects[name] = before.objects.get(name, "") if before.is_same else CANNOT_TELL


def _add(found: Previewed, wish: Wish, seen: Outlook, before: Before) -> None:
    name = wish.component
    found.rollout[name] = before.rollout.get(name, seen.version) if seen.is_otherwise else seen.version
    digest = before.objects.get(name, seen.digest) if seen.is_idle else seen.digest
    found.objects[name] = digest
    found.failures += [Failure(wish.path or "chart", f"{name} {seen.version}: {problem}") for problem in seen.problems]
    said = "\n".join((f"{name}: {seen.words}", *(f"  {line}" for line in seen.lines)))
    if seen.is_otherwise:
        found.warnings.append(f"{name}: {seen.words}")
    if seen.is_idle:
        if seen.drifted:
            what = f"{name}: {seen.drifted} object{'s' if seen.drifted != 1 else ''} not as its release left them"
            lines = "\n".join(f"  {line}" for line in seen.lines)
            found.warnings.append(f"{what}; `drift: repair` brings them back\n{lines}")
        return
    found.notes.append(said)
    if before.rollout.get(name) == seen.version and before.objects.get(name, digest) == digest:
        found.drifted[name] = seen.words
