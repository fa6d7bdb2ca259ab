"""Documents that commands read: from a file, or from standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from computenest.kernel.bounded_json import read_json
from computenest.kernel.errors import Invalid

__all__ = ["read_document"]


def read_document(file: Path, *, wanted: str, read: Callable[[str], Any] = read_json) -> Any:
    """What a file holds, `-` being standard input.

    Args:
        file: which.
        wanted: whose output it should be, for the hint: `` `pulumi preview --json` ``.
        read: parses the text.

    Raises:
        Invalid: it cannot be read, or `read` refuses it.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        return read(text)
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Invalid(f"{file} is not JSON: {error}", hint=f"give the output of {wanted}") from error
