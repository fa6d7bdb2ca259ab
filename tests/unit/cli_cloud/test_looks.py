"""`computenest cloud list|logs|seed|reject|status`, and every command's help."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from computenest.cli.main import PARTS, build
from computenest.cloud.local import PREFERRED_PORT, LocalCloud
from unit.cli_cloud.test_cli import Shell

COMPUTENEST = Path(sys.executable).parent / "computenest"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shell = Shell(tmp_path / "cloud")
    yield shell
    LocalCloud(shell.folder).stop()


SEED = """
accounts: [{name: partner}]
products: [{code: cmjj00000077, versions: [V1.0], regions: [cn-beijing]}]
uploads: [{account: partner, bucket: partner-files, name: seed, path: seed.yaml}]
images:
  - {account: supplier, region: cn-hangzhou, name: mine, image_id: m-bp1mine00000000000001, size_gib: 20}
faults:
  - {match: {action: ListServices}, effect: {kind: throttle}}
switches: {review.approves_at_once: 1}
"""


def test_a_cloud_with_things_of_ones_own(shell: Shell, tmp_path: Path) -> None:
    assert shell.ok("cloud", "list").startswith("no embedded cloud runs")
    started = json.loads(shell.ok("cloud", "start", "--time-scale", "60", "--json"))
    (row,) = json.loads(shell.ok("cloud", "list", "--json"))
    assert (row["endpoint"], row["folder"]) == (started["endpoint"], str(shell.folder))

    file = tmp_path / "seed.yaml"
    file.write_text(SEED)
    assert shell.ok("cloud", "seed", str(file)) == (
        "accounts: 1, products: 1, images: 1, uploads: 1, switches: 1, faults: 1\n"
    )
    assert "export ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI" in shell.ok("cloud", "env", "--account", "partner")
    again = shell("cloud", "seed", str(file))
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    status = shell.ok("cloud", "status", "--wait", "5")
    assert "switch review.approves_at_once=1.0\n" in status
    assert "fault throttle: action=ListServices, fired 0 times\n" in status

    config = ["--config", "computenest:cloud=local"]
    doctor = shell("doctor", *config)
    assert "computenestsupplier:ListServices: cannot be told" in doctor.stdout
    lines = shell.ok("cloud", "logs").splitlines()
    assert any(line.split("  ")[1:3] == ["supplier", "sts:GetCallerIdentity"] for line in lines)
    assert any("ListServices" in line and "throttl" in line.lower() for line in lines)
    assert len(shell.ok("cloud", "logs", "--last", "1").splitlines()) == 1
    assert json.loads(shell.ok("cloud", "logs", "--last", "1", "--json"))["account"] == "supplier"
    assert shell.ok("cloud", "reject", "--comment", "no") == "rejected: 0\n"
    shell.ok("cloud", "stop")
    assert json.loads(shell.ok("cloud", "list", "--json")) == []


def test_a_file_that_is_no_seed(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "seed.yaml"
    assert "the embedded cloud does not run" in shell("cloud", "seed", str(file)).stderr
    shell.ok("cloud", "start")
    images = "images: [{account: nobody, region: cn-hangzhou, name: a}, {account: hub, region: cn-hangzhu, name: a}]"
    for text, said in (
        (None, ["it cannot be read: No such file"]),
        ("nothing: 1", ["cannot be seeded: nothing"]),
        ("- a", ["no map"]),
        ("{", ["is no YAML"]),
        (images, ["  images[0].account: there is no account 'nobody'", "  images[1].region: no region 'cn-hangzhu'"]),
    ):
        if text is not None:
            file.write_text(text)
        done = shell("cloud", "seed", str(file))
        assert (done.returncode, done.stdout) == (1, ""), text
        assert done.stderr.startswith(f"error: {file} changes nothing:\n"), done.stderr
        assert all(each in done.stderr for each in said), done.stderr
        assert "Traceback" not in done.stderr
    file.write_text("")
    assert shell.ok("cloud", "seed", str(file)) == "nothing in it\n"
    assert json.loads(shell.ok("cloud", "seed", str(file), "--json")) == {}


def test_a_cloud_that_begins_with_a_folder(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "cloud.d"
    folder.mkdir()
    (folder / "20.yaml").write_text("images: [{account: partnr, region: cn-hangzhou, name: theirs}]")
    (folder / "10.yaml").write_text("accounts: [{name: partner}]")
    failed = shell("cloud", "start", "--init", str(folder))
    assert failed.returncode == 1
    assert f"{folder / '20.yaml'}: images[0].account: there is no account 'partnr'" in failed.stderr
    assert "does not run" in shell("cloud", "status").stdout, "a start that does not do all that it was told is none"

    (folder / "20.yaml").write_text("images: [{account: partner, region: cn-hangzhou, name: theirs}]")
    shell.ok("cloud", "start", "--init", str(folder))
    assert shell.ok("cloud", "status").splitlines()[3:] == ["init 10.yaml", "init 20.yaml"]
    assert "runs already" in shell.ok("cloud", "start", "--init", str(folder))
    assert f"init {folder} instead of {tmp_path}" in shell("cloud", "start", "--init", str(tmp_path)).stderr
    (folder / "20.yaml").write_text("")
    (folder / "30.yaml").write_text("")
    lines = shell.ok("cloud", "status").splitlines()[3:]
    assert lines[1].startswith("init 20.yaml: has changed since it was put in; `computenest cloud reset`")
    assert lines[2] == "init 30.yaml: is not put in yet; the next start does it"
    files = json.loads(shell.ok("cloud", "status", "--json"))["server"]["init"]["files"]
    assert [each["state"] for each in files] == ["done", "changed", "waiting"]
    shell.ok("cloud", "reset")
    assert shell.ok("cloud", "status").splitlines()[3:] == ["init 10.yaml", "init 20.yaml", "init 30.yaml"]
    assert json.loads(shell.ok("cloud", "ledger", "--json"))["accounts"]["partner"]
    pid = json.loads(shell.ok("cloud", "status", "--json"))["server"]["pid"]
    shell.ok("cloud", "stop")
    assert LocalCloud(shell.folder).ensure_running().pid != pid
    assert "init 30.yaml" in shell.ok("cloud", "status"), "as it was last started"


def test_the_usual_port_is_taken_where_it_is_free_and_another_where_it_is_not(shell: Shell) -> None:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", PREFERRED_PORT))
            holder.listen()
        except OSError:
            pass  # another cloud of this machine has it: as good a holder as this test
        assert json.loads(shell.ok("cloud", "start", "--json"))["port"] != PREFERRED_PORT
    shell.ok("cloud", "stop")
    port = json.loads(shell.ok("cloud", "start", "--json"))["port"]
    with socket.socket() as probe:
        assert port == PREFERRED_PORT or probe.connect_ex(("127.0.0.1", PREFERRED_PORT)) == 0


def commands() -> Iterator[tuple[tuple[str, ...], typer.core.TyperCommand]]:
    for part in PARTS:
        found = get_command(build([part])).commands[part]  # type: ignore[attr-defined]
        for name, command in getattr(found, "commands", {"": found}).items():
            yield tuple(word for word in (part, name) if word), command


@pytest.mark.parametrize("words", [words for words, _ in commands()], ids=" ".join)
def test_every_command_has_examples_that_name_only_what_there_is(words: tuple[str, ...]) -> None:
    known = dict(commands())
    _, _, examples = str(known[words].help).partition("Examples:")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    assert any(" ".join(("computenest", *words)) in line for line in lines), words
    ours = [part.strip() for line in lines for part in re.split(r"&&|[|;]", line)]
    for line in (part for part in ours if not part.startswith("pulumi ")):
        used = {word.partition("=")[0] for word in line.split() if word.startswith("--")}
        options = {option for command in known.values() for param in command.params for option in param.opts}
        assert used <= options | {"--local", "--stack", "--json", "--time-scale"}, line


def test_the_version_and_rows_as_json() -> None:
    done = subprocess.run([COMPUTENEST, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("computenest 0.")
    outputs = {"images": {"web": {"cn-beijing": "m-2"}}, "one": {"instanceId": "si-1", "images": {"Web": "m-2"}}}
    told = subprocess.run(
        [COMPUTENEST, "show", "-", "--json"], input=json.dumps(outputs), capture_output=True, text=True, check=True
    )
    found = json.loads(told.stdout)
    assert found["images"] == {"cn-beijing": {"web": "m-2"}}
    assert found["one"]["images"] == {"Web": "m-2"}
    assert os.environ.get("COMPUTENEST_DEBUG") is None
