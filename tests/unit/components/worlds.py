"""Releases, objects and what is declared of them, for tests of what is decided."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

from computenest.kernel.names import OwnerId
from computenest.resources._components.objects import KubeObject, ObjectKey
from computenest.resources._components.plan import Declared
from computenest.resources._components.policy import Downgrade, Policy
from computenest.resources._components.release import (
    CHART_LABEL,
    OWNER_LABEL,
    ApplyMethod,
    ReleaseName,
    Revision,
    Status,
)

OWNER = OwnerId("acme-shop-dev-service")


def declared(
    version: str = "1.0.0",
    values: Mapping[str, Any] | None = None,
    *,
    digest: str = "",
    adopts: bool = False,
    downgrade: Downgrade = "upgrade",
) -> Declared:
    return Declared(
        release=ReleaseName("shop-web"),
        namespace="shop",
        chart="web",
        version=version,
        chart_digest=digest,
        values=values or {},
        owner=OWNER,
        policy=Policy(adopts=adopts, downgrade=downgrade),
    )


def revision(
    number: int,
    status: Status = Status.DEPLOYED,
    version: str = "1.0.0",
    values: Mapping[str, Any] | None = None,
    *,
    objects: tuple[KubeObject, ...] = (),
    owner: str = OWNER,
    digest: str = "",
    rolled_back_to: int = 0,
) -> Revision:
    labels = ({OWNER_LABEL: owner} if owner else {}) | ({CHART_LABEL: digest} if digest else {})
    return Revision(
        number=number,
        status=status,
        chart="web",
        version=version,
        values=values or {},
        defaults={},
        objects=objects,
        hooks=(),
        apply_method=ApplyMethod.SERVER_SIDE,
        labels=labels,
        rolled_back_to=rolled_back_to,
    )


def thing(kind: str, name: str, body: Mapping[str, Any] | None = None, *, group: str = "") -> KubeObject:
    """An object in namespace shop."""
    api_version = f"{group}/v1" if group else "v1"
    made = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **(body or {})}
    return KubeObject(ObjectKey(group, kind, "shop", name), api_version, made)


def release_secret(body: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """As the API gives one: base64 of what helm wrote, which is base64 of gzip of JSON."""
    packed = base64.b64encode(gzip.compress(json.dumps(body).encode()))
    return {
        "metadata": {"name": "sh.helm.release.v1.shop-web.v1", "namespace": "shop", "labels": dict(labels or {})},
        "data": {"release": base64.b64encode(packed).decode()},
    }
