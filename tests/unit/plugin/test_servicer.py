"""What the plugin answers before, beside and instead of work: handshake, secrets, refusals, cancellation."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import grpc.aio
import pytest
from google.protobuf import empty_pb2

from computenest.kernel.identity import mint_owner_id
from computenest.kernel.outcome import Checked, Outcome
from computenest.kernel.unknown import UNKNOWN
from computenest.kernel.urn import parse_urn
from computenest.reconcile.stopping import stopped_because
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.serve.plugin import values
from computenest.serve.plugin.protos import provider_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus

TYPE = "computenest:index:EcsImagePackage"
URN = f"urn:pulumi:dev::shop::my:component$computenest:index:Parent${TYPE}::web::odd"
INPUTS = {
    "ownerId": "o-1",
    "name": "web",
    "source": {"kind": "custom", "imageId": "m-bp1abcdefghij", "region": "cn-hangzhou"},
    "distribution": {"cn-hangzhou": "copy of m-bp1abcdefghij"},
    "generation": 1,
    "artifactName": "web",
}


class Refused(grpc.aio.AbortError):
    """The call was aborted."""


class Context:
    """A call's context that remembers how it was aborted."""

    async def abort(self, code: Any, details: str = "", trailing_metadata: Any = ()) -> None:
        assert isinstance(trailing_metadata, tuple)
        raise Refused(f"{code.name}: {details}")


class Images(ImageLifecycle):
    """A lifecycle whose operations do as they are told."""

    def __init__(self, *, create: Any = None) -> None:
        self.told = create
        self.seen: list[Mapping[str, Any]] = []

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        assert not olds
        self.seen.append(news)
        distribution = dict.fromkeys(news["regions"], "copy of m-1")
        return Checked({"ownerId": news["ownerId"], "source": news["source"], "distribution": distribution})

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        found: Outcome = await self.told(inputs)
        return found


def provider(images: Images) -> Provider:
    made = Provider(EngineStatus(), {})
    made._core, made._lifecycles = object(), {"EcsImagePackage": images}
    return made


def test_a_urn_gives_the_identity_that_the_sdk_mints() -> None:
    urn = parse_urn(URN)
    assert (urn.stack, urn.project, urn.type_token, urn.name) == ("dev", "shop", TYPE, "web::odd")
    minted = mint_owner_id(
        organization="acme", project="shop", stack="dev", type_token="EcsImagePackage", name="web::odd"
    )
    assert urn.owner_id("acme") == minted


def test_values_come_back_as_they_went_with_unknowns_and_secrets() -> None:
    given = {
        "a": 1,
        "b": 1.5,
        "c": True,
        "d": ["x", UNKNOWN, {}],
        "e": {"odd key": UNKNOWN, "deep": {"f": []}},
        "g": "",
    }
    secrets = frozenset({("d", 0), ("e", "deep"), ("a",)})
    bag = values.read(values.write(given, secrets=secrets))
    assert bag.values == given
    assert bag.secrets == secrets


async def answer_check(made: Provider, news: Any) -> values.Bag:
    response = await made.Check(provider_pb2.CheckRequest(urn=URN, news=news), Context())
    assert not response.failures
    return values.read(response.inputs)


def test_secrets_come_back_secret_and_so_does_what_is_made_of_them() -> None:
    news = values.write({"source": {"imageId": "m-1"}, "regions": ["cn-beijing"]}, secrets={("source", "imageId")})
    bag = asyncio.run(answer_check(provider(Images()), news))
    assert bag.secrets == {("source", "imageId"), ("distribution",)}


def test_an_owner_is_minted_unless_the_program_names_one() -> None:
    images = Images()
    for given in ({}, {"ownerId": "o-given"}):
        asyncio.run(answer_check(provider(images), values.write({"source": {}, "regions": [], **given})))
    assert [str(news["ownerId"]) for news in images.seen] == [parse_urn(URN).owner_id("organization"), "o-given"]


def test_two_resources_of_one_identity_are_refused() -> None:
    async def both() -> list[str]:
        made = provider(Images())
        news = values.write({"source": {}, "regions": [], "ownerId": "o-1"})
        found = []
        for name in ("one", "two", "one"):
            urn = f"urn:pulumi:dev::shop::{TYPE}::{name}"
            found.append((await made.Check(provider_pb2.CheckRequest(urn=urn, news=news), Context())).failures)
        return [failure.reason for failures in found for failure in failures]

    (reason,) = asyncio.run(both())
    assert "::one has this type and name under another parent" in reason


def test_a_fault_of_ours_is_called_one_and_shows_no_trace() -> None:
    async def broken(_inputs: Any) -> Outcome:
        raise ValueError("something odd")

    request = provider_pb2.CreateRequest(urn=URN, properties=values.write(INPUTS))
    with pytest.raises(
        Refused, match=r"INTERNAL: computenest has a fault here \(ValueError\), id [0-9a-f]{8};"
    ) as refused:
        asyncio.run(provider(Images(create=broken)).Create(request, Context()))
    assert "Traceback" not in str(refused.value)
    assert "something odd" not in str(refused.value), "it may hold anything, a secret too"


async def until_stopped(_inputs: Any) -> Outcome:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError as cancelled:
        reason = stopped_because(cancelled)
        assert reason is not None
        return Outcome("artifact-1", {**INPUTS, "status": "Incomplete", "images": {}}, (reason,))
    raise AssertionError


def test_cancel_ends_every_operation_and_each_answer_keeps_its_id() -> None:
    async def story() -> list[Any]:
        made = provider(Images(create=until_stopped))
        request = provider_pb2.CreateRequest(urn=URN, properties=values.write(INPUTS))
        calls = [asyncio.ensure_future(made.Create(request, Context())) for _ in range(50)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await made.Cancel(empty_pb2.Empty(), Context())
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(story())
    assert len(answers) == 50
    assert all("it is incomplete; what was delivered is kept" in str(answer) for answer in answers)


def test_a_timeout_of_the_engine_ends_the_operation_and_says_so() -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=values.write(INPUTS), timeout=0.01)
    with pytest.raises(Refused, match="incomplete"):
        asyncio.run(provider(Images(create=until_stopped)).Create(request, Context()))


def test_what_has_ended_is_answered_even_if_people_stop_the_run_meanwhile() -> None:
    """An answer waits until the engine has every warning: a stop in that moment must not take the id along."""

    async def made(_inputs: Any) -> Outcome:
        return Outcome("artifact-1", {**INPUTS, "status": "Available", "images": {}})

    class Slow(EngineStatus):
        async def flush(self) -> None:
            await asyncio.sleep(0.02)

    async def story() -> str:
        serving = provider(Images(create=made))
        serving.status = Slow()
        request = provider_pb2.CreateRequest(urn=URN, properties=values.write(INPUTS), timeout=0.01)
        call = asyncio.ensure_future(serving.Create(request, Context()))
        await asyncio.sleep(0.005)
        await serving.Cancel(empty_pb2.Empty(), Context())
        ended = asyncio.ensure_future(serving.stop(longest_s=5.0))
        answer = await call
        await ended
        return answer.id

    assert asyncio.run(story()) == "artifact-1"


def test_a_stop_that_passes_through_calls_at_once_keeps_its_reason() -> None:
    """asyncio loses a cancellation's message where one of several that are awaited ends by itself."""

    async def several(inputs: Any) -> Outcome:
        async def stubborn() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return

        try:
            await asyncio.gather(stubborn(), stubborn())
        except asyncio.CancelledError as cancelled:
            if (why := stopped_because(cancelled)) is None:
                raise
            return Outcome("artifact-1", {**inputs, "status": "Incomplete"}, (why,))
        raise AssertionError

    request = provider_pb2.CreateRequest(urn=URN, properties=values.write(INPUTS), timeout=0.01)
    with pytest.raises(Refused, match="incomplete"):
        asyncio.run(provider(Images(create=several)).Create(request, Context()))


def test_another_configuration_never_replaces() -> None:
    olds, news = values.write({"region": "cn-hangzhou"}), values.write({"region": "ap-southeast-1"})
    request = provider_pb2.DiffRequest(urn=URN, olds=olds, news=news)
    answer = asyncio.run(Provider(EngineStatus(), {}).DiffConfig(request, Context()))
    assert (list(answer.diffs), list(answer.replaces)) == (["region"], [])


def test_no_configuration_is_refused_with_the_choices() -> None:
    request = provider_pb2.CheckRequest(urn=URN, news=values.write({"cloud": "elsewhere"}))
    answer = asyncio.run(Provider(EngineStatus(), {}).CheckConfig(request, Context()))
    assert "neither `local` nor `aliyun`" in answer.failures[0].reason
    with pytest.raises(Refused, match="computenest:cloud local"):
        asyncio.run(Provider(EngineStatus(), {}).Configure(provider_pb2.ConfigureRequest(), Context()))


def test_the_plugin_imports_neither_the_sdk_nor_a_cloud_client_before_it_is_configured() -> None:
    code = "import sys, computenest.serve.plugin.main; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = ("pulumi", "pydantic", "alibabacloud_tea_openapi", "alibabacloud_credentials", "tree_sitter", "yaml")
    assert [name for name in heavy if name in found] == []
