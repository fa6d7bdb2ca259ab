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
from computenest.domain.unknown import has_unknown
from computenest.transports.dynamic import host as hosts
from computenest.transports.dynamic.call import refusing
from computenest.transports.dynamic.configuration import stack_configuration
from computenest.transports.dynamic.status import EngineStatus
from computenest.transports.dynamic.values import PROVIDER_KEY, from_engine, to_engine

__all__ = [
    "EcsImagePackageProvider",
    "Provider",
    "ServiceImageAssociationProvider",
    "checked_result",
    "difference_result",
    "failed_result",
    "state_of",
]


class Provider(ResourceProvider):
    """What every dynamic provider is: configured in the host, never before."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Every operation refuses in its own words."""
        super().__init_subclass__(**kwargs)
        for name in ("create", "read", "update", "delete"):
            if name in cls.__dict__:
                setattr(cls, name, refusing(cls.__dict__[name]))

    serialize_as_secret_always = False  # there is no secret in a reference to a class
    _config: Mapping[str, Any] | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Called in the host only, after unpickling: configuration never becomes part of the pickle."""
        self._config = stack_configuration(req.config)

    def _host(self) -> hosts.Host:
        return hosts.host(self._config or {})


class EcsImagePackageProvider(Provider):
    """Lifecycle of `EcsImagePackage` for the dynamic host."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        after = from_engine(news)
        try:
            host = self._host()
            checked, warnings = host.run(host.core.check_package(from_engine(olds), after))
        except ComputeNestError as error:
            return failed_result(news, error)
        for warning in warnings:
            EngineStatus.of_this_process().warn(f"{checked.inputs.get('name')}: {warning}")
        return checked_result(checked)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return difference_result(package_diff(from_engine(olds), from_engine(news)))

    def create(self, props: dict[str, Any]) -> CreateResult:
        host = self._host()
        outcome = host.run(host.core.create_package(from_engine(props)))
        return CreateResult(outcome.id, state_of(outcome))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        host = self._host()
        return UpdateResult(state_of(host.run(host.core.update_package(from_engine(news), from_engine(olds)))))

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


class ServiceImageAssociationProvider(Provider):
    """Lifecycle of `ServiceImageAssociation`: pure, no object in the cloud."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        try:
            core = self._host().core
        except ComputeNestError as error:
            return failed_result(news, error)
        return checked_result(core.check_association(from_engine(olds), from_engine(news)))

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return difference_result(association_diff(from_engine(olds), from_engine(news)))

    def create(self, props: dict[str, Any]) -> CreateResult:
        inputs = from_engine(props)
        return CreateResult(str(inputs["ownerId"]), to_engine({**inputs, "relation": relation(inputs)}))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        inputs = from_engine(news)
        return UpdateResult(to_engine({**inputs, "relation": relation(inputs)}))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, {key: value for key, value in props.items() if key != PROVIDER_KEY})


def checked_result(checked: Checked) -> CheckResult:
    """A check as the host answers it; of a failed one without what is unknown, which an `up` takes for a defect."""
    inputs = checked.inputs
    if checked.failures:
        inputs = {key: value for key, value in inputs.items() if not has_unknown(value)}
    return CheckResult(to_engine(inputs), [_failure(f.path, f.reason) for f in checked.failures])


def failed_result(news: dict[str, Any], error: ComputeNestError) -> CheckResult:
    """A check that could not be made, as the one failure it is."""
    return CheckResult(dict(news), [_failure(getattr(error, "path", ""), str(error))])


def _failure(path: str, reason: str) -> CheckFailure:
    """The path goes into the text: of a property that it is told the engine prints the whole value, secrets in
    clear, and `<nil>` for a path below the top."""
    says_where = not path or reason.startswith(f"{path} ")
    return CheckFailure("", reason if says_where else f"{path}: {reason}")


def difference_result(difference: Difference) -> DiffResult:
    """A diff as the host answers it: it knows no paths below the top."""
    return DiffResult(changes=difference.has_changes, replaces=list(difference.replaces))


def state_of(outcome: Outcome) -> dict[str, Any]:
    """The state to be recorded; of an operation that did not finish, with the time of the attempt."""
    return to_engine(outcome.state, attempted_at_s=None if outcome.is_complete else hosts.now_s())
