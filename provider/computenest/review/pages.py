"""Texts that are made of templates, wherever they stand: `templates/` beside the module that fills them in."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@cache
def templates_of(package: str) -> Environment:
    """The templates of a package. HTML and pictures escape every text; what a template lacks is an error."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(("html", "svg")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
