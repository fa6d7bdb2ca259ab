"""Names and tokens are functions of identity: the same in every process, for ever, and never the same twice."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel import identity
from computenest.kernel.names import OwnerId

TEXT = st.text(max_size=12)
OWNERS = st.builds(OwnerId, TEXT)
NAMES = st.text(alphabet="abc-g0123456789", min_size=1, max_size=12)


def test_tokens_are_what_they_were_in_every_release() -> None:
    # Another token for the same effect would make a run that resumes an older provider's work begin it again.
    owner = identity.mint_owner_id(
        organization="acme", project="shop", stack="dev", type_token="EcsImagePackage", name="web"
    )
    assert owner == "o-a548e8c7f57aa28878cfcf1e"
    assert identity.token(OwnerId("o-1"), 1, "create", 1) == "cn-743070ba3eeee0af4650e2fa29821c0f6d7c446c5fcc11cc"
    assert identity.digest("a", "b") == "c519d6f09be2719d"


def test_tokens_do_not_depend_on_the_process() -> None:
    code = "from computenest.kernel.identity import token; print(token('o-1', 1, 'release', 3, 'x'))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{identity.token(OwnerId('o-1'), 1, 'release', 3, 'x')}\n"}


@given(OWNERS, st.integers(1, 99), TEXT, st.lists(TEXT | st.integers(), max_size=4))
def test_a_token_is_short_ascii(owner: OwnerId, generation: int, purpose: str, ordinals: list[str | int]) -> None:
    token = identity.token(owner, generation, purpose, *ordinals)
    assert token.isascii()
    assert 0 < len(token) <= 64
    assert token == identity.token(owner, generation, purpose, *ordinals)


EFFECTS = st.tuples(OWNERS, st.integers(1, 9), TEXT, st.lists(TEXT, max_size=3).map(tuple))


@given(EFFECTS, EFFECTS)
def test_different_effects_have_different_tokens(
    one: tuple[OwnerId, int, str, tuple[str, ...]], other: tuple[OwnerId, int, str, tuple[str, ...]]
) -> None:
    same = identity.token(*one[:3], *one[3]) == identity.token(*other[:3], *other[3])
    assert same == (one == other)


@given(st.lists(TEXT, max_size=4), st.lists(TEXT, max_size=4))
def test_a_digest_knows_where_one_part_ends(one: list[str], other: list[str]) -> None:
    assert (identity.digest(*one) == identity.digest(*other)) == (one == other)


@given(st.tuples(*[TEXT] * 5), st.tuples(*[TEXT] * 5))
def test_every_part_of_a_resource_makes_another_owner(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    keys = ("organization", "project", "stack", "type_token", "name")
    minted = [identity.mint_owner_id(**dict(zip(keys, parts, strict=True))) for parts in (one, other)]
    assert (minted[0] == minted[1]) == (one == other)


@dataclass(frozen=True)
class NameCase:
    name: str
    generation: int
    former: str | None
    expected: str
    reason: str


@pytest.mark.parametrize(
    "case",
    [
        NameCase("web", 1, None, "web", "the first artifact has the user's own name"),
        NameCase("web", 2, "web", "web-g2", "the same name would collide with what is replaced"),
        NameCase("web", 3, "web-g2", "web-g3", "and goes on to do so"),
        NameCase("shop", 2, "web", "shop", "another name collides with nothing"),
        NameCase("web", 4, "shop", "web", "nor does an old name after another one"),
        NameCase("web-g2", 3, "web", "web-g2", "a user may write what looks like a generation"),
        NameCase("web", 2, "web-g2", "web", "…also as the first name: web-g2 would be the predecessor itself"),
    ],
    ids=lambda case: f"{case.former}->{case.name}",
)
def test_artifact_name(case: NameCase) -> None:
    found = identity.artifact_name(case.name, generation=case.generation, former_name=case.former)
    assert found == case.expected, case.reason


@given(NAMES, st.integers(2, 20), NAMES)
def test_a_replacement_never_has_its_predecessors_name(name: str, generation: int, former: str) -> None:
    assert identity.artifact_name(name, generation=generation, former_name=former) != former


@given(OWNERS, st.integers(1, 9), OWNERS, st.integers(1, 9))
def test_only_the_same_owner_and_generation_is_ours(a: OwnerId, n: int, b: OwnerId, m: int) -> None:
    tags = {"team": "x", **identity.owner_tags(a, n)}
    assert identity.is_ours(tags, owner_id=b, generation=m) == ((a, n) == (b, m))
    assert not identity.is_ours({"team": "x"}, owner_id=a, generation=n)
