"""The authorization service of a registry: its challenge, and the tokens that it grants. Steps 2 to 4 of a transfer.

A token is cached for exactly the scopes that it was asked for, and asked for again when the registry rejects it (facts
§5).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from computenest.cloud.endpoints import is_loopback
from computenest.cloud.registry.login import Keys, Login
from computenest.cloud.secret import Secret, redactor_of
from computenest.cloud.steps import Fault, failure
from computenest.kernel.redact import Redactor

_PARAMETER = re.compile(r'([A-Za-z_]+)="([^"]*)"')
_CODE = re.compile(r"[A-Z_]{3,40}")
_MAX_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a 401 asks for."""

    scheme: str
    realm: str = ""
    service: str = ""
    error: str = ""


def parse_challenge(header: str) -> Challenge | None:
    """`WWW-Authenticate` of a 401; None where it names neither a service nor Basic."""
    scheme, _, rest = header.strip().partition(" ")
    given = {name.lower(): value for name, value in _PARAMETER.findall(rest)}
    if scheme.lower() == "bearer" and given.get("realm"):
        return Challenge("bearer", given["realm"], given.get("service", ""), given.get("error", ""))
    return Challenge("basic") if scheme.lower() == "basic" else None


async def at_most(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, or its begin where it is longer than `limit`: how long it is is somebody else's word."""
    blocks: list[bytes] = []
    async for block in answer.content.iter_chunked(64 << 10):
        blocks.append(block[:limit])
        limit -= len(block)
        if limit <= 0:
            break
    return b"".join(blocks)


async def error_codes(answer: aiohttp.ClientResponse) -> str:
    """`HTTP 403 DENIED`: status and codes of a refusal, never its free text, which may repeat what was sent."""
    try:
        body = (await at_most(answer, _MAX_ANSWER_BYTES)).decode("utf-8", "replace")
    except (aiohttp.ClientError, TimeoutError):
        body = ""
    codes = dict.fromkeys(
        re.findall(r'"code"\s*:\s*"([^"]{1,60})"', body) + re.findall(r"<Code>(\w{1,60})</Code>", body)
    )
    named = " ".join(code for code in codes if _CODE.fullmatch(code.upper()))
    return f"HTTP {answer.status} {named}".rstrip()


@dataclass(slots=True)
class Tokens:
    """Tokens of one registry.

    Guarantees:
        1. The login goes to the service that the registry names and nowhere else, over TLS unless it is this machine.
        2. One question to the service for one set of scopes at a time.
        3. After a refusal the login is renewed once, and then the refusal stands.
    """

    http: aiohttp.ClientSession
    keys: Keys
    _cached: dict[tuple[str, ...], Secret] = field(default_factory=dict)
    _used: set[Secret] = field(default_factory=set)
    """Every password and token of this registry's, whether it still holds or not."""
    _locks: dict[tuple[str, ...], asyncio.Lock] = field(default_factory=dict)

    async def login(self, *, renew: bool) -> Login | None:
        """The login, None for anonymous."""
        login = await self.keys.login(renew=renew)
        if login is not None:
            self._used.add(login.password)
        return login

    def redactor(self) -> Redactor:
        """Over what may have been sent to the registry and its authorization service."""
        return redactor_of(self._used)

    def forget(self, scopes: tuple[str, ...], token: Secret) -> None:
        """The registry rejected `token`."""
        if self._cached.get(scopes) == token:
            del self._cached[scopes]

    async def get(self, challenge: Challenge, scopes: tuple[str, ...], *, doing: str) -> Secret:
        """A token for these scopes, cached or asked for.

        Raises:
            ComputeNestError: naming step 2, 3 or 4.
        """
        async with self._locks.setdefault(scopes, asyncio.Lock()):
            if scopes not in self._cached:
                self._cached[scopes] = await self._ask(challenge, scopes, doing=doing)
                self._used.add(self._cached[scopes])
            return self._cached[scopes]

    async def _ask(self, challenge: Challenge, scopes: tuple[str, ...], *, doing: str) -> Secret:
        parts = urlsplit(challenge.realm)
        realm = self.redactor().text(challenge.realm)  # before it is cut, for half a secret is not found any more
        host = (realm.partition("://")[2] or realm).partition("/")[0].rpartition("@")[2]
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.netloc)):
            raise failure(Fault.UNTRUSTED_TOKEN_SERVICE, doing=doing, host=host)
        refused = ""
        for renew in (False, True):
            login = await self.login(renew=renew)
            status, answer, detail = await self._once(challenge, scopes, login, host=host, doing=doing)
            if status == 200:
                token = answer.get("token") or answer.get("access_token")
                if isinstance(token, str) and token:
                    return Secret(token)
                raise failure(Fault.TOKEN_SERVICE_FAILED, doing=doing, host=host, detail="an answer without a token")
            if status >= 500 or status == 429:
                raise failure(Fault.TOKEN_SERVICE_FAILED, doing=doing, host=host, detail=detail)
            refused = detail
            if login is None:
                break
        raise failure(Fault.TOKEN_REFUSED, doing=doing, host=host, detail=refused)

    async def _once(
        self, challenge: Challenge, scopes: tuple[str, ...], login: Login | None, *, host: str, doing: str
    ) -> tuple[int, Mapping[str, object], str]:
        query = [("service", challenge.service), *(("scope", scope) for scope in scopes)]
        headers = {} if login is None else {"Authorization": login.basic()}
        try:
            # The account is told by the header alone: in the query it would be in every log on the way.
            async with self.http.get(challenge.realm, params=query, headers=headers, allow_redirects=False) as answer:
                if answer.status != 200:
                    return answer.status, {}, await error_codes(answer)
                read = json.loads(await at_most(answer, _MAX_ANSWER_BYTES))
                return 200, read if isinstance(read, dict) else {}, ""
        except (aiohttp.ClientConnectorError, TimeoutError) as error:
            raise failure(
                Fault.TOKEN_SERVICE_UNREACHABLE, doing=doing, host=host, detail=type(error).__name__
            ) from error
        except (aiohttp.ClientError, ValueError, RecursionError) as error:
            raise failure(Fault.TOKEN_SERVICE_FAILED, doing=doing, host=host, detail=type(error).__name__) from error
