"""Random lives of the cloud, in process: what must hold whatever happens in whatever order.

1. How often somebody asks changes nothing: an hour in one step and in sixty ends in the same state.
2. A restart changes nothing.
3. When everything was deleted, nothing is left: no image, no share, no delivery.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from computenest_cloud import ledger
from computenest_cloud.cloud import Cloud
from computenest_cloud.errors import ServiceError
from computenest_cloud.faults import RULES
from computenest_cloud.services.ecs.copying import Copier
from computenest_cloud.services.ecs.records import IMAGES, SHARES
from computenest_cloud.services.nest_artifacts.delivery import Delivery
from computenest_cloud.services.nest_artifacts.records import ARTIFACTS, REMOVALS, VERSIONS
from computenest_cloud.wire.params import Params
from computenest_cloud.world import Call

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
FAULTS = RULES.validate_python(
    [{"match": {"region": "cn-shanghai"}, "probability": 0.4, "effect": {"kind": "fail_copy", "code": "X"}}]
)


class Life:
    """One cloud, driven below the wire."""

    def __init__(self, folder: str, switches: dict) -> None:
        self.state = Path(folder) / "state.db"
        self.switches = switches
        self.cloud = self._open(FAULTS)

    def _open(self, faults: list | None) -> Cloud:
        return Cloud(state=self.state, seed=1, time_scale=1.0, is_virtual=True, faults=faults, switches=self.switches)

    def restart(self) -> None:
        self.cloud.close()
        self.cloud = self._open(None)  # the rules and their counters are in the state

    def ask(self, service: str, action: str, **values: str) -> dict:
        account = self.cloud.world.account("supplier")
        self.cloud.world.catch_up()
        call = Call(self.cloud.world, service, action, account, Params(values))
        try:
            return dict(self.cloud.answer(call).body)
        except ServiceError:
            return {}
        finally:
            self.cloud.commit()

    def artifact_id(self, wanted: str) -> str:
        found = [a.artifact_id for a in self.cloud.store[ARTIFACTS] if a.name == wanted and a.deleted_at is None]
        return found[0] if found else ""

    def advance(self, seconds: int) -> None:
        self.cloud.world.clock.advance(seconds)
        self.cloud.world.catch_up()
        self.cloud.commit()

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


@RELAXED
@given(steps=STEPS, switches=SWITCHES, pieces=st.integers(2, 7))
def test_how_often_somebody_asks_changes_nothing(steps, switches, pieces):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        seldom, often = Life(one, switches), Life(many, switches)
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
        seldom.cloud.close()
        often.cloud.close()


@RELAXED
@given(steps=STEPS, switches=SWITCHES, when=st.sets(st.integers(0, 24)))
def test_a_restart_changes_nothing(steps, switches, when):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        steady, restarted = Life(one, switches), Life(other, switches)
        for number, (kind, *arguments) in enumerate(steps):
            steady.step(kind, *arguments)
            restarted.step(kind, *arguments)
            if number in when:
                restarted.restart()
        for life in (steady, restarted):
            life.advance(3600)
        assert steady.dump() == restarted.dump()
        steady.cloud.close()
        restarted.cloud.close()


@RELAXED
@given(steps=STEPS, switches=SWITCHES)
def test_when_everything_is_deleted_nothing_is_left(steps, switches):
    with tempfile.TemporaryDirectory() as folder:
        life = Life(folder, switches)
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
        life.cloud.close()
