"""Which component goes to which cluster: one pure function of what components ask for and of the labels that clusters
have, whether the program declares them or a hub knows them (`ManagedCluster`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.resources._components.model import ClusterSelector, LabelExpression

MAIN = ""
"""The main cluster in the place of a name: it may be called otherwise from one run to the next."""


class UnknownPlacement(ValueError):
    """A label, a selector or a cluster's name that a preview does not know yet decides it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A cluster that components may go to.

    Args:
        name: of it; `MAIN` for the main one.
        labels: as the program declares them, or as the hub has them; they, or parts of them, may be unknown.
        holds: components that the last run has left there.
        kept_because: why it stays as it is whatever its labels say, "" where it does not: it does not answer, or its
            hub has not accepted it. (Open Cluster Management taints such a cluster, and everything leaves it.)
    """

    name: str
    labels: Maybe[Mapping[str, Maybe[str]]] = field(default_factory=dict)
    holds: frozenset[str] = frozenset()
    kept_because: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where components go.

    Args:
        clusters: component -> names of clusters, in the order of the candidates.
        notes: of each component that is nowhere, and of each that stays or waits because of its cluster.
    """

    clusters: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


def matches(selector: ClusterSelector, labels: Mapping[str, Maybe[str]]) -> bool:
    """Whether a cluster with these labels is meant, as Kubernetes reads a label selector, but an empty one is nobody.

    Raises:
        UnknownPlacement: a value decides that is not known yet.
    """
    wanted, expressions = selector.match_labels or {}, selector.match_expressions or ()
    if wanted is UNKNOWN or expressions is UNKNOWN:
        raise UnknownPlacement
    if not wanted and not expressions:
        return False
    asked = [LabelExpression(key=key, operator="In", values=(value,)) for key, value in wanted.items()]
    told = [_holds(one, labels) for one in (*asked, *expressions)]
    if False in told:
        return False
    if UNKNOWN in told:
        raise UnknownPlacement
    return True


def _holds(one: LabelExpression, labels: Mapping[str, Maybe[str]]) -> Maybe[bool]:
    values = one.values or ()
    if one.key is UNKNOWN or one.operator is UNKNOWN or values is UNKNOWN:
        return UNKNOWN
    text = labels.get(one.key)
    if one.operator in ("Exists", "DoesNotExist"):
        return (text is not None) == (one.operator == "Exists")
    if text is None:
        return one.operator == "NotIn"
    if text not in values and (text is UNKNOWN or UNKNOWN in values):
        return UNKNOWN
    return (text in values) == (one.operator == "In")


def place(selectors: Mapping[str, Maybe[ClusterSelector] | None], candidates: Sequence[Candidate]) -> Placement:
    """Where each component goes.

    Args:
        selectors: component -> the clusters that it goes to; None for one of the control plane, which is on the main
            cluster alone.
        candidates: the clusters, the main one first.

    Raises:
        UnknownPlacement: what decides is not known yet.
    """
    found: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    for component, selector in selectors.items():
        if selector is None:
            found[component] = (MAIN,)
            continue
        if selector is UNKNOWN:
            raise UnknownPlacement
        placed = tuple(_placed(component, selector, candidates, notes))
        found[component] = placed
        if not placed:
            notes.append(f"{component} is on no cluster: {_why_nowhere(selector, candidates)}")
    return Placement(found, tuple(notes))


def _placed(
    component: str, selector: ClusterSelector, candidates: Sequence[Candidate], notes: list[str]
) -> Iterator[str]:
    for one in candidates:
        if one.labels is UNKNOWN:
            raise UnknownPlacement
        is_meant, is_there = matches(selector, one.labels), component in one.holds
        if not one.kept_because or is_meant == is_there:
            if is_meant:
                yield one.name
        elif is_there:
            notes.append(f"{component} stays on {one.name}, which its labels do not mean: {one.kept_because}")
            yield one.name
        else:
            notes.append(f"{component} does not go to {one.name} yet: {one.kept_because}")


def _why_nowhere(selector: ClusterSelector, candidates: Sequence[Candidate]) -> str:
    asked = worded(selector)
    if not asked:
        return "its selector is empty, and that means none, not all"
    known = ", ".join(f"{one.name or 'the main cluster'} {_labels(one)}" for one in candidates)
    return f"none has the labels {asked} ({known})"


def _labels(one: Candidate) -> str:
    listed = one.labels if one.labels is not UNKNOWN else {}
    return "has " + ", ".join(f"{key}={value}" for key, value in sorted(listed.items())) if listed else "has none"


def worded(selector: ClusterSelector) -> str:
    """As `kubectl get --selector` takes it."""
    wanted = selector.match_labels or {}
    expressions = selector.match_expressions or ()
    told = [f"{key}={value}" for key, value in sorted(wanted.items())] if wanted is not UNKNOWN else []
    for one in expressions if expressions is not UNKNOWN else ():
        values = f"({','.join(map(str, one.values or ()))})" if one.values is not UNKNOWN else "(…)"
        words = {"In": f"{one.key} in {values}", "NotIn": f"{one.key} notin {values}", "Exists": f"{one.key}"}
        told.append(words.get(str(one.operator), f"!{one.key}"))
    return ",".join(told)
