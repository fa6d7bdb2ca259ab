"""The process and its control plane: handle, persistence, signals, reset, clocks, ledger, calls."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest

from computenest_cloud.doors import listen
from emulator.harness import COPY_S, GOLDEN, Cloud, environment


@pytest.mark.wire
def test_the_handle_says_where_and_who(start):
    cloud = start("--virtual", "--seed", "7")
    assert stat.S_IMODE(cloud.handle_path.stat().st_mode) == 0o600
    handle = cloud.handle
    assert handle["endpoint"] == f"127.0.0.1:{handle['port']}"
    assert (handle["pid"], handle["seed"]) == (cloud.process.pid, 7)
    assert set(handle["accounts"]) == {"supplier", "hub", "customer", "stranger"}
    assert set(handle["accounts"]["hub"]) == {"uid", "access_key_id", "access_key_secret"}
    assert cloud.stop() == 0
    assert not cloud.handle_path.exists()


@pytest.mark.wire
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_keeps_everything(start, number):
    cloud = start("--virtual", "--switch", "build.running_status=Building")
    artifact_id = cloud.draft(client_token="t").artifact_id
    cloud.fault({"kind": "fail_copy"}, match={"region": "cn-shanghai"})
    copied = cloud.copy()
    cloud.release(artifact_id)
    built = cloud.build().artifact_id
    cloud.advance(100)
    before = cloud.control("GET", "status")
    cloud.stop(number)
    again = start("--virtual")
    assert again.handle["accounts"] == cloud.handle["accounts"]
    after = again.control("GET", "status")
    assert {key: after[key] for key in ("now", "counts", "accounts", "seed")} == {
        key: before[key] for key in ("now", "counts", "accounts", "seed")
    }
    assert again.get(built).status == "Building"
    assert again.images("cn-beijing")[copied].status == "Creating"
    assert again.draft(client_token="t").artifact_id == artifact_id
    again.advance(COPY_S - 100)
    assert again.images("cn-beijing")[copied].status == "Available"
    again.advance(3600)
    failed = again.versions(artifact_id)[0]
    assert (failed.status, failed.status_detail[:11]) == ("DeliverFailed", "cn-shanghai")
    assert again.get(built).status == "Created"
    new = again.copy(to="cn-shenzhen")
    assert new not in {copied}


def test_time_does_not_pass_while_it_is_off(start):
    cloud = start("--time-scale", "0.001")
    image_id = cloud.copy()
    now = cloud.control("GET", "status")["now"]
    cloud.stop()
    again = start("--time-scale", "0.001")
    assert 0 <= again.control("GET", "status")["now"] - now < 1
    assert again.images("cn-beijing")[image_id].status == "Creating"


def test_a_scaled_clock_runs_by_itself(start):
    cloud = start("--time-scale", "20000")
    assert cloud.handle["time_scale"] == 20000
    artifact_id = cloud.draft().artifact_id
    cloud.release(artifact_id)
    statuses = []
    for _ in range(2000):
        statuses.append(cloud.versions(artifact_id)[0].status)
        if statuses[-1] == "Available":
            break
    assert statuses[-1] == "Available"


def test_faults_and_switches_at_start(start, tmp_path, refused):
    faults = tmp_path / "faults.yaml"
    faults.write_text("- {match: {action: CopyImage}, times: 1, effect: {kind: error, code: Boom}}\n")
    cloud = start("--virtual", "--faults", str(faults), "--switch", "http.not_found_status=404")
    cloud.control("POST", "reset")
    with refused("Boom"):
        cloud.copy()
    with refused("EntityNotExist.Artifact") as caught:
        cloud.get("artifact-unknown")
    assert caught.value.status_code == 404


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--switch", "nonsense=1"], "nonsense"),
        (["--time-scale", "0"], "--time-scale"),
        (["--faults", "does-not-exist.yaml"], "does-not-exist.yaml"),
    ],
)
def test_a_bad_option_is_one_clear_sentence(tmp_path, options, message):
    command = [sys.executable, "-m", "computenest_cloud", "serve", "--state", str(tmp_path / "s")]
    command += ["--handle", str(tmp_path / "h"), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment())
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.wire
def test_a_state_file_has_one_server(start, tmp_path):
    cloud = start("--virtual")
    second = Cloud(tmp_path, "--virtual")
    assert second.process.wait(timeout=100) == 1
    assert "another embedded cloud" in second.log_path.read_text()
    assert json.loads(cloud.handle_path.read_text())["pid"] == cloud.process.pid


def test_reset_keeps_the_keys_and_nothing_else(cloud):
    cloud.draft()
    cloud.copy()
    cloud.fault({"kind": "throttle"}, match={"service": "market"})
    cloud.switch("list.name_filter", "prefix")
    cloud.control("POST", "reset")
    counts = cloud.control("GET", "status")["counts"]
    assert {kind: number for kind, number in counts.items() if number} == {"images": 3}
    assert cloud.control("GET", "faults") == []
    assert cloud.control("GET", "facts")["positions"]["list.name_filter"] == "contains"
    assert cloud.control("GET", "calls")["counts"] == {}
    assert GOLDEN in cloud.images("cn-hangzhou")


@pytest.mark.parametrize("seconds", ["1e12", "1e308", "NaN", "253402300800"])
def test_time_ends_with_the_years_that_can_be_written(cloud, seconds):
    body = f'{{"advance_s": {seconds}}}'.encode()
    assert cloud.send("POST", "/_cloud/clock", body, cloud.token).status == 400
    cloud.draft()
    assert cloud.control("GET", "status")["failures"] == 0


@pytest.mark.wire
def test_status_lists_what_there_is(cloud):
    status = cloud.control("GET", "status")
    assert status["accounts"] == {name: cloud.uid(name) for name in ("supplier", "hub", "customer", "stranger")}
    assert len(status["regions"]) >= 24
    assert status["pid"] == cloud.process.pid


def test_calls_are_counted_and_remembered(cloud):
    cloud.control("DELETE", "calls")
    artifact_id = cloud.draft().artifact_id
    cloud.release(artifact_id)
    cloud.advance(3600)
    cloud.images("cn-beijing")
    report = cloud.control("GET", "calls")
    assert report["counts"] == {"CreateArtifact": 1, "DescribeImages": 1, "ReleaseArtifact": 1}
    assert report["internal_counts"]["CopyImage"] == 3
    last = report["last"][-1]
    assert (last["action"], last["account"], last["region"], last["result"]) == (
        "DescribeImages",
        "supplier",
        "cn-beijing",
        "OK",
    )


def test_a_failed_call_is_remembered_with_its_code(cloud, refused):
    with refused("EntityNotExist.Artifact"):
        cloud.get("artifact-unknown")
    assert cloud.control("GET", "calls")["last"][-1]["result"] == "EntityNotExist.Artifact"


def test_the_ledger_names_what_is_outstanding(cloud):
    artifact_id = cloud.released("web")
    book = cloud.ledger()
    assert book["accounts"]["supplier"]["artifacts_outstanding"] == [{"artifact_id": artifact_id, "name": "web"}]
    assert {row["region"] for row in book["accounts"]["hub"]["images_outstanding"]} == {
        "cn-hangzhou",
        "cn-beijing",
        "cn-shanghai",
    }
    assert book["accounts"]["supplier"]["shares_outstanding"][0]["image_id"] == GOLDEN
    cloud.delete(artifact_id)
    book = cloud.ledger()
    assert book["is_empty"]
    assert book["accounts"]["hub"]["images_created"] == book["accounts"]["hub"]["images_deleted"] == 3


def test_images_from_the_control_plane_are_not_in_the_ledger(cloud):
    body = {"account": "supplier", "region": "ap-southeast-1", "name": "x", "image_id": "m-t4n09mlvy3gsnvwcdtn4"}
    assert cloud.control("POST", "images", body)["image_id"] == body["image_id"]
    assert body["image_id"] in cloud.images("ap-southeast-1")
    assert cloud.ledger()["is_empty"]
    assert cloud.raw("POST", "/_cloud/images", body)[0] == 409


def test_an_artifact_can_be_edited_by_hand(cloud):
    artifact_id = cloud.released()
    changes = {"description": "edited", "tags": {"by": "hand"}, "regions": ["cn-beijing"], "permission_type": "Public"}
    cloud.control("POST", "artifacts/edit", {"artifact_id": artifact_id, "set": changes})
    found = cloud.get(artifact_id)
    assert (found.description, found.permission_type) == ("edited", "Public")
    assert json.loads(found.support_region_ids) == ["cn-beijing"]
    assert [(tag.key, tag.value) for tag in found.tags] == [("by", "hand")]
    status, answer = cloud.raw("POST", "/_cloud/artifacts/edit", {"artifact_id": artifact_id, "set": {"colour": 1}})
    assert status == 400
    assert "colour" in answer["error"]


@pytest.mark.wire
def test_a_hold_stops_time_and_answers_when_so_many_calls_were_made(start):
    cloud = start("--time-scale", "1000")
    cloud.control("PUT", "hold", {"action": "ListArtifacts", "calls": 2})
    request = nest.ListArtifactsRequest()
    cloud.nest().list_artifacts(request)
    assert cloud.control("GET", "hold") == {"is_reached": False}
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(cloud.nest().list_artifacts, request) for _ in range(3)]
        while not cloud.control("GET", "hold")["is_reached"]:
            pass
        stopped_at = cloud.control("GET", "status")["now"]
        assert cloud.control("GET", "calls")["counts"] == {"ListArtifacts": 2}, "the others have no effect yet"
        assert not any(one.done() for one in asked)
        assert cloud.control("GET", "status")["now"] == stopped_at
        cloud.control("DELETE", "hold")
        assert all(one.result().status_code == 200 for one in asked)
    assert cloud.control("GET", "calls")["counts"] == {"ListArtifacts": 4}
    assert cloud.control("GET", "status")["now"] > stopped_at


def test_no_answer_waits_for_nagle():
    """40 ms an answer: asyncio turns Nagle's delay off only where a listener names its protocol."""

    async def accepted() -> int:
        asked = asyncio.get_running_loop().create_future()

        class Protocol(asyncio.Protocol):
            def connection_made(self, transport):
                asked.set_result(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                transport.close()

        server = await asyncio.get_running_loop().create_server(Protocol, sock=listen("127.0.0.1", 0))
        async with server:
            with socket.create_connection(server.sockets[0].getsockname()):
                return await asked

    assert asyncio.run(accepted()) == 1
