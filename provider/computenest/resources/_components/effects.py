"""What an action does to which object, before it does it: the release's objects as they are, and as they will be.

What will be is what the server itself answers to a dry run by the release's own method; what goes is whatever any
manifest since the last deployed revision has left (facts §11.2 to §11.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.resources._components.bursting import bursts
from computenest.resources._components.compare import ABSENT, FieldChange, field_changes, told_change, with_field_of
from computenest.resources._components.definitions import CustomDefinition, definition_problems, told_definitions
from computenest.resources._components.objects import Body, Hook, KubeObject, ObjectKey
from computenest.resources._components.observation import Accepted, Conflicted, Observation, Rejected, Trial, Unasked
from computenest.resources._components.policy import Crds
from computenest.resources._components.release import Revision, Status


@dataclass(frozen=True, slots=True)
class Added:
    """An object that is not there yet."""

    key: ObjectKey
    note: str = ""

    def lines(self) -> tuple[str, ...]:
        return (f"+ {self.key}" + (f" ({self.note})" if self.note else ""),)

    def as_json(self) -> dict[str, Any]:
        return {"object": str(self.key), "change": "added"}


@dataclass(frozen=True, slots=True)
class Changed:
    """An object whose fields change.

    Args:
        key: which.
        changes: each field with both values; of a Secret the values are withheld here already.
        generated: paths of values that the chart makes up anew at every upgrade.
        is_secret: whether values are not shown.
        unknown: paths that a value reaches which nobody knows yet.
    """

    key: ObjectKey
    changes: tuple[FieldChange, ...]
    generated: tuple[str, ...] = ()
    is_secret: bool = False
    unknown: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        found = [f"~ {self.key}: {_told(change, is_secret=self.is_secret)}" for change in self.changes]
        if self.generated:
            found.append(f"~ {self.key}: {', '.join(self.generated)}: made anew by the chart at every upgrade")
        if self.unknown:
            found.append(f"~ {self.key}: {', '.join(self.unknown)}: known once the run knows it")
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        fields = [one.as_json(is_secret=self.is_secret) for one in self.changes]
        more = {"generated": list(self.generated)} if self.generated else {}
        return {"object": str(self.key), "change": "changed", "fields": fields, **more}


@dataclass(frozen=True, slots=True)
class Removed:
    """An object that goes.

    Args:
        key: which.
        is_leftover: whether helm has forgotten it, so that it is removed by its own step: a failed upgrade added it.
    """

    key: ObjectKey
    is_leftover: bool = False

    def lines(self) -> tuple[str, ...]:
        return (f"- {self.key}" + (" (left by a failed upgrade)" if self.is_leftover else ""),)

    def as_json(self) -> dict[str, Any]:
        return {"object": str(self.key), "change": "removed"}


@dataclass(frozen=True, slots=True)
class Kept:
    """An object that the release gives up, and that stays."""

    key: ObjectKey
    reason: str

    def lines(self) -> tuple[str, ...]:
        return (f"! {self.key}: stays ({self.reason})",)

    def as_json(self) -> dict[str, Any]:
        return {"object": str(self.key), "change": "stays", "reason": self.reason}


ObjectEffect = Added | Changed | Removed | Kept


@dataclass(frozen=True, slots=True)
class HookRun:
    """A hook that runs."""

    hook: Hook
    events: tuple[str, ...]

    def line(self) -> str:
        return f"! {self.hook.kind} {self.hook.name}: runs ({', '.join(self.events)} hook)"


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything that an action does.

    Args:
        objects: each object that changes, by its key.
        hooks: that run, in their order.
        definitions: CRDs that helm will not touch, or that are applied.
        bursting: which pods of what is added or changed may go to virtual nodes.
        problems: why it would fail half-way: said by the preview, before anything is changed.
        notes: how sure this is.
    """

    objects: tuple[ObjectEffect, ...] = ()
    hooks: tuple[HookRun, ...] = ()
    definitions: tuple[CustomDefinition, ...] = ()
    bursting: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no object is any different afterwards, but for values that the chart makes up."""
        return not any(not isinstance(one, Changed) or one.changes or one.unknown for one in self.objects)

    def lines(self) -> tuple[str, ...]:
        """For people: one line a change."""
        found = [line for one in self.objects for line in one.lines()]
        found += [run.line() for run in self.hooks]
        found += [line for one in self.definitions for line in one.lines()]
        found += [f"! {told}" for told in self.bursting]
        found += [f"x {problem}" for problem in self.problems]
        return (*found, *(f"({note})" for note in self.notes))


def left_by(history: Iterable[Revision]) -> Mapping[ObjectKey, bool]:
    """What manifests since the last deployed revision may have left: each object, and whether helm has forgotten it.

    Helm compares with the last deployed revision alone (facts §11.2), or with the last one where none ever was.
    """
    revisions = list(history)
    deployed = [at for at, one in enumerate(revisions) if one.status is Status.DEPLOYED]
    first = deployed[-1] if deployed else _last_that_was_whole(revisions)
    found: dict[ObjectKey, bool] = {}
    for revision in revisions[first:]:
        is_known = revision is revisions[first] if deployed else revision is revisions[-1]
        for one in revision.objects:
            found[one.key] = found.get(one.key, True) and not is_known
    return found


def _last_that_was_whole(revisions: list[Revision]) -> int:
    """Where no revision is deployed any more: the last that was, else the first."""
    whole = [at for at, one in enumerate(revisions) if one.status is Status.SUPERSEDED]
    return whole[-1] if whole else 0


def generated_paths(first: KubeObject, second: KubeObject | None) -> frozenset[str]:
    """Paths that two renderings of one chart with the same values differ in."""
    if second is None:
        return frozenset({""})
    paths = {change.path for change in field_changes(first.body, second.body)}
    if first.is_secret:  # the server keeps `stringData` as `data`
        paths |= {path.replace("stringData", "data", 1) for path in paths if path.startswith("stringData.")}
    return frozenset(paths)


def effects(
    seen: Observation,
    *,
    events: tuple[str, ...],
    forces: bool = False,
    is_idle: bool = False,
    definitions: Crds = "leave",
) -> Effects:
    """What bringing a rendering to the cluster does.

    Args:
        seen: what was observed.
        events: of the hooks that run: `pre-upgrade`, `post-upgrade`.
        forces: whether fields of others are taken.
        is_idle: whether nothing is to be done: fields of others are none of ours then, and what remains is drift.
        definitions: what is done with CRDs.
    """
    rendering, live = seen.rendering, seen.live
    again = {one.key: one for one in rendering.again or ()}
    found: list[ObjectEffect] = []
    problems: list[str] = []
    for one in rendering.objects:
        duplicate = again.get(one.key) if rendering.again is not None else one
        trial = seen.trials.get(one.key)
        if is_idle and isinstance(trial, Conflicted):
            trial = _without_theirs(trial, live.get(one.key))
        unknown = rendering.unknown.get(one.key, frozenset())
        effect, why = _effect(one, duplicate, live.get(one.key), trial, forces=forces, unknown=unknown)
        is_told = effect is not None and not (is_idle and isinstance(effect, Changed) and not effect.changes)
        found += [effect] if effect and is_told else []
        problems += why
    if is_idle:  # nothing runs, so nothing goes
        return Effects(tuple(sorted(found, key=lambda effect: effect.key)), notes=rendering.notes)
    is_first = "pre-install" in events
    wanted = {one.key for one in rendering.objects}
    for key, is_leftover in left_by(seen.history).items():
        body = live.get(key)
        if key in wanted or body is None:
            continue
        is_kept = KubeObject(key, "", body).is_kept  # helm asks the object itself, not what made it
        found.append(Kept(key, "resource-policy keep") if is_kept else Removed(key, is_leftover))
    return Effects(
        tuple(sorted(found, key=lambda effect: effect.key)),
        _runs(rendering.hooks, events),
        told_definitions(seen, definitions, is_first=is_first),
        _bursting(rendering.objects, found),
        (*seen.foreign, *definition_problems(seen, definitions, is_first=is_first), *problems),
        rendering.notes,
    )


def _bursting(objects: Iterable[KubeObject], found: Iterable[ObjectEffect]) -> tuple[str, ...]:
    touched = {one.key for one in found if isinstance(one, Added | Changed)}
    return tuple(f"{one.key}: {how}" for one in objects if one.key in touched and (how := bursts(one)))


def _without_theirs(trial: Conflicted, live: Body | None) -> Trial:
    """What the server would make of an object if others kept what is theirs."""
    if trial.body is None or live is None:
        return Unasked("fields of it belong to others")
    body: Body = dict(trial.body)
    for conflict in trial.conflicts:
        body = with_field_of(body, live, conflict.path)
    return Accepted(body)


def _effect(
    one: KubeObject,
    duplicate: KubeObject | None,
    body: Body | None,
    trial: Trial | None,
    *,
    forces: bool,
    unknown: frozenset[str],
) -> tuple[ObjectEffect | None, tuple[str, ...]]:
    if isinstance(trial, Rejected):
        return None, (f"{one.key}: the cluster refuses it: {trial.reason}",)
    if isinstance(trial, Conflicted) and not forces:
        return None, tuple(
            f"{one.key}: {conflict.path} belongs to {conflict.owner}: leave it out of the chart's values, or take it"
            " by force"
            for conflict in trial.conflicts
        )
    if body is None:
        return Added(one.key, trial.reason if isinstance(trial, Unasked) else ""), ()
    after = trial.body if isinstance(trial, Accepted | Conflicted) else None
    changes = field_changes(body, one.body if after is None else after)
    if after is None:  # fields of the cluster's own are not told from those that go: only what the chart says counts
        changes = tuple(change for change in changes if change.after is not ABSENT)
    made_up = generated_paths(one, duplicate)
    generated = tuple(change.path for change in changes if _is_made_up(change.path, made_up))
    changes = tuple(change for change in changes if change.path not in generated)
    if unknown:
        generated = ()
        changes = tuple(change for change in changes if not _is_made_up(change.path, unknown))
    if not changes and not generated and not unknown:
        return None, ()
    shown = _withheld(changes) if one.is_secret else changes
    return Changed(one.key, shown, generated, one.is_secret, tuple(sorted(unknown))), ()


def _withheld(changes: tuple[FieldChange, ...]) -> tuple[FieldChange, ...]:
    """Values of a Secret go no further than this, whatever field they stand in."""
    return tuple(FieldChange(change.path, None, None) for change in changes)


def _is_made_up(path: str, made_up: frozenset[str]) -> bool:
    return path in made_up or "" in made_up


def _runs(hooks: tuple[Hook, ...], events: tuple[str, ...]) -> tuple[HookRun, ...]:
    runs = [HookRun(hook, now) for hook in hooks if (now := tuple(each for each in events if each in hook.events))]
    return tuple(sorted(runs, key=lambda run: (events.index(run.events[0]), run.hook.weight, run.hook.name)))


def _told(change: FieldChange, *, is_secret: bool) -> str:
    if is_secret and change.before is None and change.after is None:
        return f"{change.path}: changes"
    return told_change(change)
