"""What a request says about who sent it, however it is signed: acs3.py and rpc.py read it, signature.py judges it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from computenest_cloud.wire.params import parse_query

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class SignedRequest:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def parameters(self) -> dict[str, str]:
        """Those of the query and of a form in the body, which has the last word."""
        if self.body and self.headers.get("content-type", "").startswith(FORM):
            return {**self.query, **parse_query(self.body.decode("latin-1"))}
        return dict(self.query)


@dataclass(frozen=True)
class Claim:
    """Whose key a request says it is signed with, the signature, and how to tell whether it is that key's."""

    key_id: str
    security_token: str
    date: str
    nonce: str
    signature: str
    text: str  # what is signed, without any secret
    sign: Callable[[str], str]  # the signature that the key with this secret gives
    parameters: Mapping[str, str]  # the action's, without the protocol's own
    is_body_intact: bool = True


@dataclass(frozen=True)
class Target:
    """What a request asks for."""

    action: str
    version: str  # of the product's API, which tells the product
