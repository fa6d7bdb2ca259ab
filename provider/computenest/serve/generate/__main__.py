"""Writes what is made from the declarations into a folder.

python -m computenest.serve.generate FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from computenest.serve.generate.python_sdk import modules_of, python_files
from computenest.serve.generate.reference import reference_files
from computenest.serve.schema import schema, schema_text

_ROOT = Path(__file__).parents[4]


def files() -> dict[str, str]:
    """Path from the project's folder -> text."""
    modules = modules_of(_ROOT / "sdk/python/pulumi_computenest/sugar")
    pages = reference_files(schema(), modules)
    return {"sdk/schema.json": schema_text()} | _formatted(python_files(modules)) | pages


def _formatted(texts: Mapping[str, str]) -> dict[str, str]:
    """As `ruff` formats them, without what they import and do not use."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    settings = ("--config", str(_ROOT / "pyproject.toml"), "--quiet", "--no-cache")
    with tempfile.TemporaryDirectory() as folder:
        for path, text in texts.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        for command in (("check", "--fix-only", "--select", "TC005,F401,I"), ("format",)):
            subprocess.run([ruff, *command, *settings, folder], check=True)  # noqa: S603 - the project's own tool
        return {path: Path(folder, path).read_text(encoding="utf-8") for path in texts}


def main() -> None:
    """Writes them, and takes away what is written no more."""
    target = Path(sys.argv[1])
    made = files()
    folders = (("sdk/python/pulumi_computenest/declared", "*.py"), ("docs/reference", "*.md"))
    for stale in [file for folder, pattern in folders for file in (target / folder).rglob(pattern)]:
        if str(stale.relative_to(target)) not in made:
            stale.unlink()
    for path, text in made.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
