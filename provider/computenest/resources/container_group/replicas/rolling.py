"""What a change of a set's declaration comes to: which revision each group will have, and how it gets there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown, has_unknown
from computenest.resources.container_group.declaration import RESOURCE
from computenest.resources.container_group.model import Inputs
from computenest.resources.container_group.replicas.naming import FIXED, NEVER_EMPTIED, OF_THE_SET, name_of

_OF_NO_GROUP = frozenset({*OF_THE_SET, "replicas", "rollout", "tags", "timeoutS"})
ROLLED = tuple(key for key in RESOURCE.compared if key not in _OF_NO_GROUP)
"""A change of these is another revision."""


def revision_of(olds: Inputs[Known] | None, inputs: Inputs[Unknown]) -> int:
    """The revision of the declaration: from 1, and one more for each change of it."""
    if olds is None or not olds.is_set:
        return 1
    return (olds.revision or 1) + bool(_changed(olds, inputs))


def rollout_of(inputs: Inputs[Unknown], revision: int) -> Maybe[Mapping[str, Maybe[str]]]:
    """Name -> the revision that a group will have; not known where the declaration or the number is not."""
    if inputs.replicas is UNKNOWN or inputs.name is UNKNOWN:
        return UNKNOWN
    said: Maybe[str] = UNKNOWN if any(has_unknown(_plain(inputs, key)) for key in ROLLED) else f"revision {revision}"
    return {name_of(inputs.name, number): said for number in range(1, (inputs.replicas or 0) + 1)}


def emptied(olds: Inputs[Known], news: Inputs[Unknown]) -> list[str]:
    """The lists that go away altogether, which no update does."""
    return [key for key in NEVER_EMPTIED if key in RESOURCE.changed(olds, news) and not _value(news, key)]


def note_of(olds: Inputs[Known] | None, inputs: Inputs[Unknown]) -> Iterator[str]:
    """How the groups that there are get to what they will be."""
    if (
        olds is None
        or not olds.is_set
        or not inputs.is_set
        or not olds.replicas
        or not (keys := _changed(olds, inputs))
    ):
        return
    replaced = [key for key in FIXED if key in keys] + emptied(olds, inputs)
    if not replaced:
        yield f"{inputs.name}: each of its groups is changed in place, one after the other"
    elif inputs.create_before_delete:
        yield (
            f"{inputs.name}: each of its groups is replaced, one after the other ({', '.join(replaced)} takes no "
            "update): a successor has to run before its group goes"
        )
    else:
        yield (
            f"{inputs.name}: each of its groups is replaced, one after the other ({', '.join(replaced)} takes no "
            "update): a group goes before its successor is made; createBeforeDelete makes that first"
        )


def _changed(olds: Inputs[Known], inputs: Inputs[Unknown]) -> list[str]:
    changed = RESOURCE.changed(olds, inputs)
    return [key for key in ROLLED if key in changed]


def _value(inputs: Inputs[Unknown], key: str) -> object:
    return getattr(inputs, RESOURCE.properties[key].name)


def _plain(inputs: Inputs[Unknown], key: str) -> object:
    return inputs.model_dump(include={RESOURCE.properties[key].name})
