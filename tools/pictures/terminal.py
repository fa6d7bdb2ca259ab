"""A terminal of so many columns: runs a command in it, and draws what it shows as SVG."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyte
from jinja2 import Environment, FileSystemLoader
from wcwidth import wcswidth

ROWS = 46
TIMEOUT_S = 600.0
WIDTH, HEIGHT, MARGIN = 7.2, 16.0, 10.0
"""Of a character at 12 px, and of the picture's edge."""
BACK, INK = "#14181d", "#dfe5ec"
COLOURS = {
    "black": "#5a6675",
    "red": "#ff8a80",
    "green": "#5fce8b",
    "brown": "#e8b45a",
    "blue": "#86b6ff",
    "magenta": "#d5a6ff",
    "cyan": "#6fd3d8",
    "white": INK,
    "default": INK,
    # what the engine takes of the 256 colours, too bright as they are
    "ff00ff": "#d5a6ff",
    "00cd00": "#5fce8b",
    "00ff00": "#5fce8b",
    "5c5cff": "#86b6ff",
    "cdcd00": "#e8b45a",
    "ffff00": "#e8b45a",
    "7f7f7f": "#98a4b3",
    "cd0000": "#ff8a80",
    "ff0000": "#ff8a80",
    "00cdcd": "#6fd3d8",
}

Cell = tuple[str, str, bool]
"""Character, colour, whether it is bold."""
Frame = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Shown:
    """What a command showed: when most was going on, and in the end."""

    live: Frame
    last: Frame


def run(
    command: Sequence[str], *, columns: int, where: Path, env: Mapping[str, str], weight: Callable[[str], int]
) -> Shown:
    """Runs a command to its end; `weight` says how much of a screen's text is worth keeping."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    screen = pyte.Screen(columns, ROWS)
    stream = pyte.ByteStream(screen)
    most, live = -1, ()
    process = subprocess.Popen(  # noqa: S603 - the project's own tools
        command, cwd=where, env={**env, "TERM": "xterm-256color", "COLUMNS": str(columns)}, **_at(theirs)
    )
    os.close(theirs)
    deadline_s = time.monotonic() + TIMEOUT_S
    for some in _said(ours):
        stream.feed(some)
        found = weight("\n".join(screen.display))
        if found >= most:
            most, live = found, _frame(screen)
        if time.monotonic() > deadline_s:
            process.kill()
            raise TimeoutError(" ".join(command))
    if process.wait(30):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}\n" + "\n".join(screen.display))
    return Shown(live, _frame(screen))


def _at(terminal: int) -> dict[str, Any]:
    return {"stdin": terminal, "stdout": terminal, "stderr": terminal, "start_new_session": True}


def _said(terminal: int) -> Iterator[bytes]:
    """Until nobody holds the other end."""
    while True:
        select.select([terminal], [], [], TIMEOUT_S)
        try:
            some = os.read(terminal, 65536)
        except OSError:  # Linux says so of a terminal that was left
            some = b""
        if not some:
            os.close(terminal)
            return
        yield some


def _frame(screen: Any) -> Frame:
    rows = []
    for number in range(screen.lines):
        row = screen.buffer[number]
        cells = [row[column] for column in range(screen.columns)]
        rows.append(tuple((cell.data, _colour(cell.fg), bool(cell.bold)) for cell in cells))
    while rows and not "".join(cell[0] for cell in rows[-1]).strip():
        rows.pop()
    while rows and not "".join(cell[0] for cell in rows[0]).strip():
        rows.pop(0)
    return tuple(rows)


def _colour(name: str) -> str:
    plain = name.removeprefix("bright")
    if plain not in COLOURS and re.fullmatch(r"[0-9a-f]{6}", plain):
        return f"#{plain}"
    return COLOURS.get(plain, INK)


def svg(frame: Frame, *, columns: int, title: str) -> str:
    """A picture of a screen: text that can be read and searched, no script, no font of its own."""
    found = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    runs = [
        {
            "x": f"{MARGIN + column * WIDTH:.1f}",
            "y": f"{MARGIN + (number + 0.75) * HEIGHT:.1f}",
            "width": f"{max(wcswidth(text), 1) * WIDTH:.1f}",
            "text": text,
            "colour": colour,
            "is_bold": bold,
        }
        for number, row in enumerate(frame)
        for column, text, (colour, bold) in _runs(row)
    ]
    width, height = round(columns * WIDTH + 2 * MARGIN), round(len(frame) * HEIGHT + 2 * MARGIN)
    return found.get_template("terminal.svg").render(title=title, width=width, height=height, back=BACK, runs=runs)


def _runs(row: tuple[Cell, ...]) -> Iterator[tuple[int, str, tuple[str, bool]]]:
    """Words of one style, each with its column; blanks between them are not drawn."""
    start, text, style = 0, "", (INK, False)
    for column, (sign, colour, bold) in enumerate((*row, (" ", "", False))):
        ends = text.endswith("  ") or (bool(text) and sign.strip() and (colour, bold) != style)
        if (ends or not colour) and text.strip():
            lead = len(text) - len(text.lstrip())
            yield start + lead, text.strip(), style
            text = ""
        if not text.strip():
            start, text, style = column, "", (colour, bold)
        text += sign
