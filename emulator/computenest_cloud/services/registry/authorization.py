"""The authorization service: who asks for which scopes, and the token that grants some of them. fact: cr-004, cr-006

Steps 3 and 4 of a pull or push. `GET /auth` with a user name and password (Basic), or `POST /auth` with a form of
OAuth 2, as container tools do; nobody at all gets a token for public repositories.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from computenest_cloud.clock import format_time
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.registry.records import RegistryInstance, RegistryKey
from computenest_cloud.services.registry.registries import Registries
from computenest_cloud.services.registry.tokens import Scope, Tokens
from computenest_cloud.world import World

PATH = "/auth"


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        username, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return username, password


class Authorization:
    def __init__(self, world: World, registries: Registries, tokens: Tokens) -> None:
        self._world = world
        self._registries = registries
        self._tokens = tokens

    def answer(
        self, instance: RegistryInstance, method: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[dict[str, Any], str]:
        """The answer, and the account."""
        pairs = parse_qsl(query if method == "GET" else body.decode("utf-8", errors="replace"), keep_blank_values=True)
        values = dict(pairs)
        given = _basic(headers.get("authorization", ""))
        if method == "POST":
            if values.get("grant_type") != "password":
                raise ServiceError(400, "UNSUPPORTED", "only the grant type 'password' is supported")
            given = values.get("username", ""), values.get("password", "")
        key = self._key(instance, given)
        if values.get("service", instance.instance_id) != instance.instance_id:
            raise ServiceError(400, "UNSUPPORTED", f"this service authorizes for {instance.instance_id} only")
        scopes = [
            scope for name, texts in pairs if name == "scope" for text in texts.split() if (scope := Scope.parse(text))
        ]
        granted = [self._registries.granted(instance, key, scope) for scope in scopes]
        now_s = self._world.clock.lifetime_now()
        expires_at = now_s + self._world.rules.number("registry.token_s")
        if key is not None:
            expires_at = min(expires_at, key.expires_at)
        subject = "" if key is None else key.username
        token = self._tokens.issue(
            instance.instance_id, subject, [scope for scope in granted if scope.actions], expires_at=expires_at
        )
        answer = {
            "token": token,
            "access_token": token,
            "expires_in": max(1, int(expires_at - now_s)),
            "issued_at": format_time(now_s),
        }
        return answer, "anonymous" if key is None else key.account

    def _key(self, instance: RegistryInstance, given: tuple[str, str] | None) -> RegistryKey | None:
        if given is None:
            return None
        key = self._registries.key(instance, *given)
        if key is None:
            raise ServiceError(
                401, "UNAUTHORIZED", "authentication required: the user name or password is wrong or has expired"
            )
        return key
