"""Charts that tests write: a name, a version, templates by file name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from written import write_chart

WEB = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      containers:
        - name: web
          image: {{ .Values.image }}
          ports: [{name: http, containerPort: 8080}]
"""
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{name: http, port: 80, targetPort: http}]
"""
MIGRATE = """apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: {{ .Values.image }}}]
"""
VALUES = {"replicas": 2, "image": "example.com/web:1"}


class Charts:
    """Writes charts below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def web(self, version: str = "1.0.0", *, values: Mapping[str, Any] | None = None, **templates: str | None) -> Path:
        """A Deployment, a Service and a hook; `templates` replace or add some, None leaves one out."""
        found = {"web": WEB, "service": SERVICE, "migrate": MIGRATE, **templates}
        return self.write("web", version, {**VALUES, **(values or {})}, found)

    def write(self, name: str, version: str, values: Mapping[str, Any], templates: Mapping[str, str | None]) -> Path:
        """The chart's folder; a name with `/` is no template (`crds/x.yaml`)."""
        folder = self._folder / f"{name}-{version}-{len(list(self._folder.glob('*')))}"
        paths = {file: file if "/" in file else f"templates/{file}.yaml" for file in templates}
        files = {paths[file]: text for file, text in templates.items() if text is not None}
        return write_chart(folder, name, version, json.dumps(dict(values)), files)
