"""A Clusterfile of sealer, as far as it speaks of applications: what it puts over the files of a package. Pure.

Source: sealer 0.11.0, read (types/api/v1 `Config`, types/api/v2 `Application`, pkg/config, pkg/clusterfile/decoder.go):
a `Config` of `sealer.io/v1` writes `data` to `path`, below `application/apps/<appName>` where that is given; an
`Application` of `sealer.io/v2` does the same by `spec.configs[].files`, and `spec.launchApps` says which are launched.
`merge` puts the keys of a YAML file over those that are there; `overwrite`, the default, replaces the file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from computenest.kernel.arguments import quoted
from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import Invalid
from computenest.kernel.values import Json
from computenest.resources._delivery.sealed import APPLICATIONS

_DOCUMENT = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)
_VERSIONS = {"Config": "sealer.io/v1", "Application": "sealer.io/v2", "Cluster": "sealer.io/v2"}
_OTHERS = frozenset(
    ["ClusterConfiguration", "InitConfiguration", "JoinConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"]
)
"""Of kubeadm: they are about a Kubernetes that is installed, and here one is there."""
_PROPERTY = "clusterfile"
_STRATEGIES = ("merge", "overwrite")


@dataclass(frozen=True, slots=True)
class Override:
    """What is put over a file of a package.

    Args:
        at: the document that says so, for messages.
        path: in the package.
        strategy: `merge` or `overwrite`.
        data: what the file holds then, or what is merged over it.
    """

    at: str
    path: str
    strategy: str
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Clusterfile:
    """What a Clusterfile says of applications.

    Args:
        overrides: in their order.
        launched: which applications are installed, in this order; () for all.
        left_out: what it says besides, and what does not count here.
    """

    overrides: tuple[Override, ...] = ()
    launched: tuple[str, ...] = ()
    left_out: tuple[str, ...] = field(default=())


def read_clusterfile(text: str) -> Clusterfile:
    """Reads one.

    Raises:
        Invalid: it is none, or of another version.
    """
    overrides: list[Override] = []
    launched: tuple[str, ...] = ()
    left_out: list[str] = []
    for number, document in enumerate(_documents(text), 1):
        at = f"document {number}"
        kind, version = str(document.get("kind") or ""), str(document.get("apiVersion") or "")
        if kind == "Plugin" or kind in _OTHERS:
            left_out.append(f"{at} ({kind}) is about the cluster itself, and counts for nothing here")
            continue
        if kind not in _VERSIONS:
            raise Invalid(f"{at} is of the kind {quoted(kind)}: no kind of a Clusterfile", path=_PROPERTY)
        if version != _VERSIONS[kind]:
            raise Invalid(
                f"{at}, a {kind}, is of the apiVersion {quoted(version)}: {_VERSIONS[kind]} is what is read",
                path=_PROPERTY,
                hint="write it anew for sealer 0.9 or newer: the fields of earlier versions mean other things",
            )
        spec = _map(document.get("spec"), f"{at}: spec")
        if kind == "Config":
            overrides.append(_config(document, spec, at))
        elif kind == "Application":
            found, names, besides = _application(spec, at)
            overrides += found
            launched = names or launched
            left_out += besides
    return Clusterfile(tuple(overrides), launched, tuple(left_out))


def _documents(text: str) -> Iterator[Mapping[str, Json]]:
    for part in _DOCUMENT.split(text):
        try:
            found = read_yaml(part.encode(), flavor="go")
        except Unreadable as error:
            raise Invalid(f"it is no YAML: {error}", path=_PROPERTY) from error
        if found is not None:
            yield _map(found, "a document of it")


def _config(document: Mapping[str, Json], spec: Mapping[str, Json], at: str) -> Override:
    name = _map(document.get("metadata") or {}, f"{at}: metadata").get("name")
    at = f"Config {name}" if name else at
    if spec.get("process"):
        raise Invalid(f"{at}: `process` ({quoted(str(spec['process']))}) is not done here", path=_PROPERTY)
    application = spec.get("appName")
    where = str(spec.get("path") or "")
    below = f"{APPLICATIONS}/{application}/{where}" if application and where else where
    return _override(spec, at, below)


def _application(spec: Mapping[str, Json], at: str) -> tuple[list[Override], tuple[str, ...], list[str]]:
    """What an `Application` puts over files, what it launches, and what counts for nothing here."""
    overrides, left_out = [], []
    for one in _list(spec.get("configs"), f"{at}: spec.configs"):
        config = _map(one, f"{at}: an entry of spec.configs")
        name = str(config.get("name") or "")
        if not name:
            raise Invalid(f"{at}: an entry of spec.configs has no name", path=_PROPERTY)
        if config.get("launch") or config.get("env"):
            left_out.append(f"`launch` and `env` of {name} in {at} count for nothing here: helm installs charts")
        for item in _list(config.get("files"), f"{at}: files of {name}"):
            file = _map(item, f"{at}: a file of {name}")
            where = str(file.get("path") or "")
            overrides.append(_override(file, f"{at}, {name}", f"{APPLICATIONS}/{name}/{where}" if where else ""))
    if spec.get("cmds"):
        left_out.append(f"`cmds` in {at} counts for nothing here: helm installs charts")
    launched = _list(spec.get("launchApps"), f"{at}: spec.launchApps")
    return overrides, tuple(map(str, launched)), left_out


def _override(given: Mapping[str, Json], at: str, where: str) -> Override:
    """One override; of what is no application's file only the path is kept."""
    if not where:
        raise Invalid(f"{at}: `path` is missing", path=_PROPERTY)
    strategy = str(given.get("strategy") or "overwrite")
    if strategy not in _STRATEGIES:
        raise Invalid(f"{at}: the strategy {quoted(strategy)} is none: merge or overwrite", path=_PROPERTY)
    data = given.get("data")
    if not isinstance(data, str) or not data:
        raise Invalid(f"{at}: `data` is missing: a text, as in `data: |`", path=_PROPERTY)
    where = posixpath.normpath(where).lstrip("/")
    if not where.startswith("application/"):
        return Override(at, where, strategy, {})
    try:
        values = read_yaml(data.encode(), flavor="go")
    except Unreadable as error:
        raise Invalid(f"{at}: its data is no YAML: {error}", path=_PROPERTY) from error
    return Override(at, where, strategy, _map(values if values is not None else {}, f"{at}: its data"))


def _map(value: object, what: str) -> Mapping[str, Json]:
    found: Mapping[str, Json] = {} if value is None else value  # type: ignore[assignment]
    if not isinstance(found, Mapping):
        raise Invalid(f"{what} is no map", path=_PROPERTY)
    return found


def _list(value: object, what: str) -> Sequence[Json]:
    found: Sequence[Json] = [] if value is None else value  # type: ignore[assignment]
    if not isinstance(found, list):
        raise Invalid(f"{what} is no list", path=_PROPERTY)
    return found
