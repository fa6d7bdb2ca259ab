"""`computenest permissions`: the RAM policy document that a stack needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from computenest.cli.documents import print_json, read_document
from computenest.kernel.errors import Invalid
from computenest.review.permissions import ADAPTERS, actions_of, needed, policy
from computenest.review.report import document_in


def permissions(
    preview: Annotated[
        Path | None,
        typer.Argument(
            help="Output of `pulumi preview --json`; - for standard input. Without it: all that is possible."
        ),
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Of computenest:accounts; default: every account that the preview names.")
    ] = None,
) -> None:
    """Prints the RAM policy document that a stack needs: the actions of the resources that the preview lists, and no
    more. A preview lists what does not change with `--show-sames` only.

    One account: its document, as `aliyun ram CreatePolicy --PolicyDocument` takes it. Several: a map account ->
    document, "" being the default account.

    Examples:

        pulumi preview --json --show-sames > preview.json && computenest permissions preview.json > policy.json

        computenest permissions preview.json --account hub
    """
    found = {"": actions_of(*ADAPTERS)}
    if preview is not None:
        found = needed(read_document(preview, read=document_in, wanted="`pulumi preview --json`"))
    if account is not None:
        if account not in found:
            known = ", ".join(repr(name) for name in found) or "none"
            raise Invalid(f"no resource is declared in the account {account!r}", hint=f"accounts are {known}")
        found = {account: found[account]}
    if not found:
        raise Invalid(
            "nothing that the preview lists needs a permission",
            hint="a preview leaves out what does not change: run `pulumi preview --json --show-sames`",
        )
    documents = {name: policy(actions) for name, actions in found.items()}
    whole = next(iter(documents.values())) if len(documents) == 1 else documents
    print_json(whole)
