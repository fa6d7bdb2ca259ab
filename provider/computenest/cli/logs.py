"""`computenest logs`: all that the cloud wrote down of a resource: builds, deployments, stacks' events, reviews."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from computenest.cli.documents import read_document, tell
from computenest.cli.selected import Config, stack_settings
from computenest.kernel.errors import Invalid
from computenest.kernel.logs import LogLine
from computenest.kernel.names import AccountName
from computenest.kernel.nearest import nearest
from computenest.resources import catalog
from computenest.resources._program.logs import Logs, Subject
from computenest.resources._program.session import open_session

if TYPE_CHECKING:
    from typing import TypeAlias

    Resources: TypeAlias = Sequence[Mapping[str, Any]]

_EXPORT = "`pulumi stack export`"


def logs(
    resource: Annotated[str, typer.Argument(help="A resource's name or URN in the export, or an id of the cloud.")],
    export: Annotated[
        Path | None, typer.Argument(help=f"JSON of {_EXPORT}; standard input by default. An id needs none.")
    ] = None,
    account: Annotated[str, typer.Option(help="Of computenest:accounts; by default the resource's.")] = "",
    region: Annotated[str, typer.Option(help="Of an id whose kind needs one.")] = "",
    config: Config = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Shows what the cloud wrote down of a resource, whole: what a build printed, what happened to an instance and to
    the resources of its stack, what reviewers found. The message of a failed run has the end of it. Logs come as the
    cloud gives them: what a build or a deployment printed may hold secrets.

    Examples:

        pulumi stack export | computenest logs shop

        computenest logs shop state.json --json

        computenest logs si-0123456789abcdef
    """
    known: tuple[Logs, ...] = tuple(part.LOGS for part in catalog.parts("logs"))
    reader = next((one for one in known if export is None and resource.startswith(one.id_prefix)), None)
    if reader is not None:
        subject = Subject(resource, resource, region)
    else:
        reader, subject = _named(resource, _resources(export), known)
        account = account or subject.account
    settings = stack_settings(config)
    with closing(open_session(settings, AccountName(account))) as session:
        lines = asyncio.run(reader.lines(session, subject)) if subject.cloud_id else ()
    rows = [{key: getattr(line, key) for key in LogLine.__slots__} for line in lines]
    tell(rows, map(_shown, lines), as_json=as_json)
    if not lines and not as_json:
        typer.echo(f"the cloud has no log of {subject.name}", err=True)


def _shown(line: LogLine) -> str:
    about = " ".join(part for part in (line.source, line.subject, line.status) if part)
    return "  ".join(part for part in (line.moment, about, line.text) if part)


def _resources(export: Path | None) -> Resources:
    if export is None and sys.stdin.isatty():
        raise Invalid("which stack?", path="EXPORT", hint="pulumi stack export | computenest logs NAME")
    document = read_document(export or Path("-"), wanted=_EXPORT)
    deployment = document.get("deployment") if isinstance(document, Mapping) else None
    if not isinstance(deployment, Mapping):
        raise Invalid("the export holds no deployment", path="EXPORT", hint=f"give the output of {_EXPORT}")
    found = deployment.get("resources")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _named(wanted: str, resources: Resources, known: Sequence[Logs]) -> tuple[Logs, Subject]:
    """The resource of that name: in its program, or in the cloud."""
    readers = {one.type_name: one for one in known}
    seen: list[str] = []
    for kind, urn, outputs in _ours(resources):
        name, called = urn.rpartition("::")[2], {outputs.get(key, "") for key in ("name", "artifactName")}
        seen.append(name)
        if wanted not in {urn, name, *called}:
            continue
        if kind not in readers:
            has = ", ".join(sorted(readers))
            raise Invalid(f"{wanted} is a {kind}, of which the cloud keeps no log", path="RESOURCE", hint=f"{has} have")
        cloud_id, region, account = (outputs.get(key, "") for key in (readers[kind].id_output, "region", "account"))
        return readers[kind], Subject(name, cloud_id, region, account)
    close = nearest(wanted, seen)
    hint = f"did you mean {close}?" if close else f"it has {', '.join(sorted(set(seen))) or 'none of this provider'}"
    raise Invalid(f"the export has no resource {wanted!r}", path="RESOURCE", hint=hint)


def _ours(resources: Resources) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Type, URN and outputs that are texts, of this provider's resources on either transport."""
    for one in resources:
        urn, token = str(one.get("urn", "")), str(one.get("type", ""))
        kind = token.rpartition(":")[2]
        if kind not in catalog.TYPES or "computenest" not in token:
            continue
        outputs = one.get("outputs")
        given = outputs if isinstance(outputs, Mapping) else {}
        yield kind, urn, {str(key): value for key, value in given.items() if isinstance(value, str)}
