"""What the engine asks of content packages, without the engine: the embedded cloud behind the real adapters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from computenest.kernel.errors import ComputeNestError, Conflict, Permanent
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Outcome
from computenest.resources._packages.content_model import Kind
from lifecycle.wares import Shop, checked, image_shop, told
from stack.cloud import Cloud
from stack.contents import objects, registry_of, traffic_bytes
from unit.images.layouts import Layout, at
from uploads.sources import layer

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def cloud(wares_cloud: Cloud) -> Cloud:
    return wares_cloud


@pytest.fixture(autouse=True)
def _clean(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.faults()


async def read(process: Any, outcome: Outcome) -> dict[str, Any]:
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
        assert (again.id, again.state["incarnation"]) == (outcome.id, 2)
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
        mine = await checked(process, {**shop.wish(3, name="taken"), "ownerId": "o-another"})  # before it is taken
        process = shop.process()
        theirs = await process.create(await checked(process, shop.wish(1, name="taken")))
        before = traffic_bytes(cloud)
        shop.make(3)
        process = shop.process()
        with pytest.raises(Conflict, match="left untouched"):
            await process.create(mine)
        assert traffic_bytes(cloud) == before
        await shop.process().delete(theirs.state)

    told(story())


def test_a_replacement_shares_the_content_with_what_it_replaces(shop: Shop, cloud: Cloud) -> None:
    """Created before the old one is deleted: the deletion must not take the new one's content away."""

    async def story() -> None:
        process = shop.process()
        before, after = ({}, {"name": "renamed"}) if shop.kind is Kind.FILE else ({"permission": "Public"}, {})
        first = await process.create(await checked(process, shop.wish(1, **before)))
        process = shop.process()
        news = await checked(process, shop.wish(1, **after), first.state)
        assert process.diff(first.state, news).replaces == tuple(before or after)
        inputs = await checked(process, shop.wish(1, **after))  # the engine's second check knows no old inputs
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


def test_platforms_of_an_image_of_which_not_all_are_there(tmp_path: Path, cloud: Cloud) -> None:
    async def story() -> None:
        shop, layout = image_shop(tmp_path, "platforms"), Layout()
        parts = [
            layout.image(n, on=name, **at(name)) for n, name in enumerate(("linux/amd64", "linux/arm64", "linux/arm"))
        ]
        index = layout.index(*parts)
        layout.top(layout.index(index))
        layout.drop(parts[2])
        wish = {**shop.wish(), "source": {"kind": "layout", "path": str(layout.folder(tmp_path / "image"))}}
        process = shop.process()
        found = await process.check({}, wish)
        assert found.failures == ()
        assert "names linux/arm without holding it" in found.warnings[0]
        first = await process.create(dict(found.inputs))
        assert len(registry_of(cloud, "platforms")["tags"]) == 1
        one = {**wish, "platforms": ["linux/arm64"]}
        process = shop.process()
        news = await checked(process, one, first.state)
        assert process.diff(first.state, news).has_changes
        second = await process.update(news, first.state)
        assert second.state["digest"] == parts[1]["digest"]
        assert not process.diff(await read(shop.process(), second), news).has_changes
        wrong = await shop.process().check({}, {**wish, "platforms": ["linux/arm64", "linux/arm"]})
        assert [failure.path for failure in wrong.failures] == ["platforms[1]"]
        await shop.process().delete(second.state)

    told(story())


def test_a_source_that_cannot_be_read_is_told_by_check(shop: Shop) -> None:
    async def story() -> None:
        wish = shop.wish()
        wish["source"]["path"] += ".gone"
        found = await shop.process().check({}, wish)
        assert [failure.path for failure in found.failures] == ["source.path"]

    told(story())


def test_a_text_is_uploaded_and_only_its_digest_is_kept(tmp_path: Path, cloud: Cloud) -> None:
    del cloud

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
        inner = process.inner
        files = (await inner._of(inner.content.models.desired.model_validate(inputs))).store._port.traffic
        assert files.parts_present >= 4, "one that was under way may have arrived as well"
        assert files.parts_present + files.parts_sent == 8
        whole, last = 4 << 20, 30_000_000 % (4 << 20)  # which of them was the one under way, nobody knows
        assert files.bytes_sent in {files.parts_sent * whole, (files.parts_sent - 1) * whole + last}
        await process.delete(outcome.state)
        assert not [name for name in objects(cloud) if "app.bin" in name]

    try:
        told(story())
    finally:
        cloud.control("PUT", "facts", {"file.upload_path": "fresh"})
