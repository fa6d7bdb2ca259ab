"""A push or pull that fails says in which of the seven steps: each failure made to happen.

1 asking the registry, 2 its 401, 3 asking for a token, 4 the grant, 5 asking again, 6 the registry's own check,
7 object storage.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from computenest.cloud.registry.client import Registry, Traffic, open_registry
from computenest.cloud.registry.oci import digest_of
from computenest.cloud.registry.sources import open_image
from computenest.cloud.steps import Fault, Step, failure
from computenest.kernel.errors import ComputeNestError, Invalid, Meaning, Permanent, Transient
from unit.images.layouts import CONFIG, LAYER, MANIFEST, Layout
from uploads.rig import PASSWORD, Key, Rig, push_to
from uploads.sources import layer, write_layout
from uploads.test_push import push

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A server that answers everything with `handler`; its host."""

    async def answered(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answered)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server = site._server
    assert isinstance(server, asyncio.Server)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


def closed_port() -> str:
    taken = socket.socket()  # bound for as long as the tests run, and never listening
    taken.bind(("127.0.0.1", 0))
    _TAKEN.append(taken)
    return f"127.0.0.1:{taken.getsockname()[1]}"


async def pull(host: str, digest: str = "sha256:" + "0" * 64) -> tuple[bytes, Traffic]:
    traffic = Traffic()
    async with open_registry(host, Key(), traffic=traffic) as registry:
        return b"".join([block async for block in registry.blob("ns/web", digest, doing="pull of ns/web")]), traffic


def answering(status: int, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return handler


@dataclass(frozen=True)
class Case:
    handler: Handler
    step: int
    words: str


_TAKEN: list[socket.socket] = []

CASES = {
    "refused by the access control": Case(answering(403), 1, "access control refuses this machine's address"),
    "a registry that fails": Case(answering(503), 1, "the registry failed"),
    "no token service": Case(answering(401), 2, "names no authorization service"),
    "not a registry at all": Case(answering(404), 2, "names no authorization service"),
    "a token service without TLS": Case(
        answering(401, WWW_Authenticate='Bearer realm="http://auth.example.com/x",service="s"'), 2, "over TLS"
    ),
    "a token service that is not there": Case(
        answering(401, WWW_Authenticate=f'Bearer realm="http://{closed_port()}/auth",service="s"'),
        3,
        "cannot be reached",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_before_there_is_a_token(case: Case) -> None:
    async def story() -> None:
        async with serving(case.handler) as host:
            with pytest.raises(ComputeNestError, match=rf"step {case.step} of 7 .*{case.words}"):
                await pull(host)

    asyncio.run(story())


def test_nobody_listens() -> None:
    with pytest.raises(Transient, match=r"step 1 of 7 .*cannot be reached") as caught:
        asyncio.run(pull(closed_port()))
    assert caught.value.meaning is Meaning.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "step", "words"), [(500, 3, "authorization service failed"), (403, 4, "refuses the key")]
)
def test_the_token_service_answers_badly(rig: Rig, status: int, step: int, words: str) -> None:
    rig.tokens.status = status
    with pytest.raises(ComputeNestError, match=rf"step {step} of 7 .*{words}") as caught:
        asyncio.run(pull(rig.host))
    assert PASSWORD not in str(caught.value)


def test_a_key_that_is_wrong_is_renewed_once_and_then_stands(rig: Rig, tmp_path: Path) -> None:
    rig.tokens.password = "another"
    key = Key()
    write_layout(tmp_path / "image", [layer(1)])
    source = {"kind": "layout", "path": str(tmp_path / "image")}
    with pytest.raises(Permanent, match=r"step 4 of 7 .*has expired"):
        asyncio.run(push(rig, source, key=key))
    assert key.renewed == 1
    fresh = Key(passwords=[PASSWORD, "another"])
    asyncio.run(push(rig, source, key=fresh))
    assert fresh.renewed == 1


def test_a_token_that_lacks_the_scope(rig: Rig, tmp_path: Path) -> None:
    rig.tokens.drops_actions = frozenset({"push"})
    write_layout(tmp_path / "image", [layer(1)])
    with pytest.raises(Permanent, match=r"step 4 of 7 .*does not carry the permission"):
        asyncio.run(push(rig, {"kind": "layout", "path": str(tmp_path / "image")}))


def test_an_expired_token_is_replaced_and_one_that_stays_expired_is_told(rig: Rig, tmp_path: Path) -> None:
    rig.tokens.age_s = 1000
    write_layout(tmp_path / "image", [layer(1)])
    source = {"kind": "layout", "path": str(tmp_path / "image")}
    with pytest.raises(Permanent, match=r"step 6 of 7 .*invalid or expired"):
        asyncio.run(push(rig, source))

    rig.tokens.asked.clear()
    rig.tokens.stale_grants = 1  # the first token is too old, the next one is not
    rig.tokens.age_s = 0
    asyncio.run(push(rig, source))
    assert len(rig.tokens.asked) == 3


def test_data_that_changed_on_the_way(rig: Rig, tmp_path: Path) -> None:
    data = layer(1)
    write_layout(tmp_path / "image", [data])
    source = {"kind": "layout", "path": str(tmp_path / "image")}

    async def changed() -> None:
        async with open_image(source, traffic=Traffic()) as opened:
            (tmp_path / "image" / "blobs" / "sha256" / digest_of(data)[7:]).write_bytes(layer(2))
            await push_to(rig.host, "ns/web", "1.0", opened.tree)

    with pytest.raises(Permanent, match=r"step 6 of 7 .*does not have the digest"):
        asyncio.run(changed())
    with pytest.raises(Invalid, match=r"is damaged: it has the digest"):
        asyncio.run(push(rig, source))


def test_layers_that_lie_elsewhere_where_the_registry_takes_none(rig: Rig, tmp_path: Path) -> None:
    """distribution's default; it answers 500, which is not tried for hours."""
    made = Layout()
    kind = f"{LAYER.replace('layer', 'layer.nondistributable')}+gzip"
    far = {"mediaType": kind, "digest": digest_of(b"far"), "size": 3, "urls": ["https://example.com/base"]}
    config = made.blob({"os": "windows", "architecture": "amd64"}, CONFIG)
    made.top(made.blob({"schemaVersion": 2, "config": config, "layers": [far]}, MANIFEST))
    source = {"kind": "layout", "path": str(made.folder(tmp_path / "image"))}

    async def notes() -> tuple[str, ...]:
        async with open_image(source, traffic=Traffic()) as opened:
            return opened.notes

    assert "lie elsewhere (https://example.com/base) and are not sent" in asyncio.run(notes())[0]
    with pytest.raises(Permanent, match=r"step 6 of 7 .*for what that names.*lie elsewhere"):
        asyncio.run(push(rig, source))


@dataclass
class Redirecting:
    """A registry that answers blobs with a storage address."""

    target: str
    asked: int = 0

    async def __call__(self, request: web.Request) -> web.Response:
        if request.path == "/v2/":
            return web.Response(
                status=401, headers={"WWW-Authenticate": f'Bearer realm="http://{request.host}/auth",service="s"'}
            )
        if request.path == "/auth":
            return web.json_response({"token": "a-token"})
        self.asked += 1
        assert request.headers["Authorization"] == "Bearer a-token"
        return web.Response(status=307, headers={"Location": self.target})


def test_storage_is_asked_without_the_token_and_its_failures_are_step_7() -> None:
    data = layer(5)
    seen: list[dict[str, str]] = []
    answer = web.Response(status=200, body=data)

    async def storage(request: web.Request) -> web.StreamResponse:
        seen.append({**request.headers, "query": request.rel_url.raw_query_string})
        return web.Response(status=answer.status, body=answer.body)

    async def story() -> None:
        nonlocal answer
        async with serving(storage) as bucket:
            registry = Redirecting(f"http://{bucket}/blob?Signature=a%2Fb%3D&Expires=1")
            async with serving(registry) as host:
                assert (await pull(host, digest_of(data)))[0] == data
                assert "Authorization" not in seen[0]
                assert seen[0]["query"] == "Signature=a%2Fb%3D&Expires=1"  # byte for byte: it is signed
                with pytest.raises(Permanent, match=r"step 7 of 7 .*does not have the digest asked for"):
                    await pull(host, digest_of(b"other"))
                answer = web.Response(status=403, body=b"<Error><Code>AccessDenied</Code></Error>")
                with pytest.raises(Transient, match=r"step 7 of 7 .*has expired.*AccessDenied"):
                    await pull(host, digest_of(data))
                answer = web.Response(status=500, body=b"")
                with pytest.raises(Transient, match=r"step 7 of 7 .*broke"):
                    await pull(host, digest_of(data))
        async with serving(Redirecting(f"http://{closed_port()}/blob")) as host:
            with pytest.raises(Transient, match=r"step 7 of 7 .*cannot be reached"):
                await pull(host, digest_of(data))

    asyncio.run(story())


def test_an_upload_that_breaks_is_finished_all_the_same(rig: Rig) -> None:
    data = layer(6, 4_000_000)
    offsets: list[int] = []

    async def body(offset: int) -> AsyncIterator[bytes]:
        offsets.append(offset)
        for start in range(offset, len(data), 500_000):
            if len(offsets) == 1 and start >= 2_000_000:
                await asyncio.sleep(0.3)  # what was sent has arrived by then
                raise ConnectionResetError("the line is cut")
            yield data[start : start + 500_000]

    async def story(registry: Registry) -> None:
        await registry.send_blob("ns/web", digest_of(data), len(data), body, doing="push of ns/web")
        assert await registry.has_blob("ns/web", digest_of(data), doing="look")

    async def telling() -> None:
        async with open_registry(rig.host, Key()) as registry:
            await story(registry)

    asyncio.run(telling())
    assert len(offsets) == 2
    assert offsets[0] == 0


def test_no_secret_is_in_an_address_or_a_log(rig: Rig, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    write_layout(tmp_path / "image", [layer(1)])
    asyncio.run(push(rig, {"kind": "layout", "path": str(tmp_path / "image")}))
    assert rig.tokens.urls
    assert not any(PASSWORD in url for url in rig.tokens.urls)
    assert PASSWORD not in caplog.text
    assert PASSWORD not in (rig.folder / "registry.log").read_text()


def test_every_fault_belongs_to_one_step_and_says_so() -> None:
    told = {}
    for fault in Fault:
        error = failure(fault, doing="push of ns/web:1", host="registry.example.com", detail="HTTP 401")
        assert f"step {int(fault.step)} of 7 ({fault.step.words})" in str(error)
        assert isinstance(error, Transient) == (fault.value.kind is not None)
        told[str(error)] = fault
    assert len(told) == len(Fault)
    assert {fault.step for fault in Fault} >= set(Step) - {Step.REPEAT}
    with contextlib.suppress(ComputeNestError):
        raise failure(Fault.BROKEN, doing="x", host="y")
