"""Which resource needs which: by reference and by DependsOn. One that needs itself is refused. fact: ros-005"""

from collections.abc import Iterator
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from typing import Any

from computenest_cloud.services.ros.errors import error


class Order:
    """Noted while values are evaluated, so that what a condition leaves out needs nothing."""

    def __init__(self) -> None:
        self._needs: dict[str, set[str]] = {}
        self._open: list[str] = []

    @contextmanager
    def of(self, logical_id: str, *, depends_on: Any = None) -> Iterator[None]:
        """What is evaluated inside belongs to this resource."""
        if logical_id in self._open:
            raise error("CircularDependency", f"Circular Dependency Found: {' -> '.join((*self._open, logical_id))}")
        named = depends_on if isinstance(depends_on, list) else [depends_on]
        self._needs.setdefault(logical_id, set()).update(name for name in named if isinstance(name, str))
        self._open.append(logical_id)
        try:
            yield
        finally:
            self._open.pop()

    def needs(self, logical_id: str) -> None:
        if self._open:
            self._needs[self._open[-1]].add(logical_id)

    def rank(self) -> dict[str, int]:
        """Logical id -> its turn: what another needs comes before it."""
        return {name: turn for turn, name in enumerate(TopologicalSorter(self._needs).static_order())}

    def check(self) -> None:
        try:
            TopologicalSorter(self._needs).prepare()
        except CycleError as failure:
            raise error("CircularDependency", f"Circular Dependency Found: {' -> '.join(failure.args[1])}") from failure
