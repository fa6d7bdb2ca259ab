"""Each error code's kind, and what the message says and does not say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from computenest.cloud.endpoints import Product
from computenest.cloud.failures import (
    TABLE,
    UNREADABLE,
    Call,
    Match,
    NoAnswer,
    Refusal,
    failure_of,
    no_answer,
    rule_of,
    unusable_answer,
)
from computenest.cloud.secret import Secret
from computenest.kernel.errors import ComputeNestError, Conflict, NotFound, Permanent, Transient

CALL = Call(action="GetArtifact", region="cn-hangzhou", host="h.example:443")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("Throttling", 400, Transient),
        ("Throttling.User", 429, Transient),
        ("Throttling.Api", 403, Transient),
        ("Rejected.Throttling", 403, Transient),
        ("ServiceUnavailable", 503, Transient),
        ("InternalError", 500, Transient),
        (UNREADABLE, 502, Transient),
        (UNREADABLE, 403, Transient),
        ("SomethingNew", 500, Transient),
        ("SomethingNew", 429, Transient),
        ("", 408, Transient),
        ("SomethingNew", 400, Permanent),
        ("InvalidAction.NotFound", 404, Permanent),
        ("", 404, Permanent),
        ("EntityNotExist", 404, NotFound),
        ("EntityNotExist.ArtifactVersion", 400, NotFound),
        ("EntityNotExist.Service", 404, NotFound),
        ("InvalidImageId.NotFound", 404, NotFound),
        ("InvalidImageId.Malformed", 400, Permanent),
        ("EntityAlreadyExist.DraftArtifact", 400, Conflict),
        ("OperationDenied", 400, Conflict),
        ("OperationDenied.ImageCopying", 403, Conflict),
        ("OperationDenied.ArtifactAssociated", 400, Conflict),
        ("OperationDenied.SameRegionOnly", 403, Permanent),
        ("OperationDenied.NotPublished", 403, Permanent),
        ("IncorrectImageStatus", 403, Conflict),
        ("QuotaExceed.Image", 403, Permanent),
        ("InvalidAccessKeyId.NotFound", 404, Permanent),
        ("InvalidAccessKeyId.Inactive", 403, Permanent),
        ("SignatureDoesNotMatch", 400, Permanent),
        ("InvalidSecurityToken.Expired", 400, Permanent),
        ("Forbidden.RAM", 403, Permanent),
        ("NoPermission", 403, Permanent),
        ("SignatureNonceUsed", 400, Transient),
        ("ProductNotFound", 404, NotFound),
    ],
)
def test_kind(code: str, status: int, kind: type[ComputeNestError]) -> None:
    error = failure_of(Refusal(code=code, status=status), call=CALL)
    assert type(error) is kind
    assert error.code == code


def test_an_exact_row_never_takes_a_family() -> None:
    exact = [rule for rule in TABLE if rule.match is Match.EXACT]
    assert exact
    for rule in exact:
        assert rule_of(f"{rule.code}.Other", status=400) is not rule


def test_no_code_stands_twice() -> None:
    assert len({rule.code for rule in TABLE}) == len(TABLE)


def test_the_message_says_what_where_and_what_next() -> None:
    refusal = Refusal(code="Forbidden.RAM", status=403, message="User not\n authorized.", request_id="R-1")
    error = failure_of(refusal, call=replace(CALL, product="computenestsupplier"))
    assert str(error) == (
        "GetArtifact in cn-hangzhou: the cloud answered Forbidden.RAM, HTTP 403: User not authorized.;"
        " give the user or role that these credentials belong to the RAM permission computenestsupplier:GetArtifact,"
        " and run it again; nothing that exists is lost (request R-1)"
    )


@pytest.mark.parametrize("code", ["Forbidden", "Forbidden.RAM", "NoPermission", "NoPermission.User", "AccessDenied"])
@pytest.mark.parametrize("product", Product)
def test_a_missing_permission_is_named_as_policies_write_it(code: str, product: Product) -> None:
    error = failure_of(Refusal(code=code, status=403), call=replace(CALL, product=product.value))
    assert type(error) is Permanent
    assert f" {product.value}:GetArtifact," in error.hint


def test_the_cloud_s_own_advice_is_the_hint_where_there_is_no_other() -> None:
    refusal = Refusal(code="New", status=400, recommend="https://help.example/New")
    assert failure_of(refusal, call=CALL).hint == "https://help.example/New"


@pytest.mark.parametrize("code", sorted({rule.code for rule in TABLE if rule.is_credential}))
def test_messages_about_credentials_quote_nothing(code: str) -> None:
    said = "server string to sign is: POST&LTAI-key&token"
    error = failure_of(Refusal(code=code, status=400, message=said), call=CALL)
    assert type(error) is Permanent
    assert "LTAI" not in str(error)
    assert error.hint


def test_a_credential_that_a_message_repeats_is_blotted_out() -> None:
    refusal = Refusal(code="New", status=400, message="bad token tok-123 here", recommend="tok-123")
    error = failure_of(refusal, call=CALL, secrets=[Secret("tok-123"), Secret("")])
    assert "tok-123" not in str(error)
    assert "bad token [secret] here" in str(error)


def test_a_long_message_is_cut() -> None:
    error = failure_of(Refusal(code="New", status=400, message="x" * 100_000), call=CALL)
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("Throttling.User", 503, False),
        ("ServiceUnavailable", 503, False),
        ("InternalError", 500, True),
        (UNREADABLE, 403, True),
        ("Throttling", 429, False),
    ],
)
def test_effect_unknown(code: str, status: int, expected: bool) -> None:
    error = failure_of(Refusal(code=code, status=status), call=CALL)
    assert isinstance(error, Transient)
    assert error.effect_unknown is expected


def test_the_header_means_throttled_whatever_the_code() -> None:
    error = failure_of(Refusal(code="FlowLimit", status=400, retry_after_ms=1500), call=CALL)
    assert isinstance(error, Transient)
    assert error.retry_after_s == 1.5


@pytest.mark.parametrize("code", ["InvalidAccessKeyId.NotFound", "EntityNotExist.Artifact", "OperationDenied"])
def test_but_not_of_what_waiting_cannot_cure(code: str) -> None:
    error = failure_of(Refusal(code=code, status=400, retry_after_ms=1500), call=CALL)
    assert not isinstance(error, Transient)


@pytest.mark.parametrize("cause", list(NoAnswer))
def test_no_answer(cause: NoAnswer) -> None:
    error = no_answer(cause, call=CALL)
    assert "cannot reach h.example:443 for GetArtifact in cn-hangzhou" in str(error)
    assert isinstance(error, Permanent if cause is NoAnswer.TLS else Transient)
    if isinstance(error, Transient):
        may_have_happened = {NoAnswer.READ_TIMEOUT, NoAnswer.BROKEN, NoAnswer.UNREADABLE}
        assert error.effect_unknown is (cause in may_have_happened)


def test_an_unreachable_embedded_cloud_says_how_to_start_it() -> None:
    local = Call(action="A", region="r", host="127.0.0.1:1", is_local=True)
    assert "computenest cloud start" in no_answer(NoAnswer.REFUSED, call=local).hint


def test_an_answer_that_lacks_its_id() -> None:
    error = unusable_answer("ArtifactId", call=CALL, request_id="R")
    assert isinstance(error, Transient)
    assert error.effect_unknown
