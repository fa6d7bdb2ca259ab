"""`computenest orphans`: what was made for a stack that does not know it: artifacts with their content, services,
instances, copies of images, and shares of images."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from computenest.cli.documents import print_json
from computenest.cli.marks import MarkSearch
from computenest.cli.selected import stack_settings
from computenest.kernel.bounded_json import read_json
from computenest.kernel.errors import ComputeNestError, Invalid
from computenest.kernel.names import AccountName, ImageId
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._program.orphans import Stacks, accounts_in, types_in
from computenest.resources._program.session import Session, open_session
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.direct.clear import Clearing
from computenest.resources.ecs_image_package.direct.inventory import Inventory
from computenest.resources.ecs_image_package.direct.orphans import Known, Share, known_in, orphans_among, shares_among
from computenest.resources.ecs_image_package.direct.plan import Placed
from computenest.resources.ecs_image_package.direct.share import take_back


def orphans(
    export: Annotated[Path, typer.Argument(help="JSON of `pulumi stack export`; - for standard input.")],
    account: Annotated[str, typer.Option(help="The account that the copies live in, of computenest:accounts.")] = "",
    source_account: Annotated[
        list[str] | None, typer.Option(help="Accounts of the source images, where the export names none.")
    ] = None,
    stack: Annotated[list[str] | None, typer.Option(help="project/stack, where the export names none.")] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="Names of resources whose objects the program names otherwise.")
    ] = None,
    organization: Annotated[
        list[str] | None, typer.Option(help="Of the stack; by default the one of backends that have none.")
    ] = None,
    config: Annotated[list[str] | None, typer.Option(help="KEY=VALUE, not the selected stack's.")] = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Remove them, after listing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists what carries the stack's mark although its state does not know it: artifacts and the tags and files that
    they name, services, service instances, copies of images, and source images that are still shared on its behalf;
    exit code 1 if anything is left. Services and instances are never removed by this.

    Examples:

        pulumi stack export | computenest orphans - --stack shop/dev

        pulumi stack export | computenest orphans - --remove --json
    """
    text = sys.stdin.read() if str(export) == "-" else export.read_text(encoding="utf-8")
    try:
        document = read_json(text)
        known = known_in(document)
    except ValueError as error:
        raise Invalid(
            f"the export is no JSON: {error}", path="EXPORT", hint="pulumi stack export > state.json"
        ) from error
    stacks = frozenset(stack or ()) or known.stacks
    if not stacks:
        raise Invalid("the export names no resource, so no stack", hint="say which: --stack project/stack")
    settings = stack_settings(config)
    sources = {AccountName(name) for name in source_account or ()} or known.accounts or {AccountName("")}
    whose = Stacks(stacks, organization or ("organization",), name or ())
    named = {AccountName(""), *map(AccountName, accounts_in(document))}
    found: list[str] = []
    left, others = 0, 0
    for each in sorted({AccountName(account), *sources, *named}):
        with closing(open_session(settings, each)) as session:
            search = _Search(session, known, stacks, remove, each == account, each in sources)
            marks = MarkSearch(session, known.owners, whose, remove, each in named, types_in(document))
            lines, failed = asyncio.run(search.look())
            marked = asyncio.run(marks.look())
        lines, failed, others = [*marked.lines, *lines], failed + marked.left, others + marked.others
        left += failed
        found += lines
        for line in lines if not as_json else ():
            typer.echo(line)
    if as_json:
        rows = {"orphans": [line.split("  ") for line in found], "left": left, "of_others": others}
        print_json(rows)
    elif not found:
        typer.echo(f"no orphans of {', '.join(sorted(stacks))}")
    if others and not as_json:
        typer.echo(
            f"{others} more carry a mark of this provider, of other stacks or of resources whose objects have another "
            "name: those are found with --name (the resource's name in the program)"
        )
    raise typer.Exit(1 if left else 0)


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for in one account: copies, sources that are still shared, or both."""

    session: Session
    known: Known
    stacks: frozenset[str]
    remove: bool
    has_copies: bool
    has_sources: bool

    async def look(self) -> tuple[list[str], int]:
        """A line for each orphan, and how many are left."""
        clock = self.session.clock
        copies = retrying(self.session.port(CloudCopies), Retry(), clock)
        seen = await Inventory(copies, clock).everywhere(await copies.regions())
        found = orphans_among(seen, self.known, stacks=self.stacks) if self.has_copies else ()
        failures = await Clearing(copies, clock).remove_all(found) if self.remove else {}
        lines = [_line(placed, failures, removed=self.remove) for placed in found]
        left = len(failures) if self.remove else len(found)
        shares = shares_among(seen, self.known, stacks=self.stacks) if self.has_sources else ()
        for share in shares:
            end = await _end(copies, share) if self.remove else "still shared"
            lines.append(f"{share.region}  {share.image_id}  shared with {share.account}  {end}")
            left += end != "taken back"
        return lines, left


async def _end(copies: CloudCopies, share: Share) -> str:
    try:
        await take_back(copies, share)
    except ComputeNestError as error:
        return f"stays shared: {error}"
    return "taken back"


def _line(placed: Placed, failures: dict[ImageId, str], *, removed: bool) -> str:
    image = placed.image
    end = failures.get(placed.image_id, "removed") if removed else image.status
    return f"{placed.region}  {placed.image_id}  {image.name}  {end}"
