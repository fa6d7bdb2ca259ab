"""`computenest cloud`: the embedded cloud from the command line.

Everything happens in `computenest.cloud.local` and `.control`; here it is only asked for and shown. Output for machines
is JSON on standard output; keys are printed by `env` alone, the console's address (its token lets look, and no more) by
`start` and `status`.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.cloud.control import Control, Handle
from computenest.cloud.local import LocalCloud, StartOptions, cloud_folder, speed
from computenest.kernel.errors import Invalid

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def start(
    *,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; any free one if not given.")] = None,
    state: Annotated[Path | None, typer.Option(help="Database file.", dir_okay=False)] = None,
    time_scale: Annotated[float | None, typer.Option(min=0, help="How much faster time runs; 0: by hand.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything decided by chance.")] = None,
    faults: Annotated[Path | None, typer.Option(help="File of fault rules.", exists=True, dir_okay=False)] = None,
    switch: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of an unverified fact; repeatable.")] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="A name that it answers to besides its own; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the embedded cloud; returns when it answers. Running already: says so."""
    for given in switch or []:
        if "=" not in given:
            raise Invalid(f"--switch {given} is not NAME=VALUE")
    options = StartOptions(
        port=port,
        state=state,
        time_scale=time_scale,
        seed=seed,
        faults=faults,
        switches=tuple(switch or ()),
        hosts=tuple(host or ()),
    )
    handle, is_new = _cloud().start(options)
    if as_json:
        _print_json({"started": is_new, **_facts(handle)})
    else:
        _print(f"the embedded cloud {'runs' if is_new else 'runs already'} at {handle.endpoint} ({speed(handle)})")
        _print(f"console {handle.console}")


@app.command()
def stop(*, as_json: AsJson = False) -> None:
    """Stop the embedded cloud; its state stays."""
    handle = _cloud().stop()
    if as_json:
        _print_json({"stopped": handle is not None})
    else:
        _print("the embedded cloud does not run" if handle is None else f"stopped {handle.endpoint}; its state stays")


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show where the embedded cloud runs; exit code 1 if it does not."""
    handle = _cloud().running()
    if handle is None:
        if as_json:
            _print_json({"running": False})
        else:
            _print("the embedded cloud does not run")
        raise typer.Exit(1)
    if as_json:
        found = Control(handle).get("status")
        _print_json({"running": True, **_facts(handle), "server": found})
    else:
        _print(f"the embedded cloud runs at {handle.endpoint} ({speed(handle)}, process {handle.pid})")
        _print(f"state {handle.state}")
        _print(f"console {handle.console}")


@app.command()
def env(*, account: Annotated[str, typer.Option(help="supplier, hub, customer or stranger")] = "supplier") -> None:
    """Print `export` lines: eval "$(computenest cloud env)".

    The keys stand where the official SDKs (the classic ones too), the aliyun CLI and Terraform look for them; the
    endpoint, which speaks HTTP, is given to each in its own way. Every signature that they use is understood.
    """
    cloud = _cloud()
    handle = cloud.running()
    if handle is None:
        cloud.control()  # says that it does not run, and how to start it
        return
    keys = handle.accounts.get(account)
    if keys is None:
        raise Invalid(f"there is no account {account!r}", hint=f"accounts are {', '.join(sorted(handle.accounts))}")
    for name, value in (
        ("COMPUTENEST_ENDPOINT", handle.endpoint),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", keys.access_key_id),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", keys.access_key_secret.reveal()),
        ("ALIYUN_ACCESS_KEY_ID", keys.access_key_id),  # the classic SDKs' names
        ("ALIYUN_ACCESS_KEY_SECRET", keys.access_key_secret.reveal()),
    ):
        _print(f"export {name}={shlex.quote(value)}")


@app.command()
def reset(*, as_json: AsJson = False) -> None:
    """Empty the embedded cloud: accounts and settings stay, everything in them goes."""
    answer = _cloud().control().post("reset")
    if as_json:
        _print_json(answer)
    else:
        _print("the embedded cloud is as new")


@app.command()
def approve(*, as_json: AsJson = False) -> None:
    """Approve every service that was submitted, as the reviewers at Alibaba Cloud may."""
    answer = _cloud().control().post("registrations/review", {})
    if as_json:
        _print_json(answer)
    else:
        _print(f"approved: {answer['decided']}")


@app.command()
def ledger(*, as_json: AsJson = False) -> None:
    """Show what was created and not deleted, account by account."""
    answer = _cloud().control().get("ledger")
    if as_json:
        _print_json(answer)
    else:
        _print(json.dumps(answer, indent=2, ensure_ascii=False, sort_keys=True))


def _cloud() -> LocalCloud:
    return LocalCloud(cloud_folder(environ=os.environ, cwd=Path.cwd()))


def _facts(handle: Handle) -> dict[str, Any]:
    """What a machine may want to know of a running server; no keys."""
    return {
        "endpoint": handle.endpoint,
        "console": handle.console,
        "host": handle.host,
        "port": handle.port,
        "pid": handle.pid,
        "time_scale": handle.time_scale,
        "seed": handle.seed,
        "state": handle.state,
    }


def _print_json(value: Any) -> None:
    _print(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
