"""What a request brings stays with it: values that nobody expects, bytes that are no HTTP, faults of our cloud."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import re
import socket
from pathlib import Path
from random import Random

import pytest
from alibabacloud_ros20190910 import models as ros
from alibabacloud_tea_openapi.exceptions import ClientException

from computenest_cloud.services.ecs.records import IMAGES, Image
from computenest_cloud.services.ros.patterns import is_match
from computenest_cloud.store.database import Store
from computenest_cloud.wire.values import finite, parse_json, whole_number
from emulator import offers
from emulator.fuzzing import Sent, send, signed
from emulator.harness import Cloud, both

pytestmark = pytest.mark.wire

EMULATOR = Path(__file__).parents[2] / "emulator" / "computenest_cloud"
SPOTS = re.compile(r"json\.loads?\(|\.is(digit|decimal|numeric)\(|re\.(full)?match\((?!r\")")
DEEP = 20_000
EXPLAINED = r"^(it is nested|it holds|a number has|the number|-?\w+ is no JSON|could not convert|Expecting)"
OTHERS = ("²", "٣", "-1", "+1", "1.0", "1_0", " 1", "", "9" * 5000, "9" * 19)


def healthy(cloud: Cloud) -> bool:
    state = cloud.control("GET", "status")
    return state["failures"] == 0 and not state["is_in_transaction"] and bool(cloud.images("cn-hangzhou"))


# --- values


@pytest.mark.parametrize("text", OTHERS)
def test_only_ascii_digits_write_a_whole_number(text):
    assert whole_number(text) is None
    assert whole_number("9" * 18) == 10**18 - 1


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999", "x", ""])
def test_a_number_that_is_none(text):
    with pytest.raises(ValueError, match=EXPLAINED):
        finite(text)


@pytest.mark.parametrize(
    "text",
    [
        '"\\ud800"',
        '{"\\udfff": 1}',
        '["\\uDBFF"]',
        "[" * DEEP,
        "[" * DEEP + "]" * DEEP,
        '{"a":' * DEEP + "1" + "}" * DEEP,
        "[" * 101 + "]" * 101,
        "9" * 5000,
        "NaN",
        "[1e999]",
        "-Infinity",
        "{",
    ],
)
def test_json_that_no_later_step_bears(text):
    with pytest.raises(ValueError, match=EXPLAINED):
        parse_json(text)


@pytest.mark.parametrize("text", ['"\\ud83d\\ude00"', "[" * 100 + "]" * 100, '{"a": [1.5, null, "x"]}', "123456789012"])
def test_json_that_every_later_step_bears(text):
    assert parse_json(text) == json.loads(text)


def test_what_clients_send_is_read_in_one_place():
    """`json.loads`, `isdigit` and `re.match` of a template's pattern break on what `wire/values.py` and
    `ros/patterns.py` bear."""
    own = {
        "server.py": "json.loads(path.",
        "stacks.py": "json.loads(json.dumps(",
        "tables.py": "open(json.loads(doc), ",
        "sealing.py": "json.loads(self._key()",
    }
    found = []
    for path in EMULATOR.rglob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            is_one = re.search(
                r"json\.loads?\(|\.isdigit\(|\.isdecimal\(|\.isnumeric\(|re\.(full)?match\((?!r\")", line
            )
            if is_one and path.name not in {"values.py", "patterns.py"} and own.get(path.name, "\0") not in line:
                found.append(f"{path.name}: {line.strip()}")
    assert [line for line in found if "isascii" not in line] == []


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("^a+$", "aaa", True),
        ("^[a-z][-a-z0-9]{1,30}$", "shop-1", True),
        ("(a|b)+$", "abab", True),
        ("(a|b)+$", "abc\r\n", False),
        ("(a+)+$", "a" * 40 + "!", None),
        ("a*a*a*a*a*b", "a" * 5000, None),
    ],
)
def test_a_pattern_takes_a_second_at_most(pattern, value, expected):
    assert is_match(pattern, value) is expected


# --- templates


ALIASES = "a: &a0 [x, x]\n" + "".join(f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
BODIES = {
    "too deep for the parser's stack": "[" * 250_000,
    "too deep in blocks": "".join(" " * n + "a:\n" for n in range(150)),
    "aliases that multiply": f"ROSTemplateFormatVersion: '2015-09-01'\n{ALIASES}",
    "a count without end": {"Resources": {"S": {"Type": "ALIYUN::ECS::Instance", "Count": 10**9}}},
    "blocks without end": {"Outputs": {"O": {"Value": {"Fn::Cidr": ["0.0.0.0/0", 10**9, 1]}}}},
    "locals that multiply": {
        "Locals": {"L0": {"Value": "x" * 100}}
        | {f"L{n}": {"Value": {"Fn::Sub": f"${{L{n - 1}}}" * 30}} for n in range(1, 30)},
        "Outputs": {"O": {"Value": {"Ref": "L29"}}},
    },
    "an expression without end": {"Outputs": {"O": {"Value": {"Fn::Calculate": ["(" * 900 + "1", 0]}}}},
    "numbers that are none": {"Outputs": {"O": {"Value": {"Fn::Calculate": ["1e308*1e308", 10**30]}}}},
    "a pattern without end": {
        "Rules": {"R": {"Assertions": [{"Assert": {"Fn::MatchPattern": ["(a+)+$", "a" * 40 + "!"]}}]}}
    },
    "an output of nothing": {"Outputs": {"O": {"Value": {"Fn::GetAtt": ["Nothing", "Id"]}}}},
    "sections of another kind": {"Conditions": {"C": []}, "Resources": {"S": {"Type": [], "Properties": 1}}},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_template_made_to_take_the_server_down(cloud, body):
    text = body if isinstance(body, str) else json.dumps({"ROSTemplateFormatVersion": "2015-09-01", **body})
    request = ros.CreateStackRequest(region_id="cn-hangzhou", stack_name="s", template_body=text)
    with contextlib.suppress(ClientException):  # never a ServerException
        cloud.ros().create_stack(request)
    cloud.advance(3600)
    assert healthy(cloud)


# --- parameters that are too long


@both("query.too_long")
def test_a_parameter_that_is_too_long_is_named(cloud, position):
    cloud.switch("query.too_long", position)
    connection, long = http.client.HTTPConnection(cloud.endpoint, timeout=60), "x" * 200_000

    def send() -> tuple[int, bytes]:
        connection.request("POST", *signed(cloud, sent))
        answer = connection.getresponse()
        return answer.status, answer.read()

    sent = Sent("supplier", "2021-05-21", "ListArtifacts", {"NextToken": "a", "Filter.1.Name": long}, is_form=False)
    status, body = send()
    assert status == 414
    if position == "page":
        assert body.startswith(b"<html>")
    else:
        answer = json.loads(body)
        assert answer["Code"] == "InvalidParameter.Filter.1.Name"
        assert "200,000 characters" in answer["Message"]
        assert "131,072 bytes" in answer["Message"]
    cloud.switch("query.limit_bytes", 1_000_000)
    assert json.loads(send()[1])["Code"] == "InvalidParameter.Filter", "on the same connection"
    connection.close()


def test_the_largest_template_travels_in_a_form(cloud):
    answers = {}
    for size in (524_288, 1_048_576):  # ROS's limit, and more than a form may have
        params = {"RegionId": "cn-hangzhou", "StackName": "s", "TemplateBody": "模" * (size // 3)}
        answer = send(cloud, Sent("customer", "2019-09-10", "CreateStack", params, is_form=True))
        answers[size] = answer.status, json.loads(answer.body)["Code"]
    assert answers == {524_288: (400, "InvalidSchema"), 1_048_576: (414, "InvalidParameter.TemplateBody")}
    assert cloud.control("GET", "status")["failures"] == 0


# --- bytes

HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
RAW = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "a header without end": HEAD + b"x: " + b"a" * (1 << 20) + b"\r\n\r\n",
    "a header that is larger than any": HEAD + b"x: " + b"a" * (40 << 20) + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"x-acs-%d: 1\r\n" % n for n in range(20_000)) + b"\r\n",
    "a header with NUL": HEAD + b"x-acs-action: a\x00b\r\n\r\n",
    "two hosts": HEAD + b"Host: evil.example\r\n\r\n",
    "a length that is none": HEAD + b"Content-Length: \xb2\r\n\r\n",
    "a query that is no text": b"GET /?%ff%fe=%00%ED%A0%80&=&&;;%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "an action that is no text": HEAD + b"x-acs-action: \xff\xfe\r\nx-acs-version: \xff\r\n\r\n",
    "an authorization of commas": HEAD + b"x-acs-action: A\r\nAuthorization: ACS3-HMAC-SHA256 ,,=,=,\r\n\r\n",
    "a target without a path": b"GET http://127.0.0.1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a target of an odd host": b"GET http://[::1/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a cookie of NULs": b"GET /console HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=\xff;;;=\r\n\r\n",
    "an odd token": b"GET /_cloud/status HTTP/1.1\r\nHost: 127.0.0.1\r\nx-cloud-control: \xff\r\n\r\n",
}


@pytest.mark.parametrize("sent", RAW.values(), ids=RAW)
def test_bytes_that_are_no_request_are_answered(cloud, sent):
    """An answer, whatever its status, and never a connection that breaks while the client still writes."""
    with socket.create_connection((cloud.handle["host"], cloud.handle["port"]), timeout=60) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        answer = raw.recv(1 << 16)
    assert re.match(rb"HTTP/1.1 [2-5]\d\d ", answer), answer[:100]
    assert not answer.startswith(b"HTTP/1.1 5")
    assert healthy(cloud)


# --- the other protocols and the control plane, by chance


def _storage(random: Random, known: list[str]) -> tuple[str, str, bytes, dict[str, str]]:
    keys = ("uploads", "uploadId", "partNumber", "list-type", "max-keys", "prefix", "marker", "delete", "Expires")
    values = ("", "%C2%B2", "1", "-1", "9" * 40, "%00", "%ED%A0%80", "a" * 3000, "OSSAccessKeyId=x")
    query = "&".join(f"{random.choice(keys)}={random.choice(values)}" for _ in range(random.randrange(4)))
    bodies = (b"", b"<", b"<a>" * 5000, b"<Delete><Object><Key>\xff</Key></Object></Delete>", b"\x00" * 5000)
    headers = {
        name: random.choice(
            ("²".encode().decode("latin-1"), "bytes=-", "bytes=9-1", "OSS a:b", "OSS4-HMAC-SHA256 =,", "x")
        )
        for name in random.sample(("Authorization", "Range", "x-oss-copy-source", "Content-MD5", "x-oss-date"), 2)
    }
    method = random.choice(("GET", "PUT", "HEAD", "POST", "DELETE", "PATCH"))
    return method, f"{random.choice(known)}?{query}", random.choice(bodies), headers


def test_object_storage_and_the_control_plane_bear_whatever_comes(cloud):
    random, count = Random(20261129), 600
    url = offers.upload(cloud)
    bucket, _, name = url.removeprefix("https://").partition(".oss-cn-hangzhou.aliyuncs.com/")
    known = [
        f"/{bucket}",
        f"/{bucket}/{name}",
        f"/{bucket}/%00",
        "/%F0%9F",
        "//",
        "/none/x",
        "/computenest-artifacts-cn-x",
    ]
    controls = [
        (method, path)
        for path in ("clock", "faults", "facts", "images", "artifacts/edit", "associations", "services/edit")
        for method in ("POST", "PUT", "DELETE")
    ] + [("POST", path) for path in ("registrations/review", "sts", "networks", "registries")]
    documents = (
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"a": "\\ud800"}',
        b"[" * DEEP,
        b'{"advance_s": 1e999}',
        b"\xff",
        b'{"set": 1}',
    )
    connection = http.client.HTTPConnection(cloud.handle["host"], cloud.handle["port"], timeout=60)
    answered = 0
    for number in range(count):
        if number % 3:
            method, path, body, headers = _storage(random, known)
        else:
            (method, what), body, headers = random.choice(controls), random.choice(documents), cloud.token
            path = f"/_cloud/{what}"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status < 500 or answer.status == 501, (number, method, path, body[:100], headers, text)
        answered += 1
    connection.close()
    print(f"\n{answered} requests to object storage and the control plane")  # noqa: T201
    assert healthy(cloud)


AUTHORIZATIONS = ("", "Basic", "Basic ===", "Basic \xff", "Basic //4=", "Basic YQ==", "Bearer x.y.z", "Bearer \xff")
SCOPES = (
    "",
    "service=%ff&scope=%00",
    "scope=repository:a:pull,push&scope=x",
    f"scope={'a:' * 3000}",
    "scope=repository:%ED%A0%80:pull&service=x",
    f"scope=repository:{'a/' * 500}:*",
)


def test_a_registry_s_authorization_service_bears_whatever_comes(cloud):
    bought = {"account": "supplier", "region": "cn-hangzhou", "name": "team"}
    connection = http.client.HTTPConnection(cloud.control("POST", "registries", bought)["host"], timeout=60)
    for method, authorization, query in itertools.product(("GET", "POST", "HEAD"), AUTHORIZATIONS, SCOPES):
        body = f"{query}&grant_type=password&username=%C2%B2&password=%ff" if method == "POST" else None
        connection.request(method, f"/auth?{query}", body, {"Authorization": authorization})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status < 500, (method, authorization, query[:100], text)
    connection.close()
    assert healthy(cloud)


# --- faults of our own


def test_what_is_not_committed_can_be_undone(tmp_path):
    """The store is as it was at the last commit, in the order of its rows too, whatever was done since."""
    random, store = Random(7), Store(tmp_path / "state", [IMAGES])
    for _ in range(200):
        held = [image.model_copy() for image in store[IMAGES]]
        keys = [image.image_id for image in held]
        for _ in range(random.randrange(1, 8)):
            _change(random, store)
        if random.random() < 0.3:
            store.commit()
            continue
        store.roll_back()
        assert [image.model_dump() for image in store[IMAGES]] == [image.model_dump() for image in held]
        assert [image.image_id for image in store[IMAGES]] == keys
        by_group = {image.image_id for region in ("a", "b") for image in store[IMAGES].grouped(region)}
        assert by_group == set(keys)
        assert not store.is_dirty
    shown = [image.model_dump() for image in store[IMAGES]]
    store.close()
    assert [image.model_dump() for image in Store(tmp_path / "state", [IMAGES])[IMAGES]] == shown


def _change(random: Random, store: Store) -> None:
    images = list(store[IMAGES])
    match random.randrange(3 if images else 1):
        case 0:
            fields = {"region": random.choice("ab"), "owner_uid": "1", "name": "n", "size_gib": 1, "created_at": 0.0}
            store[IMAGES].add(Image(image_id=f"m-{random.randrange(10**9)}", seq=1, **fields))
        case 1:
            store[IMAGES].remove(random.choice(images).image_id)
        case _:
            random.choice(images).name = f"n{random.random()}"


def test_a_commit_that_fails_half_way_is_undone_whole(tmp_path):
    """A lone surrogate got as far as the file once: the transaction stayed open, and every later call failed."""
    store = Store(tmp_path / "state", [IMAGES])
    fields = {"region": "a", "owner_uid": "1", "name": "n", "size_gib": 1, "created_at": 0.0}
    image = store[IMAGES].add(Image(image_id="m-1", seq=1, **fields))
    store.commit()
    store.put_setting("first", 1)
    image.name = "\ud800"
    with pytest.raises(Exception, match="surrogate"):
        store.commit()
    store.roll_back()
    assert not store.is_in_transaction
    assert (image.name, store.setting("first")) == ("n", None)
    store.put_setting("second", 2)
    store.commit()
    store.close()
    assert Store(tmp_path / "state", [IMAGES]).setting("second") == 2
