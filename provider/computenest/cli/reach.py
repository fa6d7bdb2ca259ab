"""The clusters that the options of `computenest service` name."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from computenest.cloud.kubernetes.client import ApiClient
from computenest.cloud.kubernetes.helm import Helm
from computenest.cloud.kubernetes.kubeconfig import Access, ambient_files, kubeconfig_with, read_kubeconfig
from computenest.cloud.kubernetes.silence import while_it_answers
from computenest.cloud.secret import Secret
from computenest.kernel.errors import NotFound
from computenest.resources._components.observe import Observer
from computenest.resources._components.release import ReleaseName, Revision

T = TypeVar("T")
PATH = "--kubeconfig"
_CREDENTIALS_LAST_S = 60.0  # a program that makes them takes a second

Kubeconfig = Annotated[Path | None, typer.Option(help="Kubeconfig; $KUBECONFIG or ~/.kube/config if not given.")]
Namespace = Annotated[str, typer.Option("--namespace", "-n", help="Namespace; the context's if not given.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Reach:
    """One cluster, by a context of a kubeconfig."""

    def __init__(self, kubeconfig: Path | None, context: str, namespace: str) -> None:
        self._context, self._namespace = context, namespace
        files = (kubeconfig,) if kubeconfig is not None else ambient_files(os.environ)
        file, self._text = kubeconfig_with(files, context, path=PATH)
        self._folder = file.parent.absolute()
        self._made: Access | None = None
        self._made_s = 0.0

    @property
    def namespace(self) -> str:
        """The one that was named, or the context's."""
        return self._namespace or self.access.namespace

    @property
    def access(self) -> Access:
        """Its address and credentials; a program that makes those is run again where they are old."""
        if self._made is None or time.monotonic() - self._made_s > _CREDENTIALS_LAST_S:
            self._made = read_kubeconfig(self._text, context=self._context, folder=self._folder, path=PATH)
            self._made_s = time.monotonic()
        return self._made

    def run(self, use: Callable[[Observer], Awaitable[T]]) -> T:
        """What `use` finds on the cluster."""
        return asyncio.run(self.asked(use))

    async def asked(self, use: Callable[[Observer], Awaitable[T]]) -> T:
        """The same, beside others; a cluster that stops answering meanwhile is not waited for."""
        access = await asyncio.to_thread(lambda: self.access)
        async with ApiClient(access) as client:
            await client.probe()
            async with while_it_answers(client):
                return await use(Observer(client, Helm(Secret(self._text), self._context)))

    def history(self, release: str) -> tuple[Revision, ...]:
        """What helm keeps of a release that is there."""
        found = self.run(lambda observer: observer.history(ReleaseName(release), self.namespace))
        if not found:
            raise NotFound(
                f"there is no release {release} in namespace {self.namespace}",
                hint="`computenest service status` lists those that are there; --namespace names another namespace",
            )
        return found
