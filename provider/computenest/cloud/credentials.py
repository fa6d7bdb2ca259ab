"""From configured credentials to the signer's credential client, one for each account, refreshing itself.

A long distribution outlives a session token, so roles and profiles stay providers that renew what
they hand out; only keys that were given as keys are fixed. Nothing here is imported before the first call: the
credentials library costs a third of a second.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alibabacloud_credentials import provider as providers
from alibabacloud_credentials.client import Client
from alibabacloud_credentials.exceptions import CredentialException
from alibabacloud_credentials.provider.default import DefaultCredentialsProvider

from computenest.cloud.secret import Secret
from computenest.cloud.settings import Credentials, DefaultChain, EmbeddedAccount, Profile, Role, StaticKeys
from computenest.kernel.errors import Permanent

_SESSION_NAME = "pulumi-computenest"
_NONE = "NoCredentials"
_CLI_PROFILES = Path("~/.aliyun/config.json")
_HINT = {
    Profile: "check the profile in ~/.aliyun/config.json or ~/.alibabacloud/credentials.ini",
    Role: "check that the default account's credentials are valid and may assume the role",
    DefaultChain: (
        "set computenest:accessKey and computenest:secretKey (with --secret), alicloud:profile, or"
        " ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    ),
}


class _FirstThatWorks:
    """Tries providers in order; sticks to the first that ever gave credentials."""

    def __init__(self, providers: Sequence[Any]) -> None:
        self._providers = list(providers)

    def get_credentials(self) -> Any:
        for provider in self._providers[:-1]:
            try:
                found = provider.get_credentials()
            except CredentialException:
                continue
            self._providers = [provider]
            return found
        return self._providers[-1].get_credentials()

    def get_provider_name(self) -> str:
        return "profile"


def credential_client(credentials: Credentials, *, default: Credentials) -> Any:
    """The library's credential client for an account.

    Args:
        credentials: of the account.
        default: of the default account, which assumes roles.
    """
    return Client(provider=_provider(credentials, default=default))


def _provider(credentials: Credentials, *, default: Credentials) -> Any:
    if isinstance(credentials, StaticKeys):
        keys = {
            "access_key_id": credentials.access_key.reveal(),
            "access_key_secret": credentials.secret_key.reveal(),
        }
        if credentials.security_token:
            return providers.StaticSTSCredentialsProvider(**keys, security_token=credentials.security_token.reveal())
        return providers.StaticAKCredentialsProvider(**keys)
    if isinstance(credentials, Profile):
        name = credentials.name
        return _FirstThatWorks(
            [
                providers.CLIProfileCredentialsProvider(profile_name=name),
                providers.ProfileCredentialsProvider(profile_name=name),
            ]
        )
    if isinstance(credentials, Role):
        if isinstance(default, Role):
            raise Permanent("the default account is itself a role", hint="give it keys or a profile")
        return providers.RamRoleArnCredentialsProvider(
            credentials_provider=_provider(default, default=default),
            role_arn=credentials.role_arn,
            role_session_name=_SESSION_NAME,
            external_id=credentials.external_id,
        )
    if isinstance(credentials, EmbeddedAccount):
        raise Permanent(f"account {credentials.name!r} exists in the embedded cloud only")
    return DefaultCredentialsProvider()


def current_secrets(client: Any, credentials: Credentials) -> tuple[Secret, ...]:
    """What the client signs with now, fetched or renewed if need be.

    Raises:
        Permanent: there are none. Never tried again: no credential appears by waiting.
    """
    try:
        model = client.get_credential()
    except Exception as error:  # the library raises bare exceptions and those of every layer below it
        hint = _HINT.get(type(credentials), "")
        # The library's text can quote what a server said of a key: it is chained, never shown.
        raise Permanent(_lacking(credentials), hint=hint, code=_NONE) from error
    values = (model.access_key_id, model.access_key_secret, model.security_token)
    if not values[0] or not values[1]:
        raise Permanent(_lacking(credentials), hint=_HINT.get(type(credentials), ""), code=_NONE)
    return tuple(Secret(value) for value in values[1:] if value)


def _lacking(credentials: Credentials) -> str:
    """Where there are none, by the name that the configuration gives it."""
    if isinstance(credentials, Role):
        return f"no credentials could be had by assuming the role {credentials.role_arn}"
    if not isinstance(credentials, Profile):
        return "no credentials could be had for this account"
    names = _cli_profiles()
    known = f"; {_CLI_PROFILES} has {', '.join(map(repr, names))}" if names and credentials.name not in names else ""
    return f"no credentials could be had from the profile {credentials.name!r}{known}"


def _cli_profiles() -> list[str]:
    """The names of the aliyun CLI's profiles; none where its file cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        found = json.loads(_CLI_PROFILES.expanduser().read_text(encoding="utf-8"))
        return sorted(str(profile["name"]) for profile in found["profiles"] if profile.get("name"))
    return []
