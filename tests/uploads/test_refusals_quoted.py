"""What registries and storages answer is somebody else's text: no form of a secret in it reaches a message, and what
they deny is named as RAM policies name it."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aiohttp import web

from computenest.cloud.endpoints import Endpoint
from computenest.cloud.registry.client import open_registry
from computenest.cloud.registry.oci import parse_manifest
from computenest.cloud.secret import Secret
from computenest.cloud.storage import Bucket
from computenest.kernel.errors import ComputeNestError
from computenest.kernel.redact import forms_of
from unit.images.layouts import MANIFEST
from uploads.rig import Key
from uploads.test_failures import serving

ROOT = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "0" * 64, "size": 1},
        "layers": [],
    }
).encode()
PASSWORD = "Correct/Horse+Battery & Staple"
WORD = "correcthorsebatterystaple"
"""A password that could be a code."""
TOKEN = "eyJhbGciOi.what-the-service-granted.x9"
KEYS = (Secret("STS.key-of-the-storage"), Secret("secret/of+the=storage"), Secret("token:of&the storage"))


def told_by_registry(password: str, answer: Callable[[web.Request], web.Response]) -> str:
    """What is said where a registry that has granted a token answers so."""

    async def story() -> str:
        async def handler(request: web.Request) -> web.StreamResponse:
            if request.path == "/token":
                return web.json_response({"token": TOKEN})
            if "Authorization" not in request.headers:
                realm = f'Bearer realm="http://{request.host}/token",service="s"'
                return web.Response(status=401, headers={"WWW-Authenticate": realm})
            return answer(request)

        async with serving(handler) as host:
            try:
                async with open_registry(host, Key(passwords=[password, password])) as registry:
                    await registry.put_manifest(
                        "ns/web", "1", parse_manifest(ROOT, media_type=MANIFEST, where="it"), doing="push"
                    )
            except ComputeNestError as error:
                return str(error)
            raise AssertionError("it was taken")

    return asyncio.run(story())


def refused(code: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": code}]}, status=403)


def stored_as(text: str) -> web.Response:
    return web.Response(status=201, headers={"Docker-Content-Digest": text})


def challenged(text: str) -> web.Response:
    return web.Response(status=401, headers={"WWW-Authenticate": f'Bearer realm="ftp://{text}/",service="s"'})


def printed(secret: str) -> list[str]:
    """The forms that fit a header's line."""
    return [form for form in forms_of(secret) if form.isprintable() and '"' not in form]


@pytest.mark.parametrize("secret", [PASSWORD, TOKEN])
@pytest.mark.parametrize("answer", [stored_as, challenged])
def test_no_form_of_a_secret_comes_back_from_a_registry(secret: str, answer: Callable[[str], web.Response]) -> None:
    for form in printed(secret):
        said = told_by_registry(PASSWORD, lambda _, form=form: answer(form))
        assert "[secret]" in said, form
        assert not [one for one in forms_of(secret) if one in said], said


def test_a_code_that_is_the_password_is_none() -> None:
    said = told_by_registry(WORD, lambda _: refused(WORD))
    assert "HTTP 403 [secret]" in said
    assert WORD not in said


CALLS: Mapping[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "head": (("k",), {}, "oss:GetObject"),
    "put": (("k", b"x"), {"digest": "d"}, "oss:PutObject"),
    "begin": (("k",), {"digest": "d"}, "oss:PutObject"),
    "abort": (("k", "u"), {}, "oss:AbortMultipartUpload"),
    "keys": (("p",), {}, "oss:ListObjects"),
    "parts": (("k", "u"), {}, "oss:ListParts"),
    "send_part": (("k", "u", 1, b"x"), {}, "oss:PutObject"),
    "finish": (("k", "u", {1: '"e"'}), {}, "oss:PutObject"),
    "delete": (("k",), {}, "oss:DeleteObject"),
}
SILENT = {"begun", "ending_in"}
"""What a refusal is an answer to: a key that may not list begins anew."""


def told_by_storage(call: str, code: str) -> str:
    body = f"<Error><Code>{code}</Code><Message>{code}</Message><RequestId>1</RequestId></Error>".replace("&", "&amp;")

    async def story() -> str:
        async def handler(request: web.Request) -> web.StreamResponse:
            await request.read()
            return web.Response(status=403, text=body, content_type="application/xml")

        async with serving(handler) as host:
            bucket = Bucket(Endpoint(host, "http"), "cn-hangzhou", "bucket-of-ours", KEYS, doing="upload of app.bin")
            given, named, _ = CALLS[call]
            with pytest.raises(ComputeNestError) as caught:
                await asyncio.to_thread(lambda: getattr(bucket, call)(*given, **named))
            return str(caught.value)

    return asyncio.run(story())


def test_every_call_of_the_storage_is_in_the_table() -> None:
    calls = {name for name, one in vars(Bucket).items() if inspect.isfunction(one) and not name.startswith("_")}
    assert calls == CALLS.keys() | SILENT


@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_denial_of_the_storage_names_the_right(call: str) -> None:
    said = told_by_storage(call, "AccessDenied")
    assert "step 7 of 7" in said
    assert f"does not carry the RAM permission {CALLS[call][2]} there" in said


@pytest.mark.parametrize("secret", KEYS, ids=["id", "secret", "token"])
def test_no_form_of_a_secret_comes_back_from_the_storage(secret: Secret) -> None:
    for form in printed(secret.reveal()):
        if "<" not in form:
            said = told_by_storage("put", form)
            assert "[secret]" in said, form
            assert not [one for one in forms_of(secret.reveal()) if one in said], said
