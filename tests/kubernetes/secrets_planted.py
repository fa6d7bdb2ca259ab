"""Fifty secrets, planted in every kind of object and place that a chart may put them in."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kubernetes.charts import Charts

COUNT = 50


def planted() -> dict[str, str]:
    """Name -> value."""
    return {f"key{number}": f"planted{secrets.token_hex(8)}" for number in range(COUNT)}


def chart(charts: Charts, version: str = "1.0.0", **more: str | None) -> Path:
    """Values reach environment, arguments, Secrets of both forms, ConfigMaps, labels, annotations, names, the pods of
    sets and of hooks, a Service, an Ingress and the notes."""
    env = [{"name": f"K{at}", "value": _of(at)} for at in range(8)]
    container = {"name": "web", "image": "example.com/web:1", "env": env, "args": [_of(8), f"--key={_of(9)}"]}
    pod = {
        "metadata": {"labels": {"app": "web", "team": _of(10)}, "annotations": {"told": _of(11)}},
        "spec": {"containers": [container]},
    }
    deployment = _thing("apps/v1", "Deployment", "web", annotations={"told": _of(12)})
    deployment["spec"] = {"selector": {"matchLabels": {"app": "web"}}, "template": pod}
    job = _thing("batch/v1", "Job", "hook", annotations={"helm.sh/hook": "pre-install,pre-upgrade", "told": _of(13)})
    hook = {"name": "hook", "image": "example.com/hook:1", "env": env[:2], "args": [_of(at) for at in (14, 15, 16)]}
    job["spec"] = {"template": {"spec": {"restartPolicy": "Never", "containers": [hook]}}}
    in_secret = {f"k{at}": f"{{{{ .Values.key{at} | b64enc }}}}" for at in range(17, 25)}
    service = _thing("v1", "Service", "web", annotations={"told": _of(41)})
    service["spec"] = {"selector": {"app": _of(42)}, "ports": [{"port": 80}]}
    ingress = _thing("networking.k8s.io/v1", "Ingress", "web")
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": f"{_of(43)}.example.com", "http": {"paths": [{"path": f"/{_of(44)}", "pathType": "Prefix"}]}}
    rule["http"]["paths"][0]["backend"] = backend  # type: ignore[index]
    ingress["spec"] = {"rules": [rule]}
    objects = [
        deployment,
        job,
        {**_thing("v1", "Secret", "coded"), "data": in_secret},
        {**_thing("v1", "Secret", "plain"), "stringData": {f"k{at}": _of(at) for at in range(25, 31)}},
        {**_thing("v1", "ConfigMap", "map"), "data": {f"k{at}": _of(at) for at in range(31, 40)}},
        _thing("v1", "ConfigMap", f"named-{_of(40)}"),
        service,
        ingress,
    ]
    templates: dict[str, str | None] = {f"o{at}": json.dumps(one) for at, one in enumerate(objects)}
    notes = {"templates/NOTES.txt": " ".join(_of(at) for at in range(45, COUNT))}
    return charts.write("web", version, {}, {**templates, **notes, **more})


def found_in(text: str, values: Iterable[str]) -> Iterator[str]:
    """Those that stand somewhere, as they are or coded."""
    for value in values:
        if value in text or base64.b64encode(value.encode()).decode().rstrip("=") in text:
            yield value


def _of(number: int) -> str:
    return f"{{{{ .Values.key{number} }}}}"


def _thing(api_version: str, kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **metadata}}
