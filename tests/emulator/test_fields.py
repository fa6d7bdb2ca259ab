"""Every field of the official SDKs' models is answered, or left out for a reason that is written down."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from emulator.sdk_fields import PACKAGES, fields, model_of

TABLE = Path(__file__).with_name("unserved_fields.yaml")


def places(value, at=""):
    if at:
        yield at
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from places(entry, f"{at}.{key}" if at else key)
    elif isinstance(value, list):
        for entry in value:
            yield from places(entry, f"{at}[]")


def left_out(key, answers):
    """Fields that no answer has; of those that lie in one that is missing, that one alone."""
    served = {place for answer in answers for place in places(answer)}
    found = []
    for place in fields(*key):
        is_inside = any(place.startswith((f"{missing}.", f"{missing}[]")) for missing in found)
        if place not in served and not is_inside:
            found.append(place)
    return found


@pytest.fixture(scope="module")
def unserved(told):
    answers = {key: found for key, found in told.answers.items() if key[0] in PACKAGES}
    return [f"{key[0]} {key[1]} {place}" for key, found in sorted(answers.items()) for place in left_out(key, found)]


def test_what_is_left_out_has_a_reason(unserved):
    table = yaml.safe_load(TABLE.read_text("utf-8"))
    patterns = [pattern.replace("[]", "[[]]") for group in table for pattern in group["fields"]]
    assert [line for line in unserved if not any(fnmatchcase(line, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatchcase(line, pattern) for line in unserved)] == []
    assert all(group["reason"] for group in table)


def test_every_action_has_a_model_in_an_sdk(unserved, actions):
    """None is made up: the official SDKs know each of them."""
    assert unserved
    known = [key for key in actions if key[0] in PACKAGES]
    without = [key for key in known if model_of(key[0], f"{key[1]}ResponseBody") is None]
    assert without == []
