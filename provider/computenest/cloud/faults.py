"""What is no error of the domain, told as one: what the machine refuses, and faults of our own under an id.

The one place where an exception of another kind becomes a sentence; both transports and the command line hand over here
what reaches their outermost frame. The details of a fault never stand in the sentence, for they may hold anything.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from computenest.kernel.errors import ComputeNestError, Invalid, Meaning, Permanent
from computenest.kernel.identity import digest

_RIGHTS = (
    "give this user the right to it, or name another folder: COMPUTENEST_CLOUD_DIR for what the embedded cloud keeps,"
    " TMPDIR for temporary files"
)
_SPACE = "free some space on that disk, and run it again"
_HINTS = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`), or lower `--parallel`",
    errno.ENFILE: "close other programs, or lower `--parallel`",
    errno.ENOMEM: "close other programs, or lower `--parallel`",
}
_NESTED = "take apart what is nested so deeply; nobody else could read it either"


def as_domain_error(error: BaseException, *, log: Callable[[str], None] | None = None) -> ComputeNestError:
    """The error that people read.

    Args:
        error: whatever was raised; one of the domain's stays as it is.
        log: where the details of a fault go beside the file that the sentence names.
    """
    if isinstance(error, ComputeNestError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return refused_by_machine(error)
    if isinstance(error, RecursionError):
        return Invalid("a value is nested too deeply to be read", hint=_NESTED)
    if isinstance(error, MemoryError):
        return Permanent("this machine has no memory left", hint=_HINTS[errno.ENOMEM])
    if isinstance(error, UnicodeError):
        return Invalid("a text holds characters that are no Unicode", hint="give it as UTF-8")
    return _fault(error, log=log)


def refused_by_machine(error: OSError) -> Permanent:
    """The sentence for what the operating system refuses: what, where, and what to do about it."""
    why = (os.strerror(error.errno) if error.errno is not None else str(error)).lower()
    where = next((str(name) for name in (error.filename, error.filename2) if name), "")
    from computenest.kernel.arguments import MAX_SHOWN, quoted

    where = where if len(where) <= MAX_SHOWN else quoted(where)
    return Permanent(f"this machine refuses {where or 'it'}: {why}", hint=_HINTS.get(error.errno or 0, ""))


def _fault(error: BaseException, *, log: Callable[[str], None] | None) -> Permanent:
    trace = "".join(traceback.format_exception(error))
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    number = digest(type(error).__name__, *frames, length=8)  # one fault, one id, whatever it was at work on
    if log is not None:
        log(f"computenest fault {number}\n{trace}")
    kept = _kept(number, trace)
    details = f"the details are in {kept}" if kept else "`pulumi up --debug` shows the details"
    return Permanent(
        f"computenest has a fault here ({type(error).__name__}), id {number}",
        hint=f"what was begun is found by the next run; please report it with this id; {details}",
        meaning=Meaning.FAULT,
    )


def _kept(number: str, trace: str) -> Path | None:
    """The file that holds the details, readable by this user alone; None where it cannot be written."""
    folder = Path(tempfile.gettempdir()) / f"computenest-faults-{os.getuid()}"
    file = folder / f"{number}.log"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as opened:
            opened.write(trace)
        return file
    return None
