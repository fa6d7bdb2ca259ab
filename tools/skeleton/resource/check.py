"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

from computenest.kernel.arguments import check_name, check_tags
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources.widget.declaration import Arguments
from computenest.resources.widget.model import DEFAULT_SIZE, DEFAULT_TIMEOUT_S, Inputs

_MAX_NAME = 64
_MAX_SIZE = 100


def check(olds: Inputs[Known] | None, news: Arguments, *, replaced: Inputs[Known] | None) -> Checked[Inputs[Unknown]]:
    """Checked inputs: what the program says, with identity and defaults.

    Args:
        olds: the inputs of last time, None for a create and for the second check of a replacement.
        news: what the program asks for; what could not be read counts as unknown.
        replaced: what this process has seen of the same resource in the state, for a replacement.
    """
    failures: list[Failure] = []
    name = news.name or (olds.name if olds else news.logical_name)
    check_name(name, failures, limit=_MAX_NAME)
    tags = news.tags or {}
    check_tags(tags, failures)
    size = DEFAULT_SIZE if news.size is None else news.size
    if size is not UNKNOWN and not 1 <= size <= _MAX_SIZE:
        failures.append(Failure("size", f"{size} is no size that a widget has: give 1 to {_MAX_SIZE}"))
    timeout_s = DEFAULT_TIMEOUT_S if news.timeout_s is None else news.timeout_s
    if timeout_s is not UNKNOWN and timeout_s < 1:
        failures.append(Failure("timeoutS", "a whole number of seconds above 0 is needed"))
    known = olds or replaced
    inputs = Inputs[Unknown](
        owner_id=known.owner_id if known else news.owner_id,
        generation=olds.generation if olds else replaced.generation + 1 if replaced else 1,
        name=name,
        size=size,
        tags=tags,
        account=news.account or "",
        timeout_s=timeout_s,
    )
    return Checked(inputs, tuple(failures))
