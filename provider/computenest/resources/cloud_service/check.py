"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.model import ServiceDefinition
from computenest.resources._components.policy import Policy
from computenest.resources._components.wishing import check_service, wishes_of
from computenest.resources.cloud_service.declaration import Arguments
from computenest.resources.cloud_service.model import Inputs


def check(olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
    """Checked inputs; what could not be read counts as unknown."""
    name = (olds.name if olds else news.logical_name.lower()) if news.name is None else news.name
    inputs = Inputs[Unknown].made(news, owner_id=olds.owner_id if olds else news.owner_id, name=name)
    service = definition_of(inputs)
    found = [*check_service(service, UNKNOWN, {})]
    if not found:
        try:
            wishes_of(service, namespace="any", configuration={}, owner=OwnerId(""), policy=Policy())
        except ValueError as circle:
            found.append(Failure("components", f"no order is possible: {circle}"))
    failures = (Failure(one.path.removeprefix("service."), one.reason) for one in found)
    return Checked(inputs, tuple(failures))


def definition_of(inputs: Inputs[Unknown] | Inputs[Known]) -> ServiceDefinition:
    """What a deployment takes."""
    more = {} if inputs.version is None else {"version": inputs.version}
    return ServiceDefinition(name=inputs.name, components=inputs.components, **more)
