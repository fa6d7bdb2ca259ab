"""`computenest cloud`: the embedded cloud from the command line.

Everything happens in `computenest.cloud.local` and `.control`; here it is only asked for and shown. Output for machines
is JSON on standard output; keys are printed by `env` alone, the console's address (its token lets look, and no more) by
`start` and `status`.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.cli.cloud_looks import extra_lines, init_lines, looks
from computenest.cli.documents import print_json, tell
from computenest.cloud.clock import pause
from computenest.cloud.control import Control, Handle
from computenest.cloud.kubernetes.embedded import ClusterHandle, EmbeddedCluster, clusters_below
from computenest.cloud.local import LocalCloud, StartOptions, cloud_folder, speed
from computenest.kernel.errors import Invalid, Transient

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

_LOOK_S = 0.2
_SHOWN = ("endpoint", "console", "host", "port", "pid", "time_scale", "seed", "state")  # of a handle: none of its keys
_RESET_S = 300.0  # what --init names is put in again
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OneCluster = Annotated[str | None, typer.Option(help="A Kubernetes cluster beside the cloud, by its name.")]


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
    cluster: Annotated[
        list[str] | None, typer.Option(help="A Kubernetes cluster beside it, by its name; repeatable.")
    ] = None,
    init: Annotated[
        Path | None,
        typer.Option(help="Folder of seed files, put in once for each state.", exists=True, file_okay=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the embedded cloud; returns when it answers. Running already: says so.

    With --init its YAML and JSON files are put in, in the order of their names, as `computenest cloud seed` does.
    With --cluster also a Kubernetes cluster of that name: a real API server with its controllers, and a virtual node.

    Examples:

        computenest cloud start --time-scale 300

        computenest cloud start --port 7080 --switch review.approves_at_once=1

        computenest cloud start --init cloud.d
    """
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
        init=init,
    )
    beside = [EmbeddedCluster(_folder(), name) for name in cluster or []]  # a name that is none changes nothing
    handle, is_new = _cloud().start(options)
    clusters = {
        each.name: {"started": new, **_cluster_facts(each, of)} for each in beside for of, new in [each.start()]
    }
    lines = [
        f"the embedded cloud {'runs' if is_new else 'runs already'} at {handle.endpoint} ({speed(handle)})",
        f"console {handle.console}",
        *(_cluster_line(each, facts, is_new=bool(facts["started"])) for each, facts in clusters.items()),
    ]
    _tell({"started": is_new, **_facts(handle), **_named(clusters)}, lines, as_json=as_json)


@app.command()
def stop(*, cluster: OneCluster = None, as_json: AsJson = False) -> None:
    """Stop the embedded cloud and its clusters, or one cluster alone; what they hold stays.

    Examples:

        computenest cloud stop
    """
    if cluster is not None:
        ended = EmbeddedCluster(_folder(), cluster).stop() is not None
        said = f"stopped cluster {cluster}; its objects stay" if ended else f"cluster {cluster} does not run"
        _tell({"stopped": ended}, [said], as_json=as_json)
        return
    stopped = [each.name for each in clusters_below(_folder()) if each.stop() is not None]
    handle = _cloud().stop()
    said = "the embedded cloud does not run" if handle is None else f"stopped {handle.endpoint}; its state stays"
    lines = [*(f"stopped cluster {name}; its objects stay" for name in stopped), said]
    _tell({"stopped": handle is not None, **_named(stopped)}, lines, as_json=as_json)


@app.command()
def status(
    *,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until it answers.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Show where the embedded cloud and its clusters run; exit code 1 if the cloud does not.

    Examples:

        computenest cloud status

        computenest cloud status --wait 30 --json
    """
    handle = _cloud().running()
    for _ in range(int(wait / _LOOK_S) if handle is None else 0):
        pause(_LOOK_S)
        if (handle := _cloud().running()) is not None:
            break
    running = {each.name: _cluster_facts(each, of) for each in clusters_below(_folder()) if (of := each.running())}
    beside = [_cluster_line(name, facts, is_new=True) for name, facts in running.items()]
    if handle is None:
        _tell({"running": False, **_named(running)}, beside, as_json=as_json)
        if not as_json:
            _cloud().check_none_lives()
            typer.echo("the embedded cloud does not run")
        raise typer.Exit(1)
    found = Control(handle).get("status")
    more = extra_lines(Control(handle))
    lines = [
        f"the embedded cloud runs at {handle.endpoint} ({speed(handle)}, process {handle.pid})",
        f"state {handle.state}",
        f"console {handle.console}",
        *(*init_lines(found), *more, *beside),
    ]
    facts = {"running": True, **_facts(handle), "server": found, "changed": more, **_named(running)}
    _tell(facts, lines, as_json=as_json)


@app.command()
def env(
    *,
    account: Annotated[
        str, typer.Option(help="supplier, hub, customer, stranger, or one that was seeded")
    ] = "supplier",
    cluster: Annotated[
        list[str] | None, typer.Option(help="A Kubernetes cluster beside the cloud, by its name; repeatable.")
    ] = None,
) -> None:
    """Print `export` lines: eval "$(computenest cloud env)".

    The keys stand where the official SDKs (the classic ones too), the aliyun CLI and Terraform look for them; the
    endpoint, which speaks HTTP, is given to each in its own way. Every signature that they use is understood.
    With --cluster instead the one line that kubectl and helm need: KUBECONFIG.

    Examples:

        eval "$(computenest cloud env --account customer)"
    """
    if cluster:
        beside = [EmbeddedCluster(_folder(), name) for name in cluster]
        if stopped := [each.name for each in beside if each.running() is None]:
            raise Transient(
                f"the embedded cluster {stopped[0]} does not run",
                hint=f"`computenest cloud start --cluster {stopped[0]}` starts it",
            )
        typer.echo(f"export KUBECONFIG={shlex.quote(os.pathsep.join(str(each.kubeconfig) for each in beside))}")
        return
    cloud = _cloud()
    handle = cloud.running()
    if handle is None:
        cloud.control()  # says that it does not run, and how to start it
        return
    keys = handle.accounts.get(account)
    if keys is None:
        raise Invalid(
            f"there is no account {account!r}",
            hint=f"accounts are {', '.join(sorted(handle.accounts))}; `computenest cloud seed` makes more",
        )
    for name, value in (
        ("COMPUTENEST_ENDPOINT", handle.endpoint),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", keys.access_key_id),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", keys.access_key_secret.reveal()),
        ("ALIYUN_ACCESS_KEY_ID", keys.access_key_id),  # the classic SDKs' names
        ("ALIYUN_ACCESS_KEY_SECRET", keys.access_key_secret.reveal()),
    ):
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def reset(*, as_json: AsJson = False) -> None:
    """Empty the embedded cloud: accounts and settings stay, everything in them goes.

    Examples:

        computenest cloud reset
    """
    answer = _cloud().control().post("reset", timeout_s=_RESET_S)
    _tell(answer, ["the embedded cloud is as new"], as_json=as_json)


@app.command()
def ledger(*, as_json: AsJson = False) -> None:
    """Show what was created and not deleted, account by account.

    Examples:

        computenest cloud ledger --json
    """
    del as_json  # there is no other form
    print_json(_cloud().control().get("ledger"), sort_keys=True)


def _folder() -> Path:
    return cloud_folder(environ=os.environ, cwd=Path.cwd())


def _cloud() -> LocalCloud:
    return LocalCloud(_folder())


def _named(clusters: Mapping[str, Any] | Sequence[str]) -> dict[str, Any]:
    """Nothing where nobody asked for a cluster."""
    return {"clusters": clusters} if clusters else {}


def _cluster_facts(cluster: EmbeddedCluster, handle: ClusterHandle) -> dict[str, Any]:
    """What a machine may want to know of a running cluster; no keys."""
    return {
        "server": handle.server,
        "kubeconfig": str(cluster.kubeconfig),
        "version": handle.version,
        "pid": handle.pid,
        "etcd_pid": handle.etcd_pid,
        "runs_workloads": handle.has_controllers,
    }


def _cluster_line(name: str, facts: Mapping[str, Any], *, is_new: bool) -> str:
    """The same for people."""
    bare = "" if facts["runs_workloads"] else "; it has no controllers, so no workload becomes ready"
    runs = "runs" if is_new else "runs already"
    where = f"{facts['server']} (Kubernetes {facts['version']}){bare}"
    return f"cluster {name} {runs} at {where}; kubeconfig {facts['kubeconfig']}"


def _facts(handle: Handle) -> dict[str, Any]:
    """What a machine may want to know of a running server; no keys."""
    return {name: getattr(handle, name) for name in _SHOWN}


_tell = partial(tell, sort_keys=True)

app.add_typer(looks)
