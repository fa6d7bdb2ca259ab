"""The adapters against the embedded cloud: a real server, over HTTP, with time that the tests move."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from computenest.cloud.clock import VirtualClock
from computenest.cloud.control import Control, Handle
from computenest.cloud.secret import Secret
from computenest.cloud.settings import Settings, StaticKeys
from computenest.kernel.errors import Conflict, NotFound, Permanent, Transient
from computenest.kernel.names import AccountName, ArtifactId, ImageId, RegionId, Token, VersionId
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.market_api import CloudMarket
from computenest.resources._packages.model import DRAFT, BuiltImage, CustomImage, DraftSpec, MarketplaceImage
from computenest.resources._program.session import Session, open_session
from computenest.resources.ecs_image_package.copies_api import CloudCopies

T = TypeVar("T")
PRODUCT = "cmjj00000001"  # of the embedded cloud's catalogue: two versions, four regions
HANGZHOU, BEIJING = RegionId("cn-hangzhou"), RegionId("cn-beijing")


@dataclass
class Cloud:
    """A session on the shared server, and what it called."""

    session: Session
    control: Control
    image: ImageId
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def draft(self) -> DraftSpec:
        source = CustomImage(image_id=self.image, region=HANGZHOU)
        return DraftSpec(source=source, regions=(BEIJING, HANGZHOU), version_name="v1", description="first")

    async def make(self, name: str, *, draft: DraftSpec | None = None) -> ArtifactId:
        return await self.session.port(CloudArtifacts).create(
            name=name,
            draft=draft or self.draft,
            tags={"k": "v"},
            resource_group_id=None,
            token=Token(f"create-{name}"),
        )


def settings_of(server: Handle, account: str = "supplier", **wrong: str) -> Settings:
    keys = server.accounts[account]
    secret = Secret(wrong["secret"]) if "secret" in wrong else keys.access_key_secret
    access = Secret(wrong.get("access", keys.access_key_id))
    token = Secret(wrong["token"]) if "token" in wrong else None
    credentials = StaticKeys(access_key=access, secret_key=secret, security_token=token)
    return Settings(cloud="aliyun", region="cn-hangzhou", endpoint=server.endpoint, credentials=credentials)


@pytest.fixture
def run(server: Handle, control: Control) -> Callable[[Callable[[Cloud], Awaitable[T]]], T]:
    """Runs a coroutine with a cloud as new."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Cloud]:
        body = {"account": "supplier", "region": "cn-hangzhou", "name": "source"}
        image = ImageId(control.post("images", body)["image_id"])
        calls: Counter[str] = Counter()
        session = open_session(settings_of(server), hook=lambda _, action, __: calls.update([action]))
        yield Cloud(session, control, image, calls)
        session.close()

    def runner(work: Callable[[Cloud], Awaitable[T]]) -> T:
        async def within() -> T:
            async with opened() as cloud:
                return await work(cloud)

        return asyncio.run(within())

    return runner


Run = Callable[[Callable[[Cloud], Awaitable[None]]], None]


async def until_released(cloud: Cloud, artifact_id: ArtifactId) -> None:
    clock = VirtualClock(cloud.control)
    for _ in range(500):
        found = await cloud.session.port(CloudArtifacts).versions(artifact_id=artifact_id)
        if found and found[0].status == "Available":
            return
        await clock.sleep(30)
    raise AssertionError("never released")


def test_a_session_opens_ports_that_ask_as_its_account(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        artifacts = cloud.session.port(CloudArtifacts)
        assert await artifacts.find(name="nothing") == ()

    run(work)


def test_create_find_and_get(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        artifact_id = await cloud.make("web")
        await cloud.make("web-prod-legacy")
        (found,) = await cloud.session.port(CloudArtifacts).find(name="web")
        assert (found.artifact_id, found.name, found.artifact_type) == (artifact_id, "web", "EcsImage")
        assert found.tags == {"k": "v"}
        got = await cloud.session.port(CloudArtifacts).get(artifact_id=artifact_id, version=DRAFT)
        assert got is not None
        assert (got.name, got.version, got.version_name, got.description) == ("web", DRAFT, "v1", "first")
        assert got.status == "Created"
        assert await cloud.session.port(CloudArtifacts).find(name="we") == ()

    run(work)


def test_a_repeated_create_with_its_token_is_one_artifact(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        assert await cloud.make("web") == await cloud.make("web")
        assert len(await cloud.session.port(CloudArtifacts).find(name="web")) == 1

    run(work)


def test_a_release_delivers_the_map(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        artifact_id = await cloud.make("web")
        await cloud.session.port(CloudArtifacts).release(artifact_id=artifact_id, token=Token("release"))
        await until_released(cloud, artifact_id)
        (version,) = await cloud.session.port(CloudArtifacts).versions(artifact_id=artifact_id)
        assert (version.version, version.number, version.is_draft) == (VersionId("1"), 1, False)
        assert version.regions == (BEIJING, HANGZHOU)
        assert list(version.images) == [BEIJING, HANGZHOU]
        assert version.source_property == {"RegionId": HANGZHOU, "ImageId": cloud.image}
        summary = (await cloud.session.port(CloudArtifacts).list_by_id([artifact_id]))[artifact_id]
        assert (summary.max_version, summary.status) == (1, "Available")

    run(work)


def test_drafts_are_made_changed_and_deleted(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        artifacts = cloud.session.port(CloudArtifacts)
        artifact_id = await cloud.make("web")
        with pytest.raises(Conflict) as caught:
            await artifacts.create_draft(
                artifact_id=artifact_id, name="web", draft=cloud.draft, token=Token("second-draft")
            )
        assert caught.value.code == "EntityAlreadyExist.DraftArtifact"
        changed = cloud.draft.model_copy(update={"version_name": "v1b", "description": "", "regions": (BEIJING,)})
        await artifacts.update_draft(artifact_id=artifact_id, draft=changed, token=Token("update"))
        (draft,) = await artifacts.versions(artifact_id=artifact_id)
        assert (draft.is_draft, draft.version_name, draft.regions) == (True, "v1b", (BEIJING,))
        await artifacts.release(artifact_id=artifact_id, token=Token("release"))
        with pytest.raises(Conflict):
            await artifacts.update_draft(artifact_id=artifact_id, draft=cloud.draft, token=Token("too-late"))
        await until_released(cloud, artifact_id)
        await artifacts.create_draft(artifact_id=artifact_id, name="web", draft=cloud.draft, token=Token("draft-2"))
        assert [one.version for one in await artifacts.versions(artifact_id=artifact_id)] == ["draft", "1"]
        await artifacts.delete(artifact_id=artifact_id, version=DRAFT, token=Token("delete-draft"))
        assert [one.version for one in await artifacts.versions(artifact_id=artifact_id)] == ["1"]

    run(work)


def test_deleted_and_unknown_are_absent(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        artifacts = cloud.session.port(CloudArtifacts)
        artifact_id = await cloud.make("web")
        for unknown in (ArtifactId("artifact-0000000000"), artifact_id):
            await artifacts.delete(artifact_id=unknown, version=None, token=Token(f"delete-{unknown[-6:]}"))
            assert await artifacts.get(artifact_id=unknown) is None
            assert await artifacts.versions(artifact_id=unknown) == ()
            assert await artifacts.list_by_id([unknown]) == {}
            await artifacts.delete(artifact_id=unknown, version=None, token=Token(f"again-{unknown[-6:]}"))
        assert await artifacts.find(name="web") == ()

    run(work)


def test_a_missing_role_is_not_an_absent_artifact(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        artifact_id = await cloud.make("web")
        effect = {"kind": "error", "status": 404, "code": "EntityNotExist.Role"}
        cloud.control.put("faults", [{"match": {"service": "computenest"}, "effect": effect}])
        for call in (cloud.session.port(CloudArtifacts).get, cloud.session.port(CloudArtifacts).versions):
            with pytest.raises(NotFound):
                await call(artifact_id=artifact_id)

    run(work)


def test_tags(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        artifacts = cloud.session.port(CloudArtifacts)
        artifact_id = await cloud.make("web")
        await artifacts.tag(artifact_id=artifact_id, tags={"k": "new", **{f"n{i}": str(i) for i in range(15)}})
        await artifacts.untag(artifact_id=artifact_id, keys=[f"n{i}" for i in range(14)])
        got = await artifacts.get(artifact_id=artifact_id)
        assert got is not None
        assert got.tags == {"k": "new", "n14": "14"}
        await artifacts.tag(artifact_id=artifact_id, tags={})
        await artifacts.untag(artifact_id=artifact_id, keys=[])
        assert (cloud.calls["TagResources"], cloud.calls["UnTagResources"]) == (1, 1)

    run(work)


def test_every_page_is_read_and_one_call_covers_a_hundred_ids(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        async with asyncio.TaskGroup() as group:
            made = [group.create_task(cloud.make(f"web-{number:03}")) for number in range(101)]
        ids = sorted(task.result() for task in made)
        cloud.calls.clear()
        assert sorted(await cloud.session.port(CloudArtifacts).list_by_id(ids[:100])) == ids[:100]
        assert cloud.calls == {"ListArtifacts": 1}
        assert await cloud.session.port(CloudArtifacts).find(name="web-100")
        assert await cloud.session.port(CloudArtifacts).find(name="web-") == ()
        assert cloud.calls["ListArtifacts"] == 4, "101 fuzzy hits are two pages"
        with pytest.raises(ValueError, match="100"):
            await cloud.session.port(CloudArtifacts).list_by_id(ids)

    run(work)


def test_built_and_marketplace_sources(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        built = BuiltImage(region=HANGZHOU, source_image="aliyun_3_x64", command="echo 1", system_disk_size_gib=40)
        artifact_id = await cloud.make("built", draft=cloud.draft.model_copy(update={"source": built}))
        (version,) = await cloud.session.port(CloudArtifacts).versions(artifact_id=artifact_id)
        assert {**version.build_property, **(built.build_property() or {})} == version.build_property

    run(work)


def test_images(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        images = cloud.session.port(CloudCopies)
        assert {HANGZHOU, BEIJING} <= await images.regions()
        found = await images.describe(region=HANGZHOU, ids=[cloud.image, ImageId("m-bp1aaaaaaaaaaaaaaaaa")])
        assert list(found) == [cloud.image]
        image = found[cloud.image]
        assert (image.status, image.name, image.size_gib, image.is_encrypted) == ("Available", "source", 40, False)
        body = {"account": "supplier", "region": "cn-hangzhou", "name": "sold", "product_code": "cmjj00000001"}
        sold = ImageId(cloud.control.post("images", body)["image_id"])
        shown = await images.describe(region=HANGZHOU, ids=[cloud.image, sold])
        assert {image.name: image.product_code for image in shown.values()} == {"source": "", "sold": "cmjj00000001"}
        assert await images.describe(region=BEIJING, ids=[cloud.image]) == {}
        assert await images.describe(region=BEIJING, ids=[]) == {}
        with pytest.raises(ValueError, match="100"):
            await images.describe(region=BEIJING, ids=[ImageId(f"m-{number}") for number in range(101)])

    run(work)


def test_copies_in_progress_are_seen(run: Run, server: Handle) -> None:
    """fact §4: the default status filter would hide them."""

    async def work(cloud: Cloud) -> None:
        hub = open_session(settings_of(server, "hub"))
        artifact_id = await cloud.make("web")
        await cloud.session.port(CloudArtifacts).release(artifact_id=artifact_id, token=Token("release"))
        clock = VirtualClock(cloud.control)
        seen: set[str] = set()
        for _ in range(500):
            ledger = cloud.control.get("ledger")["accounts"]["hub"]["images_outstanding"]
            ids = [ImageId(row["image_id"] if isinstance(row, dict) else row) for row in ledger]
            for region in (HANGZHOU, BEIJING):
                if ids:
                    found = await hub.port(CloudCopies).describe(region=region, ids=ids)
                    seen |= {image.status for image in found.values()}
            if "Creating" in seen:
                break
            await clock.sleep(5)
        hub.close()
        assert "Creating" in seen

    run(work)


def test_a_product_names_its_regions(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        product = await cloud.session.port(CloudMarket).product(code=PRODUCT)
        assert product is not None
        assert list(product.versions) == ["V1.0", "V2.0"]
        for images in product.versions.values():
            assert list(images) == ["ap-southeast-1", "cn-beijing", "cn-hangzhou", "cn-shanghai"]
        assert set(product.versions["V1.0"].values()).isdisjoint(product.versions["V2.0"].values())
        version = "V2.0"
        source = MarketplaceImage(commodity_code=PRODUCT, commodity_version=version)
        region = next(iter(product.versions[version]))
        draft = DraftSpec(source=source, regions=(region,), version_name="v1")
        artifact_id = await cloud.make("market", draft=draft)
        await cloud.session.port(CloudArtifacts).release(artifact_id=artifact_id, token=Token("release"))
        await until_released(cloud, artifact_id)
        (delivered,) = await cloud.session.port(CloudArtifacts).versions(artifact_id=artifact_id)
        assert delivered.images == {region: product.versions[version][region]}
        assert await cloud.session.port(CloudMarket).product(code="cmjj00000000") is None

    run(work)


def test_risks(run: Run) -> None:
    async def work(cloud: Cloud) -> None:
        artifact_id = await cloud.make("web")
        assert await cloud.session.port(CloudArtifacts).risks(artifact_id=artifact_id, version=DRAFT) == ()

    run(work)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"access": "LTAI-unknown"}, "InvalidAccessKeyId"),
        ({"secret": "not-the-secret"}, "SignatureDoesNotMatch"),
    ],
    ids=["key", "secret"],
)
def test_wrong_credentials(server: Handle, wrong: dict[str, str], code: str) -> None:
    session = open_session(settings_of(server, **wrong))
    with pytest.raises(Permanent) as caught:
        asyncio.run(session.port(CloudArtifacts).find(name="web"))
    session.close()
    assert caught.value.code.startswith(code)
    assert caught.value.hint
    for value in (*wrong.values(), server.accounts["supplier"].access_key_secret.reveal()):
        assert value not in str(caught.value)


def test_temporary_credentials_work_until_they_expire(server: Handle, control: Control) -> None:
    made = control.post("sts", {"account": "supplier", "expires_in_s": 900})
    session = open_session(
        settings_of(
            server,
            access=made["access_key_id"],
            secret=made["access_key_secret"],
            token=made["security_token"],
        )
    )
    assert asyncio.run(session.port(CloudArtifacts).find(name="web")) == ()
    control.post("clock", {"advance_s": 901})
    with pytest.raises(Permanent) as caught:
        asyncio.run(session.port(CloudArtifacts).find(name="web"))
    session.close()
    assert caught.value.code.startswith("InvalidSecurityToken")
    assert "no longer valid" in caught.value.hint
    assert made["security_token"] not in str(caught.value)


@pytest.mark.parametrize(
    ("effect", "is_unknown"),
    [
        ({"kind": "throttle", "retry_after_ms": 1500}, False),
        ({"kind": "throttle"}, False),
        ({"kind": "http", "status": 503, "code": "ServiceUnavailable"}, False),
        ({"kind": "http", "status": 500, "code": "InternalError"}, True),
        ({"kind": "html", "status": 502}, True),
        ({"kind": "drop"}, True),
        ({"kind": "timeout_after"}, True),
    ],
    ids=lambda value: str(value["kind"]) if isinstance(value, dict) else "",
)
def test_faults_of_the_cloud_are_transient(run: Run, effect: dict[str, object], is_unknown: bool) -> None:
    async def work(cloud: Cloud) -> None:
        cloud.control.put("faults", [{"match": {"action": "CreateArtifact"}, "times": 1, "effect": effect}])
        with pytest.raises(Transient) as caught:
            await cloud.make("web")
        assert caught.value.effect_unknown is is_unknown
        assert caught.value.retry_after_s == (1.5 if "retry_after_ms" in effect else None)
        artifact_id = await cloud.make("web")
        assert [one.artifact_id for one in await cloud.session.port(CloudArtifacts).find(name="web")] == [artifact_id]

    run(work)


def test_waiting_at_once_moves_a_virtual_clock_once(control: Control) -> None:
    async def many(clock: VirtualClock) -> None:
        await asyncio.gather(*(clock.sleep(60) for _ in range(10)))

    clock = VirtualClock(control)
    before = clock.now_s()
    asyncio.run(many(clock))
    assert 60 <= clock.now_s() - before < 120


def test_the_default_account_is_the_stack_s(server: Handle) -> None:
    session = open_session(settings_of(server))
    assert session.account == AccountName("")
    session.close()
