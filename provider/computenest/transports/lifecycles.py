"""Every type of resource that both transports serve by its `Lifecycle`, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.transports.core import Core
from computenest.transports.lifecycle import Lifecycle

__all__ = ["lifecycles"]


def lifecycles(core: Core) -> Mapping[str, Lifecycle]:
    """Type name (`Service`) -> its lifecycle, all on one core."""
    del core
    return {}
