"""The wire protocol, with the official SDK on the other side: who may ask, and how errors look."""

from __future__ import annotations

import pytest
from alibabacloud_computenestsupplier20210521 import models as nest
from alibabacloud_computenestsupplier20210521.client import Client as NestClient
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

pytestmark = pytest.mark.wire

REGIONS = ecs.DescribeRegionsRequest()


def test_every_product_answers_its_sdk(cloud):
    assert len(cloud.ecs().describe_regions(REGIONS).body.regions.region) >= 24
    assert cloud.nest().list_artifacts(nest.ListArtifactsRequest()).body.total_count == 0


def test_text_beyond_ascii_is_signed_and_kept(cloud):
    artifact_id = cloud.draft("名 a+b/c~*", description="ü & = %20").artifact_id
    found = cloud.get(artifact_id)
    assert (found.name, found.description) == ("名 a+b/c~*", "ü & = %20")


def test_the_endpoint_may_carry_a_scheme(cloud):
    config = cloud.sdk_config("supplier")
    config.endpoint = f"http://{config.endpoint}"
    assert NestClient(config).list_artifacts(nest.ListArtifactsRequest()).status_code == 200


def test_whoever_has_keys_can_ask_whose_they_are(cloud):
    """The official STS SDK is a call of the same client with these parameters."""
    asked = Params(
        action="GetCallerIdentity", version="2015-04-01", protocol="HTTPS", pathname="/", method="POST",
        auth_type="AK", style="RPC", req_body_type="formData", body_type="json",
    )  # fmt: skip
    for account in ("supplier", "hub", "customer"):
        config = cloud.sdk_config(account)
        answer = EcsClient(config).call_api(asked, OpenApiRequest(), RuntimeOptions())["body"]
        uid = cloud.uid(account)
        assert (answer["AccountId"], answer["Arn"]) == (uid, f"acs:ram::{uid}:root")
    session = EcsClient(_session(cloud)).call_api(asked, OpenApiRequest(), RuntimeOptions())["body"]
    assert session["AccountId"] == cloud.uid("supplier")


def test_a_wrong_secret_is_refused(cloud, refused):
    config = cloud.sdk_config("supplier")
    config.access_key_secret = "wrong"
    with refused("SignatureDoesNotMatch") as caught:
        EcsClient(config).describe_regions(REGIONS)
    assert caught.value.status_code == 400


def test_an_unknown_key_is_refused(cloud, refused):
    config = cloud.sdk_config("supplier")
    config.access_key_id = "LTAI-unknown"
    with refused("InvalidAccessKeyId.NotFound") as caught:
        EcsClient(config).describe_regions(REGIONS)
    assert caught.value.status_code == 404


def _session(cloud, **more):
    session = cloud.control("POST", "sts", {"account": "supplier", "expires_in_s": 60, **more})
    config = cloud.sdk_config()
    config.access_key_id, config.access_key_secret = session["access_key_id"], session["access_key_secret"]
    config.security_token = session["security_token"]
    return config


def test_temporary_credentials_work_until_they_expire(cloud, refused):
    client = EcsClient(_session(cloud))
    assert client.describe_regions(REGIONS).status_code == 200
    cloud.advance(61)
    with refused("InvalidSecurityToken.Expired"):
        client.describe_regions(REGIONS)


def test_temporary_credentials_need_their_token(cloud, refused):
    config = _session(cloud)
    config.security_token = "other"
    with refused("InvalidSecurityToken.Malformed"):
        EcsClient(config).describe_regions(REGIONS)
    config.security_token = None
    with refused("MissingSecurityToken"):
        EcsClient(config).describe_regions(REGIONS)


def test_an_error_has_the_real_body(cloud):
    with pytest.raises(ClientException) as caught:
        cloud.get("artifact-unknown")
    assert set(caught.value.data) >= {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert caught.value.data["Code"] == "EntityNotExist.Artifact"
    assert caught.value.request_id == caught.value.data["RequestId"]


def test_an_unsigned_request_is_refused(cloud):
    headers = {"x-acs-action": "DescribeRegions", "x-acs-version": "2014-05-26"}
    status, body = cloud.raw("POST", "/", headers=headers)
    assert (status, body["Code"]) == (400, "MissingParameter")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MissingAction"),
        ({"x-acs-action": "A", "x-acs-version": "1999-01-01"}, "InvalidVersion"),
        ({"x-acs-action": "A", "x-acs-version": "2014-05-26", "authorization": "Basic x"}, "IncompleteSignature"),
        (
            {"x-acs-action": "A", "x-acs-version": "2014-05-26", "authorization": "ACS3-HMAC-SHA256 x"},
            "IncompleteSignature",
        ),
    ],
)
def test_a_malformed_request_is_refused(cloud, headers, code):
    status, body = cloud.raw("POST", "/", headers=headers)
    assert (status, body["Code"]) == (400, code)


def test_an_action_nobody_implements_is_an_error_of_its_own(cloud, refused):
    with refused("InvalidAction.NotFound"):
        cloud.ecs().describe_disks(ecs.DescribeDisksRequest(region_id="cn-hangzhou"))


def test_a_missing_parameter_is_named(cloud, refused):
    with refused("MissingRegionId"):
        cloud.ecs().describe_images(ecs.DescribeImagesRequest())


def _call(cloud, action, version, *, method="POST", body=None):
    params = Params(
        action=action,
        version=version,
        protocol="HTTP",
        pathname="/",
        method=method,
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    return cloud.ecs().call_api(params, OpenApiRequest(body=body), RuntimeOptions())["body"]


def test_get_works_too(cloud):
    assert len(_call(cloud, "DescribeRegions", "2014-05-26", method="GET")["Regions"]["Region"]) >= 24


def test_parameters_may_travel_in_a_form(cloud):
    body = {"RegionId": "cn-hangzhou", "ImageOwnerAlias": "self", "ImageName": "golden-web"}
    assert _call(cloud, "DescribeImages", "2014-05-26", body=body)["TotalCount"] == 2
    body["ImageName"] = "golden web"
    assert _call(cloud, "DescribeImages", "2014-05-26", body=body)["TotalCount"] == 0


def test_a_permanent_key_has_no_token(cloud, refused):
    """Settings that mix a permanent key with a token of another are wrong, and found out at once."""
    config = cloud.sdk_config("supplier")
    config.security_token = "of another key"
    with refused("InvalidSecurityToken.MismatchWithAccessKey") as caught:
        EcsClient(config).describe_regions(REGIONS)
    assert caught.value.status_code == 400
