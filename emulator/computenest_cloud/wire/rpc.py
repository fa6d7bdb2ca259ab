"""Signature version 1 of RPC requests: everything about the request is a parameter, in the query or in a form.

Terraform's and Pulumi's alicloud providers, the aliyun CLI, the classic SDKs and the current ones with
`signature_algorithm="v2"` sign so. All parameters but `Signature` are covered; headers are not, so none counts here.
fact: wire-030 to wire-034
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from computenest_cloud.errors import ServiceError, invalid_parameter, missing_parameter
from computenest_cloud.wire.claim import Claim, SignedRequest, Target

REQUIRED = (
    "Action",
    "Version",
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
)
TELLING = ("Action", "AccessKeyId", "Signature")  # one of them, and the request means to be of this kind
PROTOCOL = frozenset({*REQUIRED, "Format", "SecurityToken", "SignatureType"})
METHODS: Mapping[str, Callable[..., Any]] = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}


def is_rpc(request: SignedRequest) -> bool:
    """Whether a request is signed this way, or means to be."""
    if "authorization" in request.headers:
        return False
    parameters = request.parameters()
    return any(name in parameters for name in TELLING)


def target_of(request: SignedRequest) -> Target:
    parameters = request.parameters()
    return Target(parameters.get("Action", ""), parameters.get("Version", ""))


def claim_of(request: SignedRequest, *, takes_sha256: bool) -> Claim:
    """Raises Missing<parameter> (400) for one of the protocol's own that is not there."""
    parameters = request.parameters()
    for name in REQUIRED:
        if not parameters.get(name):
            raise missing_parameter(name)
    method = parameters["SignatureMethod"]
    if method not in METHODS or (method == "HMAC-SHA256" and not takes_sha256):
        raise invalid_parameter("SignatureMethod", f"HMAC-SHA1 is expected, {method!r} was sent.")
    if parameters["SignatureVersion"] != "1.0":
        raise invalid_parameter("SignatureVersion", f"1.0 is expected, {parameters['SignatureVersion']!r} was sent.")
    if parameters.get("SignatureType"):
        raise invalid_parameter("SignatureType", "only signatures with a secret key are served (no SignatureType).")
    text = string_to_sign(request.method, parameters)
    return Claim(
        key_id=parameters["AccessKeyId"],
        security_token=parameters.get("SecurityToken", ""),
        date=parameters["Timestamp"],
        nonce=parameters["SignatureNonce"],
        signature=parameters["Signature"],
        text=text,
        sign=lambda secret: sign(text, secret, method),
        parameters={name: value for name, value in parameters.items() if name not in PROTOCOL},
    )


def wants_xml(request: SignedRequest) -> bool:
    """fact: wire-034. Read before anything is verified: a refusal has a form as well."""
    try:
        return request.parameters().get("Format", "XML").upper() != "JSON"
    except ServiceError:
        return True


def string_to_sign(method: str, parameters: Mapping[str, str]) -> str:
    pairs = sorted((name, value) for name, value in parameters.items() if name != "Signature")
    query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return f"{method}&%2F&{_quoted(query)}"


def sign(text: str, secret: str, method: str = "HMAC-SHA1") -> str:
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), METHODS[method]).digest()).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="~")
