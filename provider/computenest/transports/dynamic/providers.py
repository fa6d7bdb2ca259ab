"""The dynamic providers: a few lines each that hand the engine's calls to the core and its Outcome back.

The state holds these classes pickled *by reference* (the module and the name, no code and no secret), so both must
keep their place for ever: tests/unit pin the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from computenest.domain.association.check import relation
from computenest.domain.association.diff import diff as association_diff
from computenest.domain.distribution import state
from computenest.domain.distribution.diff import diff as package_diff
from computenest.domain.errors import ComputeNestError, Transient
from computenest.domain.outcome import Checked, Difference, Outcome
from computenest.transports.dynamic import host as hosts
from computenest.transports.dynamic.configuration import stack_configuration
from computenest.transports.dynamic.status import EngineStatus
from computenest.transports.dynamic.values import PROVIDER_KEY, from_engine, to_engine

__all__ = ["EcsImagePackageProvider", "ServiceImageAssociationProvider"]


class _Provider(ResourceProvider):
    serialize_as_secret_always = False  # there is no secret in a reference to a class
    _config: Mapping[str, Any] | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Called in the host only, after unpickling: configuration never becomes part of the pickle."""
        self._config = stack_configuration(req.config)

    def _host(self) -> hosts.Host:
        return hosts.host(self._config or {})


class EcsImagePackageProvider(_Provider):
    """Lifecycle of `EcsImagePackage` for the dynamic host."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        after = from_engine(news)
        try:
            host = self._host()
            checked, warnings = host.run(host.core.check_package(from_engine(olds), after))
        except ComputeNestError as error:
            return _failed(news, error)
        for warning in warnings:
            EngineStatus.of_this_process().warn(f"{checked.inputs.get('name')}: {warning}")
        return _checked(checked)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return _difference(package_diff(from_engine(olds), from_engine(news)))

    def create(self, props: dict[str, Any]) -> CreateResult:
        host = self._host()
        outcome = host.run(host.core.create_package(from_engine(props)))
        return CreateResult(outcome.id, _state(outcome))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        host = self._host()
        return UpdateResult(_state(host.run(host.core.update_package(from_engine(news), from_engine(olds)))))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        known, host = from_engine(props), self._host()
        try:
            outcome = host.run(host.core.read_package(known))
        except Transient as error:
            EngineStatus.of_this_process().warn(f"{known.get('name')}: cannot tell, the state is kept: {error}")
            return ReadResult(id_, {key: value for key, value in props.items() if key != PROVIDER_KEY})
        if outcome is None:
            return ReadResult(None, {})
        return ReadResult(outcome.id, to_engine(outcome.state), to_engine(state.inputs_of(outcome.state)))

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        host = self._host()
        host.run(host.core.delete_package(from_engine(props)))


class ServiceImageAssociationProvider(_Provider):
    """Lifecycle of `ServiceImageAssociation`: pure, no object in the cloud."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        try:
            core = self._host().core
        except ComputeNestError as error:
            return _failed(news, error)
        return _checked(core.check_association(from_engine(olds), from_engine(news)))

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return _difference(association_diff(from_engine(olds), from_engine(news)))

    def create(self, props: dict[str, Any]) -> CreateResult:
        inputs = from_engine(props)
        return CreateResult(str(inputs["ownerId"]), to_engine({**inputs, "relation": relation(inputs)}))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        inputs = from_engine(news)
        return UpdateResult(to_engine({**inputs, "relation": relation(inputs)}))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, {key: value for key, value in props.items() if key != PROVIDER_KEY})


def _checked(checked: Checked) -> CheckResult:
    return CheckResult(to_engine(checked.inputs), [_failure(f.path, f.reason) for f in checked.failures])


def _failed(news: dict[str, Any], error: ComputeNestError) -> CheckResult:
    return CheckResult(dict(news), [_failure(getattr(error, "path", ""), str(error))])


def _failure(path: str, reason: str) -> CheckFailure:
    """The path goes into the text: of a property that it is told the engine prints the whole value, secrets in
    clear, and `<nil>` for a path below the top."""
    says_where = not path or reason.startswith(f"{path} ")
    return CheckFailure("", reason if says_where else f"{path}: {reason}")


def _difference(difference: Difference) -> DiffResult:
    return DiffResult(changes=difference.has_changes, replaces=list(difference.replaces))


def _state(outcome: Outcome) -> dict[str, Any]:
    return to_engine(outcome.state, attempted_at_s=None if outcome.is_complete else hosts.now_s())
