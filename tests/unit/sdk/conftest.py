"""The Pulumi runtime under mocks: resources are registered with a monitor that remembers, and answers as the provider
would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime import mocks

import mocked
from computenest.resources.service_image_association.lifecycle import AssociationLifecycle
from computenest.serve.lifecycles import served
from lifecycle.images import check

Outputs = dict[str, Any]


def package_outputs(inputs: Outputs) -> Outputs:
    """What the provider answers for a package: every wanted region delivered."""
    wanted = {key: value for key, value in inputs.items() if key != "__provider"}
    checked = check({}, wanted, recorded=None)
    assert checked.failures == (), checked.failures
    images = {region: f"m-{index:010}" for index, region in enumerate(sorted(checked.inputs["distribution"]))}
    made = {"artifactId": "artifact-1", "version": "1", "status": "Available", "images": images, "reasons": {}}
    return {**checked.inputs, **made, "reissued": False}


def association_outputs(inputs: Outputs) -> Outputs:
    """What the provider answers for an association."""
    wanted = {key: value for key, value in inputs.items() if key != "__provider"}
    shared: Any = SimpleNamespace(
        settings=SimpleNamespace(assume_stable_delivery=True), distributed={}, promised={}, texts={}, previewed={}
    )
    association = served(AssociationLifecycle(shared))
    checked = asyncio.run(association.check({}, wanted))
    assert checked.failures == (), checked.failures
    return {**association.preview(checked.inputs, {})}


class Provider(mocks.Mocks):
    """Answers for both resources; `answers` replaces one of them."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[Outputs], Outputs]] = {
            "EcsImagePackage": package_outputs,
            "ServiceImageAssociation": association_outputs,
        }

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, Outputs]:
        answer = self.answers.get(args.typ.rpartition(":")[2])
        return "id", answer(args.inputs) if answer is not None else {}

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"no function is called: {args.token}")


class Monitor(mocks.MockMonitor):
    """Remembers what was registered, as the engine sees it."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider)
        self.requests: list[Any] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's own name
        self.requests.append(request)
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


class Program:
    """Runs programs, each as a run of its own of the same stack."""

    def __init__(self) -> None:
        self.provider = Provider()
        self.is_preview = False
        self.monitor = Monitor(self.provider)

    def run(self, program: Callable[[], Any]) -> Any:
        """The value of what `program` returns; each call is a run of its own of the same stack."""
        self.monitor = Monitor(self.provider)
        return mocked.run(program, self.monitor, organization="acme", is_preview=self.is_preview)

    def registered(self, kind: str) -> list[Any]:
        return [request for request in self.monitor.requests if request.type.endswith(f":{kind}")]


@pytest.fixture
def program() -> Program:
    return Program()
