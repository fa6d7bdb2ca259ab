"""`computenest doctor` against the embedded cloud: what is in the way is named, and nothing is changed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from computenest.cli.doctor import examine
from computenest.cli.examination import Line, State
from computenest.cloud.control import Control, Handle

ENGINE = "#!/bin/sh\necho v3.{minor}.0\n"
COMPUTENEST = Path(sys.executable).parent / "computenest"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine with an engine, and nothing else."""
    return {"PATH": engine(tmp_path / "bin", minor=260), "HOME": str(tmp_path)}


def engine(folder: Path, *, minor: int) -> str:
    folder.mkdir()
    program = folder / "pulumi"
    program.write_text(ENGINE.format(minor=minor))
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def config(server: Handle, **more: str) -> dict[str, Any]:
    keys = server.accounts["supplier"]
    given = {
        "computenest:cloud": "aliyun",
        "computenest:region": "cn-hangzhou",
        "computenest:endpoints": server.endpoint,
        "computenest:accessKey": keys.access_key_id,
        "computenest:secretKey": keys.access_key_secret.reveal(),
    }
    return given | {f"computenest:{name}": value for name, value in more.items()}


def failed(lines: list[Line]) -> dict[str, str]:
    """Check -> what it says and what to do; each has something to do."""
    found = [line for line in lines if line.state is State.FAILED]
    assert all(line.next for line in found)
    return {line.check: f"{line.said}; {line.next}" for line in found}


def test_a_machine_where_all_is_well(server: Handle, control: Control, environ: dict[str, str]) -> None:
    before = control.get("ledger")
    lines = examine(config(server), environ)
    assert [line for line in lines if line.state is not State.OK] == []
    said = {line.check: line.said for line in lines}
    assert said["account"] == server.accounts["supplier"].uid
    assert said["credentials"] == "from computenest:accessKey"
    assert said["Compute Nest"] == "in cn-hangzhou: opened"
    assert control.get("ledger") == before, "nothing was made"
    assert server.accounts["supplier"].access_key_secret.reveal() not in repr(lines)


def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True)
class Machine:
    """Where `computenest doctor` runs, and the cloud that it looks at."""

    server: Handle
    control: Control
    environ: dict[str, str]


Case = Callable[[Machine], list[Line]]


def wrong_keys(on: Machine) -> list[Line]:
    return examine(config(on.server, accessKey="LTAI-nobody"), on.environ)


def wrong_secret(on: Machine) -> list[Line]:
    return examine(config(on.server, secretKey="not-it"), on.environ)


def clock_off(on: Machine) -> list[Line]:
    return examine(config(on.server), on.environ, now_s=time.time() + 3600)


def permission_missing(on: Machine) -> list[Line]:
    denied = {"kind": "error", "code": "Forbidden.RAM", "status": 403}
    on.control.put("faults", [{"match": {"action": "ListArtifactVersions"}, "effect": denied}])
    return examine(config(on.server), on.environ)


def site_wrong(on: Machine) -> list[Line]:
    given = config(on.server, region="cn-beijing")
    del given["computenest:endpoints"]
    return examine(given, on.environ)


def proxy_dead(on: Machine) -> list[Line]:
    given = config(on.server, endpoints="https://nest.example.com")
    return examine(given, {**on.environ, "HTTPS_PROXY": f"http://me:word@127.0.0.1:{closed_port()}"})


def token_expired(on: Machine) -> list[Line]:
    session = on.control.post("sts", {"account": "supplier", "expires_in_s": 900})
    on.control.post("clock", {"advance_s": 1000})
    keys = {"accessKey": session["access_key_id"], "secretKey": session["access_key_secret"]}
    return examine(config(on.server, **keys, securityToken=session["security_token"]), on.environ)


def endpoint_dead(on: Machine) -> list[Line]:
    return examine(config(on.server, endpoints=f"127.0.0.1:{closed_port()}"), on.environ)


def not_opened(on: Machine) -> list[Line]:
    refused = {"kind": "error", "code": "ServiceNotOpened", "status": 403}
    on.control.put("faults", [{"match": {"action": "ListArtifacts"}, "effect": refused}])
    return examine(config(on.server), on.environ)


def profile_missing(on: Machine) -> list[Line]:
    given = config(on.server)
    del given["computenest:accessKey"], given["computenest:secretKey"]
    return examine({**given, "alicloud:profile": "nobody"}, on.environ)


def half_a_key(on: Machine) -> list[Line]:
    given = config(on.server)
    del given["computenest:secretKey"]
    return examine(given, on.environ)


def engine_old(on: Machine) -> list[Line]:
    return examine(config(on.server), {**on.environ, "PATH": engine(Path(on.environ["HOME"]) / "old", minor=100)})


def engine_absent(on: Machine) -> list[Line]:
    return examine(config(on.server), {**on.environ, "PATH": "/nowhere"})


def nothing_configured(on: Machine) -> list[Line]:
    return examine({}, on.environ)


@pytest.mark.parametrize(
    ("fault", "check", "said"),
    [
        (wrong_keys, "account", "InvalidAccessKeyId"),
        (wrong_secret, "account", "SignatureDoesNotMatch"),
        (clock_off, "clock", " s ahead of the cloud's; set this machine's clock"),
        (
            permission_missing,
            "computenestsupplier:ListArtifactVersions",
            "grant computenestsupplier:ListArtifactVersions",
        ),
        (site_wrong, "settings", "cn-beijing, where Compute Nest has no site; set computenest:region to cn-hangzhou"),
        (proxy_dead, "proxy", "http://…@127.0.0.1:"),
        (token_expired, "account", "InvalidSecurityToken"),
        (endpoint_dead, "account", "connection was refused"),
        (not_opened, "Compute Nest", "not opened for account"),
        (profile_missing, "account", "from the profile 'nobody'; check the profile"),
        (half_a_key, "settings", "computenest:secretKey is missing"),
        (engine_old, "engine", "v3.100.0 is too old"),
        (engine_absent, "engine", "there is no pulumi on the PATH; install 3.250 or newer"),
        (nothing_configured, "settings", "no cloud is configured; choose one"),
    ],
)
def test_a_fault_is_named_with_what_to_do(
    server: Handle, control: Control, environ: dict[str, str], fault: Case, check: str, said: str
) -> None:
    lines = fault(Machine(server, control, environ))
    found = failed(lines)
    assert check in found
    assert said in found[check]
    others = (
        {"endpoint of computenestsupplier, computenest, ecs, market, ros, eci, oss, sts"}
        if fault is endpoint_dead
        else set()
    )
    assert set(found) == {check} | others, "one cause, one failure"
    secrets = [server.accounts["supplier"].access_key_secret.reveal(), "not-it", "me:word"]
    assert not any(secret in repr(lines) for secret in secrets)


def test_a_right_that_only_some_types_need_is_a_warning_unless_a_preview_needs_it(
    server: Handle, control: Control, environ: dict[str, str]
) -> None:
    denied = {"kind": "error", "code": "Forbidden.RAM", "status": 403}
    control.put("faults", [{"match": {"service": "ecs", "action": "CopyImage"}, "effect": denied}])
    (found,) = [line for line in examine(config(server), environ) if line.check == "ecs:CopyImage"]
    assert found.state is State.WARNING
    inputs = {"source": {"kind": "custom"}, "direct": {"hubAccount": ""}}
    urn = "urn:pulumi:dev::shop::computenest:index:EcsImagePackage::web"
    document = {"steps": [{"op": "create", "urn": urn, "newState": {"inputs": inputs}}]}
    lines = examine(config(server), environ, document=document)
    assert set(failed(lines)) == {"ecs:CopyImage"}
    assert "computenestsupplier" not in " ".join(line.check for line in lines if line.check.count(":"))


@pytest.mark.usefixtures("control")
def test_the_command(server: Handle, environ: dict[str, str], tmp_path: Path) -> None:
    words = [word for key, value in config(server).items() for word in ("--config", f"{key}={value}")]

    def run(*more: str, path: str = environ["PATH"]) -> subprocess.CompletedProcess[str]:
        env: Mapping[str, str] = {**os.environ, "PATH": path, "NO_COLOR": "1"}
        command = [COMPUTENEST, "doctor", *words, *more]
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=90)

    well = run("--json")
    assert well.returncode == 0, well.stdout
    assert {line["state"] for line in json.loads(well.stdout)} == {"ok"}
    bad = run(path="/nowhere")
    assert bad.returncode == 1
    assert "FAILED  engine: there is no pulumi on the PATH\n          install 3.250" in bad.stdout
    assert "Traceback" not in bad.stderr
