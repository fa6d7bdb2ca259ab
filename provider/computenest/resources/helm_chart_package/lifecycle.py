"""`HelmChartPackage` as a `Lifecycle`: content in the registry."""

from __future__ import annotations

from computenest.resources._packages.content_lifecycle import ContentLifecycle
from computenest.resources._packages.content_ports import ContentStore
from computenest.resources._program.core import Core
from computenest.resources._program.session import Session
from computenest.resources.helm_chart_package.declaration import CONTENT


def store_of(session: Session) -> ContentStore:
    """The registry of an account; its client is imported when it is first needed."""
    from computenest.resources._packages.charts.sources import chart_of
    from computenest.resources._packages.registry_store import registry_store

    return registry_store(session, CONTENT.state, chart_of)


def LIFECYCLE(core: Core) -> ContentLifecycle:  # noqa: N802 - what every type's folder calls it
    """A new lifecycle of the type."""
    return ContentLifecycle(core, content=CONTENT, store_of=store_of)
