"""What the cloud wrote down of something: lines of a log, and the few of them that tell why it failed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FAILS = re.compile(
    r"fail|error|fatal|exception|denied|not found|cannot|no such|exit (?:code|status) [1-9]", re.IGNORECASE
)
_TOLD = 3  # of one message: `computenest logs` shows them all
_WIDTH = 240


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line.

    Args:
        moment: UTC, as the cloud writes it (`2026-01-31T08:00:00Z`), "" for none.
        text: what it says.
        subject: the resource that it is about, "" where it is about the whole.
        status: of the subject, "" for none.
        source: whose line it is: `build`, `computenest`, `ros`, `application`, `review`.
    """

    moment: str
    text: str
    subject: str = ""
    status: str = ""
    source: str = ""

    @property
    def sentence(self) -> str:
        """Without its moment, on one line."""
        about = " ".join(part for part in (self.subject, self.status) if part)
        said = " ".join(self.text.split())
        return f"{about}: {said}" if about and said else about or said


def in_order(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """The oldest first; lines of one moment as they came."""
    return tuple(sorted(lines, key=lambda line: line.moment))


def shortened(lines: Sequence[LogLine], *, said: str = "") -> str:
    """The last lines that speak of a failure, or else the last line, for a message; "" where they add nothing.

    Args:
        lines: in any order.
        said: what the message says already: lines that only repeat it are left out.
    """
    known, found = " ".join(said.split()), list[str]()
    ordered = in_order(lines)
    failing = [line for line in ordered if _FAILS.search(f"{line.status} {line.text}")]
    for line in reversed(failing or ordered[-1:]):
        text = " ".join(line.text.split())
        if not text or text in known or line.sentence in known or line.sentence in found:
            continue
        found.insert(0, line.sentence)
        if len(found) == _TOLD:
            break
    return " | ".join(_cut(sentence) for sentence in found)


def said_of(name: str, causes: str) -> str:
    """The sentence about a failure's causes, "" where there are none."""
    return f"its log says: {causes} (`computenest logs {name}` shows all of it)" if causes else ""


def _cut(sentence: str) -> str:
    """A line's beginning and end: what stands before the cause is long, and the cause is last."""
    if len(sentence) <= _WIDTH:
        return sentence
    half = (_WIDTH - 3) // 2
    return f"{sentence[:half]} … {sentence[-half:]}"
