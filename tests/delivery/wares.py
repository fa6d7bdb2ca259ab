"""What delivery packages of the tests are made of: charts that use images, and the images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from registry.images import layout

IMAGES = ("acme/web", "acme/setup", "acme/migrate", "acme/gateway")
LARGE = 300_000

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: setup, image: acme/setup:1.0}]
      containers: [{name: web, image: "acme/web:{{ .Values.tag }}"}]
"""
_HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: migrate, image: acme/migrate:1.0}]}
"""
_GATEWAY = """\
apiVersion: gateway.example.com/v1
kind: Gateway
metadata: {name: front}
spec:
  image: acme/perhaps:1
  template: {spec: {containers: [{name: gateway, image: "docker.io/acme/gateway:1.0"}]}}
"""


def chart_of(folder: Path, name: str, *, version: str = "1.0.0") -> Path:
    """The chart `shop` (a Deployment with an init container, and a hook) or `gateway` (a custom resource)."""
    where = folder / name
    (where / "templates").mkdir(parents=True, exist_ok=True)
    (where / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n")
    (where / "values.yaml").write_text('tag: "1.0"\n')
    templates = {"web.yaml": _DEPLOYMENT, "hook.yaml": _HOOK} if name == "shop" else {"gateway.yaml": _GATEWAY}
    for file, text in templates.items():
        (where / "templates" / file).write_text(text)
    return where


def image_at(folder: Path, name: str, *, seed: int = 0) -> Path:
    """An image of two large layers, of which the first is the same in all, and a small one."""
    number = IMAGES.index(name)
    path = folder / f"{name.rpartition('/')[2]}-{seed}"
    if not path.exists():
        layout(path, LARGE, LARGE + number, 900, seed=10 * seed + number + 1, shared=1)
    return path


def given(folder: Path, *, version: str = "1.0", seed: int = 0) -> dict[str, Any]:
    """What a program gives: two charts, four images, a file.

    Args:
        seed: another one gives the last image another layer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text("read me\n")
    images = [
        {"reference": f"{name}:1.0", "path": str(image_at(folder, name, seed=seed if name == IMAGES[-1] else 0))}
        for name in IMAGES
    ]
    charts = [{"path": str(chart_of(folder, name))} for name in ("shop", "gateway")]
    return {
        "version": version,
        "charts": charts,
        "images": images,
        "files": {"README.md": str(folder / "README.md")},
    }
