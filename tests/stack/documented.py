"""The commands that a page of the documentation shows, run as they stand there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from stack.engine import ROOT

ANSWERED = re.compile(r"^pulumi (up|destroy)\b", re.MULTILINE)
"""What asks a person."""
TIMEOUT_S = 600


def shown(page: str, heading: str) -> list[str]:
    """The blocks of commands below a heading of a page, in its order."""
    text = (ROOT / page).read_text()
    level = "" if not heading else re.escape(heading)
    found = re.search(rf"^#+ {level}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found is not None, f"{page} has no heading {heading!r}"
    return re.findall(r"^```(?:bash)?\n(.*?)^```", found[1], re.DOTALL | re.MULTILINE)


def run(commands: str, *, where: Path, env: dict[str, str]) -> str:
    """What the commands print; `pulumi up` is answered with yes, and nobody's home is written into."""
    text = ANSWERED.sub(r"pulumi \1 --yes", commands).replace("login --local", 'login "$PULUMI_BACKEND_URL"')
    script = ["bash", "-euo", "pipefail", "-c", f"set -x\n{text}"]
    done = subprocess.run(script, cwd=where, env=env, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
