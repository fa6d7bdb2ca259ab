"""The law of shared places: whatever one package does, what another one put or uses there stays as it is.

For every kind of content, through both transports, one after the other and at once.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from computenest.cloud.settings import parse_settings
from computenest.kernel.names import Token
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.model import Content, DraftSpec
from computenest.resources._packages.repositories import CloudRepositories
from computenest.resources._program.session import Session, open_session
from computenest.resources.file_package.api import FileStore
from lifecycle.driver import Failed
from lifecycle.kinds import CONTENTS, STORES
from lifecycle.lives import LIVES
from lifecycle.wares import Shop, Tenant
from stack.cloud import Cloud

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def cloud(wares_cloud: Cloud) -> Cloud:
    return wares_cloud


@pytest.fixture(autouse=True)
def _empty(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.faults()
    cloud.control("POST", "reset")


def session() -> Session:
    return open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))


def nothing_is_left(kind: Kind) -> bool:
    """In the registry's and the buckets' own words."""

    async def look() -> bool:
        there = session()
        if kind is not Kind.FILE:
            return not await there.port(CloudRepositories).repositories(kind=kind)
        return True

    return asyncio.run(look())


@pytest.fixture(params=LIVES)
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Pair:
    """Two stacks, dev and prod, whose packages meet at one place."""

    def __init__(self, folder: Path, kind: Kind, transport: str) -> None:
        self.kind, self._transport = kind, transport
        self._shops = {}
        for role in ("dev", "prod"):
            (folder / role).mkdir()
            self._shops[role] = Shop(folder / role, kind)
        self.begin_anew("")

    def begin_anew(self, suffix: str) -> None:
        """Two other stacks: those that were there before have used their tokens up."""
        self.dev = Tenant(self.kind, f"dev{suffix}", self._transport)
        self.prod = Tenant(self.kind, f"prod{suffix}", self._transport)

    def wish(self, tenant: Tenant, number: int = 1, **more: Any) -> dict[str, Any]:
        """The number-th content under one tag; of charts that is their version."""
        role = "dev" if tenant is self.dev else "prod"
        found = {**self._shops[role].make(number), "name": f"web-{role}", **more}
        if self.kind is Kind.IMAGE:
            found |= {"repository": "shared", "tag": "1.0"}
        return found

    def up(self, tenant: Tenant, number: int = 1, **more: Any) -> str:
        return tenant.up(self.wish(tenant, number, **more))


@pytest.fixture(params=Kind, ids=lambda kind: kind.value)
def pair(request: pytest.FixtureRequest, tmp_path: Path, transport: str) -> Pair:
    return Pair(tmp_path, request.param, transport)


def moved_on(pair: Pair, tenant: Tenant, number: int) -> dict[str, Any]:
    """Other content under another name."""
    wish = pair.wish(tenant, number, retainVersions=0)
    if pair.kind is Kind.CHART:
        chart = Path(wish["source"]["path"]) / "Chart.yaml"
        chart.write_text(chart.read_text().replace("version: 1.2.3", f"version: 1.2.{number}0"))
    elif pair.kind is Kind.IMAGE:
        wish["tag"] = f"{number}.0"
    return wish


def test_each_life_of_the_one_leaves_the_others_intact(pair: Pair) -> None:
    pair.up(pair.dev)
    pair.up(pair.prod)
    if pair.kind is Kind.FILE:
        pair.up(pair.dev, 2)
    else:
        with pytest.raises(Failed, match=r"artifact artifact-\S+ named 'web-prod' \(version 1\) uses it; .*untouched"):
            pair.up(pair.dev, 2)
    assert pair.prod.is_whole()
    for number in (3, 4, 5):
        pair.dev.up(moved_on(pair, pair.dev, number))
    assert pair.prod.is_whole()
    assert len(pair.dev.state["places"]) == len(pair.dev.state["fingerprints"]) == 1
    pair.dev.destroy()
    assert pair.prod.is_whole()
    pair.prod.destroy()
    assert nothing_is_left(pair.kind)


def test_a_destroy_says_what_stays_and_the_last_one_takes_it_away(pair: Pair) -> None:
    pair.up(pair.dev)
    pair.up(pair.prod)
    pair.dev.destroy()
    said = [line for line in pair.dev.screen.said if "stays: artifact" in line and "'web-prod'" in line]
    assert bool(said) == (pair.kind is not Kind.FILE)
    assert pair.prod.is_whole()
    pair.prod.destroy()
    assert nothing_is_left(pair.kind)


async def put_other_content(pair: Pair, tenant: Tenant, folder: Path) -> None:
    """Somebody else's content takes the place of the package's, by hand."""
    there = session()
    if pair.kind is Kind.FILE:
        key = await there.port(CloudRepositories).temporary_key(kind=Kind.FILE)
        place = urlsplit(tenant.state["url"])
        region, bucket = key.resources[0].region, key.resources[0].name
        there.port(FileStore)._bucket(region, bucket, key, doing="by hand").put(place.path[1:], b"other", digest="")
        return

    async def certainly(_place: str, *, where: str, found: str) -> None:
        del where, found

    source = Shop(folder, pair.kind).make(9)["source"]
    store = STORES[pair.kind](there)
    described = await store.describe(source=source)
    await store.push(
        wanted=CONTENTS[pair.kind].models.desired.model_validate({**tenant.inputs, "content": described.digest}),
        source=source,
        former=None,
        overwriting=certainly,
        show=lambda _: None,
    )


def lying(kind: Kind, known: Mapping[str, Any], place: str) -> str:
    state = CONTENTS[kind].state.model_validate(known)
    return asyncio.run(STORES[kind](session()).lies(known=state, place=place))


def lying_at(tenant: Tenant, place: str) -> str:
    return lying(tenant.kind, tenant.state, place)


def test_what_somebody_moved_is_neither_overwritten_unseen_nor_taken_away(pair: Pair, tmp_path: Path) -> None:
    dev = pair.dev
    (tmp_path / "other").mkdir()
    pair.up(dev)
    known, place = dict(dev.state), dev.state["places"][0]
    asyncio.run(put_other_content(pair, dev, tmp_path / "other"))
    theirs = lying_at(dev, place)
    with pytest.raises(Failed, match=r"holds another content \(.*left untouched; run pulumi refresh to see it"):
        pair.up(dev, description="another")
    assert lying_at(dev, place) == theirs
    dev.life.state = known
    dev.refresh()
    pair.up(dev)  # what a preview showed is put back
    assert dev.is_whole()
    asyncio.run(put_other_content(pair, dev, tmp_path / "other"))
    for refreshes in (False, True):
        if refreshes:
            dev.refresh()
        known = dict(dev.state)
        dev.destroy()
        said = [line for line in dev.screen.said if "did not put there" in line]
        if pair.kind is not Kind.FILE:  # the cloud takes a file away with the last version
            assert said
            assert lying(pair.kind, known, place) == theirs
        dev.life.state = known


def test_a_state_of_an_earlier_release_says_what_was_put_where(pair: Pair, tmp_path: Path) -> None:
    dev = pair.dev
    (tmp_path / "other").mkdir()
    pair.up(dev)
    del dev.state["fingerprints"]
    assert pair.up(dev) == "same"
    dev.destroy()
    assert nothing_is_left(pair.kind)
    pair.up(dev)
    asyncio.run(put_other_content(pair, dev, tmp_path / "other"))
    dev.refresh()
    del dev.state["fingerprints"]
    place = dev.state["places"][0]
    dev.destroy()
    if pair.kind is not Kind.FILE:
        assert lying(pair.kind, {}, place)


def test_content_stays_where_the_package_wants_it_so(pair: Pair, cloud: Cloud) -> None:
    cloud.control("PUT", "facts", {"file.end": "stays"})
    dev = pair.dev
    pair.up(dev)
    assert pair.up(dev, retainContent=True) == "update"
    assert dev.state["version"] == "1"
    place, known = dev.state["places"][0], dict(dev.state)
    dev.destroy()
    assert any(f"{place} stays: retainContent is set" in line for line in dev.screen.said)
    assert lying(pair.kind, known, place) == known["content"]


def test_a_file_that_an_artifact_made_by_hand_names_stays(tmp_path: Path, transport: str, cloud: Cloud) -> None:
    cloud.control("PUT", "facts", {"file.end": "stays"})
    pair = Pair(tmp_path, Kind.FILE, transport)
    dev = pair.dev
    pair.up(dev)
    url, known = dev.state["url"], dict(dev.state)
    artifacts = CloudArtifacts(session().client, artifact_type="File")
    draft = DraftSpec(source=Content(properties={"Url": url}), regions=(), version_name="1", description="")
    asyncio.run(artifacts.create(name="by-hand", draft=draft, tags={}, resource_group_id=None, token=Token("t-1")))
    dev.destroy()
    assert any("'by-hand' (version draft) uses it" in line for line in dev.screen.said)
    assert lying(pair.kind, known, url) == known["content"]


AT_ONCE = [("plugin", Kind.CHART), ("dynamic", Kind.IMAGE)]
REPOSITORY = "DeleteAcrImageRepositories"


class Strike:
    """Lets something happen at the n-th call, or at the n-th of one action."""

    def __init__(self, moment: int, what: Callable[[], object], *, action: str = "") -> None:
        self.left, self.what, self.action, self.struck = moment, what, action, ""

    def __call__(self, action: str) -> None:
        if self.action in ("", action):
            self.left -= 1
            if self.left == -1:
                self.struck = action
                self.what()


def destroy_is_struck(pair: Pair, moment: int, action: str = "") -> bool:
    """The one is destroyed, and at that moment the other comes up; whether there was such a moment."""
    pair.begin_anew(f"{action}{moment}".lower())
    pair.up(pair.dev)
    strike = pair.dev.during = Strike(moment, lambda: pair.up(pair.prod), action=action)
    pair.dev.destroy()
    if not strike.struck:
        return False
    if strike.struck == REPOSITORY:  # the whole of the other's run between two calls: told, and put back
        assert any("began to use its repository" in line for line in pair.dev.screen.said)
        pair.prod.refresh()
        pair.up(pair.prod)
    assert pair.prod.is_whole(), (moment, strike.struck)
    pair.prod.destroy()
    assert nothing_is_left(pair.kind)
    return True


def up_is_struck(pair: Pair, moment: int, action: str = "") -> bool:
    """The one comes up, and at that moment the other is destroyed; whether there was such a moment."""
    pair.begin_anew(f"{action}{moment}".lower())
    pair.up(pair.dev)
    strike = pair.prod.during = Strike(moment, pair.dev.destroy, action=action)
    pair.up(pair.prod)
    assert pair.prod.is_whole(), (moment, strike.struck)
    pair.prod.destroy()
    pair.dev.destroy()
    assert nothing_is_left(pair.kind)
    return bool(strike.struck)


@pytest.mark.parametrize("action", ["DeleteArtifact", "DeleteAcrImageTags", REPOSITORY])
def test_the_one_comes_up_while_the_other_is_destroyed(tmp_path: Path, action: str) -> None:
    assert destroy_is_struck(Pair(tmp_path, Kind.CHART, "plugin"), 0, action)


@pytest.mark.parametrize("action", ["CreateArtifact", "ReleaseArtifact"])
def test_the_one_is_destroyed_while_the_other_comes_up(tmp_path: Path, action: str) -> None:
    assert up_is_struck(Pair(tmp_path, Kind.IMAGE, "dynamic"), 0, action)


@pytest.mark.long
@pytest.mark.parametrize(("transport", "kind"), AT_ONCE)
@pytest.mark.parametrize("struck", [destroy_is_struck, up_is_struck])
def test_two_runs_at_once_struck_at_every_call(
    tmp_path: Path, transport: str, kind: Kind, struck: Callable[[Pair, int], bool]
) -> None:
    pair = Pair(tmp_path, kind, transport)
    assert next(moment for moment in itertools.count() if not struck(pair, moment)) > 10
