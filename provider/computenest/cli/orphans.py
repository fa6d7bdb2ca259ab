"""`computenest orphans`: images that carry a stack's tag although the stack no longer knows them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.cloud.session import Session, open_session
from computenest.cloud.settings import parse_settings
from computenest.domain.direct.orphans import Known, known_in, orphans_among
from computenest.domain.direct.plan import Placed
from computenest.domain.errors import Invalid
from computenest.domain.names import AccountName, ImageId
from computenest.engine.direct_clear import Clearing
from computenest.engine.direct_look import Inventory
from computenest.engine.retry import Retry, retrying

__all__ = ["orphans"]


def orphans(
    export: Annotated[Path, typer.Argument(help="JSON of `pulumi stack export`; - for standard input.")],
    account: Annotated[str, typer.Option(help="The account that the copies live in, of computenest:accounts.")] = "",
    stack: Annotated[list[str] | None, typer.Option(help="project/stack, where the export names none.")] = None,
    config: Annotated[list[str] | None, typer.Option(help="KEY=VALUE of the stack's configuration.")] = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Remove them, after listing.")] = False,
) -> None:
    """Lists images that carry the stack's tag although its state no longer knows them; exit code 1 if any is left."""
    text = sys.stdin.read() if str(export) == "-" else export.read_text(encoding="utf-8")
    known = known_in(json.loads(text))
    stacks = frozenset(stack or ()) or known.stacks
    if not stacks:
        raise Invalid("the export names no resource, so no stack", hint="say which: --stack project/stack")
    settings = parse_settings(_configuration(config or ()), environ=os.environ)
    session = open_session(settings, AccountName(account))
    try:
        left = asyncio.run(_work(session, known, stacks, remove=remove))
    finally:
        session.close()
    raise typer.Exit(1 if left else 0)


async def _work(session: Session, known: Known, stacks: frozenset[str], *, remove: bool) -> int:
    """How many orphans are left."""
    copies = retrying(session.images, Retry(), session.clock)
    seen = await Inventory(copies, session.clock).everywhere(await copies.regions())
    found = orphans_among(seen, known, stacks=stacks)
    failures = await Clearing(copies, session.clock).remove_all(found) if remove else {}
    for placed in found:
        typer.echo(_line(placed, failures, removed=remove))
    if not found:
        typer.echo(f"no orphans of {', '.join(sorted(stacks))}")
    return len(failures) if remove else len(found)


def _line(placed: Placed, failures: dict[ImageId, str], *, removed: bool) -> str:
    image = placed.image
    end = failures.get(placed.image_id, "removed") if removed else image.status
    return f"{placed.region}  {placed.image_id}  {image.name}  {end}"


def _configuration(pairs: Sequence[str]) -> dict[str, Any]:
    found = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise Invalid(f"{pair!r} is not KEY=VALUE", path="--config")
        found[key] = value
    return found
