"""What one type of resource does, in the values of the dynamic host."""

from __future__ import annotations

from typing import Any, Protocol

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

__all__ = ["Operations"]


class Operations(Protocol):
    """The six operations of one type of resource, in the host's values."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult: ...

    def diff(self, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult: ...

    def create(self, props: dict[str, Any]) -> CreateResult: ...

    def update(self, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult: ...

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult: ...

    def delete(self, props: dict[str, Any]) -> None: ...
