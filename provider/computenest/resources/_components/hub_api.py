"""The calls of a hub of Open Cluster Management: its clusters, labels of ours on them, and one Secret a cluster.

API: open-cluster-management.io/api v1.1.0, cluster/v1; labels by server-side apply, whose record of who has set what
(`managedFields`) is the only one.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from typing import Any

from computenest.cloud.kubernetes.client import APPLY, ApiClient, ApiError, ApiResource
from computenest.cloud.kubernetes.kubeconfig import read_kubeconfig, refuse_machine
from computenest.kernel.errors import ComputeNestError, Conflict, Invalid, Meaning, NotFound, Permanent
from computenest.kernel.names import OwnerId
from computenest.resources._components.managed import ManagedCluster, manager_of

SECRET, _KEY = "computenest-kubeconfig", "kubeconfig"
_GROUP = "cluster.open-cluster-management.io"
_KIND = ApiResource(_GROUP, "v1", "ManagedCluster", "managedclusters", is_namespaced=False, verbs=frozenset())
_SECRETS = ApiResource("", "v1", "Secret", "secrets", is_namespaced=True, verbs=frozenset())
_PATH, _SECRETS_PATH = "hub", "hub.kubeconfigSecrets"
_LABELS = ".metadata.labels."
_RIGHTS = (
    f"a ClusterRole with `list`, and `patch` where the program's clusters have labels, of {_KIND.plural}.{_KIND.group}"
)


async def managed_clusters(client: ApiClient) -> tuple[ManagedCluster, ...]:
    """All of them, by their names."""
    try:
        listed = await client.list(_KIND)
    except NotFound:
        raise NotFound(
            f"the main cluster is no hub: it serves no {_KIND.kind} ({_KIND.api_version})",
            hint="install a hub of Open Cluster Management there (`clusteradm init`), or leave `hub` out and list the"
            " clusters in `clusters`",
        ) from None
    except Permanent as error:
        raise _denied(error, _PATH, _RIGHTS) from error
    return tuple(sorted(map(_read, listed), key=lambda one: one.name))


async def label(
    client: ApiClient,
    cluster: ManagedCluster,
    labels: Mapping[str, str],
    *,
    owner: OwnerId,
    takes: bool,
    is_dry: bool,
) -> ManagedCluster:
    """As `ports.Clusters.label`. The uid keeps an apply from making a cluster that is not there any more."""
    about = {"name": cluster.name, "uid": cluster.uid, **({"labels": dict(labels)} if labels else {})}
    body = {"apiVersion": _KIND.api_version, "kind": _KIND.kind, "metadata": about}
    manager = manager_of(owner)
    try:
        found = await client.patch(
            _KIND, "", cluster.name, body, content_type=APPLY, manager=manager, is_dry=is_dry, force=takes
        )
    except ApiError as error:
        if error.http_code == 409 and error.causes:
            raise _in_conflict(error, cluster, labels) from error
        raise
    except Permanent as error:
        raise _denied(error, _PATH, _RIGHTS) from error
    return _read(found)


async def kubeconfig_of(client: ApiClient, cluster: str) -> str:
    """The text in the cluster's Secret, which names nothing of this machine."""
    named = f"the Secret {cluster}/{SECRET} of the hub"
    try:
        found = await client.get(_SECRETS, cluster, SECRET)
    except Permanent as error:
        wanted = f"a Role in the namespace {cluster} with `get` of secrets and `resourceNames: [{SECRET}]`"
        raise _denied(error, _SECRETS_PATH, f"{wanted}, or list the cluster in `clusters`") from error
    made = f"`kubectl create secret generic {SECRET} --namespace {cluster} --from-file={_KEY}=FILE` on the hub makes it"
    if found is None:
        raise Invalid(
            f"{named} is not there, and {cluster} is reached by it",
            path=_SECRETS_PATH,
            hint=f"{made}; or list the cluster in `clusters` with a kubeconfig; or `abandon` it, if it is gone",
        )
    data = found.get("data")
    text = data.get(_KEY) if isinstance(data, Mapping) else None
    if not text:
        raise Invalid(f"{named} has no key {_KEY!r}", path=_SECRETS_PATH, hint=made)
    try:
        read = base64.b64decode(str(text)).decode()
        refuse_machine(read, path=_SECRETS_PATH)
        await asyncio.to_thread(read_kubeconfig, read, path=_SECRETS_PATH)
    except (UnicodeError, binascii.Error):
        raise Invalid(f"what {named} holds is no text", path=_SECRETS_PATH, hint=made) from None
    except Invalid as error:
        raise error.reworded(f"{named}: {error.summary}", hint=error.hint or made) from None
    return read


def _read(document: Mapping[str, Any]) -> ManagedCluster:
    about = document.get("metadata") or {}
    managed: dict[str, frozenset[str]] = {}
    for one in about.get("managedFields") or ():
        fields = ((one.get("fieldsV1") or {}).get("f:metadata") or {}).get("f:labels") or {}
        named = frozenset(key.removeprefix("f:") for key in fields if key.startswith("f:"))
        if one.get("operation") == "Apply" and named:
            managed[str(one.get("manager"))] = named
    return ManagedCluster(
        name=str(about.get("name", "")),
        uid=str(about.get("uid", "")),
        labels={str(key): str(text) for key, text in (about.get("labels") or {}).items()},
        is_accepted=(document.get("spec") or {}).get("hubAcceptsClient") is True,
        is_leaving=bool(about.get("deletionTimestamp")),
        managed=managed,
    )


def _denied(error: Permanent, path: str, hint: str) -> ComputeNestError:
    return Invalid(error.summary, path=path, hint=hint) if error.meaning is Meaning.DENIED else error


def _in_conflict(error: ApiError, cluster: ManagedCluster, labels: Mapping[str, str]) -> Conflict:
    told = []
    for cause in error.causes:
        field = str(cause.get("field", ""))
        key = field.removeprefix(_LABELS)
        who = str(cause.get("message", "")).partition('"')[2].partition('"')[0] or "somebody else"
        is_one = field.startswith(_LABELS)  # who applies an empty map of labels owns the map
        has = f"{key} of {cluster.name} is {cluster.labels.get(key)!r} by {who}, and {labels.get(key)!r} is wanted"
        told.append(has if is_one else f"the labels of {cluster.name} are all {who}'s, which has applied none")
    return Conflict(
        f"labels of others stay: {'; '.join(told)}",
        hint="take it out of the cluster's `labels`, or `conflicts: force` takes it over",
    )
