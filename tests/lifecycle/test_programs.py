"""The laws of previews over generated programs, across packages, a service, its review and its instances: what a
preview shows as known is what `up` makes, what it shows as unchanged stays, and an `up` leaves nothing to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings

from computenest.kernel.unknown import has_unknown
from computenest_cloud.services.nest_services.records import REGISTRATIONS
from emulator.in_process import InProcess
from lifecycle.driver import Failed
from lifecycle.programs import TRANSPORTS, Engine, Run
from lifecycle.test_previews import assert_no_line_is_idle
from lifecycle.wishes import CHANGES, PROGRAMS, Instance, Wish
from unit.plugin import laws

pytestmark = pytest.mark.timeout(1500)

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # a program of many commands is not worth shrinking for minutes
SEEN = ("due", "review")  # of a service: what was seen in the cloud, the reason of a change and no promise
_ORDER = ("same", "update", "replace")


def review(cloud: InProcess, engine: Engine, decision: str) -> None:
    if engine.state and decision != "leave" and engine.outputs("shop").get("status") == "Submitted":
        number = engine.outputs("shop")["registrationId"]
        if any(one.key == number and one.status == "Submitted" for one in cloud.inside.store[REGISTRATIONS]):
            body = {"registration_id": number, "approve": decision == "approve"}
            cloud.control("POST", "registrations/review", body)


def assert_comes_true(seen: Run, done: Run) -> None:
    """`seen` was the preview of `done`."""
    for name, step in done.steps.items():
        promised = seen.steps[name]
        told = (name, promised.op, step.op)
        if step.op == "create":
            assert promised.op == "create", told
        else:
            assert _ORDER.index(step.op) <= _ORDER.index(promised.op), told
            assert step.op == promised.op or has_unknown(promised.inputs), told
        known = {key: value for key, value in promised.outputs.items() if key in step.outputs and key not in SEEN}
        laws.assert_kept(known, {key: step.outputs[key] for key in known}, told=told)
        if promised.detail:
            assert_no_line_is_idle(promised.detail, promised.before, promised.inputs)
    laws.assert_kept(seen.exports, done.exports, told="exports")


def shown(wanted: Wish, before: Wish | None) -> str:
    former = {} if before is None else before.__dict__
    return str({key: value for key, value in wanted.__dict__.items() if key not in former or former[key] != value})


def tell(cloud: InProcess, transport: str, first: Wish, changes: list[Any]) -> tuple[int, int]:
    """How many commands there were, and how many of them were refused."""
    cloud.control("POST", "reset")
    engine, wish, refused = Engine(TRANSPORTS[transport], cloud), None, 0
    for change, decision in [(lambda _: first, "leave"), *changes]:
        wanted = change(wish)
        review(cloud, engine, decision)
        note(f"{decision}: {shown(wanted, wish)}")
        try:
            seen = engine.preview(wanted.declare)
        except Failed as why:
            note(f"refused: {why}")
            refused += 1
            if wish is None:
                break
            continue
        note(f"{seen.changes}")
        done = engine.up(wanted.declare)
        wish = wanted
        assert_comes_true(seen, done)
        after = engine.preview(wanted.declare)
        assert after.changes == {}
        assert not has_unknown(after.exports), [key for key, value in after.exports.items() if has_unknown(value)]
        assert after.exports == done.exports
    engine.up(lambda _: {})
    return 1 + len(changes), refused


@pytest.mark.parametrize("examples", [2, pytest.param(60, marks=pytest.mark.long)])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_a_preview_shows_comes_true(cloud: InProcess, transport: str, examples: int) -> None:
    counted: Mapping[str, list[int]] = {"commands": [], "refused": []}

    @settings(max_examples=examples, suppress_health_check=[*HealthCheck], deadline=None, phases=PHASES)
    @given(first=PROGRAMS, changes=CHANGES)
    def told(first: Wish, changes: list[Any]) -> None:
        commands, refused = tell(cloud, transport, first, changes)
        counted["commands"].append(commands)
        counted["refused"].append(refused)

    told()
    assert sum(counted["refused"]) < sum(counted["commands"]) / 3


STAYING = Wish(
    source=1,
    regions=("cn-beijing", "cn-hangzhou"),
    file=("one", ("cn-beijing", "cn-hangzhou"), ""),
    instances=(("one", Instance("cn-beijing")),),
    publishing="beta",
)
EVERYWHERE = ("cn-beijing", "cn-hangzhou", "cn-shanghai")
SAME: Mapping[str, dict[str, Any]] = {
    "a region of the images": {"regions": EVERYWHERE},
    "a region of the file": {"file": ("one", EVERYWHERE, "")},
    "the file's name of the version": {"file": ("one", ("cn-beijing", "cn-hangzhou"), "next")},
    "both": {"regions": EVERYWHERE, "file": ("one", EVERYWHERE, "next")},
    "how the service shows itself": {"shown": "Store"},
    "where it may be deployed": {"allowed": ("cn-beijing",)},
}
OTHER: Mapping[str, dict[str, Any]] = {
    "the image": {"source": 2},
    "the file": {"file": ("two", ("cn-beijing", "cn-hangzhou"), "")},
    "the template": {"has_spare": True},
    "deploy metadata": {"metadata": "a"},
}


def deployed(engine: Engine, name: str) -> tuple[Any, Any]:
    """What an instance is made of: its images, and the outputs of its stack without signatures and what expires."""
    known = engine.outputs(name)
    return known["images"], {key: str(value).partition("?")[0] for key, value in known["outputs"].items()}


@pytest.mark.parametrize("is_associated", [True, False])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_instance_stays_exactly_where_a_new_one_would_be_the_same(
    cloud: InProcess, transport: str, is_associated: bool
) -> None:
    """Which a new one beside it shows: relations of every type are what they are in its region."""
    engine, wish = Engine(TRANSPORTS[transport], cloud), replace(STAYING, is_associated=is_associated)
    engine.up(wish.declare)
    for case, changes in {**SAME, **OTHER}.items():
        wish, before = replace(wish, **changes), deployed(engine, "one")
        seen = engine.preview(wish.declare)
        done = engine.up(wish.declare)
        assert "shop" in done.changes, (case, "the service has another version")
        assert done.changes.get("one") == seen.changes.get("one") == (None if case in SAME else "update"), case
        if case in SAME and case != "where it may be deployed":
            continue  # one new instance tells of all of them
        probed = replace(wish, instances=(*wish.instances, (f"probe {case}", Instance("cn-beijing"))))
        engine.up(probed.declare)
        assert deployed(engine, "one") == deployed(engine, f"probe {case}"), case
        assert (before == deployed(engine, "one")) == (case in SAME or case == "deploy metadata"), case


@pytest.mark.parametrize("upgrade", [None, "always"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_approved_draft_becomes_a_version_with_a_number(
    cloud: InProcess, transport: str, upgrade: str | None
) -> None:
    """For an instance that waited for it, and for one that ran the draft already."""
    engine, instances = Engine(TRANSPORTS[transport], cloud), (("one", Instance("cn-beijing", upgrade=upgrade)),)
    drafted = replace(STAYING, publishing="draft", instances=instances)
    engine.up(drafted.declare)
    submitted = replace(drafted, publishing="online", instances=(*instances, ("two", instances[0][1])))
    for decision in ("leave", "leave", "approve", "leave"):
        review(cloud, engine, decision)
        seen = engine.preview(submitted.declare)
        assert_comes_true(seen, engine.up(submitted.declare))
    assert engine.outputs("two")["serviceVersion"] == "1"


@pytest.mark.parametrize("operation", [None, "resize"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_parameters_that_choose_another_image_change_what_is_expected(
    cloud: InProcess, transport: str, operation: str | None
) -> None:
    """In place, by the supplier's operation, or with a new instance; also while another region comes along."""
    engine, one = Engine(TRANSPORTS[transport], cloud), Instance("cn-beijing", operation=operation)
    for kind, regions in (("small", STAYING.regions), ("big", STAYING.regions), ("small", EVERYWHERE)):
        wish = replace(STAYING, regions=regions, instances=(("one", replace(one, kind=kind)),))
        seen = engine.preview(wish.declare)
        assert_comes_true(seen, engine.up(wish.declare))
        known = engine.outputs("one")
        assert {key: known["images"].get(key, "none") for key in known["expectedImages"]} == known["expectedImages"]
        assert engine.preview(wish.declare).changes == {}
