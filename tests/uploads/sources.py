"""Images and charts as files: OCI layouts, chart folders."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from unit.images.layouts import Layout, named


def layer(seed: int, size_bytes: int = 50_000) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


def write_layout(folder: Path, layers: Sequence[bytes], *, name: str = "latest", note: str = "") -> str:
    """An OCI layout of one image; the manifest's digest."""
    made = Layout()
    image = made.image(layers=layers, zipped=False, config={"note": note, "config": {}}, **named(name))
    made.top(image)
    made.write(folder)
    return str(image["digest"])


CHART = """apiVersion: v2
name: {name}
description: A shop
type: application
version: {version}
appVersion: "1.16.0"
icon: https://example.com/icon.png
"""
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-settings
data:
  greeting: {{ .Values.greeting | quote }}
"""


def write_chart(folder: Path, *, name: str = "shop", version: str = "1.2.3", greeting: str = "hello") -> None:
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(CHART.format(name=name, version=version))
    (folder / "values.yaml").write_text(f"greeting: {greeting}\n")
    (folder / "templates" / "settings.yaml").write_text(TEMPLATE)
    (folder / ".helmignore").write_text("# what stays here\n*.orig\nnotes/\n")
    (folder / "a.orig").write_text("left out")
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes" / "todo.txt").write_text("left out")
