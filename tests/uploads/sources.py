"""Images and charts as files: OCI layouts, chart folders."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import written
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


ABOUT = """description: A shop
type: application
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


LEFT_OUT = {".helmignore": "# what stays here\n*.orig\nnotes/\n", "a.orig": "left out", "notes/todo.txt": "left out"}


def write_chart(folder: Path, *, name: str = "shop", version: str = "1.2.3", greeting: str = "hello") -> None:
    files = {"templates/settings.yaml": TEMPLATE, **LEFT_OUT}
    written.write_chart(folder, name, version, f"greeting: {greeting}\n", files, ABOUT)
