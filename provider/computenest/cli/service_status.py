"""`computenest service status` and `console`: what runs on clusters, as text, as JSON and as a page."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from computenest.cli.documents import tell
from computenest.cli.reach import PATH, AsJson, Kubeconfig, Namespace, Reach
from computenest.cloud.kubernetes.kubeconfig import ambient_files, contexts_in
from computenest.kernel.errors import ComputeNestError, Invalid, NotFound
from computenest.resources._components.release import Status
from computenest.resources._components.release_status import ReleaseStatus
from computenest.resources._components.statuses import statuses
from computenest.review.clusters import ClusterLook, console_page, followed

_MOST_NAMED = 10
Contexts = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        help="Context of the kubeconfig; its current one if not given; repeatable, for several clusters.",
    ),
]
EveryContext = Annotated[bool, typer.Option("--all-contexts", help="Every context of the kubeconfig.")]
EveryNamespace = Annotated[bool, typer.Option("--all-namespaces", "-A", help="Releases of every namespace.")]


def status(
    *,
    release: Annotated[str, typer.Argument(help="Name of a release; all of the namespace if not given.")] = "",
    namespace: Namespace = "",
    all_namespaces: EveryNamespace = False,
    kubeconfig: Kubeconfig = None,
    context: Contexts = None,
    all_contexts: EveryContext = False,
    as_json: AsJson = False,
) -> None:
    """Show which releases are there, and whether what they brought is ready; exit code 1 if something is not.

    Of several clusters each by the name of its context; one that does not answer leaves the others.

    Examples:

        computenest service status --namespace shop --json

        computenest service status --namespace shop --context main --context edge-1
    """
    looking = _Looking(kubeconfig, context, namespace, release, is_all=all_contexts, is_everywhere=all_namespaces)
    if not looking.is_of_several:
        _show_one(looking, as_json=as_json)
        return
    looks = asyncio.run(looking.look())
    lines = (line for one in looks for line in looking.lines(one))
    tell({one.name: one.as_json() for one in looks}, lines, as_json=as_json, sort_keys=True)
    if not all(one.is_well for one in looks):
        raise typer.Exit(1)


def console(
    *,
    namespace: Namespace = "",
    all_namespaces: EveryNamespace = False,
    kubeconfig: Kubeconfig = None,
    context: Contexts = None,
    all_contexts: EveryContext = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the page into this file, as it is now, and end.", dir_okay=False)
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; any free one if not given.")] = 0,
    every: Annotated[float, typer.Option(min=1, help="Seconds after which the page looks again.")] = 5.0,
) -> None:
    """Show a page clusters × components: version, revision, status and reason of each, as `status` says.

    It is served to this machine's browsers until Ctrl-C, follows the clusters by itself, and changes nothing. A cluster
    that does not answer is shown with what is known of it.

    Examples:

        computenest service console --all-contexts --all-namespaces

        computenest service console --namespace shop --context main --context edge-1 --out console.html
    """
    looking = _Looking(kubeconfig, context, namespace, "", is_all=all_contexts, is_everywhere=all_namespaces)
    if out is not None:
        page = console_page(asyncio.run(looking.look()), moment=_now())
        try:
            out.write_text(page, encoding="utf-8")
        except OSError as error:
            raise Invalid(f"{out} cannot be written: {error.strerror}", path="--out") from error
        return
    from computenest.cloud.loopback import serve_page

    def opened(address: str) -> None:
        typer.echo(f"console {address}")
        typer.echo("whoever has this address may look; Ctrl-C ends it")

    try:
        asyncio.run(serve_page(_Following(looking, every).page, port=port, opened=opened))
    except KeyboardInterrupt:
        return


class _Looking:
    """Looks at the clusters that options name."""

    def __init__(
        self,
        kubeconfig: Path | None,
        contexts: Sequence[str] | None,
        namespace: str,
        release: str,
        *,
        is_all: bool,
        is_everywhere: bool,
    ) -> None:
        if is_all and contexts:
            raise Invalid("--all-contexts and --context exclude each other", path="--context")
        if is_everywhere and namespace:
            raise Invalid("--all-namespaces and --namespace exclude each other", path="--namespace")
        files = (kubeconfig,) if kubeconfig is not None else ambient_files(os.environ)
        there = contexts_in(files)
        names = there if is_all else tuple(dict.fromkeys(contexts or ("",)))
        self.is_of_several = is_all or len(names) > 1
        self.reaches = [Reach(kubeconfig, name, namespace) for name in names or ("",)]  # says that there is none at all
        for name in names or ("of any name",):
            if name and name not in there:
                raise Invalid(
                    f"{' and '.join(map(str, files))} has no context {name}",
                    path=PATH,
                    hint=f"its contexts are {', '.join(there[:_MOST_NAMED])}" if there else "",
                )
        self.names = [name or one.access.name for name, one in zip(names, self.reaches, strict=True)]
        self.release, self.is_everywhere = release, is_everywhere

    async def look(self) -> tuple[ClusterLook, ...]:
        """All at the same time: one that does not answer leaves the others."""
        return tuple(await asyncio.gather(*map(self._one, self.names, self.reaches)))

    async def _one(self, name: str, reach: Reach) -> ClusterLook:
        try:
            return ClusterLook(name, await self.found(reach), answered=_now())
        except ComputeNestError as error:
            return ClusterLook(name, cannot_tell=str(error))

    async def found(self, reach: Reach) -> tuple[ReleaseStatus, ...]:
        """What is there.

        Raises:
            ComputeNestError: nobody can tell.
        """
        where = "" if self.is_everywhere else reach.namespace
        return await reach.asked(lambda observer: statuses(observer, where, release=self.release))

    def lines(self, look: ClusterLook) -> list[str]:
        """Of one cluster of several, for people."""
        if look.cannot_tell:
            return [f"{look.name}: cannot tell: {look.cannot_tell}"]
        if not look.releases:
            return [f"{look.name}: {self.none(self.reaches[self.names.index(look.name)])}"]
        return [f"{look.name}:", *(f"  {line}" for one in look.releases for line in self.lines_of(one))]

    def none(self, reach: Reach) -> str:
        return "there is no release" if self.is_everywhere else f"there is no release in namespace {reach.namespace}"

    def lines_of(self, one: ReleaseStatus) -> list[str]:
        """Of one release, for people."""
        name = f"{one.namespace}/{one.release}" if self.is_everywhere else one.release
        state = "ready" if one.is_ready else "not ready"
        said = f": {one.description}" if one.description and one.status is not Status.DEPLOYED else ""
        first = f"{name}  {one.chart} {one.version}  revision {one.revision}, {one.status.value}, {state}{said}"
        return [first, *(f"  {name}: {health.words}" for name, health in one.workloads)]


class _Following:
    """The page of clusters as they are now, looked at again when it is asked for and the last look is old."""

    def __init__(self, looking: _Looking, every_s: float) -> None:
        self._looking, self._every_s = looking, every_s
        self._looks: tuple[ClusterLook, ...] = ()
        self._page, self._looked_s = "", 0.0
        self._one_at_a_time = asyncio.Lock()

    async def page(self) -> str:
        async with self._one_at_a_time:
            if not self._page or time.monotonic() - self._looked_s > self._every_s / 2:
                self._looks = followed(self._looks, await self._looking.look())
                self._page = console_page(self._looks, moment=_now(), every_s=self._every_s)
                self._looked_s = time.monotonic()
            return self._page


def _show_one(looking: _Looking, *, as_json: bool) -> None:
    (reach,) = looking.reaches
    found = asyncio.run(looking.found(reach))
    if looking.release and not found:
        raise NotFound(f"there is no release {looking.release} in namespace {reach.namespace}")
    lines = [line for one in found for line in looking.lines_of(one)] or [looking.none(reach)]
    tell([one.as_json() for one in found], lines, as_json=as_json, sort_keys=True)
    if not all(one.is_ready for one in found):
        raise typer.Exit(1)


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
