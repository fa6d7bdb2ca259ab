"""Documents that commands read and write: files, standard input and output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from computenest.kernel.bounded_json import read_json
from computenest.kernel.errors import Invalid

if TYPE_CHECKING:
    from rich.console import Console


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


def tell(document: object, lines: Iterable[str], *, as_json: bool, **options: bool) -> None:
    """What a command found: as JSON for machines, or in lines for people.

    Args:
        document: what machines get.
        lines: what people get; asked for only then.
        as_json: which of the two.
        options: of JSON: `sort_keys`, `ensure_ascii`.
    """
    if as_json:
        print_json(document, **options)
    else:
        for line in lines:
            typer.echo(line)


def print_json(document: object, *, sort_keys: bool = False, ensure_ascii: bool = False) -> None:
    """Prints a document as JSON."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=ensure_ascii, sort_keys=sort_keys))


def console_of(columns: int) -> Console:
    """Where tables go; a log has no edge, and is this wide, so that nothing in it is broken in two."""
    from rich.console import Console

    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=columns)


def write_text(text: str, out: Path | None) -> None:
    """Writes to a file, or to standard output where none is named.

    Raises:
        Invalid: it cannot be written.
    """
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{out} cannot be written: {error.strerror}") from error
