"""`computenest report`: previews as tables in Markdown or HTML."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from computenest.cli.documents import read_document, write_text
from computenest.review.report import document_in, html_page, markdown, read_preview

MIN_LIMIT = 1000  # a shorter report says nothing


class Format(StrEnum):
    """What a report is written in."""

    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


def report(
    files: Annotated[
        list[Path],
        typer.Argument(help="output of `pulumi preview --json` (or `up --json`), one a stack; - for standard input"),
    ],
    format_: Annotated[Format, typer.Option("--format", help="what it is written in")] = Format.MARKDOWN,
    limit: Annotated[
        int | None,
        typer.Option(help="the most characters of Markdown; rows beyond it are counted (GitHub: 65536)", min=MIN_LIMIT),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="the same as --format json")] = False,  # noqa: FBT002 - typer
    out: Annotated[Path | None, typer.Option(help="a file, instead of standard output")] = None,
) -> None:
    """Turns previews into tables: Markdown for a pull-request comment, or an HTML page.

    Examples:

        pulumi preview --json > preview.json && computenest report preview.json

        computenest report preview.json --format html --out report.html
    """
    previews = [read_preview(read_document(file, read=document_in, wanted="`pulumi preview --json`")) for file in files]
    format_ = Format.JSON if as_json else format_
    if format_ is Format.HTML:
        text = html_page(*previews)
    elif format_ is Format.MARKDOWN:
        text = markdown(*previews, limit=limit)
    elif len(previews) == 1:
        text = previews[0].model_dump_json(indent=2) + "\n"
    else:
        text = json.dumps([preview.model_dump(mode="json") for preview in previews], indent=2) + "\n"
    write_text(text, out)
