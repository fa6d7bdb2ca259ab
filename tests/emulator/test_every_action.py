"""Every action of the cloud, by every real client that can be had, in one story. See docs/emulator-clients.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.clients import ALL
from emulator.everything import Teller, actions_of_the_cloud, tell

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


def told(cloud, client):
    teller = Teller(cloud, client)
    tell(teller)
    return teller


@pytest.fixture(scope="module")
def reference(server):
    server.control("POST", "reset")
    teller = told(server, ALL["current"])
    server.control("POST", "reset")
    return teller


def test_every_action_is_in_the_story(reference):
    action_table = actions_of_the_cloud()
    asked = set(reference.answers) | set(reference.refusals)
    assert asked == action_table
    assert set(reference.refusals) - set(reference.answers) == NEED_A_PUSHED_IMAGE
    products = {product for product, _ in action_table}
    assert f"({len(action_table)} actions of {len(products)} products; five of them" in DOCUMENTED.read_text()


@pytest.mark.parametrize("name", sorted(set(ALL) - {"current"}))
def test_every_client_gets_the_same_answers(cloud, reference, name):
    teller = told(cloud, ALL[name])
    assert teller.refusals == reference.refusals
    for key, answers in reference.answers.items():
        wanted = [set(paths(answer)) for answer in answers]
        assert [set(paths(answer)) for answer in teller.answers[key]] == wanted, key
