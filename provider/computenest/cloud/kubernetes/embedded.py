"""Starts, finds and stops the embedded cluster: etcd and an API server with controllers, as processes of their own.

One folder holds what belongs to one cluster. The two processes outlive the command that started them; they are known
by their ids, which are signalled only where the command of that process names this folder.
"""

from __future__ import annotations

import contextlib
import http
import http.client
import json
import os
import re
import signal
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from computenest.cloud.clock import pause
from computenest.cloud.kubernetes.keys import Keys
from computenest.cloud.kubernetes.programs import ClusterPrograms, cluster_programs
from computenest.cloud.processes import LOOK_S, end, hold, is_alive, mentions, outliving, tail
from computenest.kernel.errors import Invalid, Permanent, Transient

START_DEADLINE_S = 120.0  # 4 s on an idle machine
STOP_DEADLINE_S = 30.0
_DRAIN_S = 4.0
_ASK_S = 3.0
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
NODE = "virtual-node"
_SERVICES = "10.96.0.0/16"


@dataclass(frozen=True, slots=True)
class ClusterHandle:
    """A running embedded cluster.

    Args:
        name: its name on this machine.
        server: `https://127.0.0.1:PORT`.
        pid: of the API server.
        etcd_pid: of its storage.
        has_controllers: whether workloads come to life.
        version: of Kubernetes, "" before it answered.
    """

    name: str
    server: str
    pid: int
    etcd_pid: int
    has_controllers: bool
    version: str = ""

    @property
    def port(self) -> int:
        return int(self.server.rpartition(":")[2])


def clusters_below(cloud: Path) -> Iterator[EmbeddedCluster]:
    """The embedded clusters that were ever started beside the embedded cloud of that folder."""
    for file in sorted((cloud / "clusters").glob("*/cluster.json")):
        yield EmbeddedCluster(cloud, file.parent.name)


class EmbeddedCluster:
    """The embedded cluster of one name beside the embedded cloud of one folder.

    Guarantees:
        1. At most one at a time, however many processes start it at once.
        2. `stop` ends both processes, the storage last, and also what a killed start left.
        3. After `start` returned, the API server answers, and pods that are made run.
        4. Restarted, it has the same certificate, token and objects, and the same port where that is free.

    Raises:
        Invalid: the name is none that a cluster may have.
    """

    def __init__(self, cloud: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise Invalid(
                f"{name!r} is no name of a cluster",
                hint="lower case letters, digits and dashes, at most 40, neither beginning nor ending with a dash",
            )
        self.name = name
        self.folder = (cloud / "clusters" / name).absolute()
        self.kubeconfig = self.folder / "kubeconfig"
        self._keys = Keys(self.folder / "keys")
        self._handle_file = self.folder / "cluster.json"
        self._log = self.folder / "server.log"
        self._etcd_log = self.folder / "etcd.log"

    def running(self) -> ClusterHandle | None:
        """The handle of the cluster that answers now, None where none does."""
        handle = self._alive()
        return handle if handle is not None and self._ask(handle, "/readyz") == "ok" else None

    def start(self) -> tuple[ClusterHandle, bool]:
        """Starts it unless it runs; the handle, and whether this call started it.

        Raises:
            Permanent: its programs are not there, or it does not come up; the message ends with what it printed last.
        """
        handle = self.running()
        if handle is not None:
            return handle, False
        programs = cluster_programs()  # may take minutes: nobody is kept from `stop` meanwhile
        with self._lock():
            handle = self.running()
            if handle is not None:
                return handle, False
            self._end_all()
            self._keys.make()
            handle = self._launch(programs)
            try:
                return self._until_ready(handle), True
            except BaseException:
                self._end_all()  # a start that failed, or that somebody interrupted, leaves nothing
                raise

    def stop(self) -> ClusterHandle | None:
        """Ends it; its handle, or None where it did not run. What it stores stays.

        Raises:
            Permanent: a process of it does not end, even killed.
        """
        with self._lock():
            was = self._alive()
            self._end_all()
            return was

    def _lock(self) -> contextlib.AbstractContextManager[None]:
        return hold(self.folder, what=f"the embedded cluster {self.name}", within_s=START_DEADLINE_S + STOP_DEADLINE_S)

    def _handle(self) -> ClusterHandle | None:
        try:
            return ClusterHandle(**json.loads(self._handle_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _alive(self) -> ClusterHandle | None:
        handle = self._handle()
        return handle if handle is not None and self._is_ours(handle.pid) else None

    def _keep(self, handle: ClusterHandle) -> None:
        new = self._handle_file.with_suffix(".new")
        new.write_text(json.dumps(asdict(handle), indent=1), encoding="utf-8")
        new.replace(self._handle_file)

    def _is_ours(self, pid: int) -> bool:
        return pid > 0 and is_alive(pid) and mentions(pid, self.folder)

    def _end_all(self) -> None:
        """The server first: it still writes to the storage. The handle stays: the next start takes its port."""
        handle = self._handle()
        for pid in (handle.pid, handle.etcd_pid) if handle else ():
            # Whoever watches holds the server up; all that it keeps is in the storage, so it may be ended as well.
            if self._is_ours(pid) and not end(pid, within_s=_DRAIN_S):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                if not end(pid, within_s=STOP_DEADLINE_S):
                    raise Permanent(f"process {pid} of the embedded cluster {self.name} does not end")

    def _launch(self, programs: ClusterPrograms) -> ClusterHandle:
        last = self._handle()
        port = _free_port(last.port if last else 0)
        server = f"https://127.0.0.1:{port}"
        self._keys.write_kubeconfig(self.kubeconfig, server=server, name=f"computenest-{self.name}")
        etcd = self._run([programs.etcd, *_etcd_words(self.folder)], self._etcd_log)
        handle = ClusterHandle(self.name, server, 0, etcd, programs.has_controllers)
        self._keep(handle)
        pid = self._run([programs.server, *_server_words(self.folder, self._keys, port)], self._log)
        handle = replace(handle, pid=pid)
        self._keep(handle)
        return handle

    def _run(self, command: Sequence[str | Path], log: Path) -> int:
        environ = {**os.environ, "COMPUTENEST_KUBECONFIG": str(self.kubeconfig)}
        return outliving(command, log=log, cwd=self.folder, environ=environ).pid  # etcd's sockets are named from here

    def _until_ready(self, handle: ClusterHandle) -> ClusterHandle:
        for _ in range(int(START_DEADLINE_S / LOOK_S)):
            for pid, log in ((handle.etcd_pid, self._etcd_log), (handle.pid, self._log)):
                if not is_alive(pid):
                    raise Permanent(f"the embedded cluster {self.name} ended at once", hint=tail(log))
            if self._is_ready(handle):
                version = json.loads(self._ask(handle, "/version") or "{}").get("gitVersion", "")
                handle = replace(handle, version=str(version))
                self._keep(handle)
                return handle
            pause(LOOK_S)
        raise Transient(
            f"the embedded cluster {self.name} did not answer within {START_DEADLINE_S:.0f} s", hint=tail(self._log)
        )

    def _is_ready(self, handle: ClusterHandle) -> bool:
        if self._ask(handle, "/readyz") != "ok":
            return False
        if not handle.has_controllers:
            return True
        # The node says which process it belongs to: one of an earlier run is there from the beginning.
        node = json.loads(self._ask(handle, f"/api/v1/nodes/{NODE}") or "{}")
        return bool(node.get("status", {}).get("nodeInfo", {}).get("bootID") == str(handle.pid))

    def _ask(self, handle: ClusterHandle, path: str) -> str | None:
        """What the server answers, None where it does not, or not with success."""
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            trusted = ssl.create_default_context(cafile=str(self._keys.certificate))
            line = http.client.HTTPSConnection("127.0.0.1", handle.port, timeout=_ASK_S, context=trusted)
            with contextlib.closing(line):
                line.request("GET", path, headers={"Authorization": f"Bearer {self._keys.token()}"})
                answer = line.getresponse()
                body = answer.read().decode()
                return body if answer.status == http.HTTPStatus.OK else None
        return None


def _free_port(wanted: int) -> int:
    """The port that is wanted where it is free, else any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise Permanent("no port is free on the loopback interface")


def _etcd_words(folder: Path) -> list[str]:
    """Sockets in the cluster's own folder, which this user alone can open: etcd asks nobody for a password."""
    return [
        f"--data-dir={folder / 'etcd'}",
        "--listen-client-urls=unix://etcd:1",
        "--advertise-client-urls=unix://etcd:1",
        "--listen-peer-urls=unix://peer:1",
        "--initial-advertise-peer-urls=unix://peer:1",
        "--initial-cluster=default=unix://peer:1",
        "--unsafe-no-fsync",  # a cluster in a box: it survives its own crash, not the machine's
        "--log-level=warn",
    ]


def _server_words(folder: Path, keys: Keys, port: int) -> list[str]:
    words: Mapping[str, Any] = {
        "etcd-servers": "unix://etcd:1",
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "secure-port": port,
        "cert-dir": folder / "keys",
        "tls-cert-file": keys.certificate,
        "tls-private-key-file": keys.key,
        "token-auth-file": keys.tokens,
        "service-account-key-file": keys.accounts_key,
        "service-account-signing-key-file": keys.accounts_key,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-cluster-ip-range": _SERVICES,
        "authorization-mode": "RBAC",
        "allow-privileged": "true",
        # No kubelet takes the protection off again: a namespace with a claim would never end.
        "disable-admission-plugins": "StorageObjectInUseProtection",
        "endpoint-reconciler-type": "none",
    }
    return [f"--{name}={value}" for name, value in words.items()]
