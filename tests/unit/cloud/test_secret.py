"""A secret has no text form, wherever it is."""

from __future__ import annotations

import copy
import html
import json
import pickle
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from computenest.cloud.failures import Call, Refusal, failure_of
from computenest.cloud.secret import HIDDEN, Secret
from computenest.kernel.redact import Redactor

CALL = Call(action="GetArtifact", region="cn-hangzhou", host="h.example:443")
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


WRITINGS = {
    "as it is": lambda secret: secret,
    "in a URL": lambda secret: f"https://h.example/?k={quote(secret, safe='')}&x=1",
    "in a form": lambda secret: urlencode({"k": secret}),
    "base64": lambda secret: b64encode(secret.encode()).decode(),
    "base64 for URLs": lambda secret: urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "base64 in a URL": lambda secret: quote(b64encode(secret.encode()).decode(), safe=""),
    "basic authentication": lambda secret: b64encode(f"u:{secret}".encode()).decode(),
    "basic authentication of another user": lambda secret: b64encode(f"user:{secret}@h".encode()).decode(),
    "JSON": json.dumps,
    "HTML": html.escape,
    "hexadecimal": lambda secret: secret.encode().hex(),
}


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
@given(st.text("abcXYZ019+/=&%<\"'\\ é商", min_size=12, max_size=30))
def test_a_secret_is_blotted_out_however_it_comes_back(write: Callable[[str], str], secret: str) -> None:
    said = f"refused: {write(secret)} is wrong"
    refusal = Refusal(code="New", status=400, message=said)
    for told in (
        str(failure_of(refusal, call=CALL, secrets=[Secret(secret)])),
        Redactor.over({"Password": secret}).text(said),
    ):
        assert HIDDEN in told
        assert secret not in told
