"""Every type of resource that both transports serve by its `Lifecycle`, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.domain.content.model import Kind
from computenest.transports.core import Core
from computenest.transports.instance import InstanceLifecycle
from computenest.transports.lifecycle import Lifecycle
from computenest.transports.service import ServiceLifecycle
from computenest.transports.uploads import ContentLifecycle

__all__ = ["lifecycles"]


def lifecycles(core: Core) -> Mapping[str, Lifecycle]:
    """Type name (`Service`) -> its lifecycle, all on one core."""
    return {
        "Service": ServiceLifecycle(core),
        "ServiceInstance": InstanceLifecycle(core),
        **{kind.type_name: ContentLifecycle(core, kind) for kind in Kind},
    }
