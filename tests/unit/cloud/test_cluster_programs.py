"""Where helm and the embedded cluster's programs are looked for, and what is said where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from computenest.cloud.kubernetes.embedded import EmbeddedCluster
from computenest.cloud.kubernetes.programs import cluster_programs, helm_program
from computenest.kernel.errors import ComputeNestError, Invalid


def program(folder: Path, name: str, script: str = "exit 0") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(("server", "is_whole"), [("computenest-kubernetes", True), ("kube-apiserver", False)])
def test_a_folder_that_is_named_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, is_whole: bool
) -> None:
    program(tmp_path, server)
    program(tmp_path, "etcd")
    monkeypatch.setenv("COMPUTENEST_KUBERNETES", str(tmp_path))
    found = cluster_programs()
    assert (found.server.name, found.etcd.name, found.has_controllers) == (server, "etcd", is_whole)


def test_a_folder_without_them_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPUTENEST_KUBERNETES", str(tmp_path))
    with pytest.raises(ComputeNestError, match="no kube-apiserver with etcd beside it"):
        EmbeddedCluster(tmp_path, "main").start()
    assert not (tmp_path / "clusters").exists()


@pytest.mark.parametrize("name", ["", "Main", "-a", "a-", "a/b", "..", "a" * 41])
def test_a_name_that_is_none_changes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="no name of a cluster"):
        EmbeddedCluster(tmp_path, name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo v3.17.4", "helm 3.17.4"),
        ("echo hello", "does not say which helm it is: hello"),
        ("exit 3", "does not say which helm it is"),
    ],
)
def test_a_helm_that_does_not_do_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setenv("COMPUTENEST_HELM", str(program(tmp_path, "helm", script)))
    with pytest.raises(ComputeNestError) as caught:
        helm_program()
    assert words in caught.value.summary
    assert caught.value.hint


def test_the_helm_on_the_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMPUTENEST_HELM", raising=False)
    mine = program(tmp_path / "bin", "helm", "echo v4.0.0")
    monkeypatch.setenv("PATH", f"{mine.parent}:/usr/bin:/bin")
    assert helm_program() == mine
