"""Files that tests write, by their paths below a folder; and charts, which are such files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """The folder. What lies there stays."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def write_chart(folder: Path, name: str, version: str, values: str, files: Mapping[str, str], about: str = "") -> Path:
    """`about`: more of Chart.yaml."""
    chart = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n{about}", "values.yaml": values}
    return write_files(folder, {**chart, **files})
