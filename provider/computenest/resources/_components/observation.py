"""What one look at a release sees: history, what it will be, its objects, and what the server would make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from computenest.resources._components.objects import Body, Hook, KubeObject, ObjectKey
from computenest.resources._components.release import Revision


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a chart and its values come to.

    Args:
        objects: of the manifest.
        again: of a second rendering, where a template of the chart makes values up; None where none does.
        hooks: of the chart.
        definitions: its CRDs that helm installs once and never touches again.
        notes: how it was rendered where that was not by the server.
        unknown: object -> paths that a value reaches which a preview does not know yet; "" for the whole of it.
        is_of_one: whether another cluster that serves the same may render otherwise.
    """

    objects: tuple[KubeObject, ...]
    again: tuple[KubeObject, ...] | None = None
    hooks: tuple[Hook, ...] = ()
    definitions: tuple[KubeObject, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: Mapping[ObjectKey, frozenset[str]] = field(default_factory=dict)
    is_of_one: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server would make this of the object."""

    body: Body


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that the chart sets, and that belongs to another manager."""

    path: str
    owner: str


@dataclass(frozen=True, slots=True)
class Conflicted:
    """The server refuses: fields belong to others. `body` is what force would make, None where nobody asked."""

    conflicts: tuple[Conflict, ...]
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server refuses for good: an immutable field, a quota, a webhook."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unasked:
    """Nobody could ask the server: its namespace or its kind is not there yet, or the right to patch is missing."""

    reason: str


Trial = Accepted | Conflicted | Rejected | Unasked


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at a release and its cluster.

    Args:
        history: its revisions, oldest first.
        rendering: what will be: what the chart comes to, or the revision that is rolled back to.
        live: each object that matters as it is, None where it is not there.
        trials: what the server says of each object of the rendering.
        foreign: objects of the rendering that are another's already: helm refuses to take them.
        kinds: (group, kind) of what the cluster serves; None where nobody asked.
    """

    history: tuple[Revision, ...]
    rendering: Rendering
    live: Mapping[ObjectKey, Body | None]
    trials: Mapping[ObjectKey, Trial]
    foreign: tuple[str, ...] = ()
    kinds: frozenset[tuple[str, str]] | None = None
