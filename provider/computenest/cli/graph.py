"""`computenest graph`: a stack as a picture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from computenest.cli.documents import read_document, write_text
from computenest.kernel.errors import Invalid
from computenest.review.graph import mermaid, read_graph, svg
from computenest.review.report import document_in


class Format(StrEnum):
    """What the picture is written in."""

    MERMAID = "mermaid"
    SVG = "svg"


def graph(
    file: Annotated[
        Path, typer.Argument(help="Output of `pulumi preview --json` or `pulumi stack export`; - for standard input.")
    ],
    format_: Annotated[Format, typer.Option("--format", help="Text for Markdown, or a picture.")] = Format.MERMAID,
    out: Annotated[Path | None, typer.Option(help="A file, instead of standard output.")] = None,
) -> None:
    """Draws services, the packages behind their markers, the regions that they go to, and the instances there.

    Examples:

        pulumi stack export | computenest graph -

        computenest graph preview.json --format svg --out stack.svg
    """
    found = read_graph(read_document(file, read=document_in, wanted="`pulumi preview --json` or `pulumi stack export`"))
    if not found.nodes:
        raise Invalid(
            "there is nothing to draw",
            hint="a preview leaves out what does not change: run `pulumi preview --json --show-sames`, "
            "or give `pulumi stack export`",
        )
    write_text(svg(found) if format_ is Format.SVG else mermaid(found), out)
