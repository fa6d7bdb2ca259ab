"""What a container does here, where nothing of it really runs: it follows a script that its own command spells out.

`sh -c "echo starting; sleep 30; echo done; exit 3"` logs two lines and ends after 30 s of the cloud's time with 3; the
same command does the same wherever containers really run. A script is made of `echo`, `sleep`, `exit`, `true` and
`false`, joined by `;`, `&&` or line ends; `$NAME` is what the environment has, in any quotation. Any other command, and
none at all, logs one line and runs until it is stopped.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from computenest_cloud.wire.values import finite

SHELLS = frozenset({"sh", "bash", "ash", "dash"})
STEPS_LIMIT = 2000
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
JOINS = ";&|\n"


@dataclass(frozen=True)
class Script:
    """`lines`: when each is logged, in seconds from the start. `duration_s` None: until it is stopped. `reason`: why it
    ended, where its code does not say it all."""

    lines: tuple[tuple[float, str], ...] = ()
    duration_s: float | None = None
    exit_code: int = 0
    reason: str = ""


def script_of(command: Sequence[str], environment: Mapping[str, str]) -> Script:
    name = command[0].rsplit("/", 1)[-1] if command else ""
    if name in SHELLS and len(command) > 2 and command[1] == "-c":
        found = _Reader(environment).read(command[2])
        if found is not None:
            return found
    elif name in {"true", "false", "sleep", "echo", "exit"}:
        found = _Reader(environment).read(shlex.join([name, *command[1:]]))
        if found is not None:
            return found
    said = " ".join(command) if command else "the image's own command"
    return Script(lines=((0.0, f"started: {said}"[:4096]),))


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._at_s = 0.0
        self._lines: list[tuple[float, str]] = []
        self._code = 0

    def read(self, text: str) -> Script | None:
        """None: there is more in it than a script of this cloud may have."""
        lexer = shlex.shlex(text, posix=True, punctuation_chars=JOINS)
        lexer.whitespace, lexer.commenters, lexer.whitespace_split = " \t\r", "#", True
        words: list[str] = []
        is_and = False
        try:
            pieces = [*lexer, ";"][: STEPS_LIMIT + 1]
        except ValueError:  # a quotation without end
            return None
        for piece in pieces:
            if not set(piece) <= set(JOINS) or not piece:
                words.append(_VARIABLE.sub(lambda found: self._environment.get(found[1] or found[2], ""), piece))
                continue
            if set(piece) - {";", "\n"} and piece != "&&":
                return None
            if words and not (is_and and self._code):
                if words[0] == "exit":
                    return self._ended(_number(words[1:2]) if words[1:] else self._code)
                if not self._step(words):
                    return None
            words, is_and = [], piece == "&&"
        return self._ended(self._code)

    def _ended(self, code: int) -> Script:
        return Script(tuple(self._lines), self._at_s, code)

    def _step(self, words: Sequence[str]) -> bool:
        match words[0]:
            case "echo":
                self._lines.append((self._at_s, " ".join(words[1:])))
                self._code = 0
            case "sleep":
                seconds = _seconds(words[1:2])
                if seconds is None:
                    return False
                self._at_s += seconds
                self._code = 0
            case "true" | "false":
                self._code = int(words[0] == "false")
            case _:
                return False
        return True


def _number(words: Sequence[str]) -> int:
    text = words[0] if words else "0"
    return int(text) % 256 if text.isascii() and text.isdecimal() and len(text) < 10 else 2


def _seconds(words: Sequence[str]) -> float | None:
    try:
        found = float(finite(words[0])) if words else -1.0
    except ValueError:
        return None
    return found if 0 <= found <= 1e9 else None
