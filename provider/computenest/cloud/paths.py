"""Paths on this machine, as programs and people write them."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from computenest.kernel.arguments import quoted
from computenest.kernel.errors import Invalid

_NO_NAMES = frozenset({errno.ENAMETOOLONG, errno.ELOOP})
"""What a name is refused for wherever it is looked for, so that Python's own questions about it fail."""


def local_path(text: str, *, path: str = "") -> Path:
    """A path with `~` as the home folder; whether something lies there is not asked. A home that nobody has stays.

    Args:
        text: it, as it was written.
        path: the property's, for messages.

    Raises:
        Invalid: no file can have such a name.
    """
    if not text.strip():
        raise Invalid(f"{quoted(text)} is no path of a file", path=path, hint="name a file or folder of this machine")
    place = Path(text)
    with contextlib.suppress(RuntimeError):  # no such user
        place = place.expanduser()
    try:
        os.stat(place)  # noqa: PTH116 - pathlib answers some of these by False, and others by an error
    except ValueError as error:
        raise Invalid(f"{quoted(text)} is no path of a file: {error}", path=path) from error
    except OSError as error:
        if error.errno in _NO_NAMES:
            raise Invalid(f"{quoted(text)} cannot be read: {error.strerror}", path=path) from error
    return place
