"""A cluster that stops answering ends what waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from computenest.cloud.kubernetes import silence
from computenest.cloud.kubernetes.silence import while_it_answers
from computenest.kernel.errors import Permanent, Transient


class Server:
    """Answers as often as it is told to."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.asked = asyncio.Event()

    async def probe(self) -> str:
        answer = self.answers.pop(0) if self.answers else None
        if not self.answers:
            self.asked.set()
        if answer is not None:
            raise answer
        return "v1.37.2"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "_LOOKS_S", 0)


def within(server: Server, work: Callable[[], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        async with while_it_answers(server):  # type: ignore[arg-type]
            return await work()

    return asyncio.run(asyncio.wait_for(go(), 20))


SILENT, REFUSES = Transient("it did not answer within 3 s"), Permanent("it refuses")


def test_what_waits_for_a_silent_cluster_ends_with_the_clusters_error() -> None:
    with pytest.raises(Transient, match="did not answer within 3 s"):
        within(Server(None, SILENT, SILENT), lambda: asyncio.sleep(3600))


@pytest.mark.parametrize("answers", [(SILENT, None, SILENT, None), (SILENT, REFUSES, SILENT, REFUSES)])
def test_a_busy_cluster_may_miss_one_and_a_refusal_is_an_answer(answers: tuple[Exception | None, ...]) -> None:
    server = Server(*answers)
    assert within(server, server.asked.wait) is True


def test_whoever_ends_the_work_is_not_taken_for_the_cluster() -> None:
    async def go() -> None:
        async with while_it_answers(Server()):  # type: ignore[arg-type]
            await asyncio.sleep(3600)

    async def cancelled() -> None:
        task = asyncio.create_task(go())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_all_who_wait_for_one_cluster_are_told_by_the_same_looks_and_it_may_be_waited_for_again() -> None:
    server = Server(None, SILENT, SILENT, None, SILENT, SILENT)

    async def wait() -> None:
        async with while_it_answers(server):  # type: ignore[arg-type]
            await asyncio.sleep(3600)

    async def go() -> None:
        for left in (3, 0):
            told = await asyncio.gather(*(wait() for _ in range(3)), return_exceptions=True)
            assert told == [SILENT] * 3
            assert len(server.answers) == left

    asyncio.run(asyncio.wait_for(go(), 20))


def test_whoever_is_done_leaves_the_others_watched() -> None:
    async def go() -> None:
        server = Server(*[None] * 10, SILENT, SILENT)
        async with while_it_answers(server):  # type: ignore[arg-type]
            async with asyncio.TaskGroup() as group:
                group.create_task(within_a_moment(server))
            await asyncio.sleep(3600)

    async def within_a_moment(server: Server) -> None:
        async with while_it_answers(server):  # type: ignore[arg-type]
            await asyncio.sleep(0)

    with pytest.raises(Transient):
        asyncio.run(asyncio.wait_for(go(), 20))
