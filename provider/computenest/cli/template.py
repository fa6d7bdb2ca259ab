"""`computenest template`: positions, render, adopt and lint, for shells and pull-request checks.

Reads and writes files around the pure `computenest.templates`; decides nothing itself. Everything heavy (rich,
the parsers) is imported when a command runs, so that `--help` and completion stay quick; Pulumi is never imported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from computenest.cli.documents import console_of, print_json
from computenest.cli.template_files import Reading, group_of, read_all, read_file, read_named
from computenest.cli.terraform_files import SUFFIXES, scan_terraform_files
from computenest.resources._packages.images_api import CloudImages

if TYPE_CHECKING:
    from computenest.review.lint import Finding
    from computenest.templates import Scan, TemplateRefused

app = typer.Typer(
    name="template",
    help="Image positions of ROS and Terraform templates: list, render, adopt, lint.",
    no_args_is_help=True,
    add_completion=False,
)

_FILE_COLUMNS = 240  # a log has no edge: a path is never broken in two

Files = Annotated[list[Path], typer.Argument(help="Templates, or folders that hold some.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array, for machines.")]


@app.command()
def positions(
    files: Files,
    marker: Annotated[
        list[str] | None, typer.Option("--marker", help="A marker that a package covers; a configuration has its own.")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """List every place where an ECS image id stands; exit code 1 if a file cannot be read or parsed.

    Examples:

        computenest template positions template.yaml main.tf --json
    """
    reading = read_all(files)
    scans = reading.scans
    refused = [{"file": name, "line": e.line, "error": e.message} for name, e in reading.refused.items()]
    errors = [*reading.errors, *refused]
    if as_json:
        objects: list[dict[str, Any]] = [
            {"file": name, **position.model_dump(mode="json")}
            for name, found in scans.items()
            for position in found.positions
        ]
        print_json([*objects, *errors])
    else:
        _print_positions(scans, errors)
    _warn_of_halves(scans, marker or ())
    _say_passed_over(reading)
    raise typer.Exit(1 if errors else 0)


def _warn_of_halves(scans: Mapping[str, Scan], markers: Sequence[str]) -> None:
    """Beside the list, since which literals are markers only a configuration says; without one they are assumed, but
    for those in hand-written maps."""
    from computenest.templates import assumed_markers, half_covered

    related = {r.marker for found in scans.values() for r in found.relations if r.kind == "ArtifactRelation"}
    known = related | {*markers}
    for name, found in scans.items():
        judged = [p for p in found.positions if known or "Mappings." not in p.leaf]
        for position, message in half_covered(judged, known or assumed_markers(judged)):
            typer.echo(f"{name}:{position.line}: warning: {message}", err=True)


@app.command()
def render(
    file: Annotated[Path, typer.Argument(help="The template.", show_default=False)],
    region: Annotated[str, typer.Option(help="The region to render for.", show_default=False)],
    package: Annotated[
        list[str] | None,
        typer.Option("--package", metavar="MARKER=MAP.json", help="A marker, and a file {region: image id}."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="A computenest-cli configuration: a marker may be an artifact, `${Artifact.X.ArtifactId}`."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; standard output if left out.")] = None,
) -> None:
    """Write the template with each marker's image id of one region in its place, and no other byte changed.

    Examples:

        computenest template render template.yaml --package ecs_image_web=web.json --region cn-beijing
    """
    from computenest.kernel.errors import Invalid
    from computenest.templates import of_artifacts, render_regions, scan

    try:
        substitutions = _packages(package or ())
        data = read_file(file)
        result = _scan_of(file, data)
        if config is not None:
            relations = scan(read_file(config), name=str(config)).relations
            substitutions = of_artifacts(substitutions, relations=relations, scan=result)
        _put(render_regions(data, scan=result, substitutions=substitutions, regions=(region,))[region], out)
    except (Invalid, OSError) as error:
        _fail(str(error))


def _scan_of(file: Path, data: bytes) -> Scan:
    """A file's scan; a Terraform file's with what lies beside it."""
    from computenest.templates import TemplateRefused, scan

    if not str(file).endswith(SUFFIXES):
        return scan(data, name=str(file))
    found = scan_terraform_files({str(file): data}, read=read_file)[str(file)]
    if isinstance(found, TemplateRefused):
        raise found
    return found


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(help="The template.", show_default=False)],
    mapping: Annotated[str, typer.Option(help="The region-to-image map in `Mappings`.", show_default=False)],
    marker: Annotated[str, typer.Option(help="The literal that takes its place.", show_default=False)],
    key: Annotated[str | None, typer.Option(help="The column, where image positions read several.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; standard output if left out.")] = None,
    images: Annotated[Path | None, typer.Option("--map", help="Where to write the map {region: image id}.")] = None,
) -> None:
    """Turn a hand-written region-to-image map into a marker; the map it held comes out as MAP.json for `render`.

    Examples:

        computenest template adopt template.yaml --mapping Images --marker ecs_image_web
    """
    from computenest.kernel.errors import Invalid
    from computenest.templates import adopt as take

    try:
        result = take(read_file(file), mapping=mapping, marker=marker, key=key, name=str(file))
        text = json.dumps(result.images, indent=2, ensure_ascii=False) + "\n"
        if images is not None:
            images.write_text(text, encoding="utf-8")
        _put(result.data, out)
    except (Invalid, OSError) as error:
        _fail(str(error))
    if images is None:
        typer.echo(text, nl=False, err=out is None)
    for path, line in result.replaced:
        typer.echo(f"{file}:{line}: {path} is `{marker}` now", err=True)
    for region in result.left_out:
        typer.echo(f"{file}: map `{mapping}` had no image for {region}", err=True)
    if result.is_removed:
        typer.echo(f"{file}: map `{mapping}` is removed", err=True)
    for reason in result.kept_for:
        typer.echo(f"{file}: map `{mapping}` is kept, it is also read at {reason}", err=True)


@app.command()
def lint(
    files: Files,
    marker: Annotated[
        list[str] | None, typer.Option("--marker", help="A marker that a package covers; a configuration has its own.")
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="Ask the configured cloud which dated public images it still offers there; with --config alone it is "
            "asked in the regions that configurations name."
        ),
    ] = None,
    config: Annotated[list[str] | None, typer.Option(help="KEY=VALUE of a stack's configuration: which cloud.")] = None,
    as_json: AsJson = False,  # noqa: FBT002
    as_sarif: Annotated[bool, typer.Option("--sarif", help="SARIF 2.1.0, for code hosts.")] = False,  # noqa: FBT002
) -> None:
    """Check templates and their packages; exit code 1 if there is an error or a warning, notes alone pass.

    Examples:

        computenest template lint templates/ --region cn-beijing

        computenest template lint template.yaml --sarif > findings.sarif
    """
    from computenest.review.lint import lint as check
    from computenest.review.lint import to_sarif

    reading = read_all(files)
    links = read_named(reading)
    everything: dict[str, Scan | TemplateRefused] = {**reading.scans, **reading.refused}
    groups = {name: group_of(name) for name in everything}
    findings = check(everything, wanted=marker or (), groups=groups, links=links)
    if region is not None or config:
        findings = _with_withdrawn(findings, everything, region, config or ())
    if as_sarif:
        print_json(to_sarif(findings))
    elif as_json:
        print_json([finding.model_dump(mode="json") for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{finding.file}:{finding.line}: {finding.level}: {finding.message} [{finding.rule}]")
        counts = {level: sum(finding.level == level for finding in findings) for level in ("error", "warning", "note")}
        shown = ", ".join(_count(count, level) for level, count in counts.items())
        _print_rules(findings)
        typer.echo(f"{_count(len(reading.scans), 'file')} read: {shown}")
    _say_passed_over(reading)
    for error in reading.errors:
        typer.echo(f"{error['file']}: {error['error']}", err=True)
    failed = any(finding.level in ("error", "warning") for finding in findings)
    raise typer.Exit(1 if failed or reading.errors else 0)


def _with_withdrawn(
    findings: tuple[Finding, ...],
    scans: Mapping[str, Scan | TemplateRefused],
    region: str | None,
    config: Sequence[str],
) -> tuple[Finding, ...]:
    """The findings, and a note for each dated image that a region offers no more."""
    import asyncio
    import os
    from contextlib import closing

    from computenest.cli.pairs import pairs
    from computenest.cloud.settings import parse_settings
    from computenest.kernel.names import ImageId, RegionId
    from computenest.resources._packages.images_api import MAX_IDS_PER_CALL
    from computenest.resources._program.session import Session, open_session
    from computenest.review.lint import dated_images, named_regions, withdrawn

    wanted = [ImageId(name) for name in dated_images(scans)]
    if not wanted:
        return findings
    regions = named_regions(scans) if region is None else (region,)
    if not regions:
        typer.echo("no configuration names a region: `--region` says where to ask for dated public images", err=True)
        return findings

    async def ask(session: Session) -> dict[str, set[str]]:
        offered: dict[str, set[str]] = {one: set() for one in regions}
        for one, images in offered.items():
            for first in range(0, len(wanted), MAX_IDS_PER_CALL):
                some = wanted[first : first + MAX_IDS_PER_CALL]
                images |= set(await session.port(CloudImages).describe(region=RegionId(one), ids=some))
        return offered

    settings = parse_settings(pairs(config, option="--config"), environ=os.environ)
    with closing(open_session(settings)) as session:
        offered = asyncio.run(ask(session))
    found = (*findings, *withdrawn(scans, offered=offered))
    return tuple(sorted(found, key=lambda finding: (finding.file, finding.line, finding.rule, finding.message)))


def _say_passed_over(reading: Reading) -> None:
    """How many files of the folders are no templates, where there are any."""
    if reading.passed_over:
        typer.echo(f"{_count(len(reading.passed_over), 'other file')} passed over: no templates", err=True)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"


def _print_rules(findings: Sequence[Finding]) -> None:
    """How often each rule fired, in how many files, and what it means."""
    from computenest.review.lint import RULES

    for rule, (level, meaning) in RULES.items():
        files = [finding.file for finding in findings if finding.rule == rule]
        if files:
            where = f"{_count(len(files), level)} in {_count(len(set(files)), 'file')}"
            typer.echo(f"{where}, {rule}: {meaning}")


def _packages(given: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """Each marker's map. Two maps for one marker are an error, whatever they hold: one of them would not be used."""
    from computenest.kernel.errors import Invalid

    found: dict[str, tuple[Mapping[str, str], str]] = {}
    for pair in given:
        marker, images = _package(pair)
        if marker in found:
            raise Invalid(f"marker `{marker}` is given twice: `{found[marker][1]}` and `{pair}`", path="--package")
        found[marker] = images, pair
    return {marker: images for marker, (images, _) in found.items()}


def _package(given: str) -> tuple[str, Mapping[str, str]]:
    """`MARKER=MAP.json`: split at the last `=`, since a marker may hold one."""
    from computenest.kernel.errors import Invalid

    marker, equals, name = given.rpartition("=")
    if not equals or not marker or not name:
        raise Invalid(f"`{given}` is not MARKER=MAP.json", path="--package")
    return marker, _images(Path(name))


def _images(file: Path) -> Mapping[str, str]:
    """The map in a file, each image in the region that it belongs to as far as its prefix tells."""
    from computenest.kernel.errors import Invalid
    from computenest.kernel.regions import foreign_home

    twice: list[str] = []

    def once(members: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        twice.extend(key for key, value in members if found.setdefault(key, value) != value)
        return found

    try:
        images = json.loads(file.read_bytes(), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{file} is not JSON: {error}", path="--package") from error
    if not isinstance(images, dict) or not all(isinstance(image, str) for image in images.values()):
        raise Invalid(f'{file} is not a map {{"region": "image id"}}', path="--package")
    if twice:
        raise Invalid(f"{file} gives {twice[0]} two images", path="--package")
    wrong = {region: home for region, image in images.items() if (home := foreign_home(region, image))}
    if wrong:
        listed = "; ".join(
            f"[{region!r}]: `{images[region]}` is an image of {home} by its prefix" for region, home in wrong.items()
        )
        raise Invalid(f"{file}{listed}", path="--package", hint="give each region the image's copy in that region")
    return images


def _put(data: bytes, out: Path | None) -> None:
    """Into a file, or to standard output."""
    if out is not None:
        out.write_bytes(data)
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _print_positions(scans: Mapping[str, Scan], errors: Sequence[Mapping[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    console = console_of(_FILE_COLUMNS)
    table = Table("file", "line", "path", "form", "value", box=None, pad_edge=False)
    for name, found in scans.items():
        for position in found.positions:
            value = position.value if position.value is not None else position.default or ""
            row = (f"{name}", str(position.line), position.address, position.form, value or (position.reason or ""))
            table.add_row(*(Text(cell, overflow="fold") for cell in row))
    if table.row_count:
        console.print(table)
        console.print()
    summary = Table("file", "format", "positions", "literals", "open", "placeholders", box=None, pad_edge=False)
    for name, found in scans.items():
        literals = sum(position.is_editable for position in found.positions)
        counts = (len(found.positions), literals, len(found.positions) - literals, len(found.placeholders))
        summary.add_row(Text(name, overflow="fold"), found.format, *map(str, counts))
    console.print(summary)
    for name, found in scans.items():
        for note in found.warnings:
            console.print(Text(f"{name}:{note.line}: {note.path}: {note.message}", style="yellow"))
    for error in errors:
        where = error["file"] if error["line"] is None else f"{error['file']}:{error['line']}"
        typer.echo(f"{where}: {error['error']}", err=True)


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)
