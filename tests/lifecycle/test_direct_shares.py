"""Access to a source ends with the package that it was given for, whatever became of its copies."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.kernel.outcome import Checked
from computenest.resources._packages.direct_model import PUBLIC
from computenest.resources._program.core import Core
from computenest.resources.ecs_image_package.lifecycle import ImageLifecycle
from computenest.serve.lifecycles import served
from emulator.harness import Cloud
from lifecycle.driver import Failed, Screen
from lifecycle.images import check
from lifecycle.lives import LIVES
from lifecycle.subjects import DirectSubject
from simulation.cloud import HUB, REGIONS
from simulation.world import wish

pytestmark = pytest.mark.timeout(60)
STRANGER, OTHER = "6000000000000006", "7000000000000007"


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_package_without_a_copy_is_there_as_long_as_it_owes_a_share(transport: str, looks: int) -> None:
    """Its first copy was refused; a refresh, or the read that precedes a destroy, must not call it gone."""
    subject = DirectSubject()
    life = LIVES[transport](subject)
    subject.world.cloud.fill(*REGIONS)
    with pytest.raises(Failed, match=r"the first copy, in ap-northeast-1"):
        life.up(life.subject.news(1))
    assert life.state["images"] == {}
    assert subject.leftovers() != [], "the source is shared"
    for _ in range(looks):
        life.refresh()
        assert life.state["status"] == "Incomplete"
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_it_goes_on_after_the_refresh(transport: str) -> None:
    subject = DirectSubject()
    life = LIVES[transport](subject)
    subject.world.cloud.fill(*REGIONS)
    with pytest.raises(Failed):
        life.up(life.subject.news(1))
    life.refresh()
    subject.world.drain()
    life.up(life.subject.news(1))
    assert sorted(life.state["images"]) == sorted([REGIONS[0], REGIONS[1]])
    life.refresh()
    assert life.state["status"] == "Available"
    life.destroy()
    assert subject.leftovers() == []


class Corrected(DirectSubject):
    """Its program names one account after the other."""

    uids: tuple[str, ...] = (STRANGER, HUB)

    def news(self, number: int) -> dict[str, Any]:
        found = super().news(1)
        return {**found, "direct": {**found["direct"], "hubUid": self.uids[number - 1]}}

    @property
    def shared(self) -> set[str]:
        cloud = self.world.cloud
        return {uid for source in self.world.sources for uid in cloud.permitted(cloud.image(source))}


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("is_seen", [False, True])
@pytest.mark.parametrize("uids", [(STRANGER, HUB), (STRANGER, OTHER, HUB), (STRANGER, OTHER)])
def test_every_account_that_a_source_was_shared_with_loses_it(
    transport: str, uids: tuple[str, ...], is_seen: bool
) -> None:
    subject = Corrected()
    subject.uids = uids
    life = LIVES[transport](subject)
    subject.world.cloud.fill(REGIONS[0])  # the copy there fails, as every copy by a stranger's keys does
    for number in range(1, len(uids) + 1):
        if number == len(uids):
            subject.world.drain()
        if uids[number - 1] == HUB:
            life.up(life.subject.news(number))
            assert life.state["status"] == "Available"
            assert subject.shared == set()
            break
        with pytest.raises(Failed):
            life.up(life.subject.news(number))
        assert subject.shared == {uids[number - 1]}, "nobody before is left"
        if is_seen:
            life.refresh()
    life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
def test_a_correction_that_is_halted_at_any_call_loses_nobody(transport: str) -> None:
    calls, at = 1, -1
    while at < calls:
        subject = Corrected()
        life = LIVES[transport](subject)
        subject.world.cloud.fill(REGIONS[0])
        with pytest.raises(Failed):
            life.up(life.subject.news(1))
        subject.world.drain()
        subject.faults.aim(at=at if at >= 0 else None, is_after=bool(at % 2))
        if transport == "dynamic":
            subject.faults.halt = subject.pass_time
        try:
            life.up(life.subject.news(2))
        except Failed:
            assert at >= 0
        calls = subject.faults.count if at < 0 else calls
        subject.faults.aim(at=None)
        if at % 3:
            life.refresh()
        life.destroy()
        assert subject.leftovers() == [], f"call {at}"
        at += 1


@pytest.fixture
def served_cloud(server: Cloud) -> Cloud:
    """One that knows whose keys it is asked with."""
    server.control("POST", "reset")
    return server


def _checked(cloud: Cloud, given: str) -> Checked:
    keys = {name: cloud.handle["accounts"][name] for name in ("supplier", "hub")}
    accounts = {
        name: {"accessKey": found["access_key_id"], "secretKey": found["access_key_secret"]}
        for name, found in keys.items()
    }
    config = {
        "computenest:region": "cn-hangzhou",
        "computenest:accessKey": accounts["supplier"]["accessKey"],
        "computenest:secretKey": accounts["supplier"]["secretKey"],
        "computenest:accounts": json.dumps(accounts),
    }
    core = Core(parse_settings(config, environ={"COMPUTENEST_ENDPOINT": cloud.handle["endpoint"]}), Screen())
    news = {**wish([1], image="m-bp1gold0000000000001"), "logicalName": "gold"}
    news = {**news, "source": {**news["source"], "region": "cn-hangzhou"}, "regions": ["cn-beijing"]}
    news["direct"] = {**news["direct"], "hubUid": given}
    return asyncio.run(served(ImageLifecycle(core)).check({}, news))


def test_an_id_that_is_not_that_of_the_hubs_keys_is_refused_in_check(served_cloud: Cloud) -> None:
    hub = served_cloud.uid("hub")
    assert _checked(served_cloud, hub).failures == ()
    checked = _checked(served_cloud, STRANGER)
    assert checked.warnings == ()
    (failure,) = checked.failures
    assert failure.path == "direct.hubUid"
    for part in (hub, STRANGER, "'hub'", "stranger"):
        assert part in failure.reason


def test_a_cloud_that_does_not_say_whose_the_keys_are_is_a_warning(served_cloud: Cloud) -> None:
    effect = {"kind": "error", "status": 403, "code": "Forbidden.RAM", "message": "Not now."}
    served_cloud.fault(effect, match={"action": "GetCallerIdentity"}, times=9)
    checked = _checked(served_cloud, STRANGER)
    assert checked.failures == ()
    (warning,) = checked.warnings
    assert "could not be asked whether" in warning
    assert "Not now." in warning


@pytest.mark.parametrize("transport", LIVES)
def test_a_copy_that_was_made_public_is_shown_by_refresh_and_repaired(transport: str) -> None:
    """The plain list hides it: it is not lost, and not copied again."""
    subject = DirectSubject()
    life = LIVES[transport](subject)
    life.up(life.subject.news(1))
    wanted, images = life.state["direct"]["permit"], life.state["images"]
    copies = {place: set(ids) for place, ids in subject.world.cloud.started.items()}
    for record in subject.world.copies:
        record.is_public = True
    life.refresh()
    assert life.state["direct"]["permit"] == [*wanted, PUBLIC]
    assert (life.state["images"], life.state["status"]) == (images, "Incomplete")
    life.up(life.subject.news(1))
    assert not any(record.is_public for record in subject.world.copies)
    assert (life.state["images"], life.state["direct"]["permit"]) == (images, wanted)
    assert subject.world.cloud.started == copies
    life.refresh()
    assert life.state["status"] == "Available"


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("is_seen", [False, True])
def test_public_copies_and_sources_are_deleted_and_unshared_like_others(transport: str, is_seen: bool) -> None:
    subject = DirectSubject()
    life = LIVES[transport](subject)
    subject.world.cloud.fill(REGIONS[1])
    with pytest.raises(Failed):
        life.up(life.subject.news(1))
    for record in subject.world.cloud.images:
        record.is_public = True
    if is_seen:
        life.refresh()
    life.destroy()
    assert subject.leftovers() == []


def test_nobody_may_ask_for_public_copies() -> None:
    news = wish([1], image="m-bp1gold0000000000001")
    news["direct"]["permit"] = [PUBLIC]
    failures = check({}, {**news, "logicalName": "gold"}, recorded=None).failures
    assert "direct.permit" in {failure.path for failure in failures}
