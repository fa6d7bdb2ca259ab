"""`computenest doctor`: what stands between this machine and a `pulumi up`, each with what to do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.cli.documents import read_document, tell
from computenest.cli.examination import Line, State, about_account, about_machine, about_network, about_permissions
from computenest.cli.pairs import pairs
from computenest.cli.selected import Config, selected_stack
from computenest.cloud.settings import parse_settings
from computenest.kernel.errors import ComputeNestError, Invalid
from computenest.kernel.names import AccountName
from computenest.resources._program.session import open_session
from computenest.review.permissions import needed
from computenest.review.report import document_in

_MARKS = {State.OK: "ok", State.WARNING: "warning", State.FAILED: "FAILED", State.SKIPPED: "skipped"}


def doctor(
    preview: Annotated[
        Path | None,
        typer.Argument(
            help="Output of `pulumi preview --json --show-sames`: then just the permissions that it needs are tried; "
            "without --show-sames those of what changes."
        ),
    ] = None,
    config: Config = None,
    account: Annotated[str, typer.Option(help="Of computenest:accounts.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - typer
) -> None:
    """Looks at the machine, the configuration, the network, the account and its permissions, and says what to do.

    Nothing is changed: permissions are tried by calls that read, or that say DryRun. In a project's folder the selected
    stack's configuration is taken. Exit code 1 if anything failed.

    Examples:

        computenest doctor

        pulumi preview --json --show-sames > preview.json && computenest doctor preview.json --json

        computenest doctor --config computenest:cloud=aliyun --config computenest:region=ap-southeast-1
    """
    document = None
    if preview is not None:
        document = read_document(preview, read=document_in, wanted="`pulumi preview --json`")
    given: Mapping[str, Any] | None = pairs(config, option="--config") if config else None
    lines = examine(given, os.environ, account=AccountName(account), document=document)
    told = [f"{_MARKS[line.state]:8}{line.check}: {line.said}{_next(line)}" for line in lines]
    tell([asdict(line) for line in lines], told, as_json=as_json, ensure_ascii=True)
    raise typer.Exit(any(line.state is State.FAILED for line in lines))


def _next(line: Line) -> str:
    return f"\n{'':8}  {line.next}" if line.next and line.state is not State.OK else ""


def examine(
    given: Mapping[str, Any] | None,
    environ: Mapping[str, str],
    *,
    account: AccountName = AccountName(""),  # noqa: B008 - a text
    document: Any = None,
    now_s: float | None = None,
) -> list[Line]:
    """Every line.

    Args:
        given: a stack's configuration; None takes the selected stack's.
        environ: the environment.
        account: whose keys.
        document: a parsed preview, whose permissions are tried; None tries all.
        now_s: this machine's time, in seconds since 1970; default: as it is.
    """
    lines = list(about_machine(environ))
    if given is None:
        given, line = _selected(environ)
        lines.append(line)
    try:
        wanted = None if document is None else needed(document).get(account, frozenset())
        settings = parse_settings(given, environ=environ)
        session = open_session(settings, account)
    except ComputeNestError as error:
        path = error.path if isinstance(error, Invalid) and error.path and error.path not in error.summary else ""
        lines.append(Line("settings", State.FAILED, f"{path}: {error.summary}" if path else error.summary, error.hint))
        return [*lines, *_skipped(("network", "account", "permissions"), "settings")]
    lines.append(Line("settings", State.OK, f"cloud {settings.cloud}, site {settings.region} ({settings.region_from})"))
    try:
        lines += about_network(settings, session, environ, now_s=now_s)
        if any(line.state is State.FAILED and line.check in {"proxy"} for line in lines):
            return [*lines, *_skipped(("account", "permissions"), "proxy")]
        found = asyncio.run(about_account(settings, session))
        lines += found
        if any(line.state is State.FAILED for line in found):
            return [*lines, *_skipped(("permissions",), "account")]
        return [*lines, *asyncio.run(about_permissions(session, wanted))]
    finally:
        session.close()


def _skipped(checks: Iterable[str], because: str) -> list[Line]:
    return [Line(check, State.SKIPPED, f"not looked at: see {because}") for check in checks]


def _selected(environ: Mapping[str, str]) -> tuple[Mapping[str, Any], Line]:
    """The configuration of the stack that is selected here; {} where none is."""
    found = selected_stack(environ)
    if found.values is not None:
        return found.values, Line("stack", State.OK, f"{len(found.values)} settings of the selected one")
    if not found.said:
        return {}, Line("stack", State.OK, "none here: the environment alone decides")
    fix = "`pulumi stack select` (and PULUMI_CONFIG_PASSPHRASE), or give --config KEY=VALUE"
    return {}, Line("stack", State.WARNING, f"its configuration cannot be read: {found.said}", fix)
