"""`computenest service`: charts on any cluster, without Pulumi: what runs, what was, what an upgrade would do."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from computenest.cloud.kubernetes.charts import local_chart
from computenest.cloud.kubernetes.client import ApiClient
from computenest.cloud.kubernetes.helm import Helm
from computenest.cloud.kubernetes.kubeconfig import Access, ambient_file, read_kubeconfig, with_absolute_paths
from computenest.cloud.secret import Secret
from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import ComputeNestError, Invalid, NotFound
from computenest.kernel.names import OwnerId
from computenest.resources._components.merge import Layer, explain, merge
from computenest.resources._components.observe import Observer
from computenest.resources._components.plan import Conflicts, Declared
from computenest.resources._components.pod_logs import pod_logs
from computenest.resources._components.recording import Record, read_records
from computenest.resources._components.release import ReleaseName, Revision
from computenest.resources._components.releases import Options, Releases
from computenest.resources._components.statuses import ReleaseStatus, statuses

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
T = TypeVar("T")

Kubeconfig = Annotated[Path | None, typer.Option(help="Kubeconfig; $KUBECONFIG or ~/.kube/config if not given.")]
Context = Annotated[str, typer.Option(help="Context of the kubeconfig; its current one if not given.")]
Namespace = Annotated[str, typer.Option("--namespace", "-n", help="Namespace; the context's if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Release = Annotated[str, typer.Argument(help="Name of the release.")]
ChartFolder = Annotated[Path, typer.Argument(help="The chart: its folder or its .tgz.")]
ValueFiles = Annotated[
    list[Path] | None, typer.Option("--values", "-f", help="File of values; repeatable, later ones win.")
]


@app.command()
def status(
    *,
    release: Annotated[str, typer.Argument(help="Name of a release; all of the namespace if not given.")] = "",
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Annotated[
        list[str] | None,
        typer.Option(help="Context of the kubeconfig; its current one if not given; repeatable, for several clusters."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which releases are there, and whether what they brought is ready; exit code 1 if something is not.

    Of several clusters each by the name of its context; one that does not answer leaves the others.

    Examples:

        computenest service status --namespace shop --json
        computenest service status --namespace shop --context main --context edge-1
    """
    if context and len(context) > 1:
        _status_everywhere({one: _Reach(kubeconfig, one, namespace) for one in context}, release, as_json=as_json)
        return
    reach = _Reach(kubeconfig, "".join(context or ()), namespace)
    found = reach.run(lambda observer: statuses(observer, reach.namespace, release=release))
    if release and not found:
        raise NotFound(f"there is no release {release} in namespace {reach.namespace}")
    if as_json:
        _print_json([one.as_json() for one in found])
    else:
        for line in (line for one in found for line in _status_lines(one)):
            _print(line)
        if not found:
            _print(f"there is no release in namespace {reach.namespace}")
    if not all(one.is_ready for one in found):
        raise typer.Exit(1)


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
    reach = _Reach(kubeconfig, context, namespace)
    revisions = reach.history(release)
    records = reach.run(lambda observer: read_records(observer, ReleaseName(release), reach.namespace))
    done = {one.revision: one for one in records}
    if as_json:
        _print_json([_facts(one, done.get(one.number)) for one in revisions])
        return
    for one in revisions:
        when = one.updated[:19].replace("T", " ")
        _print(f"{one.number:>3}  {one.status.value:<16} {one.chart} {one.version}  {when}  {one.description}")
        if one.number in done:
            _print(f"       {done[one.number].action}: {', '.join(done[one.number].objects) or 'no object'}")


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
        namespace=(reach := _Reach(kubeconfig, context, namespace)).namespace,
        chart=found.name,
        version=found.version,
        chart_digest=found.digest,
        values=merge(*(_values(file) for file in values or ())),
        owner=OwnerId(""),
        adopts=True,  # whoever asks is not any of its owners: a question takes nothing over
        conflicts=Conflicts.FORCE if force_conflicts else Conflicts.FAIL,
    )
    preview = reach.run(lambda observer: Releases(observer).preview(declared, found, Options()))
    if as_json:
        _print_json(preview.as_json())
    else:
        for line in preview.lines():
            _print(line)
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
    reach = _Reach(kubeconfig, context, namespace)
    revisions = reach.history(release)
    chosen = next((one for one in reversed(revisions) if revision in (0, one.number)), None)
    if chosen is None:
        kept = ", ".join(str(one.number) for one in revisions)
        raise NotFound(f"helm keeps no revision {revision} of {release}", hint=f"it keeps {kept}")
    if not is_explained:  # JSON, which is YAML, with --json and without
        _print_json(dict(chosen.values))
        return
    explained = explain([Layer("chart", chosen.defaults), Layer("given", chosen.values)])
    if as_json:
        _print_json([one.as_json() for one in explained])
        return
    for one in explained:
        shown = "(taken away)" if one.is_removed else json.dumps(one.value, ensure_ascii=False)
        over = f", over {', '.join(one.over)}" if one.over else ""
        _print(f"{'.'.join(one.path)} = {shown}  # {one.layer}{over}")


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
    reach = _Reach(kubeconfig, context, namespace)
    reach.history(release)
    found = reach.run(lambda observer: pod_logs(observer, ReleaseName(release), reach.namespace, tail=tail))
    if as_json:
        _print_json([one.as_json() for one in found])
        return
    for pod in found:
        _print(f"pod {pod.name}")
        for event in pod.events:
            _print(f"  {event}")
        for container in pod.containers:
            _print(f"  container {container.name}: {container.why or f'last {len(container.lines)} lines'}")
            for line in container.lines:
                _print(f"    {line}")
    if not found:
        _print(f"the release {release} has no pods")


class _Reach:
    """The cluster that the options name."""

    def __init__(self, kubeconfig: Path | None, context: str, namespace: str) -> None:
        self._file = kubeconfig or ambient_file(os.environ)
        try:
            self._text = self._file.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise Invalid(
                f"the kubeconfig {self._file} cannot be read",
                hint="name one with --kubeconfig or KUBECONFIG (`computenest cloud start --cluster main` makes one)",
            ) from error
        self._context = context
        folder = self._file.parent.absolute()
        self._text = with_absolute_paths(self._text, folder)  # helm reads it from nowhere
        self._access: Access = read_kubeconfig(self._text, context=context, folder=folder, path="--kubeconfig")
        self.namespace = namespace or self._access.namespace

    def run(self, use: Callable[[Observer], Awaitable[T]]) -> T:
        return asyncio.run(self.asked(use))

    async def asked(self, use: Callable[[Observer], Awaitable[T]]) -> T:
        async with ApiClient(self._access) as client:
            await client.probe()
            return await use(Observer(client, Helm(Secret(self._text), self._context)))

    def history(self, release: str) -> tuple[Revision, ...]:
        found = self.run(lambda observer: observer.history(ReleaseName(release), self.namespace))
        if not found:
            raise NotFound(
                f"there is no release {release} in namespace {self.namespace}",
                hint="`computenest service status` lists those that are there; --namespace names another namespace",
            )
        return found


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


def _status_lines(one: ReleaseStatus) -> list[str]:
    state = "ready" if one.is_ready else "not ready"
    first = f"{one.release}  {one.chart} {one.version}  revision {one.revision}, {one.status.value}, {state}"
    return [first, *(f"  {name}: {health.words}" for name, health in one.workloads)]


def _status_everywhere(reaches: Mapping[str, _Reach], release: str, *, as_json: bool) -> None:
    async def one(reach: _Reach) -> tuple[ReleaseStatus, ...] | ComputeNestError:
        try:
            return await reach.asked(lambda observer: statuses(observer, reach.namespace, release=release))
        except ComputeNestError as error:
            return error

    async def all_of_them() -> list[tuple[ReleaseStatus, ...] | ComputeNestError]:
        return await asyncio.gather(*map(one, reaches.values()))

    found = dict(zip(reaches, asyncio.run(all_of_them()), strict=True))
    told: dict[str, Any] = {}
    is_ready = True
    for name, seen in found.items():
        if isinstance(seen, ComputeNestError):
            told[name], is_ready = {"cannot_tell": str(seen)}, False
            lines = [f"{name}: cannot tell: {seen}"]
        else:
            told[name], is_ready = [each.as_json() for each in seen], is_ready and all(each.is_ready for each in seen)
            lines = [f"{name}:" if seen else f"{name}: there is no release in namespace {reaches[name].namespace}"]
            lines += [f"  {line}" for each in seen for line in _status_lines(each)]
        for line in () if as_json else lines:
            _print(line)
    if as_json:
        _print_json(told)
    if not is_ready:
        raise typer.Exit(1)


def _print_json(value: Any) -> None:
    _print(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
