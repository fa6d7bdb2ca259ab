"""Every kind of fault, as the official SDK meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException, ThrottlingException
from darabonba.exceptions import UnretryableException

from computenest_cloud.faults import kinds
from emulator.harness import COPY_S, both

LIST = {"service": "computenest", "action": "ListArtifacts"}


def _list(cloud):
    return cloud.nest().list_artifacts(nest.ListArtifactsRequest()).body


@pytest.mark.wire
def test_throttling_with_the_header(cloud):
    cloud.fault({"kind": "throttle", "retry_after_ms": 1500}, match=LIST, times=1)
    with pytest.raises(ThrottlingException) as caught:
        _list(cloud)
    assert (caught.value.code, caught.value.retry_after) == ("Throttling.User", 1500)
    _list(cloud)


def test_throttling_without_the_header(cloud):
    cloud.fault({"kind": "throttle"}, match=LIST, times=1)
    with pytest.raises(ClientException) as caught:
        _list(cloud)
    assert (caught.value.code, caught.value.status_code) == ("Throttling.User", 429)


def test_a_server_error(cloud):
    cloud.fault({"kind": "http", "status": 503, "code": "ServiceUnavailable"}, match=LIST)
    with pytest.raises(ServerException) as caught:
        _list(cloud)
    assert (caught.value.code, caught.value.status_code) == ("ServiceUnavailable", 503)


@pytest.mark.wire
def test_an_html_body(cloud):
    cloud.fault({"kind": "html", "status": 502}, match=LIST)
    with pytest.raises(UnretryableException):
        _list(cloud)


def test_an_error_of_ones_choice(cloud, refused):
    effect = {"kind": "error", "status": 403, "code": "QuotaExceed.Image", "message": "No more."}
    cloud.fault(effect, match={"service": "ecs", "action": "CopyImage"})
    with refused("QuotaExceed.Image") as caught:
        cloud.copy()
    assert caught.value.status_code == 403
    assert "No more." in caught.value.message


def test_expired_credentials(cloud, refused):
    cloud.fault({"kind": "expired_credentials"}, times=1)
    with refused("InvalidSecurityToken.Expired"):
        _list(cloud)


@pytest.mark.wire
@pytest.mark.parametrize(("kind", "happens"), [("timeout_before", False), ("timeout_after", True), ("drop", False)])
def test_a_dropped_connection(cloud, kind, happens):
    cloud.fault({"kind": kind}, match={"action": "CreateArtifact"}, times=1)
    with pytest.raises(UnretryableException):
        cloud.draft(client_token="t")
    assert _list(cloud).total_count == int(happens)
    cloud.draft(client_token="t")
    assert _list(cloud).total_count == 1


def test_a_copy_that_fails(cloud):
    cloud.fault({"kind": "fail_copy", "code": "X"}, match={"account": "supplier", "region": "cn-beijing"})
    failing, fine = cloud.copy(), cloud.copy(to="cn-shanghai")
    cloud.advance(COPY_S)
    assert cloud.images("cn-beijing")[failing].status == "CreateFailed"
    assert cloud.images("cn-shanghai")[fine].status == "Available"
    assert not cloud.ledger()["is_empty"]  # it stays until its owner deletes it
    cloud.ecs().delete_image(ecs.DeleteImageRequest(region_id="cn-beijing", image_id=failing))


def test_the_hubs_copies_can_be_refused(cloud):
    effect = {"kind": "error", "code": "QuotaExceed.Snapshot", "message": "Full."}
    cloud.fault(effect, match={"account": "hub", "action": "CopyImage", "region": "cn-shanghai"})
    failed = cloud.versions(cloud.released())[0]
    assert failed.status_detail == "cn-shanghai: QuotaExceed.Snapshot: Full."


def test_a_build_that_fails(cloud):
    cloud.fault({"kind": "fail_build", "code": "ScriptError", "message": "exit 1"}, times=1)
    artifact_id = cloud.build().artifact_id
    cloud.advance(300)
    found = cloud.get(artifact_id)
    assert (found.status, found.status_detail) == ("CreateFailed", "ScriptError: exit 1")


def test_a_scan_that_fails(cloud):
    cloud.fault({"kind": "fail_scan", "message": "CVE-2026-1"}, times=1)
    artifact_id = cloud.released()
    version = cloud.versions(artifact_id)[0]
    assert (version.artifact_version, version.status, version.security_audit_result) == (
        "draft",
        "ScanFailed",
        "AtRisk",
    )
    assert version.result_file
    risks = cloud.nest().list_artifact_risks(nest.ListArtifactRisksRequest(artifact_id=artifact_id)).body
    assert "CVE-2026-1" in risks.artifact_risk_list[0].risk_name
    cloud.release(artifact_id)
    cloud.advance(3600)
    assert cloud.versions(artifact_id)[0].status == "Available"


@both("scan.risk_shows_as")
def test_a_risk_that_the_scan_finds(cloud, position):
    cloud.switch("scan.risk_shows_as", position)
    cloud.fault({"kind": "fail_scan", "message": "CVE-2026-1"}, times=1)
    version = cloud.versions(cloud.released())[0]
    expected = {"failed": "ScanFailed", "beside": "Available"}[position]
    assert (version.status, version.security_audit_result) == (expected, "AtRisk")
    assert bool(version.image_delivery) is (position == "beside")
    assert version.result_file


@pytest.mark.parametrize("action", ["CreateArtifact", "ListArtifacts"])
def test_lists_lag_behind_writes(cloud, action):
    cloud.fault({"kind": "list_lag", "seconds": 30}, match={"action": action})
    artifact_id = cloud.draft().artifact_id
    assert _list(cloud).artifacts == []
    assert cloud.get(artifact_id).status == "Created"
    cloud.advance(31)
    assert [artifact.artifact_id for artifact in _list(cloud).artifacts] == [artifact_id]


def test_lists_go_on_showing_what_was_deleted(cloud, refused):
    artifact_id = cloud.draft("web").artifact_id
    cloud.fault({"kind": "list_lag", "seconds": 30}, match={"action": "DeleteArtifact"})
    cloud.delete(artifact_id)
    assert [(artifact.name, artifact.status) for artifact in _list(cloud).artifacts] == [("web", "Created")]
    with refused("EntityNotExist.Artifact"):
        cloud.get(artifact_id)
    cloud.advance(31)
    assert _list(cloud).artifacts == []


def test_lists_go_on_showing_the_status_before_a_release(cloud):
    artifact_id = cloud.draft().artifact_id
    cloud.fault({"kind": "list_lag", "seconds": 20}, match={"action": "ReleaseArtifact"})
    cloud.release(artifact_id)
    assert [artifact.status for artifact in _list(cloud).artifacts] == ["Created"]
    cloud.advance(21)
    assert [artifact.status for artifact in _list(cloud).artifacts] == ["Scanning"]


def test_images_lag_too(cloud):
    cloud.fault({"kind": "list_lag", "seconds": 30}, match={"service": "ecs", "action": "CopyImage"})
    image_id = cloud.copy()
    assert image_id not in cloud.images("cn-beijing")
    cloud.advance(31)
    assert image_id in cloud.images("cn-beijing")


def test_every_kind_has_a_test():
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    missing = [kind for kind in sorted(kinds()) if f'"{kind}"' not in text]
    assert missing == []


def _outcomes(cloud, count):
    def succeeds():
        try:
            _list(cloud)
        except ClientException:
            return False
        return True

    return [succeeds() for _ in range(count)]


def test_skip_and_times(cloud):
    cloud.fault({"kind": "throttle"}, match=LIST, skip=1, times=2)
    assert _outcomes(cloud, 5) == [True, False, False, True, True]
    (rule,) = cloud.control("GET", "faults")
    assert (rule["matched"], rule["fired"]) == (5, 2)


def test_probability_is_seeded(cloud):
    def run():
        cloud.fault({"kind": "throttle"}, match=LIST, probability=0.5)
        return _outcomes(cloud, 20)

    first = run()
    assert {True, False} == set(first)
    assert run() == first


@pytest.mark.parametrize(
    "match", [{"service": "ecs"}, {"action": "GetArtifact"}, {"account": "hub"}, {"region": "cn-beijing"}]
)
def test_a_rule_that_matches_something_else(cloud, match):
    cloud.fault({"kind": "throttle"}, match=match)
    assert _outcomes(cloud, 1) == [True]


def test_a_malformed_rule_is_refused(cloud):
    status, answer = cloud.raw("PUT", "/_cloud/faults", [{"effect": {"kind": "earthquake"}}])
    assert status == 400
    assert "earthquake" in answer["error"]
