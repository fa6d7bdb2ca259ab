"""The command line `computenest`, usable without Pulumi.

Each group of commands is a module that is imported only when its name is the first word of the line: help stays
fast, and `computenest cloud` never loads template parsers. Failures of the domain end here as one message and a
hint on standard error, without a stack trace.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from computenest.kernel.errors import ComputeNestError, Invalid, Meaning

_DEBUG = "COMPUTENEST_DEBUG"


PARTS = {
    "cloud": "The embedded cloud: start, stop, look into it.",
    "doctor": "What is in the way, and what to do.",
    "graph": "A stack as a picture: Mermaid or SVG.",
    "import-config": "A Pulumi program from computenest-cli's configuration.",
    "init": "A project of your own, from nothing.",
    "logs": "What the cloud wrote down of a resource.",
    "orphans": "What its stack does not know any more.",
    "package": "Delivery packages: look into them, carry them.",
    "permissions": "The RAM policy document that a stack needs.",
    "report": "Turns previews into tables: Markdown or HTML.",
    "service": "Charts on Kubernetes: what runs, what would change.",
    "show": "Shows a stack's outputs as tables.",
    "template": "Templates: image positions, rendering.",
}
"""A command or a group of commands -> its line in the help. Each is a module of its name, with a function of that name
or with the group's `app`."""


def main() -> None:
    """The entry point."""
    try:
        build(sys.argv[1:])()
    except Exception as error:
        is_debugged = bool(os.environ.get(_DEBUG))
        if is_debugged and not isinstance(error, ComputeNestError):
            raise
        from computenest.cloud.faults import as_domain_error

        told = as_domain_error(error)
        path = told.path if isinstance(told, Invalid) else ""
        where = f"{path}: " if path and path not in told.summary else ""
        request = f"request id {told.request_id}" if told.request_id else ""
        sys.stderr.write(f"error: {where}{told.summary}\n")
        sys.stderr.writelines(f"  {line}\n" for line in (told.hint, request) if line)
        if is_debugged:
            raise
        raise SystemExit(70 if told.meaning is Meaning.FAULT else 1) from None


def build(words: Sequence[str]) -> typer.Typer:
    """The application for a command line: the part that its first word names is real, of the others only the help.

    Completion asks about any part, so it gets them all.
    """
    app = typer.Typer(
        name="computenest",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    first = next((word for word in words if not word.startswith("-")), None)
    is_completing = any(name.startswith("_COMPUTENEST") for name in os.environ)
    for name, line in PARTS.items():
        if name == first or is_completing:
            _mount(app, name)
        else:
            app.command(name, help=line)(_never)
    return app


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        from importlib.metadata import version

        typer.echo(f"computenest {version('pulumi-computenest')}")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Deployment packages of Alibaba Cloud Compute Nest: templates, previews, the embedded cloud.

    Examples:

        computenest init shop

        computenest doctor

        computenest template lint templates/
    """


def _mount(app: typer.Typer, name: str) -> None:
    word = name.replace("-", "_")
    module = importlib.import_module(f"computenest.cli.{word}")
    if hasattr(module, "app"):
        app.add_typer(module.app, name=name, help=PARTS[name])
    else:
        app.command(name)(getattr(module, word))


def _never() -> None:
    raise AssertionError("a part that the line does not name is never called")
