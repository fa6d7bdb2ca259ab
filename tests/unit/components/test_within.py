"""What is there already is not tried anew; and one client serves all who ask one cluster at once."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest

from computenest.cloud.kubernetes import lines as module
from computenest.cloud.kubernetes.lines import Lines
from computenest.kernel.errors import Transient
from computenest.resources._components.compare import is_within


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2, "d": 3}]}}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": None}, {}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": {}}, {"a": []}, False),
    ],
)
def test_a_document_is_within_another_where_it_says_nothing_else(part: Any, whole: Any, expected: bool) -> None:
    assert is_within(part, whole) is expected


class Client:
    """Counts what it is asked."""

    made: ClassVar[list[Client]] = []
    error: Transient | None = None

    def __init__(self, reach: Any) -> None:
        self.probes, self.is_open = 0, False
        self.made.append(self)
        del reach

    async def __aenter__(self) -> Client:
        self.is_open = True
        return self

    async def __aexit__(self, *given: object) -> None:
        self.is_open = False

    async def probe(self) -> str:
        self.probes += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return "v1"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    class Own(Client):
        made: ClassVar[list[Client]] = []

    monkeypatch.setattr(module, "ApiClient", Own)
    return Own


def test_who_asks_one_cluster_at_once_shares_a_client(client: type[Client]) -> None:
    async def ask(all_of_them: Lines, key: str) -> Client:
        async with all_of_them.line(key, None) as found:  # type: ignore[arg-type]
            await asyncio.sleep(0)
            assert found.is_open  # type: ignore[attr-defined]
            return found  # type: ignore[return-value]

    async def story() -> None:
        lines = Lines()
        one, two, other = await asyncio.gather(ask(lines, "a"), ask(lines, "a"), ask(lines, "b"))
        assert one is two is not other
        assert (one.probes, one.is_open) == (1, False), "the last who leaves closes it"
        assert await ask(lines, "a") is not one

    asyncio.run(story())
    assert len(client.made) == 3


def test_all_who_wait_hear_at_once_that_it_does_not_answer(client: type[Client]) -> None:
    client.error = Transient("it did not answer")

    async def ask(lines: Lines) -> None:
        with pytest.raises(Transient):
            async with lines.line("a", None):  # type: ignore[arg-type]
                pytest.fail("it is not reached")

    async def story() -> None:
        lines = Lines()
        await asyncio.gather(ask(lines), ask(lines), ask(lines))

    asyncio.run(story())
    assert [one.probes for one in client.made] == [1]
