"""A service whose runs are killed, or lose an answer, at every call: the next run ends as an undisturbed one does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from emulator import offers
from emulator.harness import GOLDEN_2, Cloud
from lifecycle.driver import Failed, Killed
from lifecycle.embedded_subjects import ServiceSubject
from lifecycle.faults import Blow
from lifecycle.lives import LIVES
from lifecycle.shops import approve, metadata, wish

pytestmark = pytest.mark.timeout(900)

BLOWS = (Blow.CRASH_BEFORE, Blow.CRASH_AFTER, Blow.LOST_ANSWER)


class Story:
    """One service up to the moment that is disturbed, and what has to be true in the end."""

    def __init__(self, cloud: Cloud, transport: str) -> None:
        self.cloud, self.stack = cloud, LIVES[transport](ServiceSubject(cloud, is_bare=True), name="shop")
        self.artifact_id = cloud.released()
        self.news = wish(self.artifact_id, publishing="online", shareAccounts=["1234567890123456"], tags={"a": "b"})

    def up(self) -> None:
        self.stack.up(self.news)

    def prepare(self, phase: str) -> Callable[[], None]:
        """Everything before the disturbed operation; the operation itself."""
        if phase == "submitting":
            return self.up
        self.up()
        approve(self.cloud, self.stack)
        if phase == "launching":
            return self.up
        self.up()
        if phase == "deleting":
            return self.stack.destroy
        self.cloud.next_version(self.artifact_id, source=GOLDEN_2)
        changed = offers.TEMPLATE.replace("Default: 2", "Default: 3")
        relation = {"image_web": {"artifactId": self.artifact_id, "version": "2"}}
        self.news |= {"relations": relation, "templates": {"standard": changed}, "visibility": "public"}
        return self.up

    def judge(self, phase: str) -> None:
        stack, told = self.stack, f"{phase}: {self.stack.subject.faults.struck}"
        if phase == "deleting":
            assert self.stack.subject.things() == [], told
            return
        assert len(self.stack.subject.things()) == 1, told
        assert stack.state["status"] == ("Online" if phase == "launching" else "Submitted"), told
        assert stack.state["tags"] == {"a": "b"}
        assert stack.refresh()
        if phase == "changing":
            found = metadata(self.cloud, stack, "draft")
            version = found["SupplierDeployMetadata"]["ArtifactRelation"]["image_web"]["ArtifactVersion"]
            assert version == "2", told
            assert offers.get(self.cloud, stack.state["serviceId"], "1").share_type == "Public", told
        else:
            assert set(stack.state["versions"]) == ({"1"} if phase == "launching" else {"draft"}), told
        if phase == "launching":
            assert stack.up(self.news) == "same", told
        stack.destroy()
        assert self.stack.subject.things() == [], told


PHASES = ("submitting", "launching", "changing", "deleting")


def calls_of(cloud: Cloud, phase: str) -> int:
    """How many calls the undisturbed operation makes."""
    story = Story(cloud, "plugin")
    operation = story.prepare(phase)
    story.stack.subject.faults.rearm(at=None)
    operation()
    return story.stack.subject.faults.count


def disturb(cloud: Cloud, phase: str, transport: str, at: int, blow: Blow) -> None:
    story = Story(cloud, transport)
    operation = story.prepare(phase)
    story.stack.subject.faults.rearm(at=at, blow=blow)
    with contextlib.suppress(Killed, Failed):
        operation()
    assert story.stack.subject.faults.struck, "the moment never came"
    story.stack.subject.faults.rearm(at=None)
    operation()
    story.judge(phase)


def moments(count: int, *, step: int) -> Iterator[int]:
    yield from range(0, count, step)


@pytest.mark.parametrize("phase", PHASES)
def test_every_third_call_is_struck(cloud: Cloud, phase: str) -> None:
    """The blow and the transport change from one moment to the next."""
    transports = list(LIVES)
    for number, at in enumerate(moments(calls_of(cloud, phase), step=3)):
        disturb(cloud, phase, transports[number % 2], at, BLOWS[number % len(BLOWS)])


@pytest.mark.long
@pytest.mark.parametrize("transport", LIVES)
@pytest.mark.parametrize("blow", BLOWS)
@pytest.mark.parametrize("phase", PHASES)
def test_every_call_is_struck_by_every_blow(cloud: Cloud, phase: str, blow: Blow, transport: str) -> None:
    for at in moments(calls_of(cloud, phase), step=1):
        disturb(cloud, phase, transport, at, blow)
