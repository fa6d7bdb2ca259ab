"""Every type of resource, one line each: a transport serves what stands here, and knows no type by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest.kernel.lifecycle import Lifecycle
from computenest.resources._packages.content_lifecycle import ContentLifecycle
from computenest.resources._packages.content_model import Kind
from computenest.resources._program.core import Core
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.resources.service.lifecycle import ServiceLifecycle
from computenest.resources.service_image_association.lifecycle import AssociationLifecycle
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.serve.served import Served
from computenest.serve.sound import Sound
from computenest.serve.typed import Typed

__all__ = ["lifecycles", "served"]


def lifecycles(core: Core) -> Mapping[str, Served]:
    """Type name (`Service`) -> its lifecycle, all on one core."""
    made: tuple[Served | Lifecycle[Any, Any, Any, Any, Any], ...] = (
        ImageLifecycle(core),
        *(ContentLifecycle(core, kind=kind) for kind in Kind),
        AssociationLifecycle(core),
        ServiceLifecycle(core),
        InstanceLifecycle(core),
    )
    return {lifecycle.shape.declared.type_name: served(lifecycle) for lifecycle in made}


def served(lifecycle: Any) -> Served:
    """One of them on property bags, given only such as it can read."""
    return Sound(Typed(lifecycle, lifecycle.shape.models) if lifecycle.shape.models else lifecycle)
