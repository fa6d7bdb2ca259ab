"""Other people's tools for images, unmodified: skopeo, crane, umoci, buildah, ctr; and what a registry then holds."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from made import made
from registry.world import clean_environment, tool
from served import ask
from uploads.rig import Rig

ACCEPT = ", ".join((
    "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
))  # fmt: skip
POLICY = {"default": [{"type": "insecureAcceptAnything"}]}


@dataclass
class Tools:
    home: Path
    _environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._clients = tool("clients")
        self._makers = made("tests/uploads/fetch-makers")
        (self.home / "policy.json").write_text(json.dumps(POLICY))
        (self.home / "docker").mkdir()
        (self.home / "docker" / "config.json").write_text("{}")  # buildah wants it where it is named
        store = f'[storage]\ndriver = "vfs"\ngraphroot = "{self.home}/graph"\nrunroot = "{self.home}/run"\n'
        (self.home / "storage.conf").write_text(store)
        self._environment = {
            **clean_environment(self.home),
            "CONTAINERS_STORAGE_CONF": str(self.home / "storage.conf"),
            "CONTAINERD_ADDRESS": str(self.home / "ctr.sock"),
            "LD_LIBRARY_PATH": str(self._clients / "lib"),  # buildah needs what skopeo needs
        }

    def run(self, name: str, *arguments: str | Path, works: bool | None = True) -> str:
        """What it printed; with `works=None` "" where it fails."""
        folder = self._clients if (self._clients / name).exists() else self._makers
        found = subprocess.run(
            [folder / name, *arguments], capture_output=True, text=True, timeout=100, cwd=self.home,
            env=self._environment, check=False,
        )  # fmt: skip
        if works is not None:
            assert (found.returncode == 0) == works, found.stdout + found.stderr
        return found.stdout + found.stderr if found.returncode == 0 else ""

    def skopeo(self, source: str, target: str, *options: str, works: bool | None = True) -> bool:
        """`skopeo copy`, to a registry without TLS."""
        plain = ["--src-tls-verify=false", "--dest-tls-verify=false"]
        return bool(self.run("skopeo", "--insecure-policy", "copy", *plain, *options, source, target, works=works))

    @contextmanager
    def containerd(self) -> Iterator[None]:
        """A daemon of the test's own, for `ctr`; nothing of it runs containers."""
        log = (self.home / "containerd.log").open("wb")
        folders = ["--root", self.home / "containerd", "--state", self.home / "state"]
        process = subprocess.Popen(
            [self._makers / "containerd", *folders, "--address", self.home / "ctr.sock", "-l", "error"],
            stdout=log, stderr=subprocess.STDOUT, env=self._environment,
        )  # fmt: skip
        try:
            for _ in range(600):
                if self.run("ctr", "version", works=None):
                    break
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(20)
            log.close()


def manifest_at(rig: Rig, repository: str, name: str) -> tuple[bytes, str] | None:
    """What a registry without logins holds there: bytes and media type."""
    answer = ask(rig.host, "GET", f"/v2/{repository}/manifests/{name}", headers={"Accept": ACCEPT})
    return (answer.body, answer.headers["content-type"]) if answer.status == 200 else None


def blob_at(rig: Rig, repository: str, digest: str) -> bytes:
    answer = ask(rig.host, "GET", f"/v2/{repository}/blobs/{digest}")
    assert answer.status == 200, answer
    return answer.body


def is_root() -> bool:
    """buildah and containerd want to be."""
    return os.geteuid() == 0
