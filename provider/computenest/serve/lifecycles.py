"""The lifecycles that a transport serves, each made when it is first asked for; a transport knows no type by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from computenest.resources import catalog
from computenest.resources._program.core import Core
from computenest.serve.served import Served


def lifecycles(core: Core) -> Mapping[str, Served]:
    """Type name (`Service`) -> its lifecycle, all on one core."""
    return _Lifecycles(core)


def served(lifecycle: Any) -> Served:
    """One of them on property bags, given only such as it can read."""
    return Served(lifecycle)


@dataclass(frozen=True, slots=True)
class _Lifecycles(Mapping[str, Served]):
    core: Core
    _made: dict[str, Served] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)
    """The dynamic host asks from many threads, and what lifecycles remember stands in one of each."""

    def __getitem__(self, type_name: str) -> Served:
        with self._making:
            if type_name not in self._made:
                self._made[type_name] = served(catalog.lifecycle(type_name, self.core))
            return self._made[type_name]

    def __iter__(self) -> Iterator[str]:
        return iter(catalog.TYPES)

    def __len__(self) -> int:
        return len(catalog.TYPES)
