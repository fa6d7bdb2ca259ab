"""What helm leaves when it takes a release away, so that a destroy can name it: volumes of StatefulSets, CRDs, objects
of hooks, the namespace (helm 3.18 to 4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from computenest.cloud.kubernetes.client import ApiResource
from computenest.kernel.errors import unless_denied
from computenest.resources._components.objects import as_map
from computenest.resources._components.observe import Observer
from computenest.resources._components.release import Revision

_CLAIM = ("", "PersistentVolumeClaim")
_NAMESPACE = ("", "Namespace")
_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
_ALWAYS_THERE = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


async def claims_of(observer: Observer, history: Sequence[Revision]) -> tuple[str, ...]:
    """`namespace/name` of the volumes that the StatefulSets of a release have asked for, while the sets are there: a
    claim is named after template, set and pod."""
    sets = {
        (one.key.namespace, f"{_name(template)}-{one.key.name}-")
        for revision in history
        for one in revision.objects
        if one.key.kind == "StatefulSet"
        for template in (as_map(one.body.get("spec")).get("volumeClaimTemplates") or ())
    }
    kinds = await observer.client.kinds()
    found = []
    for namespace in sorted({namespace for namespace, _ in sets}):
        begins = tuple(prefix for of, prefix in sets if of == namespace)
        for claim in await _claims(observer, kinds[_CLAIM], namespace):
            name = str(as_map(claim.get("metadata")).get("name"))
            if any(name.startswith(each) and name.removeprefix(each).isdigit() for each in begins):
                found.append(f"{namespace}/{name}")
    return tuple(sorted(found))


async def what_stays(
    observer: Observer, history: Sequence[Revision], *, namespace: str, claims: Sequence[str]
) -> tuple[str, ...]:
    """What is still there of a release that was uninstalled, each with the reason."""
    kinds = await observer.client.kinds()
    found = []
    for claim in claims:
        of, _, name = claim.partition("/")
        if await _is_there(observer, kinds[_CLAIM], of, name):
            found.append(f"PersistentVolumeClaim {claim} (its data: a StatefulSet's claims stay)")
    for kind, name in sorted({(hook.kind, hook.name) for one in history for hook in one.hooks}):
        resource = next((one for (_, named), one in kinds.items() if named == kind), None)
        own = namespace if resource is not None and resource.is_namespaced else ""
        if resource is not None and await _is_there(observer, resource, own, name):
            found.append(f"{kind} {own}/{name} (made by a hook)" if own else f"{kind} {name} (made by a hook)")
    found += [
        f"CustomResourceDefinition {name} (helm never removes one: its objects would go with it)"
        for name in sorted({name for one in history for name in one.definitions})
        if await _is_there(observer, kinds[_DEFINITION], "", name)
    ]
    if namespace not in _ALWAYS_THERE and await _is_there(observer, kinds[_NAMESPACE], "", namespace):
        found.append(f"Namespace {namespace} (helm never removes one)")
    return tuple(found)


async def _claims(observer: Observer, kind: ApiResource, namespace: str) -> list[Mapping[str, Any]]:
    with unless_denied():
        return await observer.client.list(kind, namespace=namespace)
    return []


async def _is_there(observer: Observer, kind: ApiResource, namespace: str, name: str) -> bool:
    """Of what these credentials may not read nothing is said."""
    with unless_denied():
        return await observer.client.get(kind, namespace, name) is not None
    return False


def _name(template: object) -> str:
    return str(as_map(as_map(template).get("metadata")).get("name"))
