"""A secret has no text form, wherever it is."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from pydantic import BaseModel

from computenest.cloud.secret import HIDDEN, Secret

VALUE = "LTAI-very-secret-value"


class Holder(BaseModel):
    held: Secret


def test_no_text_form_shows_the_value() -> None:
    secret = Secret(VALUE)
    forms = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>40}",
        f"{secret}",
        repr([secret]),
        str({"k": secret}),
        str(vars(Holder(held=secret))),
        repr(Holder(held=secret)),
        Holder(held=secret).model_dump_json(),
        str(Holder(held=secret).model_dump()),
    ]
    assert all(VALUE not in form for form in forms)
    assert all(HIDDEN in form for form in forms)
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("encode", [pickle.dumps, json.dumps], ids=["pickle", "json"])
def test_it_cannot_be_encoded(encode: Any) -> None:
    with pytest.raises(TypeError) as caught:
        encode(Secret(VALUE))
    assert VALUE not in str(caught.value)


def test_reveal_is_the_only_way() -> None:
    assert Secret(VALUE).reveal() == VALUE


def test_copies_compare_equal_and_differ_from_text() -> None:
    secret = Secret(VALUE)
    assert copy.deepcopy(secret) is secret
    assert copy.copy(secret) is secret
    assert secret == Secret(VALUE)
    assert hash(secret) == hash(Secret(VALUE))
    assert secret != Secret("other")
    assert secret != VALUE


def test_a_wrong_type_is_refused_without_quoting_it() -> None:
    class Strict(BaseModel, hide_input_in_errors=True):
        held: Secret

    with pytest.raises(ValueError, match="Secret") as caught:
        Strict.model_validate({"held": VALUE})
    assert VALUE not in str(caught.value)
