"""`computenest show`: a stack's outputs as tables: what each region has, and what service instances run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from computenest.cli.documents import console_of, print_json, read_document
from computenest.kernel.errors import Invalid

if TYPE_CHECKING:
    from rich.table import Table

_FILE_COLUMNS = 200  # a log has no edge: an image id is never broken in two


def show(
    file: Annotated[Path, typer.Argument(help="output of `pulumi stack output --json`; - for standard input")],
    as_json: Annotated[bool, typer.Option("--json", help="The same rows as JSON.")] = False,  # noqa: FBT002 - typer
) -> None:
    """Shows a stack's outputs as tables: maps region -> image id, substitutions, and what instances run.

    Examples:

        pulumi stack output --json | computenest show -
    """
    from rich.markup import escape

    outputs = _document(file)
    if as_json:
        print_json(_rows(outputs))
        return
    console = console_of(_FILE_COLUMNS)
    for name, output in sorted(outputs.items()):
        title, table = _instance(name, output) if _is_instance(output) else (name, _regions(output))
        if table is not None:
            console.print(f"[bold italic]{escape(title)}[/]", soft_wrap=True)
            console.print(table)


def _rows(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Output -> what its table holds: region -> column -> image, or of an instance resource -> image."""
    found: dict[str, Any] = {}
    for name, output in sorted(outputs.items()):
        if _is_instance(output):
            found[name] = {
                "instance": output["instanceId"],
                "version": output.get("serviceVersion"),
                "region": output.get("region"),
                "status": output.get("status"),
                "images": dict(sorted(output["images"].items())),
            }
        elif columns := _columns(output):
            found[name] = {
                region: {column: images[region] for column, images in columns.items() if region in images}
                for region in sorted({region for images in columns.values() for region in images})
            }
    return found


def _columns(output: Any) -> dict[str, Mapping[str, Any]]:
    members = output.items() if isinstance(output, Mapping) else ()
    return {str(column): images for column, images in members if isinstance(images, Mapping)}


def _is_instance(output: Any) -> bool:
    return isinstance(output, Mapping) and "instanceId" in output and isinstance(output.get("images"), Mapping)


def _instance(name: str, output: Mapping[str, Any]) -> tuple[str, Table]:
    """A service instance, and what each of its resources runs; one that waits for reviewers runs nothing yet."""
    said = [str(output["instanceId"] or "nothing yet")]
    if output.get("serviceVersion") and output["instanceId"]:
        said.append(f"version {output['serviceVersion']}")
    if output.get("region"):
        said.append(f"in {output['region']}")
    if output.get("status"):
        said.append(f"is {output['status']}" if output["instanceId"] else f"({output['status']})")
    table = _table("resource")
    table.add_column("image")
    for resource, image in sorted(output["images"].items()):
        table.add_row(str(resource), str(image))
    return f"{name}: {' '.join(said)}", table


def _regions(output: Any) -> Table | None:
    """Maps by region: a column for each package or marker, a row for each region; None where there are none."""
    columns = _columns(output)
    if not columns:
        return None
    table = _table("region")
    for column in columns:
        table.add_column(str(column), overflow="fold")
    for region in sorted({region for images in columns.values() for region in images}):
        table.add_row(region, *(str(images.get(region, "")) for images in columns.values()))
    return table


def _table(first: str) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column(first)
    return table


def _document(file: Path) -> dict[str, Any]:
    found = read_document(file, wanted="`pulumi stack output --json`")
    if not isinstance(found, dict):
        raise Invalid(f"{file} holds no outputs by name", hint="give the output of `pulumi stack output --json`")
    return found
