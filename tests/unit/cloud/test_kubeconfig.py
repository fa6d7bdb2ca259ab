"""Kubeconfigs as people have them: each way to say who asks, and each way to be wrong has its own message."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.kubernetes.kubeconfig import (
    ambient_files,
    ambient_kubeconfig,
    contexts_in,
    kubeconfig_with,
    read_kubeconfig,
    refuse_machine,
    with_absolute_paths,
)
from computenest.kernel.errors import Invalid


def config(user: Any = None, cluster: Any = None, **more: Any) -> str:
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443/", **(cluster or {})}}],
            "users": [{"name": "u", "user": user or {}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
            "current-context": "x",
            **more,
        }
    )


def program(folder: Path, script: str) -> dict[str, Any]:
    file = folder / "credentials"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return {"exec": {"command": str(file), "apiVersion": "client.authentication.k8s.io/v1"}}


def test_a_token_a_password_a_file(tmp_path: Path) -> None:
    access = read_kubeconfig(config({"token": "abc"}))
    assert (access.server, access.namespace, access.name) == ("https://127.0.0.1:6443", "shop", "x")
    assert access.headers["Authorization"].reveal() == "Bearer abc"
    assert "abc" not in repr(access)
    basic = read_kubeconfig(config({"username": "me", "password": "it"}))
    assert basic.headers["Authorization"].reveal() == "Basic bWU6aXQ="
    (tmp_path / "token").write_text("def\n")
    kept = read_kubeconfig(config({"tokenFile": "token"}), folder=tmp_path)
    assert kept.headers["Authorization"].reveal() == "Bearer def"


def test_a_program_makes_the_credentials(tmp_path: Path) -> None:
    user = program(tmp_path, """echo '{"kind": "ExecCredential", "status": {"token": "made"}}'""")
    assert read_kubeconfig(config(user)).headers["Authorization"].reveal() == "Bearer made"


@pytest.mark.parametrize(
    ("text", "context", "words"),
    [
        ("a: [", "", "it is no kubeconfig: no YAML"),
        ("hello", "", "it has no list of clusters"),
        (config(**{"current-context": ""}), "", "it has no current context"),
        (config(), "other", "it has no context 'other'; its contexts: x"),
        (config(clusters=[]), "", "it has no cluster 'c'"),
        (config(cluster={"server": "127.0.0.1"}), "", "has no server that begins with https://"),
        (config(cluster={"certificate-authority-data": "###"}), "", "its certificate-authority-data is no base64"),
        (config(cluster={"certificate-authority-data": "eA=="}), "", "a certificate or key in it cannot be read"),
        (config({"tokenFile": "/nowhere/token"}), "", "the file /nowhere/token that it names cannot be read"),
        (config({"tokenFile": "token"}), "", "relative to a folder that nobody knows"),
        (config({"exec": {"command": "no-such-program"}}), "", "its program 'no-such-program', which makes the"),
    ],
)
def test_what_is_wrong_has_its_own_message(text: str, context: str, words: str) -> None:
    with pytest.raises(Invalid, match="kubeconfig") as caught:
        read_kubeconfig(text, context=context, path="cluster.kubeconfig")
    assert words in caught.value.summary
    assert caught.value.path == "cluster.kubeconfig"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("script", "words"),
    [("echo denied >&2; exit 3", "failed with exit code 3: denied"), ("echo hello", "printed no ExecCredential")],
)
def test_a_program_that_fails_is_named(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_kubeconfig(config(program(tmp_path, script)))
    assert words in caught.value.summary


def test_files_are_named_from_anywhere(tmp_path: Path) -> None:
    text = config({"client-key": "k.pem", "tokenFile": "/abs/token"}, {"certificate-authority": "pki/ca.pem"})
    found = json.loads(with_absolute_paths(text, tmp_path))
    assert found["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "pki/ca.pem")
    assert found["users"][0]["user"] == {"client-key": str(tmp_path / "k.pem"), "tokenFile": "/abs/token"}
    assert with_absolute_paths(config(), tmp_path) == config()
    assert with_absolute_paths("a: [", tmp_path) == "a: ["


def named(context: str, **more: Any) -> str:
    return config(contexts=[{"name": context, "context": {"cluster": "c", "user": "u"}}], **more)


def test_of_several_files_the_first_that_has_the_context_is_read(tmp_path: Path) -> None:
    """As kubectl does with a list in KUBECONFIG; one that is not there counts as empty."""
    listed = {"a": named("one", **{"current-context": ""}), "b": named("two"), "c": named("two")}
    for name, text in listed.items():
        (tmp_path / name).write_text(text)
    files = [tmp_path / name for name in ("missing", *listed)]
    chosen = {each: kubeconfig_with(files, each, path="--kubeconfig")[0].name for each in ("one", "two", "", "three")}
    assert chosen == {"one": "a", "two": "b", "": "b", "three": "a"}
    assert contexts_in(files) == ("one", "two")
    environ = {"KUBECONFIG": os.pathsep.join(map(str, files))}
    assert ambient_files(environ) == tuple(files)
    assert ambient_kubeconfig(environ, "two") == listed["b"]
    with pytest.raises(Invalid, match=r"/missing cannot be read") as caught:
        kubeconfig_with(files[:1], "", path="--kubeconfig")
    assert caught.value.path == "--kubeconfig"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (config({"exec": {"command": "sh"}}), "it names exec"),
        (config({"auth-provider": {"name": "gcp"}}), "it names auth-provider"),
        (config({"tokenFile": "/etc/passwd"}), "it names tokenFile"),
        (config(cluster={"certificate-authority": "/etc/ssl/ca"}), "it names certificate-authority"),
        ("hello", "it has no list of clusters"),
    ],
)
def test_one_that_comes_from_a_cluster_decides_nothing_on_this_machine(text: str, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        refuse_machine(text, path="hub.kubeconfigSecrets")
    assert words in caught.value.summary
    assert (caught.value.path, bool(caught.value.hint)) == ("hub.kubeconfigSecrets", True)
    refuse_machine(config({"token": "abc", "client-key-data": "eA=="}), path="hub.kubeconfigSecrets")
