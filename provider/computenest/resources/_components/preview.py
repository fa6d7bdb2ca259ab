"""What will happen to a release and to each of its objects, from one look: the preview, and what a run does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from computenest.resources._components.definitions import definition_problems, definitions_due
from computenest.resources._components.effects import Added, Changed, Effects, effects
from computenest.resources._components.observation import Observation, Rendering
from computenest.resources._components.plan import (
    Action,
    ApplyDefinitions,
    CannotTell,
    Declared,
    Install,
    LeaveAlone,
    Refuse,
    Repair,
    Rollback,
    counted,
    decide,
)
from computenest.resources._components.release import Status


@dataclass(frozen=True, slots=True)
class Preview:
    """What happens, and to what.

    Args:
        action: to the release.
        effects: to its objects; of a release that is left alone they are its drift.
        rendering: what will be there.
        drifted: how many objects are not as the release left them, where nothing else is done.
    """

    action: Action
    effects: Effects
    rendering: Rendering
    drifted: int = 0

    @property
    def is_refused(self) -> bool:
        """Whether it would fail or harm somebody: a run changes nothing then."""
        return isinstance(self.action, Refuse) or bool(self.effects.problems)

    def lines(self) -> tuple[str, ...]:
        """For people: the action, then a line a change."""
        return (str(self.action), *(f"  {line}" for line in self.effects.lines()))

    def as_json(self) -> dict[str, Any]:
        """For machines: values of Secrets are no part of it."""
        found = self.effects
        return {
            "action": str(self.action),
            "refused": self.is_refused,
            "objects": [one.as_json() for one in found.objects],
            "hooks": [
                {"object": f"{run.hook.kind} {run.hook.name}", "events": list(run.events)} for run in found.hooks
            ],
            "crds": [line for one in found.definitions for line in one.lines()],
            "bursting": list(found.bursting),
            "problems": [*((self.action.reason,) if isinstance(self.action, Refuse) else ()), *found.problems],
            "notes": list(found.notes),
        }


def preview(declared: Declared, seen: Observation, *, last_change_s: float | None = None) -> Preview:
    """What a run would do.

    Args:
        declared: what is wanted.
        seen: one look at it.
        last_change_s: how many seconds ago the last revision began; None where nobody knows.
    """
    action = decide(declared, seen.history, last_change_s=last_change_s)
    policy = declared.policy
    forces = policy.conflicts == "force"
    if isinstance(action, Refuse | CannotTell):
        return Preview(action, Effects(), seen.rendering)
    if not isinstance(action, LeaveAlone):
        found = effects(seen, events=_events(action, seen), forces=forces, definitions=policy.definitions)
        return Preview(action, found, seen.rendering)
    drift = effects(seen, events=(), is_idle=True)
    drifted = sum(isinstance(one, Added) or (isinstance(one, Changed) and bool(one.changes)) for one in drift.objects)
    if drifted and policy.drift == "repair":
        action = decide(declared, seen.history, last_change_s=last_change_s, drifted=drifted)
        found = effects(seen, events=_events(action, seen), forces=True, definitions=policy.definitions)
        return Preview(action, found, seen.rendering, drifted)
    due = definitions_due(seen) if policy.definitions == "apply" else ()
    if due:
        problems = definition_problems(seen, policy.definitions, is_first=False)
        found = Effects(definitions=due, problems=problems, notes=seen.rendering.notes)
        applied = ApplyDefinitions(f"apply {counted(len(due), 'CRD')} of {declared.version}")
        return Preview(applied, found, seen.rendering, drifted)
    return Preview(action, drift, seen.rendering, drifted)


def _events(action: Action, seen: Observation) -> tuple[str, ...]:
    """Of the hooks that helm runs for it. A release of which nothing was ever deployed is upgraded all the same where
    its install failed (helm 3.18 to 4.3: `upgrade --install` installs only where there is no release)."""
    if isinstance(action, Rollback):
        return ("pre-rollback", "post-rollback")
    if isinstance(action, Install) and not seen.history:
        return ("pre-install", "post-install")
    if isinstance(action, Repair):
        return ("pre-upgrade", "post-upgrade")
    is_first = all(one.status is Status.UNINSTALLED for one in seen.history)
    return ("pre-install", "post-install") if is_first else ("pre-upgrade", "post-upgrade")
