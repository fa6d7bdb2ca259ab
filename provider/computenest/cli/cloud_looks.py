"""More of `computenest cloud`: which clouds run here, what was called, reviews, things of one's own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.cli.documents import tell
from computenest.cloud.clock import pause
from computenest.cloud.control import Control
from computenest.cloud.local import LocalCloud, cloud_folder, known_folders, speed
from computenest.kernel.errors import Invalid

_LOOK_S = 0.5
_INIT_STATES = {
    "changed": ": has changed since it was put in; `computenest cloud reset` empties the cloud and puts it in anew",
    "waiting": ": is not put in yet; the next start does it",
}
_SEED_S = 300.0  # it may hold large files
looks = typer.Typer()
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _control() -> Control:
    return LocalCloud(cloud_folder(environ=os.environ, cwd=Path.cwd())).control()


@looks.command("list")
def list_clouds(*, as_json: AsJson = False) -> None:
    """List the embedded clouds that run on this machine, whatever folder they belong to.

    Examples:

        computenest cloud list --json
    """
    rows = []
    for folder in known_folders():
        handle = LocalCloud(folder).running()
        if handle is not None:
            rows.append({"endpoint": handle.endpoint, "speed": speed(handle), "pid": handle.pid, "folder": str(folder)})
    lines = [f"{row['endpoint']}  {row['speed']}  process {row['pid']}  {row['folder']}" for row in rows]
    tell(rows, lines or ["no embedded cloud runs"], as_json=as_json, ensure_ascii=True)


@looks.command()
def logs(
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    internal: Annotated[bool, typer.Option("--internal", help="Also what Compute Nest itself calls.")] = False,
    last: Annotated[int, typer.Option(min=0, help="How many of the calls so far.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show the calls that the embedded cloud answered: when, which account, action, region, and how it ended.

    Examples:

        computenest cloud logs --follow

        computenest cloud logs --last 500 --json
    """
    control = _control()
    seen = 0
    while True:
        report = control.get("calls")
        total = sum(report["counts"].values()) + sum(report["internal_counts"].values())
        new = report["last"][len(report["last"]) - min(total - seen, len(report["last"])) :] if total >= seen else []
        calls = [call for call in new if internal or not call["is_internal"]]
        _print_calls(calls if seen else calls[max(0, len(calls) - last) :], as_json=as_json)
        seen = total
        if not follow:
            return
        pause(_LOOK_S)


def _print_calls(calls: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    for call in calls:
        moment = datetime.fromtimestamp(call["at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        if as_json:
            typer.echo(json.dumps({**call, "at": moment}, ensure_ascii=False))
        else:
            words = (moment, call["account"] or "-", f"{call['service']}:{call['action']}", call["region"] or "-")
            typer.echo("  ".join((*words, call["result"])))


@looks.command()
def approve(
    registration: Annotated[str, typer.Argument(help="Which; default: every one that was submitted.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Approve what was submitted for review, as the reviewers at Alibaba Cloud may.

    Examples:

        computenest cloud approve
    """
    _review(registration, approve=True, comment="", as_json=as_json)


@looks.command()
def reject(
    registration: Annotated[str, typer.Argument(help="Which; default: every one that was submitted.")] = "",
    *,
    comment: Annotated[str, typer.Option(help="The reviewers' reason.")] = "",
    as_json: AsJson = False,
) -> None:
    """Reject what was submitted for review, as the reviewers at Alibaba Cloud may.

    Examples:

        computenest cloud reject --comment "The template opens port 22 to everybody."
    """
    _review(registration, approve=False, comment=comment, as_json=as_json)


def _review(registration: str, *, approve: bool, comment: str, as_json: bool) -> None:
    body = {"registration_id": registration, "approve": approve, "comment": comment}
    answer = _control().post("registrations/review", body)
    tell(answer, [f"{'approved' if approve else 'rejected'}: {answer.get('decided', 1)}"], as_json=as_json)


@looks.command()
def seed(
    file: Annotated[Path, typer.Argument(help="YAML or JSON; what it may hold: see above.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Put things of your own into the embedded cloud: all of a file, or nothing of it.

    A file holds any of: `accounts`, more tenants, with keys of their own; `products` of the marketplace; `images` of an
    account; `registries`; `uploads`, files into the object storage; `faults`, a list of rules that replaces the present
    ones; `switches`, a map. Relative paths in it begin at the file. docs/embedded-cloud.md has an example of each.

    Examples:

        computenest cloud seed seed.yaml
    """
    answer = _control().post("seed", {"file": str(file.absolute())}, timeout_s=_SEED_S)
    made, refused = answer["made"], answer["refused"]
    if refused:
        lines = "\n".join(f"  {each['at']}: {each['why']}" if each["at"] else f"  {each['why']}" for each in refused)
        raise Invalid(f"{file} changes nothing:\n{lines}", hint="mend it, and seed it again")
    said = ", ".join(f"{part}: {len(entries)}" for part, entries in made.items())
    tell(made, [said or "nothing in it"], as_json=as_json)


def init_lines(status: Mapping[str, Any]) -> list[str]:
    """What `status` says of the files that its state got from a folder, and of those that would be other ones now."""
    init = status.get("init") or {}
    return [f"init {each['name']}{_INIT_STATES.get(each['state'], '')}" for each in init.get("files", ())]


def extra_lines(control: Control) -> list[str]:
    """What `status` says of switches and faults: those that are not as they are by themselves."""
    facts = control.get("facts")
    rules = [fact.get("switch") or fact.get("parameter") for fact in facts["facts"]]
    by_default = {rule["key"]: rule["default"] for rule in rules if rule}
    moved = {key: value for key, value in facts["positions"].items() if by_default.get(key) != value}
    lines = [f"switch {key}={json.dumps(value)}" for key, value in sorted(moved.items())]
    for rule in control.get("faults"):
        match = " ".join(f"{key}={value}" for key, value in rule["match"].items() if value != "*") or "every call"
        lines.append(f"fault {rule['effect']['kind']}: {match}, fired {rule['fired']} times")
    return lines
