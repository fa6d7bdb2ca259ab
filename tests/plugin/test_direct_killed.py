"""Direct distribution by the plugin, from YAML, killed and orphaned: nothing is copied twice, nothing is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugin.stacks import YamlStack, package, shop
from stack.cloud import Cloud
from stack.direct_killing import MOMENTS, SCALE, kill_and_resume, random_moment, stop_and_resume
from stack.killing import VICTIMS
from stack.test_direct import TWELVE, uid

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


@pytest.fixture
def slow(start_cloud: Callable[..., Cloud]) -> Cloud:
    return start_cloud(time_scale=SCALE)


@pytest.fixture
def stack(slow: Cloud, make_yaml: Callable[..., YamlStack]) -> YamlStack:
    made = make_yaml(slow)
    direct = {"hubAccount": "hub", "hubUid": uid(slow, "hub"), "permit": [uid(slow, "customer")]}
    made.write({"web": package(regions=TWELVE, direct=direct), "shop": shop()})
    return made


@pytest.mark.parametrize("victim", [pytest.param(v, marks=() if v == "both" else pytest.mark.long) for v in VICTIMS])
def test_a_killed_run_resumes_without_a_second_copy(victim: str, slow: Cloud, stack: YamlStack) -> None:
    kill_and_resume(slow, stack, victim, MOMENTS["some copies run"])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 106))
def test_a_run_killed_at_a_random_moment_resumes(seed: int, slow: Cloud, stack: YamlStack) -> None:
    victim, moment = random_moment(seed)
    kill_and_resume(slow, stack, victim, moment)


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_orphan_that_wakes_up_after_the_next_run_spoils_nothing(moment: str, slow: Cloud, stack: YamlStack) -> None:
    stop_and_resume(slow, stack, MOMENTS[moment])
