"""What `helm template` prints, taken apart: objects of the release, hooks, and the CRDs that helm installs once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from computenest.resources._components.objects import Hook, KubeObject, as_map, read_manifest
from computenest.resources._components.observation import Rendering
from computenest.resources._components.release import ReleaseName

_HOOK = "helm.sh/hook"
_WEIGHT = "helm.sh/hook-weight"
_TESTS = frozenset({"test", "test-success", "test-failure"})


def rendering_of(
    manifest: str, again: str | None, *, namespace: str, cluster_kinds: Iterable[str], notes: tuple[str, ...]
) -> Rendering:
    """A rendering, and what another of the same chart with the same values came to.

    Raises:
        Unreadable: what the chart renders is no YAML, or no object.
    """
    kinds = frozenset(cluster_kinds)
    objects, hooks, definitions = _apart(read_manifest(manifest, namespace=namespace, cluster_kinds=kinds))
    duplicates = None if again is None else _apart(read_manifest(again, namespace=namespace, cluster_kinds=kinds))[0]
    return Rendering(objects, duplicates, hooks, definitions, notes)


def _apart(
    found: tuple[KubeObject, ...],
) -> tuple[tuple[KubeObject, ...], tuple[Hook, ...], tuple[KubeObject, ...]]:
    objects: list[KubeObject] = []
    hooks: list[Hook] = []
    definitions: list[KubeObject] = []
    for one in found:
        events = str(_annotations(one).get(_HOOK, ""))
        names = tuple(name for each in events.split(",") if (name := each.strip()))
        if names:
            if not _TESTS.issuperset(names):
                hooks.append(Hook(one.key.kind, one.key.name, names, _weight(one)))
        elif one.key.kind == "CustomResourceDefinition" and "/crds/" in one.template:
            definitions.append(one)
        else:
            objects.append(one)
    return tuple(objects), tuple(hooks), tuple(definitions)


def as_helm_applies(one: KubeObject, *, release: ReleaseName, namespace: str) -> dict[str, Any]:
    """The document as helm brings it to the server: with its marks of the release.
    (Helm: pkg/action/validate.go `setMetadataVisitor`.)"""
    metadata = as_map(one.body.get("metadata"))
    labels = {**as_map(metadata.get("labels")), "app.kubernetes.io/managed-by": "Helm"}
    annotations = {
        **as_map(metadata.get("annotations")),
        "meta.helm.sh/release-name": release,
        "meta.helm.sh/release-namespace": namespace,
    }
    own = {"namespace": one.key.namespace} if one.key.namespace else {}
    return {**one.body, "metadata": {**metadata, **own, "labels": labels, "annotations": annotations}}


def _annotations(one: KubeObject) -> Mapping[str, Any]:
    return as_map(as_map(one.body.get("metadata")).get("annotations"))


def _weight(one: KubeObject) -> int:
    try:
        return int(str(_annotations(one).get(_WEIGHT, "0")))
    except ValueError:
        return 0
