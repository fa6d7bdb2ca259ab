"""`DeliveryPackage` on real registries: what a preview promises is what a registry gets, and what a destroy leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.clock import RealClock
from computenest.cloud.settings import parse_settings
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._delivery.assembly import LayerCache
from computenest.resources._program.core import CHECK_RETRY, Core
from computenest.resources.delivery_package import api
from computenest.resources.delivery_package.api import FileArchives, OciRegistries, SourcePacker
from computenest.resources.delivery_package.lifecycle import DeliveryPackageLifecycle
from computenest.resources.delivery_package.use_cases import DeliveryPackageUseCases
from computenest.serve.lifecycles import served
from delivery.wares import IMAGES, LARGE, given
from lifecycle.cores import core_of
from lifecycle.driver import Failed, Screen, _no_lease
from lifecycle.lives import LIVES, AnyLife, Subject
from uploads.rig import PASSWORD, USER, Rig
from uploads.tools import Tools

PROMISE = re.compile(r"sends (\d+) of (\d+) blobs, (\d+) of (\d+) bytes")


class Real(Subject):
    """The lifecycle as a process has it, with a cache of its own."""

    type_name = "DeliveryPackage"

    def __init__(self, folder: Path) -> None:
        self.folder, self.screen = folder, Screen()

    def lifecycle(self) -> DeliveryPackageLifecycle:
        packer, clock = SourcePacker(LayerCache(self.folder)), RealClock()
        registries = retrying(OciRegistries(packer=packer), retry=Retry(attempts=2, budget_s=5.0), clock=clock)
        asking = retrying(OciRegistries(packer=packer), CHECK_RETRY, clock)
        archives = FileArchives(packer)
        made = DeliveryPackageUseCases(packer, registries, archives, clock, self.screen, _no_lease, asking)
        return DeliveryPackageLifecycle(core_of(self.screen), open=lambda _: made)


@pytest.fixture
def second(tmp_path: Path, registry_binary: Path) -> Iterator[Rig]:
    started = Rig(tmp_path / "second", registry_binary)
    yield started
    started.stop()


def life_of(folder: Path, transport: str = "plugin", *, name: str = "shop") -> AnyLife:
    life = LIVES[transport](Real(folder / "cache"))
    life.name = name
    return life


def news_of(folder: Path, *rigs: Rig, owner: str = "o-1", **more: Any) -> dict[str, Any]:
    targets = [{"repository": f"{rig.host}/pkg/shop", "username": USER, "password": PASSWORD} for rig in rigs]
    return {"ownerId": owner, "logicalName": "shop", **given(folder / "wares"), "targets": targets, **more}


def warned(life: AnyLife, news: dict[str, Any]) -> list[str]:
    """What a preview says beside the inputs."""
    checked = life.subject.run(served(life.subject.lifecycle()).check(life.inputs, news))
    assert checked.failures == ()
    return list(checked.warnings)


def promised(life: AnyLife, news: dict[str, Any]) -> list[tuple[int, int]]:
    """Blobs and bytes that a preview says are sent, registry by registry."""
    found = [PROMISE.search(text) for text in warned(life, news)]
    return [(int(match[1]), int(match[3])) for match in found if match]


def held(rig: Rig) -> dict[str, int]:
    return {digest: path.stat().st_size for digest, path in rig.blob_files().items()}


def uploads(rig: Rig) -> int:
    """Blobs that were sent, by the registry's own log."""
    return len(re.findall(r'"PUT /v2/[^"]*/blobs/uploads/', (rig.folder / "registry.log").read_text()))


@pytest.mark.parametrize("transport", LIVES)
def test_two_registries_get_exactly_what_a_preview_promises_and_a_second_run_nothing(
    rig: Rig, second: Rig, tmp_path: Path, transport: str
) -> None:
    life, news = life_of(tmp_path, transport), news_of(tmp_path, rig, second)
    told = promised(life, news)
    assert life.up(news) == "create"
    for number, one in enumerate((rig, second)):
        blobs, size = told[number]
        assert uploads(one) == blobs
        manifest = held(one)[life.state["digest"]]
        assert sum(held(one).values()) - manifest == size
    assert life.state["registries"] == {f"{one.host}/pkg/shop": life.state["digest"] for one in (rig, second)}
    assert promised(life, news) == []
    assert life.up(news) == "same"
    before = held(rig)
    changed = {**news, **given(tmp_path / "wares", version="1.1", seed=1)}
    ((blobs, size), again) = promised(life, changed)
    assert (blobs, size) == again
    assert LARGE < size < LARGE + (64 << 10), "the layer, and what tells of it"
    assert life.up(changed) == "update"
    new = {
        digest: size for digest, size in held(rig).items() if digest not in before and digest != life.state["digest"]
    }
    assert (len(new), sum(new.values())) == (blobs, size)
    assert uploads(rig) == len(before) - 1 + blobs
    count = uploads(rig), uploads(second)
    assert life.refresh()
    assert life.up(changed) == "same"
    assert (uploads(rig), uploads(second)) == count
    life.destroy()
    assert tags(rig) == tags(second) == []


def tags(rig: Rig) -> list[str]:
    """Every tag of the registry, by its files."""
    return sorted(path.name for path in (rig.folder / "data").glob("**/_manifests/tags/*"))


def revisions(rig: Rig) -> int:
    return len(list((rig.folder / "data").glob("**/_manifests/revisions/*/*/link")))


def test_two_packages_of_one_digest_leave_each_other_whole(rig: Rig, tmp_path: Path) -> None:
    one, other = life_of(tmp_path), life_of(tmp_path)
    one.up(news_of(tmp_path, rig))
    other.up(news_of(tmp_path, rig, owner="o-2"))
    assert one.state["digest"] == other.state["digest"]
    one.destroy()
    assert len(tags(rig)) == 2
    assert other.refresh()
    assert other.up(news_of(tmp_path, rig, owner="o-2")) == "same"
    changed = {**news_of(tmp_path, rig, owner="o-2"), **given(tmp_path / "wares", seed=1)}
    assert other.up(changed) == "update", "nobody else relies on that tag any more"
    other.destroy()
    assert (tags(rig), revisions(rig)) == ([], 1), "only what nothing tells of any more"


def test_a_tag_that_others_rely_on_or_put_there_is_not_moved(rig: Rig, tmp_path: Path) -> None:
    one, other = life_of(tmp_path), life_of(tmp_path)
    one.up(news_of(tmp_path, rig))
    changed = {**news_of(tmp_path, rig, owner="o-2"), **given(tmp_path / "wares", seed=1)}
    with pytest.raises(Failed, match="which this package did not put there"):
        other.up(changed)
    other.forget()
    other.up(news_of(tmp_path, rig, owner="o-2"))
    with pytest.raises(Failed, match="another package relies on"):
        other.up(changed)
    other.destroy()
    assert one.refresh()
    assert one.up(news_of(tmp_path, rig)) == "same"
    one.destroy()


def test_another_tag_of_the_same_manifest_keeps_it_and_a_target_taken_out_is_cleared(
    rig: Rig, second: Rig, tmp_path: Path
) -> None:
    life = life_of(tmp_path)
    life.up(news_of(tmp_path, rig, second))
    links = next((rig.folder / "data").glob("**/_manifests/tags/1.0"))
    theirs = links.parent / "stable" / "current"
    theirs.mkdir(parents=True)
    (theirs / "link").write_bytes((links / "current" / "link").read_bytes())
    life.up(news_of(tmp_path, rig))
    assert tags(second) == []
    life.destroy()
    assert tags(rig) == ["stable"]
    digest = (theirs / "link").read_text()
    assert list((rig.folder / "data").glob(f"**/_manifests/revisions/sha256/{digest[7:]}/link")), "the manifest stays"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"ignore": ["acme/web:*"]},
            r"docker.io/acme/setup:1.0|acme/setup:1.0 is not in the package: chart shop wants it "
            r"\(Deployment default/web, spec.template.spec.initContainers\[0\].image\)",
        ),
        ({}, r"acme/migrate:1.0 is not in the package: chart shop wants it \(Job default/migrate"),
        ({}, r"docker.io/acme/gateway:1.0 is not in the package: chart gateway wants it \(Gateway"),
    ],
)
def test_an_image_that_a_chart_renders_and_the_package_lacks_is_an_error(
    rig: Rig, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    news = {**news_of(tmp_path, rig), "images": [], **change}
    with pytest.raises(Failed, match=said):
        life_of(tmp_path).up(news)
    assert uploads(rig) == 0


def test_what_is_ignored_is_told_and_what_nobody_uses_is_a_note(rig: Rig, tmp_path: Path) -> None:
    life, news = life_of(tmp_path), news_of(tmp_path, rig)
    kept = [one for one in news["images"] if one["reference"] != f"{IMAGES[1]}:1.0"]
    values = {"tag": "2.0"}
    charts = [{**news["charts"][0], "values": values}, news["charts"][1]]
    news |= {"images": kept, "charts": charts, "ignore": ["*/setup:1.0", "acme/web:2.0"]}
    said = " ".join(warned(life, news))
    life.up(news)
    assert sorted(life.state["missing"]) == ["acme/setup:1.0", "acme/web:2.0"]
    assert "docker.io/acme/web:1.0 is in the package, and no chart uses it" in said
    assert "acme/perhaps:1 is not in the package; chart gateway wants it (Gateway default/front, spec.image)" in said
    life.destroy()


@pytest.mark.parametrize("transport", LIVES)
def test_what_lies_in_a_registry_is_fetched_within_bounds_and_once(
    rig: Rig, open_rig: Rig, tools: Tools, tmp_path: Path, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the bound is fetched by the update; the digest is what it would have been."""
    news = news_of(tmp_path, rig, ignore=["*"])
    far = []
    for one in news["images"]:
        place = f"{open_rig.host}/{transport}/{one['reference']}"
        tools.skopeo(f"oci:{one['path']}", f"docker://{place}")
        far.append({"reference": one["reference"], "pulledFrom": place})
    news["images"] = far
    monkeypatch.setattr(api, "_FETCHED_BY_CHECK_BYTES", 1000)
    life = life_of(tmp_path, transport)
    (note,) = [text for text in warned(life, news) if "fetched" in text]
    assert "its digest is known once" in note
    inputs = life.process().check(life.urn, {}, news)
    assert inputs["digest"].startswith("unknown until fetched (")
    assert life.up(news) == "create"
    assert life.state["registries"] == {f"{rig.host}/pkg/shop": life.state["digest"]}
    assert life.up(news) == "same", "nothing is fetched for it: what its layers come to is known"
    assert [text for text in warned(life, news) if "fetched" in text] == []
    elsewhere = life_of(tmp_path / "another-machine", transport)
    elsewhere.id, elsewhere.state, elsewhere.inputs = life.id, life.state, life.inputs
    assert elsewhere.up(news) == "same", "what is in it decides where the digest is not known"
    life.destroy()


def test_an_image_that_cannot_be_had_is_named_with_where_and_why(rig: Rig, open_rig: Rig, tmp_path: Path) -> None:
    news = news_of(tmp_path, rig)
    gone = f"{open_rig.host}/gone/web:1"
    news["images"][2] = {"reference": "acme/migrate:1.0", "pulledFrom": gone}
    with pytest.raises(
        Failed, match=rf"images\[2\].pulledFrom: the image \S+migrate:1.0 from {gone}: \S+ has no gone/web:1"
    ):
        life_of(tmp_path).up(news)
    assert uploads(rig) == 0


def test_a_registry_that_refuses_keeps_what_was_sent_for_the_next_run(rig: Rig, second: Rig, tmp_path: Path) -> None:
    """The second one is read-only for a while: the first one has its package, and the run fails naming the other."""
    life, news = life_of(tmp_path), news_of(tmp_path, rig, second)
    second.tokens.drops_actions = frozenset({"push"})
    with pytest.raises(Failed, match=second.host.replace(".", r"\.")):
        life.up(news)
    assert life.state["registries"] == {f"{rig.host}/pkg/shop": life.state["digest"]}
    sent = uploads(rig)
    second.tokens.drops_actions = frozenset()
    assert life.up(news) == "update"
    assert (uploads(rig), uploads(second)) == (sent, sent)
    life.destroy()
    assert tags(rig) == tags(second) == []


def test_a_login_that_is_refused_is_told_before_anything_is_sent(rig: Rig, second: Rig, tmp_path: Path) -> None:
    life, news = life_of(tmp_path), news_of(tmp_path, rig, second)
    news["targets"][1]["password"] = "another"
    checked = life.subject.run(served(life.subject.lifecycle()).check(life.inputs, news))
    assert [one.path for one in checked.failures] == ["targets[1]"]
    assert second.host in checked.failures[0].reason
    assert PASSWORD not in str(checked.failures)
    assert uploads(rig) == 0


@pytest.mark.timeout(120)  # a run bears five minutes of silence
def test_a_preview_does_not_wait_for_a_registry_that_is_down(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one has answered, so the network is there: only a run waits for what may come back."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    life, news = life_of(tmp_path), news_of(tmp_path, rig)
    core: Any = Core(parse_settings({"computenest:cloud": "local"}, environ={}), Screen())
    news["targets"].append({"repository": "127.0.0.1:1/pkg/shop"})
    checked = life.subject.run(served(DeliveryPackageLifecycle(core)).check(life.inputs, news))
    assert checked.failures == ()
    assert any("127.0.0.1:1/pkg/shop:1.0: how much is sent to it is not known" in one for one in checked.warnings)
