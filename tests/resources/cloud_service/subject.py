"""`CloudService` as a subject of the laws that every type obeys: a definition, and no object anywhere."""

from __future__ import annotations

from typing import Any

from computenest.resources.cloud_service.lifecycle import CloudServiceLifecycle
from lifecycle.case import LifecycleCase
from lifecycle.subjects import PureSubject


class CloudServiceSubject(PureSubject):
    """What the laws ask."""

    type_name = "CloudService"

    def lifecycle(self) -> CloudServiceLifecycle:
        return CloudServiceLifecycle(self.core())

    def news(self, number: int) -> dict[str, Any]:
        web = {"name": "web", "chart": {"kind": "folder", "path": "/charts/web"}, "values": {"size": number}}
        return {"ownerId": "o-1", "logicalName": "shop", "version": f"1.{number}", "components": [web]}


CASES = (LifecycleCase("CloudService", CloudServiceSubject),)
