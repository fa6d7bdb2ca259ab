"""`computenest cloud` as users and scripts run it, and how errors end on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from computenest.cloud.local import LocalCloud

COMPUTENEST = Path(sys.executable).parent / "computenest"


class Shell:
    """Runs `computenest` with an embedded cloud of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "COMPUTENEST_CLOUD_DIR": str(self.folder), "NO_COLOR": "1", "COLUMNS": "120"}
        return subprocess.run([COMPUTENEST, *words], env=environ, capture_output=True, text=True, timeout=60)

    def ok(self, *words: str) -> str:
        done = self(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path / "cloud")
    yield shell
    LocalCloud(shell.folder).stop()


def test_a_life(shell: Shell) -> None:
    assert shell("cloud", "status").returncode == 1
    assert json.loads(shell("cloud", "status", "--json").stdout) == {"running": False}

    started = json.loads(shell.ok("cloud", "start", "--time-scale", "600", "--seed", "5", "--json"))
    assert started["started"] is True
    assert started["time_scale"] == 600
    assert "runs already at" in shell.ok("cloud", "start")
    assert json.loads(shell.ok("cloud", "start", "--json"))["started"] is False
    status = json.loads(shell.ok("cloud", "status", "--json"))
    assert status["running"] is True
    assert status["server"]["pid"] == started["pid"]
    assert started["endpoint"] in shell.ok("cloud", "status")

    other = shell("cloud", "start", "--time-scale", "1")
    assert other.returncode == 1
    assert "time-scale 600.0 instead of 1.0" in other.stderr
    assert "Traceback" not in other.stderr

    assert json.loads(shell.ok("cloud", "ledger", "--json"))["is_empty"] is True
    assert "accounts" in shell.ok("cloud", "ledger")
    shell.ok("cloud", "reset")
    assert "stopped" in shell.ok("cloud", "stop")
    assert "does not run" in shell.ok("cloud", "stop")
    assert json.loads(shell.ok("cloud", "stop", "--json")) == {"stopped": False}


def test_status_tells_one_that_does_not_answer_from_one_that_does_not_run(shell: Shell) -> None:
    pid = json.loads(shell.ok("cloud", "start", "--json"))["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        shown = shell("cloud", "status")
        assert (shown.returncode, shown.stdout) == (1, "")
        assert f"(process {pid}) lives, but does not answer" in shown.stderr
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("words", [("start",), ("start", "--time-scale", "600")])
def test_a_deleted_handle_of_one_that_runs_comes_back(shell: Shell, words: tuple[str, ...]) -> None:
    pid = json.loads(shell.ok("cloud", "start", "--time-scale", "600", "--json"))["pid"]
    (shell.folder / "cloud.json").unlink()
    again = json.loads(shell.ok("cloud", *words, "--json"))
    assert (again["started"], again["pid"]) == (False, pid)


def test_a_state_that_another_holds_is_said_with_the_way_out(shell: Shell, tmp_path: Path) -> None:
    state = str(tmp_path / "state.sqlite")
    shell.ok("cloud", "start", "--state", state)
    second = Shell(tmp_path / "second")("cloud", "start", "--state", state)
    assert second.returncode == 1
    assert "another embedded cloud holds this state file. `computenest cloud list` shows" in second.stderr
    assert "Traceback" not in second.stderr


def test_env_prints_what_a_shell_can_evaluate(shell: Shell) -> None:
    endpoint = json.loads(shell.ok("cloud", "start", "--json"))["endpoint"]
    script = 'eval "$1" && env'
    found = {}
    for account in ("supplier", "hub", "customer"):
        lines = shell.ok("cloud", "env", "--account", account)
        assert all(line.startswith("export ") for line in lines.splitlines())
        printed = subprocess.run(["sh", "-c", script, "sh", lines], capture_output=True, text=True, check=True).stdout
        found[account] = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
        assert found[account]["COMPUTENEST_ENDPOINT"] == endpoint
        assert found[account]["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    assert len({each["ALIBABA_CLOUD_ACCESS_KEY_ID"] for each in found.values()}) == 3
    assert shell.ok("cloud", "env") == shell.ok("cloud", "env", "--account", "supplier")

    wrong = shell("cloud", "env", "--account", "nobody")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "customer, hub, stranger, supplier" in wrong.stderr


def test_only_env_prints_keys(shell: Shell) -> None:
    shell.ok("cloud", "start")
    secret = next(
        line.split("=", 1)[1]
        for line in shell.ok("cloud", "env").splitlines()
        if line.startswith("export ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    ).strip("'")
    said = [shell("cloud", *words) for words in (["start", "--json"], ["status", "--json"], ["ledger"])]
    assert all(secret not in done.stdout + done.stderr for done in said)


@pytest.mark.parametrize("command", ["env", "reset", "ledger"])
def test_what_needs_a_running_cloud_says_so(shell: Shell, command: str) -> None:
    done = shell("cloud", command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "error: the embedded cloud does not run",
        "  `computenest cloud start` starts it",
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["cloud", "start", "--switch", "novalue"], 1),
        (["cloud", "start", "--port", "99999"], 2),
        (["cloud", "start", "--time-scale", "-1"], 2),
        (["cloud", "start", "--faults", "/no/such/file"], 2),
        (["cloud", "dance"], 2),
        (["dance"], 2),
    ],
)
def test_wrong_words_start_nothing(shell: Shell, words: list[str], code: int) -> None:
    done = shell(*words)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert not (shell.folder / "cloud.json").exists()


def test_a_given_port_and_state_are_used(shell: Shell, tmp_path: Path) -> None:
    state = tmp_path / "elsewhere.sqlite"
    started = json.loads(shell.ok("cloud", "start", "--state", str(state), "--json"))
    assert started["state"] == str(state)
    assert state.exists()
    shell.ok("cloud", "stop")
    again = json.loads(shell.ok("cloud", "start", "--state", str(state), "--port", str(started["port"]), "--json"))
    assert again["port"] == started["port"]


def test_a_defect_says_so_without_a_stack_trace() -> None:
    program = (
        "import sys; from computenest.cli import main\n"
        "def broken(words): raise RuntimeError('no such luck')\n"
        "main.build = broken\n"
        "main.main()"
    )
    for debug, expected in (("", 70), ("1", 1)):
        environ = {**os.environ, "COMPUTENEST_DEBUG": debug}
        done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True)
        assert done.returncode == expected
        assert ("Traceback" in done.stderr) is bool(debug)
        assert ("no such luck" in done.stderr) is bool(debug), "it may hold anything, a secret too"
        assert debug or "computenest has a fault here (RuntimeError), id " in done.stderr


def test_help_names_every_part_and_imports_none() -> None:
    program = (
        "import sys; sys.argv = ['computenest', '--help'];"
        "from computenest.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = ('pydantic', 'pulumi', 'yaml', 'alibabacloud_tea_openapi', 'grpc')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    for part in ("cloud", "report", "show", "template"):
        assert part in done.stdout
