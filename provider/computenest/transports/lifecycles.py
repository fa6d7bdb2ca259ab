"""Every type of resource, one line each: a transport serves what stands here, and knows no type by its name."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.domain.content.model import Kind
from computenest.transports.association import AssociationLifecycle
from computenest.transports.core import Core
from computenest.transports.image import ImageLifecycle
from computenest.transports.instance import InstanceLifecycle
from computenest.transports.lifecycle import Lifecycle
from computenest.transports.service import ServiceLifecycle
from computenest.transports.sound import Sound
from computenest.transports.uploads import ContentLifecycle

__all__ = ["lifecycles"]


def lifecycles(core: Core) -> Mapping[str, Lifecycle]:
    """Type name (`Service`) -> its lifecycle, all on one core."""
    made: tuple[Lifecycle, ...] = (
        ImageLifecycle(core),
        *(ContentLifecycle(core, kind=kind) for kind in Kind),
        AssociationLifecycle(core),
        ServiceLifecycle(core),
        InstanceLifecycle(core),
    )
    return {lifecycle.shape.type_name: Sound(lifecycle) for lifecycle in made}
