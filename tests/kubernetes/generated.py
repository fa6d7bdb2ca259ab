"""Charts made by chance from a seed: pairs that add, change and drop objects, hooks, made-up values, CRDs, fields of
others, and upgrades that fail."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kubernetes.charts import Charts

KINDS = ("configmap", "secret", "deployment", "statefulset", "service", "persistentvolumeclaim", "role", "ingress")
MEMORY = ("1Gi", "1024Mi")  # the same to the server
NAMES = ("a", "b", "c", "d", "e", "f")


class Maker:
    """One release's charts, version after version."""

    def __init__(self, seed: int, charts: Charts) -> None:
        self.chance = random.Random(seed)
        self._charts = charts
        self._kinds = {name: self.chance.choice([*MAKERS]) for name in NAMES}
        self._now: dict[str, Mapping[str, Any] | str] = {}
        self._version = 0

    def next(self) -> Path:
        """The next version: some objects changed, some dropped, some added."""
        self._version += 1
        for name in NAMES:
            roll = self.chance.random()
            if roll < 0.2:
                self._now.pop(name, None)
            elif roll < 0.75 or self._version == 1:
                self._now[name] = MAKERS[self._kinds[name]](self.chance, name)
        templates: dict[str, str | None] = {
            name: body if isinstance(body, str) else json.dumps(body) for name, body in self._now.items()
        }
        if self.chance.random() < 0.4:
            templates["hook"] = json.dumps(_hook(self.chance))
        return self._charts.write("made", f"1.{self._version}.0", {"x": self.chance.randrange(9)}, templates)

    def broken(self) -> Path:
        """The next version with an object that the cluster refuses, beside others that it takes."""
        folder = self.next()
        bad = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "refused"}, "spec": {"ports": [{"port": 0}]}}
        (folder / "templates" / "refused.yaml").write_text(json.dumps(bad))
        return folder


def _meta(chance: random.Random, name: str) -> dict[str, Any]:
    labels = {key: chance.choice("xyz") for key in ("tier", "team.example.com/owner") if chance.random() < 0.5}
    return {"name": name, **({"labels": labels} if labels else {})}


def _configmap(chance: random.Random, name: str) -> dict[str, Any]:
    data = {key: str(chance.randrange(3)) for key in ("one", "two", "three.txt") if chance.random() < 0.7}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta(chance, name), "data": data}


def _secret(chance: random.Random, name: str) -> str | dict[str, Any]:
    if chance.random() < 0.5:
        return (
            f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\nstringData: {{key: {{{{ randAlphaNum 9 }}}}}}\n"
        )
    data = {"password": chance.choice(("one", "two"))}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _meta(chance, name), "stringData": data}


def _pod(chance: random.Random, name: str) -> dict[str, Any]:
    containers = [
        {
            "name": each,
            "image": f"example.com/{each}:{chance.randrange(3)}",
            "env": [{"name": key, "value": str(chance.randrange(3))} for key in "AB" if chance.random() < 0.6],
            **(
                {"resources": {"limits": {"memory": chance.choice(("1Gi", "1024Mi"))}}} if chance.random() < 0.5 else {}
            ),
            **({"ports": [{"name": "http", "containerPort": 80}]} if chance.random() < 0.5 else {}),
        }
        for each in ("main", "proxy")
        if each == "main" or chance.random() < 0.4
    ]
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}}


def _deployment(chance: random.Random, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": _pod(chance, name)}
    if chance.random() < 0.6:
        spec["replicas"] = chance.randrange(3)
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta(chance, name), "spec": spec}


def _statefulset(chance: random.Random, name: str) -> dict[str, Any]:
    made = _deployment(chance, name)
    service = name if chance.random() < 0.85 else f"{name}-other"  # it cannot be changed
    return {**made, "kind": "StatefulSet", "spec": {**made["spec"], "serviceName": service}}


def _service(chance: random.Random, name: str) -> dict[str, Any]:
    ports = [{"name": each, "port": 80 + chance.randrange(3)} for each in ("http",) if chance.random() < 2]
    spec = {"selector": {"app": chance.choice("ab")}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _meta(chance, name), "spec": spec}


def _claim(chance: random.Random, name: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    metadata = _meta(chance, name)
    if chance.random() < 0.3:
        metadata["annotations"] = {"helm.sh/resource-policy": "keep"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _role(chance: random.Random, name: str) -> dict[str, Any]:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": chance.sample(["get", "list", "watch"], 2)}]
    group = "rbac.authorization.k8s.io"
    return {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": _meta(chance, name), "rules": rules}


def _ingress(chance: random.Random, name: str) -> dict[str, Any]:
    backend = {"service": {"name": chance.choice("ab"), "port": {"number": 80}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend} for path in chance.sample(["/", "/x", "/y"], 2)]
    spec = {"rules": [{"host": chance.choice(("a.example.com", "b.example.com")), "http": {"paths": paths}}]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": _meta(chance, name), "spec": spec}


def _hook(chance: random.Random) -> dict[str, Any]:
    annotations = {"helm.sh/hook": chance.choice(("pre-upgrade", "post-upgrade", "pre-install,pre-upgrade"))}
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "example.com/x:1"}]}}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "hook", "annotations": annotations},
        "spec": spec,
    }


MAKERS: Mapping[str, Callable[[random.Random, str], Mapping[str, Any] | str]] = {
    "configmap": _configmap,
    "secret": _secret,
    "deployment": _deployment,
    "statefulset": _statefulset,
    "service": _service,
    "claim": _claim,
    "role": _role,
    "ingress": _ingress,
}
