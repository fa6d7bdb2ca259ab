"""What delivery packages of the tests are made of: charts that use images, and the images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from registry.images import layout
from written import write_chart

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
    shop = {"templates/web.yaml": _DEPLOYMENT, "templates/hook.yaml": _HOOK}
    files = shop if name == "shop" else {"templates/gateway.yaml": _GATEWAY}
    return write_chart(folder / name, name, version, 'tag: "1.0"\n', files)


def image_at(folder: Path, name: str, *, seed: int = 0) -> Path:
    """An image of two large layers, of which the first is the same in all, and a small one."""
    number = IMAGES.index(name)
    path = folder / f"{name.rpartition('/')[2]}-{seed}"
    if not path.exists():
        layout(path, LARGE, LARGE + number, 900, seed=10 * seed + number + 1, shared=1)
    return path


def images_at(folder: Path, *, seed: int = 0) -> list[dict[str, str]]:
    """What a program gives of four images.

    Args:
        seed: another one gives the last image another layer.
    """
    seeds = {name: seed if name == IMAGES[-1] else 0 for name in IMAGES}
    return [{"reference": f"{name}:1.0", "path": str(image_at(folder, name, seed=seeds[name]))} for name in IMAGES]


def given(folder: Path, *, version: str = "1.0", seed: int = 0) -> dict[str, Any]:
    """What a program gives: two charts, four images, a file.

    Args:
        seed: another one gives the last image another layer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text("read me\n")
    charts = [{"path": str(chart_of(folder, name))} for name in ("shop", "gateway")]
    return {
        "version": version,
        "charts": charts,
        "images": images_at(folder, seed=seed),
        "files": {"README.md": str(folder / "README.md")},
    }
