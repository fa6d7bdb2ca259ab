"""Where the programs are that clusters need: helm, and those of the embedded cluster.

Whoever has a cluster needs helm alone, and has it: the one on the PATH comes first. A checkout of the project makes
what is missing (tools/kubernetes); an installed package has no such folder, so there the message says what to install.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from computenest.kernel.errors import Permanent

OWN_SERVER = "computenest-kubernetes"
PLAIN_SERVER = "kube-apiserver"
OLDEST_HELM = (3, 18)
_TOOLS = Path(__file__).parents[4] / "tools" / "kubernetes"
_ASK_S = 20.0


@dataclass(frozen=True, slots=True)
class ClusterPrograms:
    """The programs of one embedded cluster.

    Args:
        server: kube-apiserver, with or without controllers in it.
        etcd: its storage.
        has_controllers: whether Deployments and the like come to life there, and pods have a node.
    """

    server: Path
    etcd: Path
    has_controllers: bool


def cluster_programs() -> ClusterPrograms:
    """Those in COMPUTENEST_KUBERNETES (a folder: envtest's has them, too), or what tools/kubernetes/build makes, which
    takes minutes the first time.

    Raises:
        Permanent: there are none, with what to do.
    """
    named = os.environ.get("COMPUTENEST_KUBERNETES")
    if named:
        return _in_folder(Path(named).expanduser())
    build = _TOOLS / "build"
    if not build.exists():
        raise Permanent(
            "the embedded cluster's programs are not here",
            hint="name a folder with kube-apiserver and etcd by COMPUTENEST_KUBERNETES (setup-envtest fetches one), or"
            " use a cluster that you have: its kubeconfig is all that is needed",
        )
    return _in_folder(_made_by(build))


def _in_folder(folder: Path) -> ClusterPrograms:
    for name in (OWN_SERVER, PLAIN_SERVER):
        server, etcd = folder / name, folder / "etcd"
        if os.access(server, os.X_OK) and os.access(etcd, os.X_OK):
            return ClusterPrograms(server.absolute(), etcd.absolute(), name == OWN_SERVER)
    raise Permanent(
        f"COMPUTENEST_KUBERNETES is {folder}, where there is no {PLAIN_SERVER} with etcd beside it",
        hint=f"name the folder that holds {OWN_SERVER} or {PLAIN_SERVER}, and etcd; or leave the variable unset",
    )


def _made_by(tool: Path) -> Path:
    """The folder that a tool of the checkout prints; what it says meanwhile goes where this process's errors go."""
    done = subprocess.run([tool], stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  our own tool
    if done.returncode != 0:
        raise Permanent(f"{tool.parent.name}/{tool.name} failed with exit code {done.returncode}, as it says above")
    return Path(done.stdout.strip())


def helm_program() -> Path:
    """COMPUTENEST_HELM, the helm on the PATH, or the one that tools/kubernetes/helm fetches.

    Raises:
        Permanent: there is none, or one that is too old.
    """
    named = os.environ.get("COMPUTENEST_HELM")
    found = named or shutil.which("helm")
    why = "helm is not on the PATH"
    if found is not None:
        version = helm_version(Path(found))
        if version >= OLDEST_HELM:
            return Path(found)
        why = f"helm {'.'.join(map(str, version))} ({found}) is too old"
    if named or not (_TOOLS / "helm").exists():
        raise Permanent(
            why,
            hint="install helm 3.18 or newer (https://helm.sh/docs/intro/install/), or name it by COMPUTENEST_HELM",
        )
    return _made_by(_TOOLS / "helm") / "helm"


@functools.cache
def helm_version(program: Path) -> tuple[int, ...]:
    """(4, 3, 1), as the program says.

    Raises:
        Permanent: it does not run, or says something else.
    """
    command = [str(program), "version", "--template", "{{.Version}}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Permanent(f"{program} does not run: {type(error).__name__}", hint="is it helm?") from error
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout)
    if done.returncode != 0 or match is None:
        said = " ".join((done.stderr or done.stdout).split())[:200]
        raise Permanent(f"{program} does not say which helm it is: {said or 'nothing'}", hint="is it helm?")
    return tuple(int(part) for part in match.groups())
