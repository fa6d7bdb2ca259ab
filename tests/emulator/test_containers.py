"""The library of containers: names of images, scripts, restarts."""

from __future__ import annotations

import pytest

from computenest_cloud.containers.images import parse_image
from computenest_cloud.containers.pull import Login, login_for
from computenest_cloud.containers.restarts import back_off_s, starts_again
from computenest_cloud.containers.scripts import Script, script_of

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("team/web:v1", "docker.io/team/web:v1"),
        ("127.0.0.1:5000/team/web:v1", "127.0.0.1:5000/team/web:v1"),
        (f"r.example/web@{DIGEST}", f"r.example/web@{DIGEST}"),
        (f"r.example/web:v1@{DIGEST}", f"r.example/web@{DIGEST}"),
    ],
)
def test_the_name_of_an_image(text, meant):
    assert str(parse_image(text)) == meant


@pytest.mark.parametrize("text", ["", "Web", "a b", "web:", "web:-x", "r.example/", "web@sha256:12"])
def test_what_is_no_image(text):
    with pytest.raises(ValueError, match="is no"):
        parse_image(text)


def test_a_login_is_for_the_registry_that_it_names():
    logins = (Login("https://a.example/v2/", "a", "x"), Login("b.example:5000", "b", "x"))
    found = [login_for(parse_image(name), logins) for name in ("a.example/w", "b.example:5000/w", "b.example/w")]
    assert [login and login.username for login in found] == ["a", "b", None]


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("echo a; sleep 5; echo b; exit 3", Script(((0.0, "a"), (5.0, "b")), 5.0, 3)),
        ('echo "a; b" && echo $WHO', Script(((0.0, "a; b"), (0.0, "me")), 0.0, 0)),
        ("false && echo a; echo b", Script(((0.0, "b"),), 0.0, 0)),
        ("true\nfalse\n", Script((), 0.0, 1)),
        ("false; exit", Script((), 0.0, 1)),
        ("sleep 1 # and no more", Script((), 1.0, 0)),
    ],
)
def test_a_script(text, script):
    assert script_of(("sh", "-c", text), {"WHO": "me"}) == script


@pytest.mark.parametrize(
    "text", ["python app.py", "echo a | cat", "sleep x", 'echo "', "echo a & echo b", "sleep 1e999"]
)
def test_what_is_more_than_a_script_runs_until_it_is_stopped(text):
    assert script_of(("sh", "-c", text), {}).duration_s is None


def test_restarts():
    policies = {policy: [starts_again(policy, code) for code in (0, 1)] for policy in ("Always", "OnFailure", "Never")}
    assert policies == {"Always": [True, True], "OnFailure": [False, True], "Never": [False, False]}
    assert [back_off_s(times) for times in (0, 1, 4, 5, 99)] == [10, 20, 160, 300, 300]
