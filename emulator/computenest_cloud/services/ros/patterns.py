"""Regular expressions that a template brings, bounded in time.

A pattern may take longer than the sun has; the interpreter cannot be stopped inside one, and while it matches, nobody
else is served. What could backtrack is matched by a process of its own, which can.
"""

import json
import re
import subprocess
import sys

TIME_LIMIT_S = 1.0
QUANTIFIED_GROUP = re.compile(r"\)[*+{?]")
UNBOUNDED = re.compile(r"[*+}]")
SIMPLE_TEXT_CHARS = 200
PROGRAM = "import json, re, sys; sys.exit(re.match(*json.load(sys.stdin)) is None)"


def is_match(pattern: str, value: str) -> bool | None:
    """Whether the value begins with what the pattern means; None where that cannot be told in time.

    Raises `re.error` where it is a pattern of another dialect, or none.
    """
    compiled = re.compile(pattern)
    is_long = len(value) > SIMPLE_TEXT_CHARS and len(UNBOUNDED.findall(pattern)) > 1
    if not is_long and not QUANTIFIED_GROUP.search(pattern):
        return compiled.match(value) is not None
    command, asked = [sys.executable, "-I", "-S", "-c", PROGRAM], json.dumps([pattern, value]).encode()
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program; the pattern is data
            command, check=False, input=asked, timeout=TIME_LIMIT_S, capture_output=True
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode == 0
