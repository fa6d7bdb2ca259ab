"""Releases as helm keeps them: a Secret a revision, whose body is gzipped JSON (helm 3.18 to 4.3, facts §11.6).

The labels alone tell every release of a cluster and its status; the body tells chart, values, manifest and hooks.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NewType

from computenest.kernel.bounded_yaml import Unreadable
from computenest.kernel.names import OwnerId
from computenest.resources._components.objects import Hook, KubeObject, as_map, read_manifest

ReleaseName = NewType("ReleaseName", str)

OWNER_LABEL = "computenest.aliyun.com/owner"
"""Whose release it is. A rollback takes the labels of the revision that it goes back to (facts §11.5)."""
CHART_LABEL = "computenest.aliyun.com/chart"
"""The beginning of the digest of the chart's bytes: a label has at most 63 characters (facts §11.6)."""

INCARNATION_LABEL = "computenest.aliyun.com/incarnation"
"""How often a create has taken the release over: who holds a state of before leaves it alone."""
RUN_LABEL = "computenest.aliyun.com/run"
"""Which process brought the revision: where that is gone, a pending revision waits for nobody."""

_MOST_BYTES = 64 << 20  # helm's own limit is 1 MiB compressed


class Status(Enum):
    """As helm says."""

    DEPLOYED = "deployed"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNINSTALLING = "uninstalling"
    UNINSTALLED = "uninstalled"
    PENDING_INSTALL = "pending-install"
    PENDING_UPGRADE = "pending-upgrade"
    PENDING_ROLLBACK = "pending-rollback"
    UNKNOWN = "unknown"

    @property
    def is_pending(self) -> bool:
        """Whether a helm is at work, or was killed."""
        return self.value.startswith("pending-")


class ApplyMethod(Enum):
    """How helm brings objects to the server; a release that says nothing of it is client-side (facts §11.4)."""

    SERVER_SIDE = "ssa"
    CLIENT_SIDE = "csa"


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a release.

    Args:
        number: 1 and up.
        status: as helm says.
        chart: the chart's name.
        version: of the chart.
        values: what was given, without the chart's defaults.
        defaults: the chart's own.
        objects: of its manifest.
        hooks: that the chart has.
        apply_method: how its objects were brought.
        labels: ours among them.
        updated: when it began, as helm writes it.
        description: helm's last word on it.
        rolled_back_to: the revision that it repeats, 0 for none.
        definitions: names of the CRDs in the chart's `crds/`.
    """

    number: int
    status: Status
    chart: str
    version: str
    values: Mapping[str, Any]
    defaults: Mapping[str, Any]
    objects: tuple[KubeObject, ...]
    hooks: tuple[Hook, ...]
    apply_method: ApplyMethod
    labels: Mapping[str, str]
    updated: str = ""
    description: str = ""
    rolled_back_to: int = 0
    definitions: tuple[str, ...] = ()

    @property
    def owner(self) -> OwnerId | None:
        """Whose it is, None for one that is not ours."""
        found = self.labels.get(OWNER_LABEL)
        return OwnerId(found) if found else None

    @property
    def incarnation(self) -> int:
        """How often a create had taken it over by then."""
        found = self.labels.get(INCARNATION_LABEL, "")
        return int(found) if found.isdigit() else 1

    @property
    def chart_digest(self) -> str:
        """The beginning of the digest of its chart's bytes, "" where nobody wrote it."""
        return self.labels.get(CHART_LABEL, "")


def release_of(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Name and namespace of the release whose marks an object carries; None for one that it lacks."""
    annotations = as_map(as_map(body.get("metadata")).get("annotations"))
    return annotations.get("meta.helm.sh/release-name"), annotations.get("meta.helm.sh/release-namespace")


def secret_name(release: ReleaseName, number: int) -> str:
    """Where helm keeps the revision."""
    return f"sh.helm.release.v1.{release}.v{number}"


def read_revision(secret: Mapping[str, Any], *, cluster_kinds: Iterable[str] = ()) -> Revision:
    """A revision from its Secret.

    Raises:
        ValueError: it holds no release of helm's.
    """
    body = _body(secret)
    info, chart = as_map(body.get("info")), as_map(body.get("chart"))
    metadata = as_map(chart.get("metadata"))
    namespace = str(body.get("namespace") or as_map(secret.get("metadata")).get("namespace") or "")
    labels = as_map(as_map(secret.get("metadata")).get("labels"))
    status = str(info.get("status", ""))
    return Revision(
        number=int(body.get("version") or 0),
        status=Status(status) if status in {each.value for each in Status} else Status.UNKNOWN,
        chart=str(metadata.get("name", "")),
        version=str(metadata.get("version", "")),
        values=as_map(body.get("config")),
        defaults=as_map(chart.get("values")),
        objects=read_manifest(str(body.get("manifest") or ""), namespace=namespace, cluster_kinds=cluster_kinds),
        hooks=tuple(_hook(one) for one in body.get("hooks") or ()),
        apply_method=ApplyMethod.SERVER_SIDE if body.get("apply_method") == "ssa" else ApplyMethod.CLIENT_SIDE,
        labels={str(key): str(value) for key, value in labels.items()},
        updated=str(info.get("last_deployed") or ""),
        description=str(info.get("description") or ""),
        rolled_back_to=int(info.get("rollback_revision") or 0),
        definitions=tuple(_definitions(chart)),
    )


def with_status(secret: Mapping[str, Any], status: Status) -> dict[str, Any]:
    """The Secret with another status, in its label and its body, and nothing else changed: what unlocks a release that
    a killed helm left pending (facts §11.1)."""
    body = dict(_body(secret))
    body["info"] = {**as_map(body.get("info")), "status": status.value}
    packed = gzip.compress(json.dumps(body).encode(), mtime=0)
    metadata = as_map(secret.get("metadata"))
    return {
        **secret,
        "metadata": {**metadata, "labels": {**as_map(metadata.get("labels")), "status": status.value}},
        "data": {**as_map(secret.get("data")), "release": base64.b64encode(base64.b64encode(packed)).decode()},
    }


def _body(secret: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        packed = base64.b64decode(base64.b64decode(str(as_map(secret.get("data"))["release"])))
        unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        raw = unpacking.decompress(packed, _MOST_BYTES) if packed[:2] == b"\x1f\x8b" else packed
        body = json.loads(raw)
    except (KeyError, binascii.Error, zlib.error, ValueError, RecursionError):
        body = None  # what failed may quote a secret
    if isinstance(body, dict):
        return body
    raise ValueError("the Secret holds no release of helm's")


def _hook(one: object) -> Hook:
    told = as_map(one)
    events = told.get("events")
    return Hook(
        kind=str(told.get("kind", "")),
        name=str(told.get("name", "")),
        events=tuple(str(event) for event in events) if isinstance(events, list) else (),
        weight=int(told.get("weight") or 0),
    )


def _definitions(chart: Mapping[str, Any]) -> Iterator[str]:
    """Helm keeps a chart's files in the release, those of `crds/` among them."""
    for file in chart.get("files") or ():
        if not str(as_map(file).get("name", "")).startswith("crds/"):
            continue
        try:
            text = base64.b64decode(str(as_map(file).get("data") or "")).decode()
            found = read_manifest(text, namespace="")
        except (binascii.Error, UnicodeError, Unreadable):
            continue
        yield from (one.key.name for one in found if one.key.kind == "CustomResourceDefinition")
