"""`computenest service`: charts on any cluster, without Pulumi: what runs, what was, what an upgrade would do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.cli import service_status
from computenest.cli.documents import print_json, tell
from computenest.cli.reach import AsJson, Kubeconfig, Namespace, Reach
from computenest.cloud.kubernetes.charts import local_chart
from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import Invalid, NotFound
from computenest.kernel.names import OwnerId
from computenest.resources._components.merge import Layer, Origin, explain, merge
from computenest.resources._components.plan import Declared
from computenest.resources._components.pod_logs import PodLog, pod_logs
from computenest.resources._components.policy import Policy
from computenest.resources._components.recording import Record, read_records
from computenest.resources._components.release import ReleaseName, Revision
from computenest.resources._components.release_status import last_words
from computenest.resources._components.releases import Releases

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

Context = Annotated[str, typer.Option(help="Context of the kubeconfig; its current one if not given.")]
Release = Annotated[str, typer.Argument(help="Name of the release.")]
ChartFolder = Annotated[Path, typer.Argument(help="The chart: its folder or its .tgz.")]
ValueFiles = Annotated[
    list[Path] | None, typer.Option("--values", "-f", help="File of values; repeatable, later ones win.")
]


@app.command()
def history(
    *,
    release: Release,
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = "",
    as_json: AsJson = False,
) -> None:
    """Show the revisions that helm keeps of a release, and what `pulumi up` did to which object with each.

    Examples:

        computenest service history web --namespace shop
    """
    reach = Reach(kubeconfig, context, namespace)
    kept = reach.history(release)
    revisions = [replace(one, description=said) for one, said in zip(kept, last_words(kept), strict=True)]
    records = reach.run(lambda observer: read_records(observer, ReleaseName(release), reach.namespace))
    done = {one.revision: one for one in records}
    pairs = [(one, done.get(one.number)) for one in revisions]
    _tell([_facts(*pair) for pair in pairs], (_revision_line(*pair) for pair in pairs), as_json=as_json)


@app.command()
def diff(
    *,
    release: Release,
    chart: ChartFolder,
    values: ValueFiles = None,
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = "",
    force_conflicts: Annotated[bool, typer.Option("--force-conflicts", help="Take fields of others.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what `helm upgrade --install` with this chart would do to each object, as the cluster itself says.

    Nothing is written. Exit code 1 if the upgrade would fail.

    Examples:

        computenest service diff web charts/web --values values.yaml --namespace shop
    """
    found = local_chart(chart)
    declared = Declared(
        release=ReleaseName(release),
        namespace=(reach := Reach(kubeconfig, context, namespace)).namespace,
        chart=found.name,
        version=found.version,
        chart_digest=found.digest,
        values=merge(*(_values(file) for file in values or ())),
        owner=OwnerId(""),
        # Whoever asks is not any of its owners: a question takes nothing over.
        policy=Policy(adopts=True, conflicts="force" if force_conflicts else "fail"),
    )
    preview = reach.run(lambda observer: Releases(observer).preview(declared, found))
    _tell(preview.as_json(), preview.lines(), as_json=as_json)
    if preview.is_refused:
        raise typer.Exit(1)


@app.command()
def values(
    *,
    release: Release,
    revision: Annotated[int, typer.Option(min=0, help="Which revision; the last if not given.")] = 0,
    is_explained: Annotated[bool, typer.Option("--explain", help="Say of each value where it comes from.")] = False,
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = "",
    as_json: AsJson = False,
) -> None:
    """Show the values of a release: those that were given, or with --explain all that the chart sees.

    Examples:

        computenest service values web --explain --namespace shop
    """
    reach = Reach(kubeconfig, context, namespace)
    revisions = reach.history(release)
    chosen = next((one for one in reversed(revisions) if revision in (0, one.number)), None)
    if chosen is None:
        kept = ", ".join(str(one.number) for one in revisions)
        raise NotFound(f"helm keeps no revision {revision} of {release}", hint=f"it keeps {kept}")
    if not is_explained:  # JSON, which is YAML, with --json and without
        print_json(dict(chosen.values), sort_keys=True)
        return
    explained = explain([Layer("chart", chosen.defaults), Layer("given", chosen.values)])
    _tell([one.as_json() for one in explained], map(_value_line, explained), as_json=as_json)


@app.command()
def logs(
    *,
    release: Release,
    tail: Annotated[int, typer.Option(min=1, help="How many lines of each container.")] = 20,
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = "",
    as_json: AsJson = False,
) -> None:
    """Show what the pods of a release printed last, and what happened to them. Logs come as containers print them: they
    may hold secrets.

    Examples:

        computenest service logs web --tail 100 --namespace shop
    """
    reach = Reach(kubeconfig, context, namespace)
    reach.history(release)
    found = reach.run(lambda observer: pod_logs(observer, ReleaseName(release), reach.namespace, tail=tail))
    lines = [line for pod in found for line in _pod_lines(pod)]
    _tell([one.as_json() for one in found], lines or [f"the release {release} has no pods"], as_json=as_json)


def _values(file: Path) -> Mapping[str, Any]:
    try:
        found = read_yaml(file.read_bytes(), flavor="go")
    except OSError as error:
        raise Invalid(f"the file of values {file} cannot be read: {error.strerror}", path="--values") from error
    except Unreadable as error:
        raise Invalid(f"the file of values {file} is no YAML: {error}", path="--values") from error
    if found is not None and not isinstance(found, Mapping):
        raise Invalid(f"the values in {file} are no map", path="--values", hint="give names and values, `replicas: 2`")
    return found or {}


def _facts(one: Revision, done: Record | None) -> dict[str, Any]:
    said = {} if done is None else {"action": done.action, "objects": list(done.objects)}
    return said | {
        "revision": one.number,
        "status": one.status.value,
        "chart": one.chart,
        "version": one.version,
        "updated": one.updated,
        "description": one.description,
        "owner": one.owner,
    }


def _revision_line(one: Revision, done: Record | None) -> str:
    when = one.updated[:19].replace("T", " ")
    line = f"{one.number:>3}  {one.status.value:<16} {one.chart} {one.version}  {when}  {one.description}"
    return line if done is None else f"{line}\n       {done.action}: {', '.join(done.objects) or 'no object'}"


def _value_line(one: Origin) -> str:
    shown = "(taken away)" if one.is_removed else json.dumps(one.value, ensure_ascii=False)
    over = f", over {', '.join(one.over)}" if one.over else ""
    return f"{'.'.join(one.path)} = {shown}  # {one.layer}{over}"


def _pod_lines(pod: PodLog) -> Iterator[str]:
    yield f"pod {pod.name}"
    yield from (f"  {event}" for event in pod.events)
    for container in pod.containers:
        yield f"  container {container.name}: {container.why or f'last {len(container.lines)} lines'}"
        yield from (f"    {line}" for line in container.lines)


_tell = partial(tell, sort_keys=True)

app.command()(service_status.status)
app.command()(service_status.console)
