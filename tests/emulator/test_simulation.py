"""Random lives of the cloud, in process: what must hold whatever happens in whatever order.

1. How often somebody asks changes nothing: an hour in one step and in sixty ends in the same state.
2. A restart changes nothing.
3. When everything was deleted, nothing is left: no image, no share, no delivery.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from computenest_cloud import ledger
from computenest_cloud.cloud import Cloud
from computenest_cloud.services.ecs.copying import Copier
from computenest_cloud.services.ecs.records import IMAGES, SHARES
from computenest_cloud.services.nest_artifacts.delivery import Delivery
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS, REMOVALS, VERSIONS
from emulator.in_process import InProcess

REGIONS = ("cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen")
SOURCES = ("m-bp1gold0000000000001", "m-bp1gold0000000000002")
NAMES = ("a", "b", "c")
RELAXED = settings(max_examples=40)

name = st.sampled_from(NAMES)
regions = st.lists(st.sampled_from(REGIONS), min_size=1, unique=True)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("draft"), name, st.sampled_from(SOURCES), regions),
        st.tuples(st.just("build"), name, st.sampled_from(("centos_7", "ubuntu", "nonsense")), regions),
        st.tuples(st.just("update"), name, st.sampled_from(SOURCES), regions),
        st.tuples(st.just("release"), name),
        st.tuples(st.just("release"), name),
        st.tuples(st.just("delete"), name, st.sampled_from(("", "draft", "1", "2"))),
        st.tuples(st.just("copy"), st.sampled_from(REGIONS)),
        st.tuples(st.just("lose"), st.integers(0, 9)),
        st.tuples(st.just("advance"), st.sampled_from((1, 40, 130, 300, 700))),
        st.tuples(st.just("advance"), st.sampled_from((1, 40, 130, 300, 700))),
    ),
    max_size=25,
)
SWITCHES = st.fixed_dictionaries(
    {
        "delivery.reissues_unchanged_regions": st.booleans(),
        "artifact.copies_removed": st.sampled_from(("at_once", "later")),
        "artifact.deleted_shows_as": st.sampled_from(("not_found", "status_deleted")),
        "ecs.copy_limit_counts": st.sampled_from(("source", "destination")),
    }
)
FAULT = {"match": {"region": "cn-shanghai"}, "probability": 0.4, "effect": {"kind": "fail_copy", "code": "X"}}
APIS = {"computenest": "2021-05-21", "ecs": "2014-05-26"}


class Life:
    """One cloud within this process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.served = folder, InProcess(folder)

    def begin(self, switches: dict, now_s: float) -> None:
        """As new, at that time."""
        self.served.control("POST", "reset")
        self.advance(now_s - self.served.now_s)
        self.served.control("PUT", "facts", switches)
        self.served.faults(FAULT)

    @property
    def cloud(self) -> Cloud:
        return self.served.inside

    def restart(self) -> None:
        """The rules and their counters are in the state, and so are the switches."""
        self.served.stop()
        self.served = InProcess(self.folder)

    def ask(self, service: str, action: str, **values: str) -> None:
        self.served.ask(APIS[service], action, "supplier", values)

    def artifact_id(self, wanted: str) -> str:
        found = [a.artifact_id for a in self.cloud.store[ARTIFACTS] if a.name == wanted and a.deleted_at is None]
        return found[0] if found else ""

    def advance(self, seconds: float) -> None:
        self.served.control("POST", "clock", {"advance_s": seconds})

    def step(self, kind: str, *arguments) -> None:
        if kind == "advance":
            self.advance(*arguments)
        elif kind == "copy":
            fields = {"RegionId": "cn-hangzhou", "ImageId": SOURCES[0], "DestinationRegionId": arguments[0]}
            self.ask("ecs", "CopyImage", **fields)
        elif kind == "lose":
            images = [image for image in self.cloud.store[IMAGES] if not image.is_catalogue]
            if images:
                self.cloud.site.part(Copier).lose(images[arguments[0] % len(images)])
        elif kind == "release":
            self.ask("computenest", "ReleaseArtifact", ArtifactId=self.artifact_id(arguments[0]))
        elif kind == "delete":
            fields = {"ArtifactId": self.artifact_id(arguments[0]), "ArtifactVersion": arguments[1]}
            self.ask("computenest", "DeleteArtifact", **fields)
        else:
            self._save_draft(kind, *arguments)

    def _save_draft(self, kind: str, wanted: str, source: str, targets: list[str]) -> None:
        fields = {
            "ArtifactId": self.artifact_id(wanted),
            "Name": wanted,
            "VersionName": "v",
            "ArtifactType": "EcsImage",
        }
        fields |= {f"SupportRegionIds.{number}": region for number, region in enumerate(targets, start=1)}
        if kind == "build":
            fields["ArtifactBuildProperty"] = f'{{"RegionId": "cn-hangzhou", "SourceImageId": "{source}"}}'
        else:
            fields["ArtifactProperty"] = f'{{"RegionId": "cn-hangzhou", "ImageId": "{source}"}}'
        self.ask("computenest", "UpdateArtifact" if kind == "update" else "CreateArtifact", **fields)

    def dump(self) -> dict:
        store = self.cloud.store
        tables = (store[IMAGES], store[SHARES], store[ARTIFACTS], store[VERSIONS], store[REMOVALS])
        return {table.name: {row.key: row.model_dump() for row in table} for table in tables}


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Life]]:
    """A new cloud takes ten times as long as most lives."""
    found = [Life(tmp_path_factory.mktemp("life")) for _ in range(2)]
    yield found
    for life in found:
        life.served.stop()


def anew(lives: list[Life], switches: dict) -> list[Life]:
    now_s = max(life.served.now_s for life in lives)
    for life in lives:
        life.begin(switches, now_s)
    return lives


@RELAXED
@given(steps=STEPS, switches=SWITCHES, pieces=st.integers(2, 7))
def test_how_often_somebody_asks_changes_nothing(lives, steps, switches, pieces):
    seldom, often = anew(lives, switches)
    for kind, *arguments in steps:
        seldom.step(kind, *arguments)
        if kind != "advance":
            often.step(kind, *arguments)
            continue
        whole = arguments[0]
        parts = [whole // pieces] * pieces
        for part in (*parts, whole - sum(parts)):
            often.advance(part)
            often.ask("computenest", "ListArtifacts")
    assert seldom.dump() == often.dump()


@RELAXED
@given(steps=STEPS, switches=SWITCHES, when=st.sets(st.integers(0, 24)))
def test_a_restart_changes_nothing(lives, steps, switches, when):
    steady, restarted = anew(lives, switches)
    for number, (kind, *arguments) in enumerate(steps):
        steady.step(kind, *arguments)
        restarted.step(kind, *arguments)
        if number in when:
            restarted.restart()
    for life in (steady, restarted):
        life.advance(3600)
    assert steady.dump() == restarted.dump()


@RELAXED
@given(steps=STEPS, switches=SWITCHES)
def test_when_everything_is_deleted_nothing_is_left(lives, steps, switches):
    life, _ = anew(lives, switches)
    for kind, *arguments in steps:
        life.step(kind, *arguments)
    life.advance(36_000)
    assert life.cloud.site.part(Delivery).in_flight() == 0
    for wanted in NAMES:
        life.step("delete", wanted, "")
    for image in life.cloud.store[IMAGES]:
        if not image.is_catalogue and image.owner_uid == life.cloud.world.account("supplier").uid:
            life.ask("ecs", "DeleteImage", RegionId=image.region, ImageId=image.image_id)
    life.advance(120)
    report = ledger.report(life.cloud)
    assert report["is_empty"], report
