"""The embedded cloud's life as a process: once, whoever starts it; stopped only when it is ours."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from computenest.cloud.control import Control, Handle, parse_handle, read_handle
from computenest.cloud.local import LocalCloud, StartOptions, cloud_folder
from computenest.kernel.errors import Conflict, Permanent, Transient


@pytest.fixture
def cloud(folder: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(folder)
    yield cloud
    cloud.stop()


def test_a_life(cloud: LocalCloud) -> None:
    assert cloud.running() is None
    assert cloud.stop() is None
    with pytest.raises(Transient, match="cloud start"):
        cloud.control()

    first, is_new = cloud.start(StartOptions(time_scale=600, seed=3))
    assert is_new
    assert (first.time_scale, first.seed, first.is_virtual) == (600, 3, False)
    assert set(first.accounts) == {"supplier", "hub", "customer", "stranger"}
    assert Path(first.state) == cloud.folder / "state.sqlite"
    assert Control(first).get("status")["pid"] == first.pid

    again, is_new = cloud.start(StartOptions(time_scale=600))
    assert (again, is_new) == (first, False)
    assert cloud.ensure_running() == first
    with pytest.raises(Conflict, match=r"time-scale 600.0 instead of 5.*stop"):
        cloud.start(StartOptions(time_scale=5))

    assert cloud.stop() == first
    assert cloud.running() is None
    assert not cloud.handle_file.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(first.pid, 0)

    second = cloud.ensure_running()
    assert (second.time_scale, second.seed) == (600, 3), "as it was last started"
    assert second.accounts == first.accounts, "the state stays"


def test_a_state_keeps_its_seed(cloud: LocalCloud) -> None:
    cloud.start(StartOptions(seed=3))
    cloud.stop()
    with pytest.raises(Conflict, match="made with seed 3, not 4"):
        cloud.start(StartOptions(seed=4))
    assert cloud.running() is None


def test_eight_starters_start_one(cloud: LocalCloud) -> None:
    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(lambda _: LocalCloud(cloud.folder).start(StartOptions()), range(8)))
    assert len({handle.pid for handle, _ in started}) == 1
    assert [is_new for _, is_new in started].count(True) == 1


def test_a_handle_left_by_a_killed_server_is_replaced(cloud: LocalCloud) -> None:
    first, _ = cloud.start(StartOptions())
    os.kill(first.pid, 9)
    os.waitpid(first.pid, 0)
    assert cloud.handle_file.exists()
    assert cloud.running() is None
    assert cloud.ensure_running().pid != first.pid


def test_a_stranger_s_process_is_never_signalled(cloud: LocalCloud) -> None:
    """The handle's pid was given to another process after the server died."""
    first, _ = cloud.start(StartOptions())
    content = json.loads(cloud.handle_file.read_text())
    cloud.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    try:
        cloud.handle_file.write_text(json.dumps({**content, "pid": stranger.pid}))
        assert cloud.stop() is None
        assert stranger.poll() is None
        second, _ = LocalCloud(cloud.folder).start(StartOptions(port=first.port))
        cloud.handle_file.write_text(json.dumps({**content, "pid": stranger.pid}))
        assert cloud.running() is None, "somebody answers there, but not the process of the handle"
        assert cloud.stop() is None
        assert stranger.poll() is None
        os.kill(second.pid, 15)
        os.waitpid(second.pid, 0)
    finally:
        stranger.kill()
        stranger.wait()


def test_the_handle_of_a_server_that_lives_and_does_not_answer_is_kept(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is stopped in a debugger, or that a laptop was shut on."""
    monkeypatch.setattr("computenest.cloud.control.TIMEOUT_S", 0.2)
    first, _ = cloud.start(StartOptions())
    kept = cloud.handle_file.read_bytes()
    os.kill(first.pid, signal.SIGSTOP)
    try:
        for ask in (cloud.stop, cloud.ensure_running, lambda: cloud.start(StartOptions()), cloud.control):
            with pytest.raises(Permanent, match=f"process {first.pid}.*does not answer at {first.endpoint}") as caught:
                ask()
            assert f"kill -9 {first.pid}" in caught.value.hint
            assert cloud.handle_file.read_bytes() == kept
    finally:
        os.kill(first.pid, signal.SIGCONT)
    monkeypatch.undo()
    assert cloud.ensure_running() == first
    assert cloud.stop() == first


def test_a_server_that_does_not_know_its_token_is_kept_too(cloud: LocalCloud) -> None:
    first, _ = cloud.start(StartOptions())
    kept = cloud.handle_file.read_text()
    cloud.handle_file.write_text(json.dumps({**json.loads(kept), "control_token": "other"}))
    for ask in (cloud.stop, cloud.ensure_running):
        with pytest.raises(Permanent, match=f"process {first.pid}"):
            ask()
    cloud.handle_file.write_text(kept)
    assert cloud.stop() == first


def test_a_server_that_cannot_start_says_why(cloud: LocalCloud, tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('[{"effect": {"kind": "no-such-kind"}}]')
    with pytest.raises(Permanent) as caught:
        cloud.start(StartOptions(faults=faults))
    assert "ended at once with exit code 1" in caught.value.summary
    assert "no-such-kind" in caught.value.hint


def test_switches_and_faults_reach_the_server(cloud: LocalCloud, tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('[{"match": {"action": "ListArtifacts"}, "effect": {"kind": "throttle"}}]')
    options = StartOptions(faults=faults, switches=("http.not_found_status=400",), time_scale=0)
    handle, _ = cloud.start(options)
    control = Control(handle)
    assert handle.is_virtual
    assert len(control.get("faults")) == 1
    assert str(control.get("facts")["positions"]["http.not_found_status"]) == "400"
    assert cloud.start(options)[1] is False
    with pytest.raises(Conflict, match="switches"):
        cloud.start(StartOptions(switches=("http.not_found_status=404",)))


def test_the_folder_is_not_committed_and_not_readable_by_others(cloud: LocalCloud) -> None:
    cloud.start(StartOptions())
    assert (cloud.folder / ".gitignore").read_text() == "*\n"
    assert cloud.folder.stat().st_mode & 0o077 == 0
    assert cloud.handle_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("environ", "markers", "cwd", "expected", "reason"),
    [
        ({"COMPUTENEST_CLOUD_DIR": "/x/y"}, ["Pulumi.yaml"], "a", "/x/y", "chosen"),
        ({}, ["Pulumi.yaml"], "a/b", ".computenest/cloud", "the nearest project above"),
        ({}, ["pyproject.toml"], "a/b", ".computenest/cloud", "of Python too"),
        ({}, ["Pulumi.yaml", "a/pyproject.toml"], "a/b", "a/.computenest/cloud", "the nearest wins"),
        ({}, [], "a/b", "a/b/.computenest/cloud", "no project: here"),
    ],
)
def test_the_folder(
    environ: dict[str, str], markers: list[str], cwd: str, expected: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for marker in markers:
        (tmp_path / marker).touch()
    assert cloud_folder(environ=environ, cwd=tmp_path / cwd) == tmp_path / expected, reason


ACCOUNT = {"uid": "1", "access_key_id": "AK", "access_key_secret": "SK-hidden"}
HANDLE = {"pid": 1, "host": "127.0.0.1", "port": 2, "accounts": {"supplier": ACCOUNT}}


def test_a_handle_ignores_what_it_does_not_know() -> None:
    handle = parse_handle(json.dumps({**HANDLE, "more": 1}))
    assert (handle.endpoint, handle.time_scale, handle.state) == ("127.0.0.1:2", 0, "")
    assert "SK-hidden" not in repr(handle)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", json.dumps({**HANDLE, "pid": "x"}), json.dumps({**HANDLE, "host": "10.0.0.1"}), '{"pid": 1}'],
)
def test_a_broken_handle_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_text(content)
    assert read_handle(tmp_path / "cloud.json") is None
    assert read_handle(tmp_path / "missing.json") is None


def test_a_refused_control_call_says_what_was_said(server: Handle) -> None:
    with pytest.raises(Permanent, match="HTTP 400"):
        Control(server).post("clock", {"wrong": 1})


def test_a_project_has_one_cloud_which_its_subfolders_find(tmp_path: Path) -> None:
    """As when a configuration is imported into a program of its own, below the folder that it was read in."""
    project, program = tmp_path / "project", tmp_path / "project" / "infra" / "deep"
    program.mkdir(parents=True)
    kept = cloud_folder(environ={}, cwd=project)
    (program / "Pulumi.yaml").write_text("name: infra\n")
    assert cloud_folder(environ={}, cwd=program) == program / ".computenest" / "cloud", "none is there yet"
    kept.mkdir(parents=True)
    assert cloud_folder(environ={}, cwd=program) == kept
    assert cloud_folder(environ={"COMPUTENEST_CLOUD_DIR": "/elsewhere"}, cwd=program) == Path("/elsewhere")


def test_a_start_that_nobody_asked_for_is_announced_once(cloud: LocalCloud) -> None:
    told: list[str] = []
    handle = cloud.ensure_running(announce=told.append)
    cloud.ensure_running(announce=told.append)
    assert len(told) == 1
    assert told[0].startswith(f"the embedded cloud was started at {handle.endpoint} (in real time), ")


@pytest.mark.parametrize("name", ["below a file", "a" * 300])
def test_a_folder_that_cannot_be_written_is_named_with_the_setting(tmp_path: Path, name: str) -> None:
    (tmp_path / "below a file").write_text("")
    refusing = LocalCloud(tmp_path / name / "cloud")
    for ask in (refusing.ensure_running, refusing.stop):
        with pytest.raises(Permanent, match=r"cannot be kept in .*COMPUTENEST_CLOUD_DIR"):
            ask()
