"""`ContainerImagePackage` as a `Lifecycle`: content in the registry."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from computenest.resources._packages.content_lifecycle import ContentLifecycle
from computenest.resources._packages.content_ports import ContentStore
from computenest.resources._program.core import Core
from computenest.resources._program.session import Session
from computenest.resources.container_image_package.declaration import CONTENT

if TYPE_CHECKING:
    from computenest.cloud.registry.blobs import Opened
    from computenest.cloud.registry.client import Traffic


def store_of(session: Session) -> ContentStore:
    """The registry of an account; its client is imported when it is first needed."""
    from computenest.resources._packages.registry_store import registry_store

    return registry_store(session, CONTENT.state, _open)


def _open(source: Mapping[str, str], *, traffic: Traffic, known_digest: str) -> AbstractAsyncContextManager[Opened]:
    from computenest.cloud.registry.sources import open_image

    del known_digest  # an image is what its manifest says, and reading that costs nothing
    return open_image(source, traffic=traffic)


def LIFECYCLE(core: Core) -> ContentLifecycle:  # noqa: N802 - what every type's folder calls it
    """A new lifecycle of the type."""
    return ContentLifecycle(core, content=CONTENT, store_of=store_of)
