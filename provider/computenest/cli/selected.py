"""The stack that is selected in a project's folder: its configuration, for commands that ask its cloud."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from computenest.cli.pairs import pairs
from computenest.cloud.settings import Settings, parse_settings

_CONFIG_S = 30.0
Config = Annotated[
    list[str] | None, typer.Option(help="KEY=VALUE of the stack's configuration, instead of the selected stack's.")
]


@dataclass(frozen=True, slots=True)
class Selected:
    """What `pulumi config` says here."""

    values: Mapping[str, object] | None
    """The configuration; None where there is no project or engine, or where it cannot be read."""
    said: str = ""
    """Why it cannot be read, "" where nobody selects a stack here."""


def selected_stack(environ: Mapping[str, str]) -> Selected:
    """The configuration of the stack that is selected in this folder's project."""
    here = Path.cwd()
    program = shutil.which("pulumi", path=environ.get("PATH", ""))
    if program is None or not any((folder / "Pulumi.yaml").is_file() for folder in (here, *here.parents)):
        return Selected(None)
    command = [program, "config", "--json", "--show-secrets", "--non-interactive"]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own engine
            command, capture_output=True, text=True, timeout=_CONFIG_S, check=False, env=dict(environ)
        )
        document = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError):
        document, done = None, None
    if not isinstance(document, dict):
        lines = done.stderr.strip().splitlines() if done is not None else ["pulumi does not answer"]
        return Selected(None, (lines or ["pulumi says nothing"])[0])
    rows = {str(key): entry for key, entry in document.items() if isinstance(entry, dict)}
    return Selected({key: entry.get("objectValue", entry.get("value")) for key, entry in rows.items()})


def stack_settings(config: Sequence[str] | None) -> Settings:
    """Which cloud a command asks: the one of `--config`, of COMPUTENEST_ENDPOINT, else of the selected stack.

    Raises:
        Invalid: none is configured, or a setting is wrong.
    """
    given: Mapping[str, object] = pairs(config or (), option="--config")
    if not given and not os.environ.get("COMPUTENEST_ENDPOINT"):
        given = selected_stack(os.environ).values or {}
    return parse_settings(given, environ=os.environ)
