"""Definitions of kinds (CRDs) in a chart's `crds/`: helm brings them with a first install and never touches them again.

`crds: apply` brings them before each release, as `kubectl apply --server-side` would. None is ever taken away: every
object of its kind would go with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from computenest.resources._components.compare import ABSENT, FieldChange, field_changes, told_change
from computenest.resources._components.objects import Body, KubeObject, as_map
from computenest.resources._components.observation import Accepted, Observation, Rejected, Trial, Unasked
from computenest.resources._components.policy import Crds

_MOST_FIELDS = 10


@dataclass(frozen=True, slots=True)
class CustomDefinition:
    """A CRD of the chart that the cluster has otherwise, or not at all.

    Args:
        one: as the chart has it.
        is_there: whether the cluster has one of that name.
        is_applied: whether it is brought.
        changes: what that changes in one that is there.
    """

    one: KubeObject
    is_there: bool
    is_applied: bool = False
    changes: tuple[FieldChange, ...] = ()

    def lines(self) -> tuple[str, ...]:
        name = f"CRD {self.one.key.name}"
        if not self.is_applied:
            what = "differs in the chart" if self.is_there else "is not there"
            when = "helm installs CRDs once and never upgrades them"
            return (f"! {name}: {what}; {when} (`crds: apply` does)",)
        if not self.is_there:
            return (f"+ {name}",)
        told = [f"~ {name}: {told_change(one)}" for one in self.changes[:_MOST_FIELDS]]
        more = len(self.changes) - _MOST_FIELDS
        return (*told, *((f"~ {name}: {more} more fields",) if more > 0 else ()))


def told_definitions(seen: Observation, definitions: Crds, *, is_first: bool) -> tuple[CustomDefinition, ...]:
    """What a preview says of them.

    Args:
        seen: what was observed.
        definitions: what is done with them.
        is_first: whether helm installs what is missing by itself.
    """
    if definitions == "apply":
        return definitions_due(seen)
    found = []
    for one in seen.rendering.definitions:
        body = seen.live.get(one.key)
        if (body is None and not is_first) or (body is not None and _differs(one, body)):
            found.append(CustomDefinition(one, body is not None))
    return tuple(found)


def definitions_due(seen: Observation) -> tuple[CustomDefinition, ...]:
    """Those that applying changes, or that are not there."""
    found = []
    for one in seen.rendering.definitions:
        body, trial = seen.live.get(one.key), seen.trials.get(one.key)
        after = trial.body if isinstance(trial, Accepted) else None
        changes = field_changes(body, after) if body is not None and after is not None else ()
        if body is None or changes:
            found.append(CustomDefinition(one, body is not None, is_applied=True, changes=changes))
    return tuple(found)


def kinds_of(definitions: tuple[KubeObject, ...]) -> frozenset[tuple[str, str]]:
    """(group, kind) of what they define."""
    return frozenset(
        (str(spec.get("group")), str(as_map(spec.get("names")).get("kind"))) for spec in map(_spec, definitions)
    )


def definition_problems(seen: Observation, definitions: Crds, *, is_first: bool) -> tuple[str, ...]:
    """Why helm would fail of them half-way, before anything is changed."""
    found = []
    if definitions == "apply":
        for one in seen.rendering.definitions:
            trial: Trial | None = seen.trials.get(one.key)
            if isinstance(trial, Rejected | Unasked):
                found.append(f"CRD {one.key.name}: {_refusal(trial)}")
    comes = is_first or definitions == "apply"
    missing = frozenset() if seen.kinds is None or comes else kinds_of(seen.rendering.definitions) - seen.kinds
    found += [
        f"{one.key}: the cluster does not know its kind, and helm installs CRDs with a first install only: set"
        " `crds: apply`"
        for one in seen.rendering.objects
        if (one.key.group, one.key.kind) in missing  # one of another chart may come with a component before it
    ]
    return tuple(found)


def _refusal(trial: Rejected | Unasked) -> str:
    if isinstance(trial, Rejected):
        return f"the cluster refuses it: {trial.reason}"
    return "these credentials may not change it: leave `crds: apply` out, and have somebody bring it who may"


def _differs(one: KubeObject, body: Body) -> bool:
    """Whether the chart says something that the cluster has not; what the server adds is no difference."""
    changes = field_changes({"spec": body.get("spec")}, {"spec": one.body.get("spec")})
    return any(change.after is not ABSENT for change in changes)


def _spec(one: KubeObject) -> Mapping[str, object]:
    return as_map(one.body.get("spec"))
