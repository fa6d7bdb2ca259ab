"""Every action of the cloud, by every real client that can be had, in one story. See docs/emulator-clients.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.clients import ALL
from emulator.everything import Teller

pytestmark = pytest.mark.wire

DOCUMENTED = Path(__file__).parents[2] / "docs" / "emulator-clients.md"
NEED_A_PUSHED_IMAGE = {
    ("computenest", "DeleteAcrImageRepositories"),
    ("computenest", "DeleteAcrImageTags"),
    ("computenest", "ListAcrImageTags"),
    ("cr", "DeleteRepoTag"),
    ("cr", "GetRepoTag"),
}


def paths(value, at=""):
    """Where something stands in an answer: `Images.Image[].Tags`."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from paths(entry, f"{at}.{key}" if at else key)
    elif isinstance(value, list):
        yield f"{at}[]"
        for entry in value:
            yield from paths(entry, f"{at}[]")
    else:
        yield at


def test_every_action_is_in_the_story(told, actions):
    assert set(told.answers) | set(told.refusals) == actions
    assert set(told.refusals) - set(told.answers) == NEED_A_PUSHED_IMAGE
    products = {product for product, _ in actions}
    assert f"({len(actions)} actions of {len(products)} products; five of them" in DOCUMENTED.read_text()


@pytest.mark.parametrize("name", sorted(set(ALL) - {"current"}))
def test_every_client_gets_the_same_answers(cloud, told, name):
    teller = Teller(cloud, ALL[name])
    teller.tell()
    assert teller.refusals == told.refusals
    for key, answers in told.answers.items():
        wanted = [set(paths(answer)) for answer in answers]
        assert [set(paths(answer)) for answer in teller.answers[key]] == wanted, key
