"""What users may get beside the lock: every reliance on the inside of Pulumi's SDK and of gRPC, tried with the newest
releases and with the oldest that pyproject.toml claims."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sets.host import OPERATIONS, TYPES, Served, dynamic_host, plugin
from stack.engine import ROOT
from stack.installed import installed

LOCKS = ("", "newest", "oldest")
NO_CLOUD = "no cloud is configured; choose one: `pulumi config set computenest:cloud local`"
NO_ACCOUNT = "there is no account 'nobody' in the stack's configuration; known accounts: "
CLOUDLESS = {"EcsImagePackage": {"Diff"}, "ServiceImageAssociation": {"Diff", "Create", "Update", "Read", "Delete"}}
BAG = {"ownerId": "o-1", "name": "web", "distribution": {}, "packages": {}, "account": "nobody"} | {
    "artifactId": "a-1",
    "serviceId": "s-1",
    "instanceId": "i-1",
}

on_each_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock or "lock")


@pytest.fixture(scope="module", params=LOCKS, ids=lambda lock: lock or "lock")
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with dynamic_host(request.param, tmp_path_factory.mktemp("program")) as running:
        running.configure()
        yield running


@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_dynamic_refusal_is_the_providers_sentence_and_nothing_else(
    host: Served, type_name: str, operation: str
) -> None:
    if operation in CLOUDLESS.get(type_name, ()):
        return
    told = host.ask(operation, type_name, olds=BAG, news=BAG)
    assert told.removeprefix("computenest:cloud: ").startswith(NO_CLOUD), told
    assert "Traceback" not in told


@on_each_lock
def test_the_plugin_starts_and_refuses_in_its_own_words(lock: str, tmp_path: Path) -> None:
    with plugin(lock, tmp_path) as running:
        running.configure(cloud="local")
        for type_name in TYPES:
            for operation in ("Create", "Delete"):
                if operation not in CLOUDLESS.get(type_name, ()):
                    told = running.ask(operation, type_name, olds=BAG, news=BAG)
                    assert told.removeprefix("account: ").startswith(NO_ACCOUNT), (type_name, operation, told)


@on_each_lock
def test_what_is_installed_fits_together(lock: str) -> None:
    check = [ROOT / ".venv/bin/uv", "pip", "check", "--offline", "--python", installed(lock) / "python"]
    checked = subprocess.run(check, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
