"""Pushes and pulls that the embedded cloud refuses, each in its step; and keys for other tools."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.registry.client import open_registry
from computenest.cloud.settings import parse_settings
from computenest.kernel.errors import ComputeNestError
from computenest.resources._packages.content_model import Kind
from computenest.resources._program.core import Core
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus
from lifecycle.driver import Screen
from lifecycle.wares import checked, image_shop, told
from stack.cloud import Cloud
from stack.contents import Keyring, registry_of
from uploads.sources import layer

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def cloud(wares_cloud: Cloud) -> Cloud:
    return wares_cloud


@pytest.fixture(autouse=True)
def _clean(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.faults()


class Nobody:
    """A call's context that nothing is asked of."""


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.value)
def test_a_temporary_key_for_other_tools_is_secret(cloud: Cloud, kind: Kind) -> None:
    del cloud

    async def story() -> None:
        provider = Provider(EngineStatus(), {})
        settings = parse_settings({"computenest:cloud": "local"}, environ=os.environ)
        provider._core = Core(settings, Screen())
        token = "computenest:index:getRepositoryCredentials"
        args = values.write({"artifactType": kind.value})
        answer = await provider.Invoke(provider_pb2.InvokeRequest(tok=token, args=args), Nobody())
        told = values.read(getattr(answer, "return"))
        secret = {str(path[0]) for path in told.secrets}
        assert secret == {"accessKeyId", "accessKeySecret", "password", "securityToken"}
        assert told.values["resources"][0]["name"]
        assert bool(told.values["password"]) == (kind is not Kind.FILE)
        assert bool(told.values["securityToken"]) == (kind is Kind.FILE)
        wrong = provider_pb2.InvokeRequest(tok=token, args=values.write({"artifactType": "Zip"}))
        assert [failure.property for failure in (await provider.Invoke(wrong, Nobody())).failures]

    told(story())


STEPS = {
    "the registry is down": ({"service": "registry", "action": "CheckVersion"}, 503, 1, "the registry failed"),
    "the authorization service is down": ({"service": "registry-auth"}, 503, 3, "authorization service failed"),
    "the key is refused": ({"service": "registry-auth"}, 401, 4, "refuses the key"),
    "the upload is denied": ({"service": "registry", "action": "StartUpload"}, 403, 6, "denies the request"),
}


@pytest.mark.parametrize(("match", "status", "step", "words"), STEPS.values(), ids=STEPS.keys())
def test_a_push_that_fails_names_the_step(
    tmp_path: Path, cloud: Cloud, match: dict[str, str], status: int, step: int, words: str
) -> None:
    async def story() -> None:
        cloud.faults({"match": match, "effect": {"kind": "error", "status": status, "code": "DENIED", "message": "No"}})
        shop = image_shop(tmp_path, f"step{step}")
        process = shop.process()
        with pytest.raises(ComputeNestError, match=rf"step {step} of 7 .*{words}"):
            await process.create(await checked(process, shop.wish()))

    told(story())


def test_an_expired_storage_address_and_an_expired_key_name_their_steps(tmp_path: Path, cloud: Cloud) -> None:
    async def story() -> None:
        shop = image_shop(tmp_path, "expiring")
        process = shop.process()
        outcome = await process.create(await checked(process, shop.wish()))
        found = registry_of(cloud, "expiring")
        key = Keyring(cloud, Kind.IMAGE)
        login = await key.login(renew=False)

        class Old:
            async def login(self, *, renew: bool) -> Any:
                del renew
                return login

        async def pull(advance_s: float) -> bytes:
            async with open_registry(found["host"], Old()) as registry:
                manifest = await registry.manifest(found["path"], outcome.state["tag"], doing="pull")
                assert manifest is not None
                cloud.control("POST", "clock", {"advance_s": advance_s})
                part = manifest.blobs[1]
                return b"".join([b async for b in registry.blob(found["path"], part.digest, doing="pull")])

        assert await pull(0) == layer(1)
        cloud.faults({
            "match": {"service": "oss", "action": "GetObject"},
            "effect": {"kind": "error", "status": 403, "code": "AccessDenied", "message": "Request has expired."},
        })  # fmt: skip
        with pytest.raises(ComputeNestError, match=r"step 7 of 7 .*time-limited address: it has expired"):
            await pull(0)
        cloud.faults()
        with pytest.raises(ComputeNestError, match=r"step 4 of 7 .*refuses the key"):
            await pull(7200)
        await shop.process().delete(outcome.state)

    told(story())
