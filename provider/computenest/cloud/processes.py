"""Processes that outlive the command that started them: whether they live, whether they are ours, and their end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from computenest.cloud.clock import pause
from computenest.kernel.errors import Permanent, Transient

LOOK_S = 0.05
_LOG_TAIL_BYTES = 2000


def is_alive(pid: int) -> bool:
    """Whether the process still runs; a child of this process that has ended is reaped on the way."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError, IndexError):
        # In a container the first process may never reap: an ended server then stays in the table, as a zombie.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return True


def mentions(pid: int, *words: str | Path) -> bool:
    """Whether the process was started with all these words in its command: the number may be another program's since.

    What cannot be told is taken for ours, because a handle that is thrown away does not come back.
    """
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S603, S607
        if asked.returncode != 0:
            return True
        command = asked.stdout
    return all(os.fsencode(word) in command for word in words)


def outliving(
    command: Sequence[str | Path], *, log: Path, cwd: Path, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts a process that outlives this one, and the terminal's Ctrl-C; what it prints goes into the log."""
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603  programs of ours, or that the user named
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=environ,
            start_new_session=True,
        )


def end(pid: int, *, within_s: float) -> bool:
    """Asks the process to end, and waits; whether it did."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    for _ in range(int(within_s / LOOK_S)):
        if not is_alive(pid):
            return True
        pause(LOOK_S)
    return not is_alive(pid)


def tail(log: Path) -> str:
    """What a process printed last, for the end of a message."""
    with contextlib.suppress(OSError):
        text = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
        if text:
            return f"its log {log} ends with:\n{text}"
    return f"its log {log} is empty"


@contextlib.contextmanager
def hold(folder: Path, *, what: str, within_s: float) -> Iterator[None]:
    """The folder, made where there is none, and its lock; the kernel gives it back when a holder dies.

    Raises:
        Permanent: the folder cannot be written to.
        Transient: somebody else has held it for too long.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")  # the handle holds keys, if only of a cloud in a box
        lock = (folder / "lock").open("w")
    except OSError as error:
        why = (os.strerror(error.errno) if error.errno else str(error)).lower()
        raise Permanent(
            f"{what} cannot be kept in {folder}: {why}",
            hint="give this user the right to write there, or name another folder with COMPUTENEST_CLOUD_DIR",
        ) from error
    with lock as file:
        for _ in range(int(within_s / LOOK_S)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                pause(LOOK_S)
        else:
            raise Transient(f"another process has held {file.name} for too long", hint="try again")
        yield
