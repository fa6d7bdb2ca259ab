"""Charts made by chance from a seed: pairs that add, change and drop objects, hooks, made-up values, CRDs, fields of
others, and upgrades that fail."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from kubernetes.charts import Charts
from written import write_files

KINDS = ("configmap", "secret", "deployment", "statefulset", "service", "persistentvolumeclaim", "role", "ingress")
NAMES = ("a", "b", "c", "d", "e", "f")


def drawn(chance: random.Random, shape: Any, name: str) -> Any:
    """A document of a shape: of a tuple it has one, keys that end with `?` stand in some, `NAME` is the object's."""
    if isinstance(shape, tuple):
        return drawn(chance, chance.choice(shape), name)
    if isinstance(shape, dict):
        kept = (key for key in shape if not key.endswith("?") or chance.random() < 0.6)
        return {key.removesuffix("?"): drawn(chance, shape[key], name) for key in kept}
    if isinstance(shape, list):
        return [drawn(chance, one, name) for one in shape]
    return shape.replace("NAME", name) if isinstance(shape, str) else shape


def _container(name: str) -> dict[str, Any]:
    a, b = ({"name": key, "value": ("0", "1", "2")} for key in "AB")
    return {
        "name": name,
        "image": tuple(f"example.com/{name}:{number}" for number in range(3)),
        "env": ([], [a], [b], [a, b]),
        "resources?": {"limits": {"memory": ("1Gi", "1024Mi")}},  # the same to the server
        "ports?": [{"name": "http", "containerPort": 80}],
    }


_TIER, _TEAM = ({key: ("x", "y", "z")} for key in ("tier", "team.example.com/owner"))
_METADATA = {"name": "NAME", "labels?": (_TIER, _TEAM, {**_TIER, **_TEAM})}
_KEEP = {**_METADATA, "annotations?": {"helm.sh/resource-policy": "keep"}}
_CONTAINERS = ([_container("main")], [_container("main"), _container("proxy")])
_DEPLOYMENT = {
    "replicas?": (0, 1, 2),
    "selector": {"matchLabels": {"app": "NAME"}},
    "template": {"metadata": {"labels": {"app": "NAME"}}, "spec": {"containers": _CONTAINERS}},
}
_SET = {**_DEPLOYMENT, "serviceName": ("NAME", "NAME", "NAME", "NAME", "NAME-other")}  # it cannot be changed
_CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
_PATHS = [
    {"path": path, "pathType": "Prefix", "backend": {"service": {"name": ("a", "b"), "port": {"number": 80}}}}
    for path in ("/", "/x", "/y")
]
_JOB = {"restartPolicy": "Never", "containers": [{"name": "x", "image": "example.com/x:1"}]}
_VERBS = (["get", "list"], ["list", "get"], ["get", "watch"], ["watch", "list"])
_PORTS = [{"name": "http", "port": (80, 81, 82)}]
_HOSTS = ("a.example.com", "b.example.com")
_MADE_UP = "apiVersion: v1\nkind: Secret\nmetadata: {name: NAME}\nstringData: {key: {{ randAlphaNum 9 }}}\n"


def _object(kind: str, api_version: str = "v1", metadata: Any = _METADATA, **body: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


SHAPES = {
    "configmap": _object("ConfigMap", data={f"{key}?": ("0", "1", "2") for key in ("one", "two", "three.txt")}),
    "secret": (_MADE_UP, _object("Secret", stringData={"password": ("one", "two")})),
    "deployment": _object("Deployment", "apps/v1", spec=_DEPLOYMENT),
    "statefulset": _object("StatefulSet", "apps/v1", spec=_SET),
    "service": _object("Service", spec={"selector": {"app": ("a", "b")}, "ports": _PORTS}),
    "claim": _object("PersistentVolumeClaim", metadata=_KEEP, spec=_CLAIM),
    "role": _object(
        "Role", "rbac.authorization.k8s.io/v1", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": _VERBS}]
    ),
    "ingress": _object(
        "Ingress",
        "networking.k8s.io/v1",
        spec={"rules": [{"host": _HOSTS, "http": {"paths": (_PATHS[:2], _PATHS[1:], _PATHS[::2])}}]},
    ),
}
_EVENTS = ("pre-upgrade", "post-upgrade", "pre-install,pre-upgrade")
_HOOK = _object(
    "Job", "batch/v1", {"name": "hook", "annotations": {"helm.sh/hook": _EVENTS}}, spec={"template": {"spec": _JOB}}
)


class Maker:
    """One release's charts, version after version."""

    def __init__(self, seed: int, charts: Charts) -> None:
        self.chance = random.Random(seed)
        self._charts = charts
        self._kinds = {name: self.chance.choice([*SHAPES]) for name in NAMES}
        self._now: dict[str, Any] = {}
        self._version = 0

    def next(self) -> Path:
        """The next version: some objects changed, some dropped, some added."""
        self._version += 1
        for name in NAMES:
            roll = self.chance.random()
            if roll < 0.2:
                self._now.pop(name, None)
            elif roll < 0.75 or self._version == 1:
                self._now[name] = drawn(self.chance, SHAPES[self._kinds[name]], name)
        found = {**self._now, **({"hook": drawn(self.chance, _HOOK, "")} if self.chance.random() < 0.4 else {})}
        templates = {name: body if isinstance(body, str) else json.dumps(body) for name, body in found.items()}
        return self._charts.write("made", f"1.{self._version}.0", {"x": self.chance.randrange(9)}, templates)

    def broken(self) -> Path:
        """The next version with an object that the cluster refuses, beside others that it takes."""
        bad = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "refused"}, "spec": {"ports": [{"port": 0}]}}
        return write_files(self.next(), {"templates/refused.yaml": json.dumps(bad)})
