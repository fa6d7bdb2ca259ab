"""Writes what is made from the declarations into a folder.

python -m computenest.serve.generate FOLDER
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from computenest.serve.generate.python_sdk import python_files
from computenest.serve.schema import schema_text

__all__ = ["files"]

_ROOT = Path(__file__).parents[4]


def files() -> dict[str, str]:
    """Path from the project's folder -> text."""
    made = python_files(_ROOT / "sdk/python/pulumi_computenest/sugar")
    return {"sdk/schema.json": schema_text()} | {path: _formatted(path, text) for path, text in made.items()}


def _formatted(path: str, text: str) -> str:
    """As `ruff` formats it, without what it imports and does not use."""
    name = ("--stdin-filename", str(_ROOT / path))
    mends = ("check", "--fix-only", "--quiet", "--select", "F401,I", "--config", str(_ROOT / "pyproject.toml"))
    for command in (mends, ("format", "--quiet"), ("check", "--fix-only", "--quiet", "--select", "TC005,PIE790")):
        run = subprocess.run(  # noqa: S603 - the project's own tool
            [str(Path(sys.executable).with_name("ruff")), *command, *name, "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        text = run.stdout
    return text


def main() -> None:
    """Writes them, and takes away what is written no more."""
    target = Path(sys.argv[1])
    made = files()
    for stale in (target / "sdk/python/pulumi_computenest/declared").rglob("*.py"):
        if str(stale.relative_to(target)) not in made:
            stale.unlink()
    for path, text in made.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
