"""`computenest report`: a preview as a Markdown table; `computenest show`: a stack's outputs as tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.domain.errors import Invalid
from computenest.domain.report import markdown, read_preview

__all__ = ["report", "show"]

_FILE_COLUMNS = 200  # a log has no edge: an image id is never broken in two


def report(
    file: Annotated[Path, typer.Argument(help="output of `pulumi preview --json`; - for standard input")],
    as_json: Annotated[bool, typer.Option("--json", help="the same as data")] = False,  # noqa: FBT002 - typer
) -> None:
    """Turns a preview into a short Markdown table for a pull-request comment."""
    preview = read_preview(_document(file))
    text = preview.model_dump_json(indent=2) + "\n" if as_json else markdown(preview)
    sys.stdout.write(text)


def show(
    file: Annotated[Path, typer.Argument(help="output of `pulumi stack output --json`; - for standard input")],
) -> None:
    """Shows the maps region -> image id and the substitutions among a stack's outputs."""
    from rich.console import Console
    from rich.table import Table

    outputs = _document(file)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_FILE_COLUMNS)
    for name, by_row in sorted(outputs.items()):
        rows = (
            {row: images for row, images in by_row.items() if isinstance(images, dict)}
            if isinstance(by_row, dict)
            else {}
        )
        if not rows:
            continue
        regions = sorted({region for images in rows.values() for region in images})
        table = Table(title=name, title_justify="left", title_style="bold")
        table.add_column("region")
        for row in rows:
            table.add_column(row, overflow="fold")
        for region in regions:
            table.add_row(region, *(str(images.get(region, "")) for images in rows.values()))
        console.print(table)


def _maps(output: Any) -> dict[str, dict[str, Any]]:
    """The members of an output that are maps themselves: package or marker -> region -> image id."""
    members = output.items() if isinstance(output, dict) else ()
    return {name: images for name, images in members if isinstance(images, dict)}


def _document(file: Path) -> Any:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Invalid(f"{file} is not JSON: {error}", hint="give the output of `pulumi preview --json`") from error
