"""Signature version 1.0, as Terraform, the aliyun CLI and the classic SDKs sign: who may ask, and what is refused.

Real clients sign what is right; what they would never send is signed here.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkecs.request.v20140526.DescribeImagesRequest import DescribeImagesRequest
from aliyunsdkros.request.v20190910.ListStacksRequest import ListStacksRequest

from computenest_cloud.services.oss.signing import Claim
from computenest_cloud.wire import rpc
from emulator.clients import ALL, RPC, Keys, Refused, Request, go
from emulator.harness import both, environment

pytestmark = pytest.mark.wire

ECS = "2014-05-26"
TEXT = "名 a+b/c~*=&% ü'()!"
FORM = "application/x-www-form-urlencoded"


def keys_of(cloud, account="supplier") -> Keys:
    keys = cloud.handle["accounts"][account]
    return Keys(cloud.handle["endpoint"], keys["access_key_id"], keys["access_key_secret"])


def session_of(cloud) -> Keys:
    found = cloud.control("POST", "sts", {"account": "supplier", "expires_in_s": 60})
    return Keys(cloud.handle["endpoint"], found["access_key_id"], found["access_key_secret"], found["security_token"])


def draft(name: str, *, method: str = "POST", is_form: bool = False) -> Request:
    params = {
        "ArtifactType": "File", "Name": name, "VersionName": "one", "Description": TEXT,
        "ArtifactProperty": json.dumps({"Url": "https://a.oss-cn-hangzhou.aliyuncs.com/b"}),
    }  # fmt: skip
    return Request("2021-05-21", "CreateArtifact", params, method, is_form)


@pytest.mark.parametrize("client", sorted(ALL))
@pytest.mark.parametrize(("method", "is_form"), [("GET", False), ("POST", False), ("POST", True)])
def test_every_client_is_understood(cloud, client, method, is_form):
    """Text beyond ASCII, and every character that is quoted in more than one way, in the query and in a form."""
    asked = Request(ECS, "DescribeImages", {"RegionId": "cn-hangzhou", "ImageName": TEXT}, method, is_form)
    assert ALL[client](keys_of(cloud), asked)["TotalCount"] == 0
    for name in ("a", "b"):
        artifact_id = ALL[client](keys_of(cloud), draft(f"{TEXT}{client}{method}{is_form}{name}"))["ArtifactId"]
        assert cloud.get(artifact_id).description == TEXT


@pytest.mark.parametrize("client", sorted(ALL))
def test_temporary_credentials_are_judged_alike(cloud, client):
    asked = Request(ECS, "DescribeRegions", {})
    keys = session_of(cloud)
    assert ALL[client](keys, asked)["Regions"]
    for token, code in (("other", "InvalidSecurityToken.Malformed"), ("", "MissingSecurityToken")):
        with pytest.raises(Refused, check=lambda error, code=code: error.code == code):
            ALL[client](Keys(keys.endpoint, keys.key, keys.secret, token), asked)
    own = keys_of(cloud)
    with pytest.raises(Refused, check=lambda error: error.code == "InvalidSecurityToken.MismatchWithAccessKey"):
        ALL[client](Keys(own.endpoint, own.key, own.secret, "of another key"), asked)
    cloud.advance(61)
    with pytest.raises(Refused, check=lambda error: error.code == "InvalidSecurityToken.Expired"):
        ALL[client](keys, asked)


@pytest.mark.parametrize("client", sorted(RPC))
def test_every_client_reads_a_refusal(cloud, client):
    asked, keys = Request(ECS, "DescribeRegions", {"X": TEXT}), keys_of(cloud)
    # The SDKs that find the server's text equal to their own say in their own words what is wrong.
    wrong = {"SignatureDoesNotMatch", "InvalidAccessKeySecret", "SDK.InvalidAccessKeySecret"}
    with pytest.raises(Refused, check=lambda error: error.code in wrong):
        RPC[client](Keys(keys.endpoint, keys.key, "wrong"), asked)
    with pytest.raises(Refused, check=lambda error: error.code == "InvalidAccessKeyId.NotFound"):
        RPC[client](Keys(keys.endpoint, "LTAI-unknown", "wrong"), asked)
    with pytest.raises(Refused, check=lambda error: error.code == "InvalidAction.NotFound"):
        RPC[client](keys, Request(ECS, "DescribeNothing", {}))
    with pytest.raises(Refused, check=lambda error: error.code == "InvalidVersion"):
        RPC[client](keys, Request("1999-01-01", "DescribeRegions", {}))
    cloud.fault({"kind": "throttle"}, times=1)
    with pytest.raises(Refused, check=lambda error: error.code == "Throttling.User"):
        RPC[client](keys, asked)


def test_the_classic_products_sdks(cloud):
    keys = keys_of(cloud)
    client = AcsClient(region_id="cn-hangzhou", credential=AccessKeyCredential(keys.key, keys.secret))
    for request, listed in ((DescribeImagesRequest(), "Images"), (ListStacksRequest(), "Stacks")):
        request.set_endpoint(keys.endpoint)
        request.set_protocol_type("http")
        assert listed in json.loads(client.do_action_with_exception(request))


KEYLESS = """
import sys
from alibabacloud_credentials.client import Client as Keys
from alibabacloud_ecs20140526 import client, models
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.client import AcsClient
from aliyunsdkecs.request.v20140526.DescribeImagesRequest import DescribeImagesRequest

asked = DescribeImagesRequest()
asked.set_endpoint(sys.argv[1])
asked.set_protocol_type("http")
assert b"Images" in AcsClient(region_id="cn-hangzhou").do_action_with_exception(asked)
config = Config(endpoint=sys.argv[1], protocol="http", region_id="cn-hangzhou", credential=Keys())
assert client.Client(config).describe_images(models.DescribeImagesRequest(region_id="cn-hangzhou")).status_code == 200
"""


def test_keys_from_the_environment(cloud):
    """What `computenest cloud env` exports is found by the clients themselves, classic and current."""
    keys = keys_of(cloud)
    exported = {
        f"{prefix}_ACCESS_KEY_{name}": value
        for prefix in ("ALIYUN", "ALIBABA_CLOUD")
        for name, value in (("ID", keys.key), ("SECRET", keys.secret))
    }
    subprocess.run([sys.executable, "-c", KEYLESS, keys.endpoint], env={**environment(), **exported}, check=True)


def test_a_current_client_with_the_former_algorithm(cloud):
    config = cloud.sdk_config("supplier")
    config.signature_algorithm = "v2"
    request = ecs.DescribeImagesRequest(region_id="cn-hangzhou", image_owner_alias="self")
    request.tag = [ecs.DescribeImagesRequestTag(key="a", value="b")]
    assert EcsClient(config).describe_images(request).body.total_count == 0
    request.tag = None
    assert EcsClient(config).describe_images(request).body.total_count == 2


def test_a_token_is_replayed_however_it_is_signed(cloud):
    """What the protocol adds to a request is no part of what two requests with one ClientToken must agree on."""
    asked = draft("replayed")
    params = {**asked.params, "ClientToken": "one", "RegionId": "cn-hangzhou"}  # which some clients add by themselves
    asked = Request(asked.version, asked.action, params)
    assert len({client(keys_of(cloud), asked)["ArtifactId"] for client in ALL.values()}) == 1


# --- what no real client sends


def signed(keys: Keys, *, method: str = "GET", secret: str = "", **more: str) -> dict[str, str]:
    parameters = {
        "Action": "DescribeImages",
        "Version": ECS,
        "RegionId": "cn-hangzhou",
        "Format": "JSON",
        "AccessKeyId": keys.key,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": at(0),
        **more,
    }
    text = rpc.string_to_sign(method, parameters)
    return {**parameters, "Signature": rpc.sign(text, secret or keys.secret, parameters["SignatureMethod"])}


def at(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def send(
    keys: Keys, query: dict[str, str], *, method: str = "GET", form: dict[str, str] | None = None, **headers: str
) -> tuple[str, bytes]:
    """The error's code, "" where there is none, and the answer."""
    host, _, port = keys.endpoint.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    body = None if form is None else urlencode(form)
    sent = {"content-type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"/?{urlencode(query)}", body, sent if body else dict(list(sent.items())[1:]))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if query.get("Format") != "JSON":
        return "", content
    found: dict[str, Any] = json.loads(content)
    assert ("Code" in found) == (answer.status != 200)
    return str(found.get("Code", "")), content


def test_whatever_was_changed_after_signing_is_found_out(cloud):
    keys, found = keys_of(cloud), {}
    for name in signed(keys):
        if name in {"Format", "Version", "SignatureMethod", "SignatureVersion", "AccessKeyId"}:
            continue  # those have refusals of their own, below
        query = signed(keys)
        query[name] = at(1) if name == "Timestamp" else query[name] + "x"
        found[name] = send(keys, query)[0]
    assert set(found.values()) == {"SignatureDoesNotMatch"}
    assert {"Action", "RegionId", "SignatureNonce", "Timestamp", "Signature"} <= set(found)
    assert send(keys, {**signed(keys), "ImageName": "added"})[0] == "SignatureDoesNotMatch"
    assert send(keys, signed(keys), form={"ImageName": "added"}, method="GET")[0] == "SignatureDoesNotMatch"
    assert send(keys, signed(keys, method="POST"))[0] == "SignatureDoesNotMatch"
    assert send(keys, signed(keys))[0] == ""


@pytest.mark.parametrize("name", rpc.REQUIRED)
def test_each_of_the_protocols_parameters_is_asked_for(cloud, name):
    query = signed(keys_of(cloud))
    del query[name]
    expected = "InvalidVersion" if name == "Version" else f"Missing{name}"
    assert send(keys_of(cloud), query)[0] == expected


def test_headers_count_for_nothing(cloud):
    """None is signed: neither another action, nor a token, nor a body that is not a form."""
    keys, before = keys_of(cloud), cloud.control("GET", "calls")["counts"].get("DescribeImages", 0)
    code, _ = send(keys, signed(keys), x_acs_action="DeleteImage", x_acs_version="1999-01-01", x_acs_security_token="t")
    assert code == ""
    code, _ = send(keys, signed(keys, method="POST"), method="POST", form={"X": "y"}, content_type="text/plain")
    assert code == ""
    assert cloud.control("GET", "calls")["counts"]["DescribeImages"] == before + 2


@pytest.mark.parametrize("seconds", [-901, 901])
def test_a_clock_that_is_off_is_refused(cloud, seconds):
    keys = keys_of(cloud)
    assert send(keys, signed(keys, Timestamp=at(seconds)))[0] == "InvalidTimeStamp.Expired"
    assert send(keys, signed(keys, Timestamp=at(seconds / 901 * 800)))[0] == ""
    assert send(keys, signed(keys, Timestamp="yesterday"))[0] == "InvalidTimeStamp.Expired"


def test_a_nonce_is_good_once_and_no_forger_can_burn_it(cloud):
    keys = keys_of(cloud)
    query = signed(keys)
    assert send(keys, {**query, "RegionId": "cn-beijing"})[0] == "SignatureDoesNotMatch"
    assert send(keys, query)[0] == ""
    assert send(keys, query)[0] == "SignatureNonceUsed"
    assert send(keys, signed(keys, SignatureNonce=query["SignatureNonce"], RegionId="cn-beijing"))[0] == (
        "SignatureNonceUsed"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SignatureMethod", "HMAC-MD5"),
        ("SignatureVersion", "2.0"),
        ("SignatureType", "BEARERTOKEN"),
        ("SignatureType", "PRIVATEKEY"),
    ],
)
def test_other_kinds_of_signature_are_refused(cloud, name, value):
    keys = keys_of(cloud)
    query = {**signed(keys), name: value}
    assert send(keys, query)[0] == f"InvalidParameter.{name}"


@both("rpc.takes_sha256")
def test_sha256_is_accepted_or_not(cloud, position):
    cloud.switch("rpc.takes_sha256", position)
    keys = keys_of(cloud)
    code, _ = send(keys, signed(keys, SignatureMethod="HMAC-SHA256"))
    assert code == ("" if position else "InvalidParameter.SignatureMethod")
    weak = {**signed(keys), "SignatureMethod": "HMAC-SHA256"}
    assert send(keys, weak)[0] == ("SignatureDoesNotMatch" if position else "InvalidParameter.SignatureMethod")


def test_a_signature_that_is_no_text_of_ours(cloud):
    keys = keys_of(cloud)
    assert send(keys, {**signed(keys), "Signature": "é"})[0] == "SignatureDoesNotMatch"
    assert send(keys, signed(keys, SecurityToken="é"))[0] == "InvalidSecurityToken.MismatchWithAccessKey"


def test_an_answer_is_xml_where_json_is_not_asked_for(cloud):
    keys = keys_of(cloud)
    asked = signed(keys, Format="XML", ImageOwnerAlias="self")
    root = ET.fromstring(send(keys, asked)[1])
    assert root.tag == "DescribeImagesResponse"
    assert [image.findtext("ImageOwnerAlias") for image in root.findall("Images/Image")] == ["self", "self"]
    query = signed(keys)
    del query["Format"]
    root = ET.fromstring(send(keys, query)[1])
    assert (root.tag, root.findtext("Code")) == ("Error", "SignatureDoesNotMatch")
    draft_id = cloud.draft("<a>&\x01").artifact_id
    asked = signed(keys, Format="XML", Action="GetArtifact", Version="2021-05-21", ArtifactId=draft_id)
    assert ET.fromstring(send(keys, asked)[1]).findtext("Name") == "<a>&"


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_object_storage_takes_the_go_sdks_signatures(cloud, version):
    """Version 4 with the Date header, which the Python SDKs do not send."""
    keys = keys_of(cloud)
    where = {"Bucket": "computenest-upload-private-cn-hangzhou", "Key": f"{cloud.uid('supplier')}/a b/名"}
    go().call("oss", keys, Version=version, Action="PutObject", Params={**where, "Body": TEXT})
    assert go().call("oss", keys, Version=version, Action="GetObject", Params=where) == TEXT
    wrong = Keys(keys.endpoint, keys.key, "wrong")
    with pytest.raises(Refused, check=lambda error: error.code == "SignatureDoesNotMatch"):
        go().call("oss", wrong, Version=version, Action="GetObject", Params=where)


def test_a_dates_signature_is_good_for_a_quarter_of_an_hour(cloud):
    """The Date header is what version 4 signs where there is no x-oss-date: neither missing nor stale will do."""
    keys, day = keys_of(cloud), datetime.now(UTC)
    uid = cloud.uid("supplier")
    for minutes, date, code in (
        (0, True, "NoSuchKey"),
        (-16, True, "RequestTimeTooSkewed"),
        (0, False, "AccessDenied"),
    ):
        moment = (day + timedelta(minutes=minutes)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        assert _get_object(keys, f"/computenest-upload-private-cn-hangzhou/{uid}/x", moment, is_sent=date) == code


def _get_object(keys: Keys, path: str, date: str, *, is_sent: bool) -> str:
    scope = f"{datetime.now(UTC):%Y%m%d}/cn-hangzhou/oss/aliyun_v4_request"
    canonical = f"GET\n{path}\n\n\n\nUNSIGNED-PAYLOAD"
    claim = Claim(keys.key, "", "", scope=scope, date=date, canonical=canonical)
    authorization = f"OSS4-HMAC-SHA256 Credential={keys.key}/{scope},Signature={claim._version_4(keys.secret)}"
    host, _, port = keys.endpoint.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("GET", path, headers={"authorization": authorization} | ({"date": date} if is_sent else {}))
    content = connection.getresponse().read()
    connection.close()
    return str(ET.fromstring(content).findtext("Code"))
