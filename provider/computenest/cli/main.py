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
from dataclasses import dataclass
from typing import Annotated

import typer

from computenest.kernel.errors import ComputeNestError, Invalid, Meaning

__all__ = ["build", "main"]

_DEBUG = "COMPUTENEST_DEBUG"


@dataclass(frozen=True, slots=True)
class Part:
    """A command or a group of commands: where it is, and its line in the help."""

    name: str
    module: str
    attribute: str
    help: str
    is_group: bool


PARTS = (
    Part("cloud", "computenest.cli.cloud", "app", "The embedded cloud: start, stop, look into it.", is_group=True),
    Part("doctor", "computenest.cli.doctor", "doctor", "What is in the way, and what to do.", is_group=False),
    Part("graph", "computenest.cli.graph", "graph", "A stack as a picture: Mermaid or SVG.", is_group=False),
    Part(
        "import-config",
        "computenest.cli.import_config",
        "import_config",
        "A Pulumi program from computenest-cli's configuration.",
        is_group=False,
    ),
    Part("init", "computenest.cli.init", "init", "A project of your own, from nothing.", is_group=False),
    Part("logs", "computenest.cli.logs", "logs", "What the cloud wrote down of a resource.", is_group=False),
    Part("orphans", "computenest.cli.orphans", "orphans", "What its stack does not know any more.", is_group=False),
    Part("package", "computenest.cli.package", "app", "Delivery packages: look into them, carry them.", is_group=True),
    Part(
        "permissions",
        "computenest.cli.permissions",
        "permissions",
        "The RAM policy document that a stack needs.",
        is_group=False,
    ),
    Part("report", "computenest.cli.report", "report", "Turns previews into tables: Markdown or HTML.", is_group=False),
    Part(
        "service",
        "computenest.cli.service",
        "app",
        "Charts on Kubernetes: what runs, what would change.",
        is_group=True,
    ),
    Part("show", "computenest.cli.show", "show", "Shows a stack's outputs as tables.", is_group=False),
    Part("template", "computenest.cli.template", "app", "Templates: image positions, rendering.", is_group=True),
)


def main() -> None:
    """The entry point."""
    try:
        build(sys.argv[1:])()
    except ComputeNestError as error:
        path = error.path if isinstance(error, Invalid) else ""
        where = f"{path}: " if path and path not in error.summary else ""
        sys.stderr.write(f"error: {where}{error.summary}\n")
        if error.hint:
            sys.stderr.write(f"  {error.hint}\n")
        if error.request_id:
            sys.stderr.write(f"  request id {error.request_id}\n")
        if os.environ.get(_DEBUG):
            raise
        raise SystemExit(1) from None
    except Exception as error:
        from computenest.cloud.faults import as_domain_error

        if os.environ.get(_DEBUG):
            raise
        told = as_domain_error(error)
        sys.stderr.write(f"error: {told.summary}\n")
        if told.hint:
            sys.stderr.write(f"  {told.hint}\n")
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
    for part in PARTS:
        if part.name == first or is_completing:
            _mount(app, part)
        else:
            app.command(part.name, help=part.help)(_never)
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


def _mount(app: typer.Typer, part: Part) -> None:
    target = getattr(importlib.import_module(part.module), part.attribute)
    if part.is_group:
        app.add_typer(target, name=part.name, help=part.help)
    else:
        app.command(part.name)(target)


def _never() -> None:
    raise AssertionError("a part that the line does not name is never called")
