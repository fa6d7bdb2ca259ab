"""Around what the dynamic providers do: no state decides anything that is not as this provider wrote it,
and what a program hands over in a wrong form is refused with its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from computenest.domain.errors import ComputeNestError, Invalid
from computenest.domain.outcome import Checked
from computenest.transports import shapes
from computenest.transports.dynamic.operations import Operations
from computenest.transports.dynamic.values import PROVIDER_KEY, from_engine

__all__ = ["Sound"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sound:
    """`inner`, given only bags that it can read.

    Args:
        type_name: `EcsImagePackage`.
        inner: the operations themselves.
    """

    type_name: str
    inner: Operations

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        given = from_engine(news)
        try:
            found = self.inner.check(olds, news)
        except ComputeNestError:
            raise
        except Exception as error:
            wrong = shapes.misshapen(self.type_name, given, strict=False)
            if not wrong:
                raise self._explained(error, olds) from error
            return CheckResult(dict(news), [CheckFailure("", f"{path}: {reason}") for path, reason in wrong])
        checked = shapes.with_shapes(self.type_name, given, Checked(from_engine(found.inputs)))
        said = [failure.reason for failure in found.failures or ()]
        # Beside failures the inputs lack what is unknown, so that only the top of what the program gave is judged.
        more = [one for one in checked.failures if not said or (one.path in given and not _is_told(one.path, said))]
        failures = [CheckFailure("", f"{one.path}: {one.reason}") for one in more]
        return CheckResult(found.inputs, [*(found.failures or ()), *failures])

    def diff(self, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        self._refuse_damaged(olds)
        return self._asked(lambda: self.inner.diff(olds, news), olds, news)

    def create(self, props: dict[str, Any]) -> CreateResult:
        return self._asked(lambda: self.inner.create(props), props)

    def update(self, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        self._refuse_damaged(olds)
        return self._asked(lambda: self.inner.update(olds, news), olds, news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        sound = shapes.repaired(self.type_name, id_, from_engine(props))
        if (why := shapes.damaged(self.type_name, id_, sound, needs=("ownerId",))) is not None:
            raise why  # nobody can tell whose it is, and what is nobody's would be taken for gone
        kept = {key: value for key, value in props.items() if key in sound or key == PROVIDER_KEY}
        return self._asked(lambda: self.inner.read(id_, {**sound, **kept}), props)

    def delete(self, props: dict[str, Any]) -> None:
        self._refuse_damaged(props)
        self._asked(lambda: self.inner.delete(props), props)

    def _refuse_damaged(self, props: Mapping[str, Any]) -> None:
        known = from_engine(props)
        needs = shapes.needs(self.type_name, known)
        if (why := shapes.damaged(self.type_name, shapes.name_in(known), known, needs=needs)) is not None:
            raise why

    def _asked(self, ask: Callable[[], T], *bags: Mapping[str, Any]) -> T:
        try:
            return ask()
        except ComputeNestError:
            raise
        except Exception as error:
            raise self._explained(error, *bags) from error

    def _explained(self, error: Exception, *bags: Mapping[str, Any]) -> Exception:
        known = [from_engine(bag) for bag in bags]
        why: Invalid | None = shapes.explained(self.type_name, shapes.name_in(*known), error, *known)
        return error if why is None else why


def _is_told(path: str, said: Iterable[str]) -> bool:
    return any(reason.startswith(path) for reason in said)
