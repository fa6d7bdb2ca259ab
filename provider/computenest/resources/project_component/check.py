"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from computenest.kernel.identity import identified
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.policy import default_history
from computenest.resources._components.wish import Wish
from computenest.resources._components.wishing import (
    check_history,
    check_labels,
    check_service,
    wishes_of,
)
from computenest.resources.project_component.declaration import Arguments
from computenest.resources.project_component.model import Inputs


def check(olds: Inputs[Known] | None, news: Arguments, *, replaced: Inputs[Known] | None) -> Checked[Inputs[Unknown]]:
    """Checked inputs: what the program says, with identity and defaults, and without what only the cluster tells.

    Args:
        olds: the inputs of last time, None for a create and for the second check of a replacement.
        news: what the program asks for; what could not be read counts as unknown.
        replaced: what this process has seen of the same resource in the state, for a replacement.
    """
    known = olds or replaced
    inputs = Inputs[Unknown].made(
        Inputs[Unknown].by_default(
            "values", "labels", "conflicts", "downgrade", "drift", "adopt", "concealed", "timeout_s"
        ),
        news,
        **identified(olds, replaced, news.owner_id),
        name=(known.name if known else news.logical_name.lower()) if news.name is None else news.name,
        history=default_history(news.concealed or ()) if news.history is None else news.history,
        uid=olds.uid if olds else "",
    )
    return Checked(inputs, tuple(_failures(inputs)))


def _failures(inputs: Inputs[Unknown]) -> Iterator[Failure]:
    yield from check_labels(inputs.labels)
    yield from check_history(inputs.history)
    found = {}
    for one in check_service(inputs.definition, inputs.namespace, {}):
        path = one.path.removeprefix("service.").removeprefix("components[0].")
        found["name" if path == "release" else path] = one.reason  # the stricter word: a release has the same name
    yield from (Failure(path, reason) for path, reason in found.items())


def wanted_release(inputs: Inputs[Unknown] | Inputs[Known]) -> tuple[Wish, ...]:
    """The release; nothing while its name or chart are unknown."""
    if not inputs.is_readable:
        return ()
    policy = replace(
        inputs.policy,
        downgrade="upgrade" if inputs.downgrade is UNKNOWN else inputs.downgrade,
        is_confined=True,
        concealed=tuple(f"{inputs.name}.{path}".rstrip(".") for path in inputs.concealed),
    )
    found = wishes_of(
        inputs.definition, namespace=inputs.namespace, configuration={}, owner=inputs.owner_id, policy=policy
    )
    return tuple(replace(one, path="") for one in found)
