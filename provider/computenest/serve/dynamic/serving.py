"""What the dynamic providers do, in the host: the same few lines for every type, which hand the engine's calls to its
lifecycle, and what that says back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from computenest.kernel.errors import ComputeNestError
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Outcome
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.serve.dynamic import handover
from computenest.serve.dynamic import host as hosts
from computenest.serve.dynamic.call import HostCall
from computenest.serve.dynamic.status import TOLD, EngineStatus, row_of_request
from computenest.serve.dynamic.values import from_engine, to_engine
from computenest.serve.served import Bag, Served


@dataclass(frozen=True, slots=True)
class Serving:
    """A type's lifecycle in the values of the dynamic host.

    Args:
        type_name: of a resource.
        get_host: this process's host for the provider's configuration.
    """

    type_name: str
    get_host: Callable[[], hosts.Host]

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        given = from_engine(news)
        try:
            checked = self.get_host().run(self._lifecycle().check(from_engine(olds), given))
        except ComputeNestError as error:
            return CheckResult(dict(news), [CheckFailure("", TOLD.sentence(error, name=HostCall.current().name))])
        name = str(given.get("logicalName") or HostCall.current().name)
        with row_of_request():
            for warning in filter(TOLD.is_news, checked.warnings):
                EngineStatus.of_this_process().warn(f"{name}: {warning}")
            for note in checked.notes:
                EngineStatus.of_this_process().tell(note)
        return _checked_result(checked)

    def diff(self, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """As the host answers it: it knows no paths below the top."""
        before, after = from_engine(olds), from_engine(news)
        difference = self._lifecycle().diff(before, after)
        if difference.changes and not difference.replaces:
            _leave_what_stays(self._lifecycle().preview(after, before))
        return DiffResult(changes=difference.has_changes, replaces=list(difference.replaces))

    def create(self, props: dict[str, Any]) -> CreateResult:
        outcome = self.get_host().run(self._lifecycle().create(from_engine(props)))
        return CreateResult(outcome.id, _state_of(outcome))

    def update(self, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        wanted = from_engine(news)
        handover.drop(str(wanted.get("ownerId", "")))
        return UpdateResult(_state_of(self.get_host().run(self._lifecycle().update(wanted, from_engine(olds)))))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        known = from_engine(props)
        owner_id = OwnerId(str(known.get("ownerId", "")))
        found = self.get_host().run(self._lifecycle().read(id_, known, owner_id=owner_id))
        if found is None:
            return ReadResult(None, {})
        return ReadResult(found.outcome.id, _state_of(found.outcome), to_engine(found.inputs))

    def delete(self, props: dict[str, Any]) -> None:
        self.get_host().run(self._lifecycle().delete(from_engine(props)))

    def _lifecycle(self) -> Served:
        return self.get_host().lifecycles[self.type_name]


def _leave_what_stays(promised: Mapping[str, Any]) -> None:
    """For the program, in case that this is a preview: the images that the plugin's promises as well."""
    images = promised.get("images")
    if isinstance(images, Mapping):
        known = {name: image for name, image in images.items() if image is not UNKNOWN}
        handover.leave(str(promised.get("ownerId", "")), known)


def _checked_result(checked: Checked[Bag]) -> CheckResult:
    """A check as the host answers it; of a failed one without what is unknown, which an `up` takes for a defect."""
    inputs = checked.inputs
    if checked.failures:
        inputs = {key: value for key, value in inputs.items() if not has_unknown(value)}
    name = HostCall.current().name
    said = (replace(one, reason=TOLD.reason(one, name=name)).sentence for one in checked.failures)
    return CheckResult(to_engine(inputs), [CheckFailure("", sentence) for sentence in said])


def _state_of(outcome: Outcome[Bag]) -> dict[str, Any]:
    """The state to be recorded; of an operation that did not finish, with the time of the attempt: only to tell a
    failure of this run from one of an earlier run."""
    return to_engine(outcome.state, attempted_at_s=None if outcome.is_complete else time.time())
