"""Refuses files over 400 lines and functions over 70 lines that do not say why with `# long: reason`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

MOST_LINES = 400
MOST_FUNCTION_LINES = 70
GENERATED = "sdk/python/pulumi_computenest/declared/"


def complaints(path: Path) -> list[str]:
    """What is too long in one file without a reason written beside it."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found = []
    if len(lines) > MOST_LINES and not any(line.startswith("# long:") for line in lines[:20]):
        found.append(f"{path}: {len(lines)} lines; at most {MOST_LINES}")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            reason = "# long:" in "\n".join(lines[node.lineno - 2 : node.lineno + 1])
            if length > MOST_FUNCTION_LINES and not reason:
                found.append(f"{path}:{node.lineno}: {node.name} has {length} lines; at most {MOST_FUNCTION_LINES}")
    return found


def main() -> int:
    command = ("git", "ls-files", "-co", "--exclude-standard", "*.py")
    listed = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - a fixed command
    names = [name for name in listed.stdout.split() if not name.startswith(GENERATED) and Path(name).exists()]
    found = [line for name in names for line in complaints(Path(name))]
    sys.stdout.write("".join(line + "\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
