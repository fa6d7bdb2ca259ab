"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

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
from computenest.resources.cloud_service_deployment.check_clusters import check_clusters
from computenest.resources.cloud_service_deployment.declaration import Arguments
from computenest.resources.cloud_service_deployment.model import Inputs

_OF_RELEASES = ("conflicts", "downgrade", "crds", "drift", "on_failure", "adopt")
_ALWAYS = ("configuration", "labels", *_OF_RELEASES, "concealed", "timeout_s")
"""What checked inputs hold whatever a program says; what it says of many clusters they hold where it does."""


def check(olds: Inputs[Known] | None, news: Arguments, *, replaced: Inputs[Known] | None) -> Checked[Inputs[Unknown]]:
    """Checked inputs: what the program says, with identity and defaults, and without what only the cluster tells.

    Args:
        olds: the inputs of last time, None for a create and for the second check of a replacement.
        news: what the program asks for; what could not be read counts as unknown.
        replaced: what this process has seen of the same resource in the state, for a replacement.
    """
    service = news.service
    by_default = service.name if service is not UNKNOWN else UNKNOWN
    inputs = Inputs[Unknown].made(
        Inputs[Unknown].by_default(*_ALWAYS),
        news,
        **identified(olds, replaced, news.owner_id),
        namespace=by_default if news.namespace is None else news.namespace,
        history=default_history(news.concealed or ()) if news.history is None else news.history,
        uid=olds.uid if olds else "",
        uids=olds.uids if olds and olds.uids else None,
    )
    failures = [*check_labels(inputs.labels), *check_history(inputs.history), *check_clusters(news)]
    if service is not UNKNOWN:
        failures += check_service(service, inputs.namespace, inputs.configuration)
    if not failures:
        try:
            wanted_releases(inputs)
        except ValueError as circle:
            failures.append(Failure("service.components", f"no order is possible: {circle}"))
    return Checked(inputs, tuple(failures))


def wanted_releases(inputs: Inputs[Unknown] | Inputs[Known]) -> tuple[Wish, ...]:
    """The releases of a deployment, in the order in which they are brought.

    Raises:
        ValueError: components need one another in a circle.
    """
    policy = replace(
        inputs.policy,
        downgrade="upgrade" if inputs.downgrade is UNKNOWN else inputs.downgrade,
        definitions="leave" if inputs.crds is UNKNOWN else inputs.crds,
        on_failure="rollback" if inputs.on_failure is UNKNOWN else inputs.on_failure,
    )
    return wishes_of(
        inputs.service,
        namespace=inputs.namespace,
        configuration=inputs.configuration,
        owner=inputs.owner_id,
        policy=policy,
    )
