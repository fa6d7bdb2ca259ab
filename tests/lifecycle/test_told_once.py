"""One fault that stops every resource of a run is told once, at the first; the others say where. What is left out for a
fault is warned of once. So for every type, behind both transports, whatever differs from call to call."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from computenest.cloud.clock import RealClock
from computenest.cloud.settings import parse_settings
from computenest.kernel.errors import Permanent, Reason, Transient
from computenest.kernel.outcome import Failure
from computenest.kernel.told import Told
from computenest.resources._program.core import Core
from computenest.serve.dynamic import status as dynamic_status
from computenest.serve.plugin import status as plugin_status
from emulator.harness import Cloud
from emulator.in_process import InProcess
from lifecycle.checking import Checks, checks_on
from lifecycle.driver import Screen
from lifecycle.test_refused_in_check import BASES

pytestmark = pytest.mark.timeout(600)

PACKAGE = {
    "source": {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"},
    "regions": ["cn-hangzhou"],
    "account": "nobody",
}
ASKING = sorted(BASES.keys() - {"ServiceImageAssociation"})
"""The types whose check asks the cloud something."""
ELSEWHERE = "not done, for the reason that is told at "


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine is told to keep on the screen."""
    found: list[str] = []
    monkeypatch.setattr(plugin_status.EngineStatus, "_send", lambda _self, request: found.append(request.message))
    monkeypatch.setattr(dynamic_status.EngineStatus, "_log", lambda _self, text, **_: found.append(text))
    return found


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
def test_what_stops_every_resource_is_told_at_the_first(checks: Checks, transport: str) -> None:
    said = []
    for number in range(3):
        name = f"web-{number}"
        _, (one,) = checks.check(transport, "EcsImagePackage", PACKAGE, olds={}, name=name, is_new_run=number == 0)
        said.append(one)
    assert "there is no account 'nobody'" in said[0]
    assert all(f"{ELSEWHERE}'web-0'" in one for one in said[1:]), said
    _, (again,) = checks.check(transport, "EcsImagePackage", PACKAGE, olds={}, name="web-2")
    assert "there is no account 'nobody'" in again, "another run tells it again"


def each_type_twice(checks: Checks, transport: str) -> Iterator[tuple[str, list[str]]]:
    """The name of each resource of one run, and what its check says."""
    is_first = True
    for number in (0, 1):
        for type_name in ASKING:
            name = f"{type_name.lower()}-{number}"
            wanted = {**BASES[type_name], **({"infos": {"en-US": name}} if type_name == "Service" else {})}
            yield name, checks.check(transport, type_name, wanted, olds={}, name=name, is_new_run=is_first)[1]
            is_first = False


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
def test_a_cloud_that_cannot_be_reached_is_warned_of_once(
    warned: list[str], transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RealClock, "sleep", lambda _self, _seconds: asyncio.sleep(0))  # between tries
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{listener.getsockname()[1]}"
        settings = parse_settings({"computenest:endpoints": endpoint}, environ=KEYS)
        with checks_on(lambda: Core(settings, Screen())) as checks:
            failed = [one for _, said in each_type_twice(checks, transport) for one in said if endpoint in one]
    about = [text for text in warned if endpoint in text]
    assert len(about) == 1, about
    assert "some checks were left out: cannot reach" in about[0]
    assert about[0].endswith("(said once a run)")
    assert failed == []


KEYS: Mapping[str, str] = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIkey", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
def test_keys_that_are_refused_are_told_once_for_all_types(server: Cloud, warned: list[str], transport: str) -> None:
    settings = parse_settings({"computenest:region": "cn-hangzhou"}, environ={**server.environ(), **KEYS})
    with checks_on(lambda: Core(settings, Screen())) as checks:
        said = [one for _, every in each_type_twice(checks, transport) for one in every if "missing" not in one]
    whole = [one for one in said if ELSEWHERE not in one]
    assert len(whole) == 1, whole
    assert "InvalidAccessKeyId" in whole[0]
    assert len(said) > len(ASKING)
    assert warned == []


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
def test_a_right_that_is_missing_is_told_once_an_action(
    checks: Checks, inside: InProcess, warned: list[str], transport: str
) -> None:
    effect: dict[str, Any] = {"kind": "error", "status": 403, "code": "Forbidden.RAM", "message": "Not {number}."}
    inside.faults({"match": {}, "effect": effect})
    said = [one for _, every in each_type_twice(checks, transport) for one in every if "missing" not in one]
    inside.faults()
    whole = [one for one in said if ELSEWHERE not in one]
    actions = {found[1] for one in whole if (found := re.search(r"the RAM permission (\S+:\S+),", one))}
    assert 0 < len(whole) == len(actions), whole
    assert len(said) > len(whole)
    assert warned == []


def test_what_differs_from_call_to_call_makes_no_other_fault() -> None:
    told = Told()
    first = Transient("cannot reach a for X (find: given up after 4 attempts in 2 s)", root="cannot reach a")
    later = Transient("cannot reach a for Y (get: given up after 3 attempts in 5 s)", root="cannot reach a")
    assert told.is_news(Reason.of(first, left_out="some checks were left out"))
    assert not told.is_news(Reason.of(later, left_out="some checks were left out"))
    assert told.is_news(Reason.of(later, left_out="cannot tell, the state is kept")), "something else was left out"
    assert told.is_news("a sentence of its own")
    assert told.is_news("a sentence of its own"), "what no error is the reason of is about one resource"
    assert told.sentence(first, name="web-0") == str(first)
    assert told.sentence(later, name="web-1") == f"{ELSEWHERE}'web-0'"
    assert told.reason(Failure("", Reason.of(Permanent("x" * 2000, root="cannot reach a"))), name="web-2") == (
        f"{ELSEWHERE}'web-0'"
    )
