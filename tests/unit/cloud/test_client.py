"""The client on the wire: what it sends, and what it makes of every kind of answer."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import computenest
from computenest.cloud.client import Client, Options
from computenest.cloud.endpoints import Product
from computenest.cloud.secret import Secret
from computenest.cloud.settings import Profile, Role, StaticKeys
from computenest.cloud.transport import MAX_ERROR_BODY_BYTES
from computenest.kernel.errors import ComputeNestError, Conflict, Meaning, Permanent, Transient
from unit.cloud.answers import Answer, Seen, serve

KEYS = StaticKeys(access_key=Secret("AK-test"), secret_key=Secret("SK-test-secret"))
STS = StaticKeys(access_key=Secret("STS-1"), secret_key=Secret("SK-test-secret"), security_token=Secret("tok-secret"))
_TAKEN: list[socket.socket] = []


def client(endpoint: str, **options: Any) -> Client:
    given: dict[str, Any] = {"credentials": KEYS, "default_credentials": KEYS, "region": "cn-hangzhou"}
    return Client(Options(**{**given, "endpoint": endpoint, **options}))


def ask(endpoint: str, parameters: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    used = client(endpoint, **options)
    try:
        return asyncio.run(used.call(Product.COMPUTE_NEST, "GetArtifact", parameters or {}))
    finally:
        used.close()


def failure(endpoint: str, **options: Any) -> ComputeNestError:
    with pytest.raises(ComputeNestError) as caught:
        ask(endpoint, **options)
    return caught.value


def test_what_is_sent() -> None:
    with serve(Answer(body=b'{"ArtifactId":"a-1"}')) as server:
        parameters = {"Name": "web 中", "Tag": [{"Key": "k", "Value": "v 1"}], "SupportRegionIds": [], "Flag": True}
        assert ask(server.endpoint, parameters) == {"ArtifactId": "a-1"}
    (seen,) = server.seen
    headers = {name.lower(): value for name, value in seen.headers.items()}
    assert seen.target.startswith("/?")
    assert seen.query == {"Name": "web 中", "Tag.1.Key": "k", "Tag.1.Value": "v 1", "Flag": "True"}
    assert seen.body == b""
    assert headers["x-acs-action"] == "GetArtifact"
    assert headers["x-acs-version"] == "2021-05-21"
    assert headers["host"] == server.endpoint
    assert headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=AK-test,")
    assert "SK-test-secret" not in str(seen)


def test_temporary_keys_send_their_token() -> None:
    with serve(Answer()) as server:
        ask(server.endpoint, credentials=STS)
    assert _header(server.seen[0], "x-acs-security-token") == "tok-secret"


def _header(seen: Seen, name: str) -> str | None:
    return next((value for key, value in seen.headers.items() if key.lower() == name), None)


def api_error(code: str, **more: Any) -> bytes:
    return json.dumps({"Code": code, "Message": "why", "RequestId": "R-1", "HostId": "h", **more}).encode()


@pytest.mark.parametrize(
    ("answer", "kind", "code", "reason"),
    [
        (Answer(400, api_error("OperationDenied")), Conflict, "OperationDenied", "an error of the API"),
        (Answer(400, json.dumps({"code": "Throttling.User"}).encode()), Transient, "Throttling.User", "camelCase"),
        (Answer(503, api_error("X")), Transient, "X", "5xx"),
        (Answer(502, b"<html>bad gateway</html>", {"content-type": "text/html"}), Transient, "UnreadableBody", "HTML"),
        (Answer(403, b"<html>"), Transient, "UnreadableBody", "a gateway's refusal is not the API's"),
        (Answer(500, b""), Transient, "UnreadableBody", "an empty error"),
        (Answer(400, b"[1]"), Transient, "UnreadableBody", "JSON, but not an object"),
        (Answer(200, b""), Transient, "", "an empty success"),
        (Answer(200, b"<html>portal</html>"), Transient, "", "a captive portal"),
        (Answer(200, b'{"Success":false,"Code":"OperationDenied"}'), Conflict, "OperationDenied", "200, no success"),
        (Answer(200, b'{"Success":"false","Code":"New"}'), Permanent, "New", "as a text"),
        (Answer(is_cut=True), Transient, "", "the connection is cut"),
        (
            Answer(
                400,
                b"<Error><Code>Throttling</Code><Message>m</Message><RequestId>R</RequestId></Error>",
                {"content-type": "text/xml;charset=utf-8"},
            ),
            Transient,
            "Throttling",
            "XML as old gateways send it",
        ),
    ],
)
def test_answers(answer: Answer, kind: type[ComputeNestError], code: str, reason: str) -> None:
    with serve(answer) as server:
        error = failure(server.endpoint)
    assert type(error) is kind, reason
    assert error.code == code, reason
    assert error.meaning is Meaning.UNANSWERED if answer.is_cut else error.meaning is not Meaning.UNANSWERED, reason
    assert "GetArtifact in cn-hangzhou" in str(error), reason
    assert len(server.seen) == 1, "nothing is tried again here"


def test_the_header_is_milliseconds() -> None:
    headers = {"content-type": "application/json", "x-acs-retry-after": "2500"}
    with serve(Answer(429, api_error("Throttling.User"), headers)) as server:
        error = failure(server.endpoint)
    assert isinstance(error, Transient)
    assert error.retry_after_s == 2.5
    assert error.request_id == "R-1"


def test_a_huge_error_body_is_not_kept() -> None:
    body = api_error("New", Padding="x" * 4 * MAX_ERROR_BODY_BYTES)
    with serve(Answer(400, body)) as server:
        error = failure(server.endpoint)
    assert isinstance(error, Transient)  # cut in the middle it is no JSON
    assert len(str(error)) < 500
    assert len(str(error.__cause__)) < 1000


def test_no_answer_in_time() -> None:
    with serve(Answer(is_silent=True)) as server:
        error = failure(server.endpoint, read_timeout_s=0.1)
    assert isinstance(error, Transient)
    assert error.effect_unknown
    assert "no answer came in time" in str(error)


def closed_port() -> int:
    taken = socket.socket()  # bound for as long as the tests run, and never listening
    taken.bind(("127.0.0.1", 0))
    _TAKEN.append(taken)
    return int(taken.getsockname()[1])


def test_nobody_there() -> None:
    endpoint = f"127.0.0.1:{closed_port()}"
    error = failure(endpoint)
    assert isinstance(error, Transient)
    assert not error.effect_unknown
    assert f"cannot reach {endpoint}" in str(error)
    assert "connection was refused" in str(error)
    assert "computenest cloud start" in error.hint


def test_a_host_that_does_not_exist() -> None:
    error = failure("http://no-such-host.invalid:80")
    assert isinstance(error, Transient)
    assert "computenest cloud start" not in error.hint
    assert not error.effect_unknown


def test_proxies_are_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """fact §3.2: the library alone would send even these through the proxy."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serve(Answer(body=b'{"a":1}')) as server:
        assert ask(server.endpoint) == {"a": 1}


def test_proxies_are_used_for_others_unless_no_proxy_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serve(Answer(body=b'{"via":"proxy"}')) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.endpoint}")
        assert ask("http://cloud.invalid") == {"via": "proxy"}
        monkeypatch.setenv("NO_PROXY", "cloud.invalid")
        assert isinstance(failure("http://cloud.invalid"), Transient)
    assert len(proxy.seen) == 1


def test_credentials_that_cannot_be_had_are_permanent_and_unsent() -> None:
    with serve(Answer()) as server:
        error = failure(server.endpoint, credentials=Profile(name="no-such-profile"))
        assert isinstance(error, Permanent)
        assert "profile" in error.hint
        role = Role(role_arn="acs:ram::1:role/x")
        assert isinstance(failure(server.endpoint, credentials=role, default_credentials=role), Permanent)
    assert server.seen == []


def test_a_profile_that_is_missing_is_named_with_those_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun/config.json").write_text(PROFILES[".aliyun/config.json"])
    monkeypatch.setenv("HOME", str(tmp_path))
    with serve(Answer()) as server:
        said = str(failure(server.endpoint, credentials=Profile(name="no-such-profile")))
    assert "from the profile 'no-such-profile'; ~/.aliyun/config.json has 'dev'" in said
    assert server.seen == []


def test_no_secret_is_in_any_error(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "sdk")  # the library would print every header
    said = api_error("New", Message="tok-secret SK-test-secret")
    with serve(Answer(400, said), Answer(is_cut=True)) as server:
        errors = [failure(server.endpoint, credentials=STS) for _ in range(2)]
    printed = capfd.readouterr()
    for text in (*map(str, errors), *map(repr, errors), printed.out, printed.err):
        assert "tok-secret" not in text
        assert "SK-test-secret" not in text


PROFILES = {
    ".aliyun/config.json": json.dumps(
        {"profiles": [{"name": "dev", "mode": "AK", "access_key_id": "AK-dev", "access_key_secret": "SK-dev"}]}
    ),
    ".alibabacloud/credentials.ini": (
        "[dev]\ntype = access_key\naccess_key_id = AK-dev\naccess_key_secret = SK-dev\nenable = true\n"
    ),
}


@pytest.mark.parametrize("file", sorted(PROFILES))
def test_a_profile_is_found_in_either_file(file: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir()
    (tmp_path / file).write_text(PROFILES[file])
    program = (
        "import asyncio, os, sys; from computenest.resources._packages.api import CloudArtifacts;"
        "from computenest.resources._program.session import open_session;"
        "from computenest.cloud.settings import parse_settings;"
        "config = {'computenest:endpoints': sys.argv[1], 'alicloud:profile': 'dev'};"
        "session = open_session(parse_settings(config, environ=os.environ));"
        "print(asyncio.run(session.port(CloudArtifacts).find(name='a')))"
    )
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}  # the library reads HOME when it is imported
    with serve(Answer()) as server:
        words = [sys.executable, "-c", program, server.endpoint]
        done = subprocess.run(words, env=environ, capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("()\n", "")
    assert "Credential=AK-dev," in str(_header(server.seen[0], "authorization"))


def test_a_broken_profile_prints_nothing_by_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serve(Answer()) as server:
        assert isinstance(failure(server.endpoint, credentials=Profile(name=str(tmp_path))), Permanent)
    assert capfd.readouterr() == ("", "")


def page(token: str, *rows: str) -> Answer:
    return Answer(body=json.dumps({"Artifacts": [{"ArtifactId": row} for row in rows], "NextToken": token}).encode())


def listed(endpoint: str, **options: Any) -> list[str]:
    used = client(endpoint, **options)
    try:
        asked = used.pages(Product.COMPUTE_NEST, "ListArtifacts", {"Filter": [{"Name": "Name"}]}, "Artifacts")
        return [row["ArtifactId"] for row in asyncio.run(asked)]
    finally:
        used.close()


def test_a_list_is_read_to_its_end_in_pages_as_large_as_they_come() -> None:
    """A page without rows is no end: what lies behind a filter may come later."""
    with serve(page("t1", "a", "b"), page("t2"), page("", "c")) as server:
        assert listed(server.endpoint) == ["a", "b", "c"]
    assert [one.query.get("NextToken") for one in server.seen] == [None, "t1", "t2"]
    assert {(one.query["MaxResults"], one.query["Filter.1.Name"]) for one in server.seen} == {("100", "Name")}
    with serve(Answer()) as server:
        assert listed(server.endpoint) == []
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("answers", "calls", "why"),
    [
        ([page("t1", "a")], 2, "page 2 leads back to page 2"),
        ([page("t1", "a"), page("t2", "b"), page("t1", "a")], 3, "page 3 leads back to page 2"),
        ([page(f"t{n}", "a") for n in range(9)], 5, "it goes on after 5 pages with 5 rows"),
    ],
)
def test_a_list_that_never_ends_is_an_error_and_not_half_a_list(answers: list[Answer], calls: int, why: str) -> None:
    with serve(*answers) as server, pytest.raises(Permanent, match=why) as caught:
        listed(server.endpoint, max_pages=5)
    assert "ListArtifacts in cn-hangzhou: the cloud's list does not end" in str(caught.value)
    assert len(server.seen) == calls


def test_calls_run_at_once_up_to_the_limit_and_the_hook_sees_each() -> None:
    calls: list[tuple[str, str, str]] = []
    with serve(Answer()) as server:
        used = client(server.endpoint, hook=lambda *call: calls.append(call), max_calls_in_flight=4)

        async def many() -> None:
            async with asyncio.TaskGroup() as group:
                for number in range(20):
                    region = "cn-beijing" if number % 2 else None
                    group.create_task(used.call(Product.ECS, "DescribeImages", {}, region=region))

        asyncio.run(many())
        used.close()
    assert len(server.seen) == len(calls) == 20
    assert {call[1:] for call in calls} == {("DescribeImages", "cn-hangzhou"), ("DescribeImages", "cn-beijing")}


def test_the_library_is_not_loaded_before_the_first_call() -> None:
    """Start-up: 0.65 s that a preview without any call does not pay."""
    program = (
        "import sys; from computenest.resources._program.session import open_session;"
        "from computenest.cloud.settings import parse_settings;"
        "config = {'computenest:endpoints': '127.0.0.1:1', 'alicloud:profile': 'none'};"
        "settings = parse_settings(config, environ={});"
        "open_session(settings).close();"
        "heavy = [m for m in sys.modules if m.split('.')[0] in ('alibabacloud_tea_openapi', 'requests', 'darabonba')];"
        "sys.exit(len(heavy))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_nobody_else_reads_a_list_page_by_page() -> None:
    """Whoever stops too early takes what is missing for absent, and makes it a second time."""
    provider = Path(computenest.__file__).parent
    paging = {str(file.relative_to(provider)) for file in provider.rglob("*.py") if "NextToken" in file.read_text()}
    assert paging == {"cloud/client.py"}
