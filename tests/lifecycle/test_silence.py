"""One rule for every type of resource: a network that is lost for a minute, at any moment, fails nothing; one that
stays lost ends every operation after the time that is configured, once, with what is known."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from pulumi.dynamic import Config

from computenest.cloud.settings import DEFAULT_NO_ANSWER_S, parse_settings
from computenest.kernel.errors import Meaning, Transient
from computenest.kernel.names import AccountName, OwnerId
from computenest.reconcile.silence import DEFAULT_S, SETTING
from computenest.resources._program.accounts import asked_in_check, asked_of
from computenest.resources._program.core import Core
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.serve.dynamic.configuration import stack_configuration
from lifecycle.cases import CASES
from lifecycle.driver import Failed, Screen
from lifecycle.lives import LIVES, AnyLife
from lifecycle.subjects import LawSubject

pytestmark = pytest.mark.timeout(300)

MINUTE_S, FOR_EVER_S = 60.0, 1e9
Make = Callable[[], LawSubject]
PHASES = ("create", "update", "delete")
SLACK_S = 60.0  # one tick of polls, one delay, and what is asked once more


def operation(life: AnyLife, phase: str) -> Callable[[], None]:
    if phase == "create":
        return lambda: life.up(life.subject.news(1))
    life.up(life.subject.news(1))
    return (lambda: life.up(life.subject.news(2))) if phase == "update" else life.destroy


def lose(subject: LawSubject, at: int, lasts_s: float) -> list[float]:
    """Loses the network at call `at`; the moment, once it has come."""
    moments: list[float] = []

    def halt() -> None:
        moments.append(subject.clock.now_s())
        subject.faults.is_dark = lambda: subject.clock.now_s() < moments[0] + lasts_s

    subject.faults.aim(at=at)
    subject.faults.halt = halt
    return moments


def calls_of(make: Make, transport: str, phase: str) -> int:
    subject = make()
    work = operation(LIVES[transport](subject), phase)
    subject.faults.aim(at=None)
    work()
    return subject.faults.count


def lost_for_a_minute(make: Make, transport: str, phase: str, at: int) -> None:
    subject = make()
    life = LIVES[transport](subject)
    work = operation(life, phase)
    moments = lose(subject, at, MINUTE_S)
    work()
    assert moments, "it was lost"
    assert life.state.get("status", "Available") != "Incomplete"


def lost_for_ever(make: Make, transport: str, phase: str, at: int) -> None:
    subject = make()
    life = LIVES[transport](subject)
    work = operation(life, phase)
    moments = lose(subject, at, FOR_EVER_S)
    with contextlib.suppress(Failed):
        work()
        assert life.state.get("status", "Available") != "Incomplete", "what is lost was only to be shown"
    longest_s = subject.retry.silence.longest_s
    took_s = subject.clock.now_s() - moments[0]
    assert longest_s - SLACK_S <= took_s <= longest_s + SLACK_S, f"call {at}"
    subject.faults.aim(at=None)
    subject.faults.is_dark = lambda: False
    assert set(subject.things()) <= subject.found_by(life), f"call {at}"
    if life.state:
        life.refresh()
    if phase != "delete":
        life.up(life.subject.news(1 if phase == "create" else 2))
    if life.state:
        life.destroy()
    assert subject.leftovers() == []


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", CASES)
def test_a_network_that_is_lost_for_a_minute_fails_nothing(name: str, phase: str, transport: str) -> None:
    for at in range(1, calls_of(CASES[name].make, transport, phase), 2):
        lost_for_a_minute(CASES[name].make, transport, phase, at)


@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", CASES)
def test_one_that_stays_lost_ends_the_operation_in_time_with_its_id(name: str, phase: str, transport: str) -> None:
    for at in range(1, calls_of(CASES[name].make, transport, phase), 3):
        lost_for_ever(CASES[name].make, transport, phase, at)


def test_whoever_works_is_told_since_when_until_it_answers() -> None:
    screen = Screen()
    core = Core(parse_settings({"computenest:cloud": "local", SETTING: "90"}, environ={}), screen)
    core.silence.wall_s, core.silence.now_s = (lambda: 100_000.0), (lambda: 50.0)

    async def story() -> None:
        lost = Transient("cannot reach it", meaning=Meaning.UNREACHABLE)
        core.silence.unheard(lost)
        assert screen.shown == [], "nobody works"
        async with core.lease(OwnerId("o-1")), core.lease(OwnerId("o-2")):
            core.silence.now_s, core.silence.wall_s = (lambda: 80.0), (lambda: 100_030.0)
            core.silence.unheard(lost)
        core.silence.unheard(lost)

    asyncio.run(story())
    first, second = screen.shown
    assert first == second
    began, until = (part.rpartition(" ")[2] for part in first.split(" · "))
    assert first.startswith("the cloud does not answer since ")
    minutes = [60 * int(text.split(":")[1]) + int(text.split(":")[2]) for text in (began, until)]
    assert (minutes[1] - minutes[0]) % 3600 == 90


def test_the_setting_is_one_for_all() -> None:
    assert stack_configuration(Config({SETTING: "7"}, "shop")) == {SETTING: "7"}
    assert DEFAULT_S == DEFAULT_NO_ANSWER_S
    for cloud in ("local", "aliyun"):
        environ = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "a", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "b"}
        config = {"computenest:cloud": cloud, "computenest:region": "cn-hangzhou"}
        assert parse_settings(config, environ=environ).no_answer_s == DEFAULT_S
        assert parse_settings({**config, SETTING: 40}, environ=environ).no_answer_s == 40


def test_all_that_an_account_asks_hears_of_one_silence() -> None:
    """A check that kept one of its own would wait for a cloud that everybody else knows to be gone."""
    environ = dict.fromkeys(("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "x")
    settings = parse_settings(
        {"computenest:region": "cn-hangzhou"}, environ={**environ, "COMPUTENEST_ENDPOINT": "127.0.0.1:9"}
    )
    core = Core(settings, Screen())
    account = asyncio.run(core.account_of(AccountName("")))
    assert account.retry.silence is core.silence
    assert account.quick.silence is core.silence
    assert not account.quick.bears_silence
    once = {name: replace(getattr(account, name), attempts=1, unreached_attempts=1) for name in ("retry", "quick")}
    account = replace(account, **once)
    for port in (
        asked_of(account, account.session.port(CloudCopies)),
        asked_in_check(account, account.session.port(CloudCopies)),
    ):
        with pytest.raises(Transient):
            asyncio.run(port.regions())
        assert core.silence.since_s is not None
        core.silence.heard()
