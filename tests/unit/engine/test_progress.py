"""The live line of operations that share their polls: each in its own row, from the first look to the last."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from computenest.kernel.identity import mint_owner_id
from computenest.kernel.names import VersionId
from computenest.kernel.progress import Reading
from computenest.resources._packages.model import ArtifactVersion
from computenest.resources._packages.progress import LiveLine, reading_of
from computenest.resources.ecs_image_package.direct.packages import DirectPackages
from computenest.serve.lifecycles import served
from emulator.in_process import InProcess
from lifecycle.driver import wish
from lifecycle.images import Image, check, package_of
from lifecycle.subjects import ImageSubject
from lifecycle.virtual import VirtualClock, run
from simulation.many import Many

ROW: ContextVar[str] = ContextVar("row", default="nobody's")
NAMES = ("web", "db", "app")
REGIONS = ("cn-beijing", "cn-hangzhou", "cn-shanghai")
SLOW = {"ecs.copy_s_per_gib": 15.0}


@dataclass
class Rows:
    """`ports.Progress` that knows whose row a line would appear in."""

    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def show(self, text: str) -> None:
        self.lines[ROW.get()].append(text)

    def warn(self, text: str) -> None:
        raise AssertionError(text)


def in_rows(clock: VirtualClock, work: Callable[[str], Coroutine[Any, Any, None]]) -> None:
    """Runs `work` for each name at once, as the servicer does: the row travels in the task's context."""

    async def one(name: str) -> None:
        ROW.set(name)
        await work(name)

    async def all_of_them() -> None:
        await asyncio.gather(*(one(name) for name in NAMES))

    run(clock, all_of_them())


def inputs(name: str, **more: Any) -> dict[str, Any]:
    owner = mint_owner_id(organization="o", project="p", stack="s", type_token="EcsImagePackage", name=name)
    return dict(
        check({}, {**wish(*REGIONS), "ownerId": owner, "logicalName": name, "name": name, **more}, recorded=None).inputs
    )


@pytest.mark.parametrize("fills_in", [True, False])
def test_managed_packages_that_share_a_poll_speak_in_their_own_rows(fills_in: bool) -> None:
    subject, rows = ImageSubject(switches={**SLOW, "delivery.fills_in_by_region": fills_in}), Rows()
    subject.screen, subject.tick_s = rows, 5.0  # type: ignore[assignment]
    packages = served(subject.lifecycle())

    async def create(name: str) -> None:
        assert (await packages.create(inputs(name))).is_complete

    in_rows(subject.clock, create)
    assert set(rows.lines) == set(NAMES)
    for name, lines in rows.lines.items():
        assert all(line.startswith(f"{name}: ") for line in lines), lines
        assert lines[0] == f"{name}: creating the artifact"
        assert lines[-1] == f"{name}: version 1 is Available"
        assert any(" 0/3 regions" in line for line in lines), lines
        assert len(lines) == len(set(lines)), "nothing is said twice in a row"
    calls = Counter(subject.faults.trace)
    looks = calls["ListArtifactVersions"] - 4 * len(NAMES)  # those that operations make for themselves
    assert looks <= calls["ListArtifacts"] - len(NAMES)


def test_direct_packages_that_share_a_poll_speak_in_their_own_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = Rows()
    create = DirectPackages.create

    async def in_its_row(self: Any, asked: Any) -> Any:
        ROW.set(asked.name)
        return await create(self, asked)

    monkeypatch.setattr(DirectPackages, "create", in_its_row)
    many = Many(InProcess(tmp_path), screen=rows)
    many.distribute(20, REGIONS, permit=1)
    assert many.calls["CopyImage"]
    assert len(rows.lines) == 20
    for name, lines in rows.lines.items():
        assert all(line.startswith(f"{name}: ") for line in lines), lines
        assert any(" regions" in line and line.count("%") == 2 for line in lines), lines
    everything = [line for lines in rows.lines.values() for line in lines]
    assert any("queued" in line for line in everything)
    assert not any("ETA" in line for line in everything)


def version(percent: int | None, *regions: str) -> ArtifactVersion:
    images = {region: f"m-{region}" for region in regions}
    return ArtifactVersion(version=VersionId("draft"), status="Delivering", progress_percent=percent, images=images)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "done", "left"),
    [
        (version(None), 0, REGIONS),
        (version(10), 0, REGIONS),
        (version(40, "cn-beijing"), 1, ("cn-hangzhou", "cn-shanghai")),
        (version(66), None, ()),  # as far as two of three, and none is listed: this cloud lists them at the end
        (version(99, *REGIONS), 3, ()),
    ],
)
def test_what_a_version_shows(seen: ArtifactVersion, done: int | None, left: tuple[str, ...]) -> None:
    package: Image = package_of(inputs("web"))
    reading = reading_of(package, seen)
    assert (reading.wanted, reading.done, reading.left) == (3, done, left)


def test_a_log_grows_with_the_logarithm_of_the_time() -> None:
    clock, rows = VirtualClock(), Rows()
    line = LiveLine("web", rows, clock)
    for second in range(0, 7200, 5):
        clock.pass_time(5)
        line.see(Reading(4, second // 2000, percent=second // 72))
    said = rows.lines["nobody's"]
    assert 60 <= len(said) <= 190
    for done in range(4):
        assert any(f"{done}/4 regions" in text for text in said)
