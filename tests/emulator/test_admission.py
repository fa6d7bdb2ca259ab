"""Who is answered at all: by the name that a request gives its host, by its origin, and by the token of the handle."""

from __future__ import annotations

import http.client
import json
import socket
import stat

import pytest

from emulator.harness import Cloud

pytestmark = pytest.mark.wire

LOOPBACK = ("127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.66.0.1", "http://127.0.0.1")
OF_THE_CLOUD = (
    "oss.localhost",
    "computenest-upload-public-cn-hangzhou.oss-cn-hangzhou.aliyuncs.com",
    "ecs.cn-hangzhou.aliyuncs.com",
)
FOREIGN = (
    "evil.example",
    "http://evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "aliyuncs.com.evil.example",
    "",
    "[::2]",
    "[::1].evil.example",
    "[localhost]",
    "127.0.0.1.",
    "localhost@evil.example",
)
PRIVATE = (("GET", "/_cloud/status"), ("POST", "/_cloud/sts"), ("GET", "/console"))
SIGNED = (("POST", "/"), ("GET", "/computenest-upload-public-cn-hangzhou/x"), ("GET", "/v2/"))


def _ask(cloud: Cloud, method: str, path: str, host: str, **headers: str) -> tuple[int, str]:
    """With every key that there is, so that only the name decides."""
    cookie = f"computenest-console-{cloud.handle['port']}={cloud.handle['console_token']}"
    connection = http.client.HTTPConnection(cloud.handle["host"], cloud.handle["port"], timeout=100)
    given = {"Host": f"{host}:{cloud.handle['port']}" if host else "", "Cookie": cookie, **cloud.token, **headers}
    connection.request(method, path, json.dumps({"account": "hub"}) if "sts" in path else None, given)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.mark.parametrize("host", LOOPBACK)
def test_by_a_name_of_the_loopback_interface_everything_answers(cloud, host):
    assert [_ask(cloud, *call, host)[0] for call in PRIVATE] == [200, 200, 200]
    assert all(status != 403 or "AccessDenied" in text for status, text in (_ask(cloud, *it, host) for it in SIGNED))


@pytest.mark.parametrize("host", [*OF_THE_CLOUD, *FOREIGN])
def test_by_no_other_name_are_there_keys(cloud, host):
    keys = [text for account in cloud.handle["accounts"].values() for text in account.values()]
    for call in PRIVATE:
        status, text = _ask(cloud, *call, host)
        assert status >= 400, call
        assert not any(key in text for key in ["access_key", *keys])


@pytest.mark.parametrize("host", OF_THE_CLOUD)
def test_the_products_answer_to_the_cloud_s_own_names(cloud, host):
    assert "MissingAction" in _ask(cloud, "POST", "/", host)[1] or "Missing" in _ask(cloud, "POST", "/", host)[1]


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(("method", "path"), SIGNED)
def test_the_products_answer_to_no_foreign_name_and_say_so_in_their_own_form(cloud, host, method, path):
    status, text = _ask(cloud, method, path, host)
    assert status == 403
    if path == "/":
        assert json.loads(text)["Code"] == "Forbidden.Host"
    else:
        assert "<Code>Forbidden.Host</Code>" in text


def test_a_name_that_was_allowed_is_answered_by_the_products_alone(start):
    cloud = start("--virtual", "--host", "Cloud.Internal")
    assert "Missing" in _ask(cloud, "POST", "/", "cloud.internal")[1]
    assert _ask(cloud, "GET", "/_cloud/status", "cloud.internal")[0] == 404
    assert _ask(cloud, "GET", "/console", "cloud.internal")[0] == 404
    assert _ask(cloud, "POST", "/", "other.internal")[0] == 403


def test_a_request_without_a_host_is_refused(cloud):
    with socket.create_connection((cloud.handle["host"], cloud.handle["port"])) as raw:
        raw.sendall(f"GET /_cloud/status HTTP/1.0\r\nx-cloud-control: {cloud.handle['control_token']}\r\n\r\n".encode())
        assert raw.recv(100).split()[1] == b"403"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "http://localhost:1"])
def test_pages_of_other_origins_are_refused(cloud, origin):
    assert [_ask(cloud, *call, "127.0.0.1", Origin=origin)[0] for call in PRIVATE] == [403, 403, 403]
    own = f"http://127.0.0.1:{cloud.handle['port']}"
    assert [_ask(cloud, *call, "127.0.0.1", Origin=own)[0] for call in PRIVATE] == [200, 200, 200]


def test_the_control_plane_wants_its_token(cloud):
    paths = ("status", "ledger", "calls", "faults", "facts", "hold", "traffic", "registries", "objects")
    for token in (
        {},
        {"x-cloud-control": "1"},
        {"x-cloud-control": ""},
        {"x-cloud-control": cloud.handle["console_token"]},
    ):
        for path in paths:
            assert cloud.raw("GET", f"/_cloud/{path}", headers=token)[0] == 403, path
        assert cloud.raw("POST", "/_cloud/sts", {"account": "hub"}, token)[0] == 403
    assert stat.S_IMODE(cloud.handle_path.stat().st_mode) == 0o600


def test_each_start_makes_new_tokens(start):
    tokens = set()
    for _ in range(2):
        cloud = start("--virtual")
        tokens |= {cloud.handle["control_token"], cloud.handle["console_token"]}
        cloud.stop()
    assert len(tokens) == 4


def test_the_console_s_address_gives_a_cookie_and_keeps_the_token_out_of_the_page(cloud):
    def ask(path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(cloud.handle["host"], cloud.handle["port"], timeout=100)
        connection.request("GET", path, headers=headers)
        return connection.getresponse()

    token = cloud.handle["console_token"]
    assert ask("/console").status == 403
    assert ask("/console?token=" + token[:-1]).status == 403
    assert ask("/console?token=" + cloud.handle["control_token"]).status == 403
    assert ask("/console?token=%ED%A0%80").status == 403
    entered = ask(f"/console?token={token}&q=web")
    assert (entered.status, entered.getheader("location")) == (303, "/console?q=web")
    cookie, *rest = entered.getheader("set-cookie").split("; ")
    assert {"HttpOnly", "Path=/console", "SameSite=lax"} <= set(rest)
    shown = ask("/console?q=web", Cookie=cookie)
    assert shown.status == 200
    assert token not in shown.read().decode()
