"""What the engine asks of content packages, without the engine: the embedded cloud behind the real adapters."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.registry import open_registry
from computenest.cloud.settings import parse_settings
from computenest.domain.content.model import Kind
from computenest.domain.errors import ComputeNestError, Conflict, Permanent
from computenest.domain.names import OwnerId
from computenest.domain.outcome import Outcome
from computenest.transports.core import Core
from computenest.transports.uploads import ContentLifecycle
from stack.cloud import Cloud
from stack.contents import Keyring, objects, registry_of, traffic_bytes, with_registry
from uploads.sources import layer, write_chart, write_layout

pytestmark = pytest.mark.timeout(300)
WARES = ("ContainerImagePackage", "HelmChartPackage", "FilePackage")


@dataclass
class Screen:
    shown: list[str] = field(default_factory=list)

    def show(self, text: str) -> None:
        self.shown.append(text)

    def warn(self, text: str) -> None:
        self.shown.append(text)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


@dataclass
class Shop:
    """One package of a kind, as a stack would have it; each `process` is a new one with an empty memory."""

    folder: Path
    kind: Kind
    screen: Screen = field(default_factory=Screen)

    def process(self) -> ContentLifecycle:
        settings = parse_settings({"computenest:cloud": "local", "computenest:pollIntervalS": "1"}, environ=os.environ)
        return ContentLifecycle(Core(settings, self.screen), self.kind)

    def make(self, number: int = 1) -> dict[str, Any]:
        """The number-th content of this kind; what a program would say of it."""
        if self.kind is Kind.IMAGE:
            write_layout(self.folder / "image", [layer(1), layer(number)])
            return {"source": {"kind": "layout", "path": str(self.folder / "image")}}
        if self.kind is Kind.CHART:
            write_chart(self.folder / "chart", greeting=f"hello {number}")
            return {"source": {"kind": "directory", "path": str(self.folder / "chart")}}
        (self.folder / "app.bin").write_bytes(layer(number))
        return {"source": {"kind": "file", "path": str(self.folder / "app.bin")}, "regions": ["cn-beijing"]}

    def wish(self, number: int = 1, **more: Any) -> dict[str, Any]:
        return {
            "ownerId": f"o-{self.folder.name}", "logicalName": self.folder.name.lower(), "timeoutS": 9_999_999,
            **self.make(number), **more,
        }  # fmt: skip


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with with_registry(), pytest.MonkeyPatch.context() as patch:
        started = Cloud.start(tmp_path_factory.mktemp("uploads"), time_scale=1500)
        patch.setenv("COMPUTENEST_CLOUD_DIR", str(started.folder))
        yield started
        started.stop()


@pytest.fixture(autouse=True)
def _clean(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.faults()


@pytest.fixture(params=Kind, ids=lambda kind: kind.value)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    folder = tmp_path / f"w{abs(hash(request.node.name)) % 10**8}"
    folder.mkdir()
    return Shop(folder, request.param)


def image_shop(tmp_path: Path, name: str) -> Shop:
    folder = tmp_path / name
    folder.mkdir()
    return Shop(folder, Kind.IMAGE)


def told(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


async def checked(
    process: ContentLifecycle, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    found, _ = await process.check(olds or {}, news)
    assert found.failures == ()
    return dict(found.inputs)


async def read(process: ContentLifecycle, outcome: Outcome) -> dict[str, Any]:
    found = await process.read(outcome.id, outcome.state, owner_id=OwnerId(""))
    assert found is not None
    return dict(found.outcome.state)


def test_an_update_keeps_what_versions_need_and_takes_the_rest_away(shop: Shop, cloud: Cloud) -> None:
    async def story() -> None:
        process = shop.process()
        first = await process.create(await checked(process, shop.wish(1, retainVersions=0)))
        assert first.is_complete
        process = shop.process()
        news = await checked(process, shop.wish(2, retainVersions=0), first.state)
        assert "content" in process.diff(first.state, news).changes
        second = await process.update(news, first.state)
        assert second.state["version"] == "2"
        assert len(second.state["places"]) == 1
        assert not process.diff(await read(shop.process(), second), news).has_changes
        await shop.process().delete(second.state)
        assert await shop.process().read(second.id, second.state, owner_id=OwnerId("")) is None
        assert not [name for name in objects(cloud) if "/repositories/" in name or "computenest-artifacts" in name]

    told(story())


def test_an_interrupted_create_is_found_again_and_sends_nothing_twice(shop: Shop, cloud: Cloud) -> None:
    async def story() -> None:
        cloud.faults({
            "match": {"action": "CreateArtifact"}, "times": 1,
            "effect": {"kind": "error", "status": 403, "code": "Forbidden.RAM", "message": "Not now."},
        })  # fmt: skip
        process = shop.process()
        with pytest.raises(ComputeNestError, match=r"Forbidden\.RAM"):
            await process.create(await checked(process, shop.wish()))
        before = traffic_bytes(cloud)
        process = shop.process()
        outcome = await process.create(await checked(process, shop.wish()))
        assert traffic_bytes(cloud) == before
        again = await shop.process().create(outcome.state)  # a create whose answer was lost
        assert again.id == outcome.id
        assert traffic_bytes(cloud) == before
        await shop.process().delete(again.state)

    told(story())


def test_a_release_that_fails_keeps_the_id_and_the_next_run_goes_on(shop: Shop, cloud: Cloud) -> None:
    async def story() -> None:
        cloud.faults({
            "match": {"action": "ReleaseArtifact"}, "times": 1,
            "effect": {"kind": "fail_scan", "code": "AtRisk", "message": "A hole."},
        })  # fmt: skip
        process = shop.process()
        inputs = await checked(process, shop.wish())
        outcome = await process.create(inputs)
        assert not outcome.is_complete
        assert outcome.id.startswith("artifact-")
        assert "A hole." in " ".join(outcome.reasons)
        assert process.diff(outcome.state, inputs).has_changes
        before = traffic_bytes(cloud)
        process = shop.process()
        done = await process.update(await checked(process, shop.wish(), outcome.state), outcome.state)
        assert done.is_complete
        assert traffic_bytes(cloud) == before
        await shop.process().delete(done.state)

    told(story())


def test_a_strangers_artifact_is_refused_before_anything_is_sent(shop: Shop, cloud: Cloud) -> None:
    async def story() -> None:
        process = shop.process()
        theirs = await process.create(await checked(process, shop.wish(1, name="taken")))
        before = traffic_bytes(cloud)
        process = shop.process()
        mine = await checked(process, {**shop.wish(3, name="taken"), "ownerId": "o-another"})
        with pytest.raises(Conflict, match="left untouched"):
            await process.create(mine)
        assert traffic_bytes(cloud) == before
        await shop.process().delete(theirs.state)

    told(story())


def test_a_replacement_shares_the_content_with_what_it_replaces(shop: Shop, cloud: Cloud) -> None:
    """Created before the old one is deleted: the deletion must not take the new one's content away."""

    async def story() -> None:
        process = shop.process()
        public = shop.wish(1, permission="Public")
        first = await process.create(await checked(process, public))
        process = shop.process()
        news = await checked(process, shop.wish(1), first.state)
        assert process.diff(first.state, news).replaces == ("permission",)
        inputs = await checked(process, shop.wish(1))  # the engine's second check knows no old inputs
        assert inputs["generation"] == 2
        second = await process.create(inputs)
        assert second.id != first.id
        await shop.process().delete(first.state)
        seen = await read(shop.process(), second)
        assert not process.diff(seen, inputs).has_changes
        assert seen["content"] == inputs["content"]
        await shop.process().delete(second.state)
        assert not registry_of(cloud, str(first.state.get("repository")))

    told(story())


def test_somebody_elses_tag_is_not_moved(tmp_path: Path, cloud: Cloud) -> None:
    async def story() -> None:
        shop = image_shop(tmp_path, "theirtag")
        process = shop.process()
        other = await process.create(await checked(process, shop.wish(1, tag="1.0")))
        second = image_shop(tmp_path, "mytag")
        process = second.process()
        news = second.wish(2, tag="1.0", repository="theirtag")
        with pytest.raises(Conflict, match=r"exists and holds another content .* left untouched"):
            await process.create(await checked(process, news))
        assert registry_of(cloud, "theirtag")["tags"] == {"1.0": other.state["digest"]}
        await shop.process().delete(other.state)

    told(story())


def test_a_tag_of_ours_moves_with_its_content(tmp_path: Path, cloud: Cloud) -> None:
    async def story() -> None:
        shop = image_shop(tmp_path, "moving")
        process = shop.process()
        first = await process.create(await checked(process, shop.wish(1, tag="1.0")))
        process = shop.process()
        second = await process.update(await checked(process, shop.wish(2, tag="1.0"), first.state), first.state)
        assert second.state["version"] == "2"
        assert registry_of(cloud, "moving")["tags"] == {"1.0": second.state["digest"]}
        await shop.process().delete(second.state)
        assert not registry_of(cloud, "moving")

    told(story())


def test_what_changes_between_check_and_push_is_told(shop: Shop) -> None:
    async def story() -> None:
        process = shop.process()
        inputs = await checked(process, shop.wish(1))
        shop.make(2)
        with pytest.raises((Permanent, ComputeNestError), match="changed after it was checked"):
            await process.create(inputs)

    told(story())


def test_a_source_that_cannot_be_read_is_told_by_check(shop: Shop) -> None:
    async def story() -> None:
        wish = shop.wish()
        wish["source"]["path"] += ".gone"
        found, _ = await shop.process().check({}, wish)
        assert [failure.path for failure in found.failures] == ["source.path"]

    told(story())


def test_a_text_is_uploaded_and_only_its_digest_is_kept(tmp_path: Path, cloud: Cloud) -> None:
    async def story() -> None:
        shop = image_shop(tmp_path, "text")
        shop.kind = Kind.FILE
        process = shop.process()
        wish = {**shop.wish(), "source": {"kind": "text", "text": "only-here"}, "fileName": "a.txt"}
        inputs = await checked(process, wish)
        outcome = await process.create(inputs)
        assert "only-here" not in str(outcome)
        assert not process.diff(outcome.state, await checked(shop.process(), wish, outcome.state)).has_changes
        await process.delete(outcome.state)

    told(story())


@pytest.mark.parametrize("path", ["fresh", "stable"])
def test_an_interrupted_upload_sends_no_part_twice(tmp_path: Path, cloud: Cloud, path: str) -> None:
    async def story() -> None:
        cloud.control("PUT", "facts", {"file.upload_path": path})
        shop = image_shop(tmp_path, "parts")
        shop.kind = Kind.FILE
        wish = shop.wish()
        (shop.folder / "app.bin").write_bytes(layer(77, 30_000_000))
        cloud.faults({
            "match": {"service": "oss", "action": "UploadPart"}, "skip": 4,
            "effect": {"kind": "error", "status": 403, "code": "AccessDenied", "message": "No more."},
        })  # fmt: skip
        process = shop.process()
        inputs = await checked(process, wish)
        with pytest.raises(Permanent, match=r"step 7 of 7 .*AccessDenied"):
            await process.create(inputs)
        cloud.faults()
        process = shop.process()
        outcome = await process.create(await checked(process, wish))
        files = (await process._of(inputs)).store._port.files.traffic
        assert files.parts_present == 4
        assert files.bytes_sent == 30_000_000 - 4 * (4 << 20)
        await process.delete(outcome.state)
        assert not [name for name in objects(cloud) if "app.bin" in name]

    try:
        told(story())
    finally:
        cloud.control("PUT", "facts", {"file.upload_path": "fresh"})


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
