"""More of `computenest cloud`: which clouds run here, what was called, reviews, things of one's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.cloud.clock import pause
from computenest.cloud.control import Control
from computenest.cloud.local import LocalCloud, cloud_folder, known_folders, speed
from computenest.kernel.bounded_yaml import read_yaml
from computenest.kernel.errors import Invalid

__all__ = ["COMMANDS", "extra_lines", "list_clouds", "logs", "reject", "seed"]

_LOOK_S = 0.5
_SEEDED = {"images": ("POST", "images"), "registries": ("POST", "registries")}
"""Part of a seed file -> the control call that makes one entry of it."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _control() -> Control:
    return LocalCloud(cloud_folder(environ=os.environ, cwd=Path.cwd())).control()


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
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['endpoint']}  {row['speed']}  process {row['pid']}  {row['folder']}")
    if not rows:
        typer.echo("no embedded cloud runs")


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


def _review(registration: str, *, approve: bool, comment: str, as_json: bool) -> None:
    body = {"registration_id": registration, "approve": approve, "comment": comment}
    answer = _control().post("registrations/review", body)
    if as_json:
        typer.echo(json.dumps(answer, indent=2))
    else:
        typer.echo(f"{'approved' if approve else 'rejected'}: {answer.get('decided', 1)}")


def seed(
    file: Annotated[Path, typer.Argument(help="YAML or JSON: images, registries, faults, switches.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Put things of your own into the embedded cloud.

    A file holds any of: `images`, a list of maps with account, region, name, and if you like image_id and size_gib;
    `registries`; `faults`, a list of rules that replaces the present ones; `switches`, a map. docs/embedded-cloud.md.

    Examples:

        computenest cloud seed seed.yaml
    """
    document = _seed_document(file)
    control, made = _control(), dict[str, Any]()
    for part, (_, path) in _SEEDED.items():
        for entry in document.get(part) or ():
            made.setdefault(part, []).append(control.post(path, entry))
    if document.get("faults") is not None:
        made["faults"] = control.put("faults", document["faults"])
    if document.get("switches"):
        made["switches"] = control.put("facts", document["switches"])["positions"]
    if as_json:
        typer.echo(json.dumps(made, indent=2, ensure_ascii=False))
    else:
        typer.echo(
            ", ".join(f"{part}: {len(document[part])}" for part in document if document[part]) or "nothing in it"
        )


def _seed_document(file: Path) -> dict[str, Any]:
    try:
        found = read_yaml(file.read_bytes(), flavor="python")
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Invalid(f"{file} is no YAML: {error}") from error
    known = {*_SEEDED, "faults", "switches"}
    if not isinstance(found, dict) or set(found) - known:
        odd = ", ".join(sorted(map(str, set(found) - known))) if isinstance(found, dict) else "no map"
        raise Invalid(f"{file} holds what cannot be seeded: {odd}", hint=f"parts are {', '.join(sorted(known))}")
    return found


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


COMMANDS: Mapping[str, Callable[..., None]] = {
    "list": list_clouds,
    "logs": logs,
    "approve": approve,
    "reject": reject,
    "seed": seed,
}
