"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from computenest.kernel.arguments import quoted
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._components.model import ClusterAccess
from computenest.resources._components.wishing import check_labels
from computenest.resources.cluster.declaration import Arguments
from computenest.resources.cluster.model import Inputs

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_VERSION = re.compile(r"v?[1-9]\d*\.\d+(?:\.\d+)?")


def check(olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
    """Checked inputs, without what only the cluster tells."""
    name = (olds.name if olds else news.logical_name.lower()) if news.name is None else news.name
    failures = list(_failures(Arguments.made(news, name=name)))
    inputs = Inputs[Unknown].made(
        news,
        owner_id=olds.owner_id if olds else news.owner_id,
        name=name,
        uid=olds.uid if olds else "",
    )
    return Checked(inputs, tuple(failures))


def _failures(news: Arguments) -> Iterator[Failure]:
    name, version = news.name, news.kubernetes_version
    if name is not None and name is not UNKNOWN and not _NAME.fullmatch(name):
        yield Failure("name", f"{quoted(name)} cannot be a cluster's name: a-z, 0-9, hyphens and dots")
    if version is not None and version is not UNKNOWN and not _VERSION.fullmatch(version):
        yield Failure("kubernetesVersion", f"{quoted(version)} is no version of Kubernetes, such as v1.31.0")
    yield from check_labels({} if news.labels is None else news.labels)
    if news.kubeconfig == "":
        yield Failure("kubeconfig", "it is empty; leave it out for the one that kubectl reads")


def access_of(inputs: Inputs[Unknown] | Inputs[Known]) -> ClusterAccess:
    """How the cluster is reached, parts of it may be unknown."""
    given = {
        "kubeconfig": inputs.kubeconfig,
        "context": inputs.context,
        "kubernetes_version": inputs.kubernetes_version,
        "labels": inputs.labels,
    }
    return ClusterAccess(name=inputs.name, **{key: value for key, value in given.items() if value is not None})
