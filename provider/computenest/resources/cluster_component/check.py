"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

from computenest.kernel.identity import identified
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.deployed import DEFAULT_TIMEOUT_S
from computenest.resources._components.model import Component, ServiceDefinition
from computenest.resources._components.policy import Policy
from computenest.resources._components.wish import Wish
from computenest.resources._components.wishing import check_service, wishes_of
from computenest.resources.cluster_component.declaration import Arguments
from computenest.resources.cluster_component.model import Inputs

_AT = "service.components[0]."


def check(olds: Inputs[Known] | None, news: Arguments, *, replaced: Inputs[Known] | None) -> Checked[Inputs[Unknown]]:
    """Checked inputs: what the program says, with identity and defaults, and without what only the cluster tells.

    Args:
        olds: the inputs of last time, None for a create and for the second check of a replacement.
        news: what the program asks for; what could not be read counts as unknown.
        replaced: what this process has seen of the same resource in the state, for a replacement.
    """
    known = olds or replaced
    name = (known.name if known else news.logical_name.lower()) if news.name is None else news.name
    inputs = Inputs[Unknown].made(
        Inputs[Unknown].by_default("values", "concealed", "timeout_s"),
        news,
        **identified(olds, replaced, news.owner_id),
        cluster=news.cluster if news.cluster is UNKNOWN else news.cluster.model_copy(update={"labels": None}),
        name=name,
        namespace=name if news.namespace is None else news.namespace,
        release=name if news.release is None else news.release,
        uid=olds.uid if olds else "",
    )
    found: dict[str, Failure] = {}
    for one in check_service(definition_of(inputs), inputs.namespace, {}):
        path = one.path.removeprefix(_AT).removeprefix("service.")
        found.setdefault(one.reason, Failure(path, one.reason))
    return Checked(inputs, tuple(found.values()))


def definition_of(inputs: Inputs[Unknown] | Inputs[Known]) -> ServiceDefinition:
    """The same as a service of one component."""
    one = Component(
        name=inputs.name,
        chart=inputs.chart,
        values=inputs.values,
        namespace=inputs.namespace,
        release=inputs.release,
    )
    return ServiceDefinition(name=inputs.name, components=(one,))


def wanted_release(inputs: Inputs[Unknown] | Inputs[Known]) -> tuple[Wish, ...]:
    """It, or nothing where a preview does not know enough of it."""
    timeout_s = DEFAULT_TIMEOUT_S if inputs.timeout_s is UNKNOWN else inputs.timeout_s
    return wishes_of(
        definition_of(inputs),
        namespace=inputs.namespace,
        configuration={},
        owner=inputs.owner_id,
        policy=Policy(is_shared=True, drift="ignore", timeout_s=timeout_s),
        path="",
    )
