"""`FilePackage` as a `Lifecycle`: content in Compute Nest's buckets."""

from __future__ import annotations

from computenest.resources._packages.content_lifecycle import ContentLifecycle
from computenest.resources._packages.content_ports import ContentStore
from computenest.resources._program.core import Core
from computenest.resources._program.session import Session
from computenest.resources.file_package.declaration import CONTENT


def store_of(session: Session) -> ContentStore:
    """The buckets of an account; what reads and sends a file is imported when there is one to be looked at."""
    from computenest.resources.file_package.api import FileStore

    return session.port(FileStore)


def LIFECYCLE(core: Core) -> ContentLifecycle:  # noqa: N802 - what every type's folder calls it
    """A new lifecycle of the type."""
    return ContentLifecycle(core, content=CONTENT, store_of=store_of)
