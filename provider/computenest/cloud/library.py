"""The official client library, made to raise the errors of `kernel.errors`.

Blocking and heavy (0.65 s to import), so `client` loads it on the first call and runs it in threads. Signing, the
credential chain and the shape of requests are the library's own (facts §3); what it says when something fails is
translated here, once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from alibabacloud_tea_openapi import utils_models as models
from alibabacloud_tea_openapi.client import Client as LibraryClient
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from darabonba.runtime import RuntimeOptions

from computenest.cloud.client import Options
from computenest.cloud.credentials import credential_client, current_secrets
from computenest.cloud.endpoints import Endpoint, Product
from computenest.cloud.failures import Call, Refusal, failure_of, no_answer, too_long, unusable_answer
from computenest.cloud.secret import Secret
from computenest.cloud.transport import cause_of, install
from computenest.cloud.wire import integer, text
from computenest.kernel.errors import ComputeNestError
from computenest.kernel.values import Json


class Library:
    """One account's signer and connections. Safe to use from several threads (facts §3.2)."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._credential = credential_client(options.credentials, default=options.default_credentials)
        self._clients: dict[Endpoint, LibraryClient] = {}
        self._lock = threading.Lock()

    def send(
        self, product: Product, action: str, query: dict[str, str], *, endpoint: Endpoint, call: Call
    ) -> dict[str, Any]:
        """Signs, sends and waits; the answer's JSON object."""
        secrets = current_secrets(self._credential, self._options.credentials)
        # fact §1.0: every parameter of every action here travels in the query; the body is empty.
        params = models.Params(
            action=action,
            version=product.version,
            protocol=endpoint.protocol.upper(),
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="string",  # parsed here: an empty or HTML answer must be told from a broken connection
        )
        try:
            answer = self._client(endpoint).call_api(params, models.OpenApiRequest(query=query), RuntimeOptions())
        except Exception as error:  # the library wraps whatever happened in the exceptions of three packages
            raise _failure(error, query, call=call, secrets=secrets) from error
        return _parsed(answer, call=call, secrets=secrets)

    def keys(self) -> tuple[Secret, Secret, Secret]:
        """Access key id, secret and session token (empty for none), renewed if need be: for signers of other kinds."""
        current_secrets(self._credential, self._options.credentials)
        model = self._credential.get_credential()
        return Secret(model.access_key_id), Secret(model.access_key_secret), Secret(model.security_token or "")

    def _client(self, endpoint: Endpoint) -> LibraryClient:
        with self._lock:
            if endpoint not in self._clients:
                config = models.Config(
                    credential=self._credential,
                    endpoint=endpoint.host,
                    protocol=endpoint.protocol,
                    region_id=self._options.region,
                    connect_timeout=int(self._options.connect_timeout_s * 1000),
                    read_timeout=int(self._options.read_timeout_s * 1000),
                    max_idle_conns=self._options.max_calls_in_flight,
                )
                install(endpoint, pool_size=self._options.max_calls_in_flight)
                self._clients[endpoint] = LibraryClient(config)
            return self._clients[endpoint]


def _failure(
    error: Exception, query: Mapping[str, str], *, call: Call, secrets: tuple[Secret, ...]
) -> ComputeNestError:
    if not isinstance(error, AlibabaCloudException):
        cause = cause_of(error)
        return too_long(query, call=call, said=cause) or no_answer(cause, call=call)
    data = error.data if isinstance(error.data, dict) else {}
    retry_after = getattr(error, "retry_after", None)
    refusal = Refusal(
        code=_known(error.code),
        status=integer(error.status_code),
        message=text(data.get("Message", data.get("message"))),
        request_id=_known(error.request_id),
        retry_after_ms=integer(retry_after) if retry_after is not None else None,
        recommend=text(data.get("Recommend")),
    )
    return too_long(query, call=call, said=refusal) or failure_of(refusal, call=call, secrets=secrets)


def _known(value: Json) -> str:
    """The library turns a missing code or request id into the text "None"."""
    found = text(value)
    return "" if found == "None" else found


def _parsed(answer: Mapping[str, Any], *, call: Call, secrets: tuple[Secret, ...]) -> dict[str, Any]:
    try:
        body = json.loads(text(answer.get("body")))
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise unusable_answer("a JSON object", call=call)
    # fact §3.1: HTTP 200 with Success=false is an error that the library does not raise.
    if str(body.get("Success", "true")).lower() == "false":
        refusal = Refusal(
            code=text(body.get("Code")),
            status=integer(body.get("HttpStatusCode"), default=200),
            message=text(body.get("Message")),
            request_id=text(body.get("RequestId")),
        )
        raise failure_of(refusal, call=call, secrets=secrets)
    return body
