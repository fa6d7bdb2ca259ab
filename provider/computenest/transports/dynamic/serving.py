"""What the dynamic providers do, in the host: a few lines each that hand calls to the core, and its Outcome back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from computenest.domain.association.check import relation
from computenest.domain.association.diff import diff as association_diff
from computenest.domain.distribution import state
from computenest.domain.distribution.diff import diff as package_diff
from computenest.domain.errors import ComputeNestError, Reason, Transient
from computenest.domain.names import OwnerId
from computenest.domain.outcome import Checked, Difference, Failure, Outcome
from computenest.domain.unknown import UNKNOWN, has_unknown
from computenest.transports.dynamic import handover
from computenest.transports.dynamic import host as hosts
from computenest.transports.dynamic.call import HostCall
from computenest.transports.dynamic.operations import Operations
from computenest.transports.dynamic.sound import Sound
from computenest.transports.dynamic.status import TOLD, EngineStatus, row_of_request
from computenest.transports.dynamic.values import PROVIDER_KEY, from_engine, to_engine
from computenest.transports.lifecycle import Lifecycle
from computenest.transports.told import UNREAD

__all__ = ["operations"]

GetHost = Callable[[], hosts.Host]


def operations(type_name: str, get_host: GetHost) -> Operations:
    """Those of a type.

    Args:
        type_name: `EcsImagePackage`.
        get_host: this process's host for the provider's configuration; asked only by what needs it.
    """
    kind = _BY_HAND.get(type_name)
    return Sound(type_name, LifecycleOperations(type_name, get_host) if kind is None else kind(get_host))


@dataclass(frozen=True, slots=True)
class PackageOperations:
    """Lifecycle of `EcsImagePackage`."""

    get_host: GetHost

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        after = from_engine(news)
        try:
            host = self.get_host()
            checked, warnings = host.run(host.core.check_package(from_engine(olds), after))
        except ComputeNestError as error:
            return _failed_result(news, error)
        _warn(str(checked.inputs.get("name")), warnings)
        return _checked_result(checked)

    def diff(self, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        before, after = from_engine(olds), from_engine(news)
        self.get_host().core.related.made(before)
        difference = package_diff(before, after)
        if difference.changes and not difference.replaces:
            self._leave_what_stays(before, after)
        return _difference_result(difference)

    def _leave_what_stays(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """For the program, in case that this is a preview; the same promise as the plugin's."""
        images = self.get_host().core.promised_of(after, before)["images"]
        if isinstance(images, Mapping):
            known = {region: image for region, image in images.items() if image is not UNKNOWN}
            handover.leave(str(after.get("ownerId", "")), known)

    def create(self, props: dict[str, Any]) -> CreateResult:
        host = self.get_host()
        outcome = host.run(host.core.create_package(from_engine(props)))
        return CreateResult(outcome.id, _state_of(outcome))

    def update(self, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        host, wanted = self.get_host(), from_engine(news)
        handover.drop(str(wanted.get("ownerId", "")))
        return UpdateResult(_state_of(host.run(host.core.update_package(wanted, from_engine(olds)))))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        known, host = from_engine(props), self.get_host()
        try:
            outcome = host.run(host.core.read_package(known))
        except Transient as error:
            EngineStatus.of_this_process().warn(Reason.of(error, left_out=UNREAD, name=str(known.get("name"))))
            return ReadResult(id_, _without_provider(props))
        if outcome is None:
            return ReadResult(None, {})
        return ReadResult(outcome.id, to_engine(outcome.state), to_engine(state.inputs_of(outcome.state)))

    def delete(self, props: dict[str, Any]) -> None:
        host = self.get_host()
        host.run(host.core.delete_package(from_engine(props)))


@dataclass(frozen=True, slots=True)
class AssociationOperations:
    """Lifecycle of `ServiceImageAssociation`: pure, no object in the cloud."""

    get_host: GetHost

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        try:
            core = self.get_host().core
        except ComputeNestError as error:
            return _failed_result(news, error)
        checked = core.check_association(from_engine(olds), from_engine(news))
        with row_of_request():
            for warning in checked.warnings:
                EngineStatus.of_this_process().warn(warning)
        return _checked_result(checked)

    def diff(self, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return _difference_result(association_diff(from_engine(olds), from_engine(news)))

    def create(self, props: dict[str, Any]) -> CreateResult:
        inputs = from_engine(props)
        return CreateResult(str(inputs["ownerId"]), to_engine({**inputs, "relation": relation(inputs)}))

    def update(self, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        inputs = from_engine(news)
        return UpdateResult(to_engine({**inputs, "relation": relation(inputs)}))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, _without_provider(props))

    def delete(self, props: dict[str, Any]) -> None:
        """There is nothing to delete."""


@dataclass(frozen=True, slots=True)
class LifecycleOperations:
    """Every other type: by its `Lifecycle`, which the plugin serves as well."""

    type_name: str
    get_host: GetHost

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        after = from_engine(news)
        try:
            checked, warnings = self.get_host().run(self._lifecycle().check(from_engine(olds), after))
        except ComputeNestError as error:
            return _failed_result(news, error)
        _warn(str(after.get("logicalName")), warnings)
        return _checked_result(checked)

    def diff(self, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return _difference_result(self._lifecycle().diff(from_engine(olds), from_engine(news)))

    def create(self, props: dict[str, Any]) -> CreateResult:
        outcome = self.get_host().run(self._lifecycle().create(from_engine(props)))
        return CreateResult(outcome.id, _state_of(outcome))

    def update(self, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        outcome = self.get_host().run(self._lifecycle().update(from_engine(news), from_engine(olds)))
        return UpdateResult(_state_of(outcome))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        known = from_engine(props)
        owner_id = OwnerId(str(known.get("ownerId", "")))
        found = self.get_host().run(self._lifecycle().read(id_, known, owner_id=owner_id))
        if found is None:
            return ReadResult(None, {})
        return ReadResult(found.outcome.id, _state_of(found.outcome), to_engine(found.inputs))

    def delete(self, props: dict[str, Any]) -> None:
        self.get_host().run(self._lifecycle().delete(from_engine(props)))

    def _lifecycle(self) -> Lifecycle:
        return self.get_host().lifecycles[self.type_name]


_BY_HAND: Mapping[str, Callable[[GetHost], Operations]] = {
    "EcsImagePackage": PackageOperations,
    "ServiceImageAssociation": AssociationOperations,
}


def _checked_result(checked: Checked) -> CheckResult:
    """A check as the host answers it; of a failed one without what is unknown, which an `up` takes for a defect."""
    inputs = checked.inputs
    if checked.failures:
        inputs = {key: value for key, value in inputs.items() if not has_unknown(value)}
    return CheckResult(to_engine(inputs), [_failure(failure) for failure in checked.failures])


def _failed_result(news: dict[str, Any], error: ComputeNestError) -> CheckResult:
    """A check that could not be made, as the one failure it is."""
    return CheckResult(dict(news), [CheckFailure("", TOLD.sentence(error, name=HostCall.current().name))])


def _warn(name: str, warnings: Iterable[str]) -> None:
    for warning in warnings:
        if TOLD.is_news(warning):
            EngineStatus.of_this_process().warn(f"{name}: {warning}")


def _failure(failure: Failure) -> CheckFailure:
    """The path goes into the text: of a property that it is told the engine prints the whole value, secrets in
    clear, and `<nil>` for a path below the top."""
    path, reason = failure.path, TOLD.reason(failure, name=HostCall.current().name)
    says_where = not path or reason.startswith(f"{path} ")
    return CheckFailure("", reason if says_where else f"{path}: {reason}")


def _difference_result(difference: Difference) -> DiffResult:
    """A diff as the host answers it: it knows no paths below the top."""
    return DiffResult(changes=difference.has_changes, replaces=list(difference.replaces))


def _state_of(outcome: Outcome) -> dict[str, Any]:
    """The state to be recorded; of an operation that did not finish, with the time of the attempt."""
    return to_engine(outcome.state, attempted_at_s=None if outcome.is_complete else hosts.now_s())


def _without_provider(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in props.items() if key != PROVIDER_KEY}
