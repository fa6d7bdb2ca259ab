"""Which artifacts use a place: asked of every one of them once, then only of what changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from computenest.kernel.names import ArtifactId, VersionId
from computenest.resources._packages.claims import Claims
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.model import ArtifactSummary, ArtifactVersion


@dataclass
class Account:
    """Artifacts with one version each; what the list shows may be older than what is there."""

    places: dict[str, str] = field(default_factory=dict)
    modified: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    now: float = 0.0

    def now_s(self) -> float:
        return self.now

    async def of_type(self, artifact_type: str) -> tuple[ArtifactSummary, ...]:
        self.asked["list"] += 1
        await asyncio.sleep(0)
        return tuple(
            ArtifactSummary(
                artifact_id=ArtifactId(one), name=f"name-{one}", artifact_type=artifact_type, status="Available",
                max_version=1, tags={"computenest:owner": f"o-{one}"}, modified=self.modified.get(one, "t0"),
            )
            for one in self.places
        )  # fmt: skip

    async def versions(self, *, artifact_id: ArtifactId) -> tuple[ArtifactVersion, ...]:
        self.asked[artifact_id] += 1
        if artifact_id in self.gone:
            return ()
        repository, _, tag = self.places[artifact_id].rpartition(":")
        named = {"RepoName": repository, "Tag": tag}
        return (ArtifactVersion(version=VersionId("1"), status="Available", source_property=named),)

    def claims(self) -> Claims:
        port: Any = self
        return Claims(Kind.CHART, port, port)

    async def users(self, claims: Claims, place: str = "shop:1", **besides: Any) -> list[str]:
        return [claim.artifact_id for claim in await claims.where(lambda one: one == place, **besides)]


def test_whoever_names_the_place_is_told_but_those_left_out() -> None:
    account = Account({"a": "shop:1", "b": "shop:1", "c": "shop:2"})

    async def story() -> None:
        claims = account.claims()
        assert await account.users(claims) == ["a", "b"]
        assert await account.users(claims, besides=("a",)) == ["b"]
        (claim,) = await claims.where(lambda one: one == "shop:2")
        assert (claim.owner, str(claim)) == ("o-c", "artifact c named 'name-c' (version 1) uses it")

    asyncio.run(story())


def test_an_artifact_that_has_not_changed_is_not_looked_at_again() -> None:
    account = Account({f"a{number}": f"shop:{number}" for number in range(300)})

    async def story() -> None:
        claims = account.claims()
        for _ in range(2):  # within the second that the first look was made in, another change would not show
            await account.users(claims, "nothing:1")
            account.now += 5
        before = account.asked.total()
        for _ in range(10):
            await account.users(claims, "nothing:1")
        assert account.asked.total() - before == 10
        account.places["a7"], account.modified["a7"] = "nothing:1", "t1"
        assert await account.users(claims, "nothing:1") == ["a7"]

    asyncio.run(story())


def test_a_change_within_the_second_of_the_look_is_seen() -> None:
    account = Account({"a": "shop:2"})

    async def story() -> None:
        claims = account.claims()
        assert await account.users(claims) == []
        account.places["a"] = "shop:1"
        account.now += 5
        assert await account.users(claims) == ["a"]

    asyncio.run(story())


def test_what_the_list_still_shows_but_is_gone_claims_nothing() -> None:
    account = Account({"a": "shop:1"})

    async def story() -> None:
        claims = account.claims()
        for _ in range(3):
            assert await account.users(claims) == ["a"]
            account.now += 5
        account.gone.add("a")
        assert await account.users(claims) == []

    asyncio.run(story())


def test_questions_at_once_share_a_list_that_began_after_them() -> None:
    account = Account({f"a{number}": f"shop:{number}" for number in range(20)})

    async def story() -> None:
        claims = account.claims()
        await asyncio.gather(*(account.users(claims, f"shop:{number}") for number in range(20)))
        assert account.asked["list"] <= 2

    asyncio.run(story())
