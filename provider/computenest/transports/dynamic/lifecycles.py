"""Dynamic providers of the types that both transports serve by their `Lifecycle`: a class and a name each.

Pickled by reference like those of `providers`: module and class name keep their place for ever.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from computenest.domain.errors import ComputeNestError
from computenest.domain.names import OwnerId
from computenest.transports.dynamic.providers import (
    Provider,
    checked_result,
    difference_result,
    failed_result,
    state_of,
)
from computenest.transports.dynamic.status import EngineStatus
from computenest.transports.dynamic.values import from_engine, to_engine
from computenest.transports.lifecycle import Lifecycle

__all__ = [
    "ContainerImagePackageProvider",
    "FilePackageProvider",
    "HelmChartPackageProvider",
    "LifecycleProvider",
    "ServiceInstanceProvider",
    "ServiceProvider",
]


class LifecycleProvider(Provider):
    """Hands the dynamic host's calls to the lifecycle of `type_name`."""

    type_name: ClassVar[str]

    def _lifecycle(self) -> Lifecycle:
        return self._host().lifecycles[self.type_name]

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        after = from_engine(news)
        try:
            checked, warnings = self._host().run(self._lifecycle().check(from_engine(olds), after))
        except ComputeNestError as error:
            return failed_result(news, error)
        for warning in warnings:
            EngineStatus.of_this_process().warn(f"{after.get('logicalName')}: {warning}")
        return checked_result(checked)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return difference_result(self._lifecycle().diff(from_engine(olds), from_engine(news)))

    def create(self, props: dict[str, Any]) -> CreateResult:
        outcome = self._host().run(self._lifecycle().create(from_engine(props)))
        return CreateResult(outcome.id, state_of(outcome))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(state_of(self._host().run(self._lifecycle().update(from_engine(news), from_engine(olds)))))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        known = from_engine(props)
        owner_id = OwnerId(str(known.get("ownerId", "")))
        found = self._host().run(self._lifecycle().read(id_, known, owner_id=owner_id))
        if found is None:
            return ReadResult(None, {})
        return ReadResult(found.outcome.id, state_of(found.outcome), to_engine(found.inputs))

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        self._host().run(self._lifecycle().delete(from_engine(props)))


class ServiceProvider(LifecycleProvider):
    """`Service` for the dynamic host."""

    type_name = "Service"


class ServiceInstanceProvider(LifecycleProvider):
    """`ServiceInstance` for the dynamic host."""

    type_name = "ServiceInstance"


class ContainerImagePackageProvider(LifecycleProvider):
    """`ContainerImagePackage` for the dynamic host."""

    type_name = "ContainerImagePackage"


class FilePackageProvider(LifecycleProvider):
    """`FilePackage` for the dynamic host."""

    type_name = "FilePackage"


class HelmChartPackageProvider(LifecycleProvider):
    """`HelmChartPackage` for the dynamic host."""

    type_name = "HelmChartPackage"
