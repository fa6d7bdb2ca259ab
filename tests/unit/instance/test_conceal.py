"""Secret parameters stand in no text that passes the redactor, whatever the text is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.errors import ComputeNestError, Conflict, Invalid, NotFound, Permanent, Transient
from computenest.kernel.redact import HIDDEN, Redactor
from computenest.resources.service_instance.parameters import are_same, observed_parameters

LETTERS = "abz09 ßé商.-/@"  # as they stand in JSON
SECRETS = st.text(LETTERS, min_size=4, max_size=12)
TEXTS = st.text(LETTERS, max_size=20)


@given(SECRETS, TEXTS, TEXTS)
def test_no_text_holds_a_secret(secret: str, before: str, after: str) -> None:
    redactor = Redactor.over({"InstancePassword": secret, "Zone": "cn-beijing-h"})
    assert secret not in redactor.text(before + secret + after).replace(HIDDEN, "\0")
    assert secret not in json.dumps(redactor.tree({"a": [{secret: secret}, before + secret]}), ensure_ascii=False)


def test_names_that_speak_and_names_that_are_given() -> None:
    values = {
        "AdminPassword": "aaaa1",
        "ApiToken": "bbbb2",
        "Login": "cccc3",
        "Zone": "dddd4",
        "Nested": {"a": ["eeee5"]},
    }
    redactor = Redactor.over(values, ["Login", "Nested"])
    assert redactor.text("aaaa1 bbbb2 cccc3 dddd4 eeee5") == "[secret] [secret] [secret] dddd4 [secret]"


def test_a_longer_secret_goes_before_the_one_that_it_holds() -> None:
    redactor = Redactor.over({"Password": "hunter2", "Token": "hunter2-long"})
    assert redactor.text("hunter2-long hunter2") == "[secret] [secret]"


def test_numbers_are_secrets_too() -> None:
    assert Redactor.over({"PinSecret": 12345}).tree({"out": 12345, "flag": True}) == {"out": HIDDEN, "flag": True}


@pytest.mark.parametrize("kind", [Conflict, Invalid, NotFound, Permanent, Transient])
def test_an_error_keeps_its_kind(kind: type[ComputeNestError]) -> None:
    error = kind("hunter2 is weak", hint="not hunter2", code="Bad", request_id="r")
    found = Redactor.over({"Password": "hunter2"}).error(error)
    assert type(found) is kind
    assert (str(found), found.code) == ("[secret] is weak; not [secret] (request r)", "Bad")
    assert Redactor.over({}).error(error) is error


@pytest.mark.parametrize(
    ("wanted", "shown", "same"),
    [
        (2, "2", True),
        (True, "true", True),
        (["a", 1], '["a",1]', True),
        ({"b": 1, "a": 2}, '{"a":2,"b":1}', True),
        ("2", "3", False),
        ("", "0", False),
    ],
)
def test_values_that_are_one_to_a_template(wanted: Any, shown: Any, same: bool) -> None:
    assert are_same(wanted, shown) is same


def test_what_the_cloud_hides_is_as_known() -> None:
    known = {"Password": "hunter2", "Amount": 2, "Gone": "x", "Zone": "b"}
    shown = {"Password": "******", "Amount": "2", "Zone": "c", "Other": 1}
    assert observed_parameters(known, shown) == {"Password": "hunter2", "Amount": 2, "Gone": "x", "Zone": "c"}
