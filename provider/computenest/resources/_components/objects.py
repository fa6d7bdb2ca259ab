"""Objects of Kubernetes as charts render them: what identifies one, and reading a manifest as helm reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.kernel.bounded_yaml import Unreadable, read_yaml

Body = Mapping[str, Any]
"""An object's document, foreign to us: of any kind that a chart may bring."""

_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")
_SOURCE = re.compile(r"^# Source: (.+)$", re.MULTILINE)
_KEEP = "helm.sh/resource-policy"


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """What makes two documents the same object for helm: not their version, which an upgrade may change.

    Args:
        group: of the API, "" for the core.
        kind: `Deployment`.
        namespace: "" for what belongs to the cluster.
        name: of the object.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """`Deployment shop/web`, as messages call it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class KubeObject:
    """One object that a chart renders.

    Args:
        key: its identity; the release's namespace where the document names none, until the cluster tells whether its
            kind has one.
        api_version: `apps/v1`.
        body: the document.
        template: the template that made it, "" where nothing says so.
    """

    key: ObjectKey
    api_version: str
    body: Body
    template: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether its values are never shown."""
        return self.key.kind == "Secret" and self.key.group == ""

    @property
    def is_kept(self) -> bool:
        """Whether helm leaves it when the chart drops it, or the release goes (`helm.sh/resource-policy: keep`)."""
        annotations = as_map(as_map(self.body.get("metadata")).get("annotations"))
        return str(annotations.get(_KEEP, "")).lower() == "keep"


@dataclass(frozen=True, slots=True)
class Hook:
    """An object that helm makes by itself around an operation, and that no release counts as its own.

    Args:
        kind: mostly `Job`.
        name: of the object.
        events: `pre-install`, `post-upgrade`, …
        weight: hooks of one event run by it.
    """

    kind: str
    name: str
    events: tuple[str, ...]
    weight: int = 0


def read_manifest(text: str, *, namespace: str, cluster_kinds: Iterable[str] = ()) -> tuple[KubeObject, ...]:
    """The objects of a manifest, in its order.

    Args:
        text: what helm renders, or keeps in a release.
        namespace: the release's, for documents that name none.
        cluster_kinds: `group/Kind` of what has no namespace.

    Raises:
        Unreadable: a document is no YAML, or no object.
    """
    without = frozenset(cluster_kinds)
    found = []
    for part in _SEPARATOR.split(text):
        source = _SOURCE.search(part)
        template = source.group(1).strip() if source else ""
        body = _read(part, template)
        if body:
            found.append(_object(body, template, namespace, without))
    return tuple(found)


def _read(part: str, template: str) -> Mapping[str, Any] | None:
    try:
        body = read_yaml(part.encode(), flavor="go")
    except Unreadable as error:
        raise Unreadable(error.what, where=" ".join(word for word in (template, error.where) if word)) from error
    if body is None:
        return None
    if not isinstance(body, dict):
        raise Unreadable("it is no object of Kubernetes", where=template)
    named: Mapping[str, Any] = _with_names(body)
    return named


def _with_names(value: Any) -> Any:
    """Keys as JSON has them: `1` and `true` are names, as helm sends them."""
    if isinstance(value, dict):
        return {_name(key): _with_names(item) for key, item in value.items()}
    return [_with_names(item) for item in value] if isinstance(value, list) else value


def _name(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _object(body: Mapping[str, Any], template: str, namespace: str, without: frozenset[str]) -> KubeObject:
    metadata = as_map(body.get("metadata"))
    named = (body.get("apiVersion"), body.get("kind"), metadata.get("name"))
    api_version, kind, name = (str(one or "") for one in named)
    if not api_version or not kind or not name:
        raise Unreadable("an object has apiVersion, kind and metadata.name", where=template)
    group = api_version.rpartition("/")[0]
    own = "" if f"{group}/{kind}" in without else str(metadata.get("namespace") or namespace)
    return KubeObject(ObjectKey(group, kind, own, name), api_version, body, template)


def as_map(value: object) -> Mapping[str, Any]:
    """A part of a document, {} where it is no map."""
    return value if isinstance(value, Mapping) else {}
