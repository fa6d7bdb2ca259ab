"""Helm, as a program: rendering, upgrades, rollbacks, removal. What it is given leaves no trace on the disk.

Values come by its standard input and the kubeconfig by an open file, so that a killed provider leaves neither; helm
itself ends with the provider (facts §11.1): a small parent of it watches a pipe.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from computenest.cloud.kubernetes.programs import helm_program, helm_version
from computenest.cloud.secret import Secret
from computenest.kernel.errors import Meaning, Permanent, Transient

_RENDER_S = 60.0
_PULL_S = 120.0
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$")
"""Registries without a certificate, as docker has it."""
_WITHOUT_CRDS = "ensure CRDs are installed first"
_UNRENDERED = {
    _WITHOUT_CRDS: "rendered without the cluster: its CRDs are not there yet",
    "unable to continue with": "rendered without the cluster: helm refuses to take what is another's",
}
"""Why helm renders nothing with the server's help, and what is said then: a first install of a chart with CRDs and
objects of theirs (facts §11.3), objects that belong to somebody else."""
_ENDS_S = 15.0
# Standard input of what runs in the background is nothing, unless it is handed on by another number.
_PARENT = (
    'exec 4<&0; "$@" <&4 & helm=$!; (cat "/dev/fd/$WATCHED" >/dev/null 2>&1; kill "$helm" 2>/dev/null) & watch=$!;'
    ' wait "$helm"; code=$?; kill "$watch"; exit "$code"'
)
_WARNING = re.compile(r"^(?:WARNING|level=|I\d{4}|W\d{4}|time=)")


_ROOMS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _room() -> asyncio.Semaphore:
    """For as many renderings at once as there are processors for, and some that wait for the cluster."""
    return _ROOMS.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(2 * (os.cpu_count() or 1)))


class HelmError(Permanent):
    """Helm refused; the summary is its own last word."""


@dataclass(frozen=True, slots=True)
class HelmChart:
    """A chart on this machine.

    Args:
        where: its folder or archive.
        name: of the chart.
        version: of the chart.
        digest: the beginning of a digest of its content.
        makes_values_up: whether a template calls what gives another value each time.
        reads_cluster: whether any file of it, its subcharts' included, may make a template read the cluster.
        counts_revisions: whether a template reads the number of the revision.
        stored_bytes: how much of it helm keeps in each revision, compressed; 0 where that is far below its limit.
    """

    where: Path
    name: str
    version: str
    digest: str
    makes_values_up: bool
    reads_cluster: bool
    counts_revisions: bool
    stored_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Rendered:
    """What helm rendered.

    Args:
        manifest: with hooks in it.
        by_server: whether the cluster helped.
        note: why it did not.
        is_of_one: whether that is because of an object there, so that another cluster may do.
    """

    manifest: str
    by_server: bool
    note: str = ""
    is_of_one: bool = False


def reads_cluster(text: bytes) -> bool:
    """Whether a template, or a value that one takes for a template, may read the cluster."""
    return b"lookup" in text


@dataclass(frozen=True, slots=True)
class Helm:
    """Helm for one cluster.

    Args:
        kubeconfig: the text of it.
        context: which; "" for its current one.
    """

    kubeconfig: Secret
    context: str = ""

    @property
    def is_four(self) -> bool:
        """Whether it applies server-side, and knows `--force-conflicts`."""
        return helm_version(helm_program()) >= (4,)

    async def render(
        self,
        release: str,
        chart: HelmChart,
        *,
        namespace: str,
        values: Mapping[str, Any],
        is_upgrade: bool,
        offline: str = "",
    ) -> Rendered:
        """What the chart comes to, hooks and CRDs included.

        Args:
            release: its name.
            chart: which.
            namespace: the release's.
            values: merged, without the chart's defaults.
            is_upgrade: whether the release is there.
            offline: a version of Kubernetes (`v1.31.0`) to render for without a cluster; "" asks the cluster.

        Raises:
            HelmError: it does not render; helm names template and line.
        """
        words = ["template", release, str(chart.where), "--namespace", namespace, "--values", "-", "--include-crds"]
        words += ["--is-upgrade"] if is_upgrade else []
        if offline:
            found = await self._run([*words, "--kube-version", offline], values, within_s=_RENDER_S, local=True)
            return Rendered(found, by_server=False, note=f"rendered without the cluster, for Kubernetes {offline}")
        try:
            return Rendered(await self._run([*words, "--dry-run=server"], values, within_s=_RENDER_S), by_server=True)
        except HelmError as error:
            said = next((said for said in _UNRENDERED if said in error.summary), None)
            if said is None:
                raise
        found = await self._run(words, values, within_s=_RENDER_S)
        return Rendered(found, by_server=False, note=_UNRENDERED[said], is_of_one=said != _WITHOUT_CRDS)

    async def pull(self, reference: str, login: tuple[str, Secret] | None, folder: Path) -> None:
        """Fetches a chart's archive from a registry into a folder.

        Args:
            reference: `registry.example.com/team/web:1.0.0`.
            login: who pulls, and their password; None for nobody, or whom helm knows by itself.
            folder: where to.

        Raises:
            HelmError: the registry refuses, or has no such chart.
        """
        bare = reference.removeprefix("oci://")
        host = bare.partition("/")[0]
        words = ["pull", f"oci://{bare}", "--destination", str(folder)]
        words += ["--plain-http"] if _LOOPBACK.match(host) else []
        if login is None:
            await self._run(words, None, within_s=_PULL_S, local=True)
            return
        key = base64.b64encode(f"{login[0]}:{login[1].reveal()}".encode()).decode()
        with _open_file(json.dumps({"auths": {host: {"auth": key}}})) as (file, passed):
            await self._run([*words, "--registry-config", file], None, within_s=_PULL_S, local=True, passed=passed)

    async def upgrade(
        self,
        release: str,
        chart: HelmChart,
        *,
        namespace: str,
        values: Mapping[str, Any],
        labels: Mapping[str, str],
        timeout_s: float,
        waits: bool = True,
        forces: bool = False,
        rolls_back: bool = False,
        history: int = 10,
        is_confined: bool = False,
    ) -> None:
        """Installs or upgrades.

        Args:
            release: its name.
            chart: which.
            namespace: made where it is not there, unless it is confined.
            values: merged, without the chart's defaults.
            labels: of the release's Secret.
            timeout_s: for the whole of it, hooks included.
            waits: whether it waits until everything is ready.
            forces: whether fields of others are taken (helm 4; helm 3 always takes them).
            rolls_back: whether a failure is taken back at once.
            history: how many revisions are kept.
            is_confined: whether it has to do with its namespace alone: no CRDs then.

        Raises:
            HelmError: it failed; the release may have a failed revision.
        """
        words = ["upgrade", release, str(chart.where), "--install", "--namespace", namespace]
        words += ["--skip-crds" if is_confined else "--create-namespace"]
        words += ["--values", "-", "--timeout", f"{timeout_s:.0f}s", "--history-max", str(history)]
        words += ["--labels", ",".join(f"{key}={value}" for key, value in sorted(labels.items()))]
        words += ["--wait"] if waits else []
        words += ["--force-conflicts"] if forces and self.is_four else []
        words += ["--rollback-on-failure" if self.is_four else "--atomic"] if rolls_back else []
        await self._run(words, values, within_s=timeout_s + _ENDS_S)

    async def rollback(
        self, release: str, revision: int, *, namespace: str, timeout_s: float, forces: bool = False
    ) -> None:
        """Makes a new revision of an earlier one.

        Raises:
            HelmError: it failed, and left a failed revision.
        """
        words = [
            "rollback",
            release,
            str(revision),
            "--namespace",
            namespace,
            "--timeout",
            f"{timeout_s:.0f}s",
            "--wait",
        ]
        words += ["--force-conflicts"] if forces and self.is_four else []
        await self._run(words, None, within_s=timeout_s + _ENDS_S)

    async def uninstall(self, release: str, *, namespace: str, timeout_s: float) -> None:
        """Takes the release away, with what it does not keep; gone already is as good.

        Raises:
            HelmError: it failed.
        """
        words = ["uninstall", release, "--namespace", namespace, "--timeout", f"{timeout_s:.0f}s", "--wait"]
        await self._run([*words, "--ignore-not-found"], None, within_s=timeout_s + _ENDS_S)

    async def _run(
        self,
        words: Sequence[str],
        values: Mapping[str, Any] | None,
        *,
        within_s: float,
        local: bool = False,
        passed: tuple[int, ...] = (),
    ) -> str:
        program = await asyncio.to_thread(helm_program)
        # Renderings are of many clusters at once; whoever waits for readiness works on nothing.
        room = _room() if words[0] == "template" else contextlib.nullcontext()
        given = json.dumps(values).encode() if values is not None else b""  # JSON is YAML
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(room)
            kubeconfig, held = stack.enter_context(_open_file("" if local else self.kubeconfig.reveal()))
            watched = stack.enter_context(_watched())
            reach = ["--kubeconfig", kubeconfig, *(["--kube-context", self.context] if self.context else [])]
            process = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                _PARENT,
                "helm",
                str(program),
                *words,
                *([] if local else reach),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(*held, *passed, watched),
                env={**os.environ, "WATCHED": str(watched), "HELM_DEBUG": "false"},
                start_new_session=True,  # Ctrl-C is the provider's, which ends helm in its own way
            )
            try:
                async with asyncio.timeout(within_s):
                    out, err = await process.communicate(given)
            except TimeoutError:
                raise Transient(
                    f"helm {words[0]} of {words[1]} did not end within {within_s:.0f} s", meaning=Meaning.UNANSWERED
                ) from None
        if process.returncode != 0:
            raise HelmError(_last_word(err.decode(errors="replace")) or f"helm {words[0]} failed")
        return out.decode(errors="replace")


def _last_word(said: str) -> str:
    """Helm's error without its warnings and its prefix."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _WARNING.match(line.strip())]
    return " ".join(lines).removeprefix("Error: ").removesuffix(" Use --debug flag to render out invalid YAML")


@contextlib.contextmanager
def _watched() -> Iterator[int]:
    """The reading end of a pipe whose other end this process alone has: it closes when this process ends, however."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


@contextlib.contextmanager
def _open_file(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The path of a file with that text, and what a child has to inherit for it; without a name, so that nothing stays
    of it, where the system has such files (Linux)."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("kubeconfig")
        try:
            os.write(descriptor, text.encode())
            yield f"/dev/fd/{descriptor}", (descriptor,)
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile(prefix="computenest-", mode="w") as file:  # this user's alone
            file.write(text)
            file.flush()
            yield file.name, ()
