"""The provider's configuration, parsed once from the stack's flat key -> value mapping.

Looked up in this order: `computenest:*`, `alicloud:*`, the environment, the default credential chain. Nothing
configured is an error that lists the choices: which cloud gets changed is never a silent default. Credentials are
`Secret` from the first line on, and no message quotes a value of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from computenest.cloud.configuration import (
    DEFAULT_NO_ANSWER_S,
    DEFAULT_POLL_INTERVAL_S,
    WHOLE_KEYS,
    Configuration,
    Profile,
    Role,
    StaticKeys,
    checked_endpoint,
    read_configuration,
)
from computenest.cloud.endpoints import CONTROL_REGIONS, Product
from computenest.cloud.secret import Secret
from computenest.kernel.arguments import quoted
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName

__all__ = [
    "EMBEDDED_ACCOUNTS",
    "Credentials",
    "DefaultChain",
    "EmbeddedAccount",
    "Profile",
    "Role",
    "Settings",
    "StaticKeys",
    "parse_settings",
]

EMBEDDED_ACCOUNTS = ("supplier", "hub", "customer", "stranger")

_KEYS_HINT = (
    "credentials: computenest:accessKey and computenest:secretKey (set with --secret), alicloud:profile, the"
    " environment (ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET), or a profile of the aliyun CLI"
)
_CHOICES = (
    "choose one: `pulumi config set computenest:cloud local` for the embedded cloud, which needs no account; or"
    " `pulumi config set computenest:cloud aliyun` with `pulumi config set computenest:region cn-hangzhou` (or"
    f" ap-southeast-1) and {_KEYS_HINT} or a RAM role; or an endpoint: computenest:endpoints or COMPUTENEST_ENDPOINT"
)


class _Frozen(BaseModel):
    # An error of pydantic's quotes the input by default; these inputs are credentials.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class DefaultChain(_Frozen):
    """The SDKs' chain: environment, OIDC, CLI profile, credentials file, the instance's RAM role, a URI."""


class EmbeddedAccount(_Frozen):
    """An account of the embedded cloud; its keys are in the handle that the server writes."""

    name: str


Credentials = StaticKeys | Profile | Role | DefaultChain | EmbeddedAccount


class Settings(_Frozen):
    """What the provider was told. Guarantees: 1. `cloud` was chosen by the user; 2. every account's form is valid.

    Args:
        cloud: `local` is the embedded cloud of this machine, `aliyun` everything else.
        region: the control region of Compute Nest, not a target of distribution.
        endpoint: one endpoint (host:port) for every product, None for the cloud's own.
        endpoints: product -> endpoint, stronger than `endpoint`.
        credentials: of the default account.
        accounts: the other accounts, by name.
        assume_stable_delivery: whether previews show the ids of regions that stay as known.
        poll_interval_s: between two looks at work in progress, in seconds of the cloud's clock.
        no_answer_s: how long an operation bears a cloud that gives no answer at all, in seconds.
        credentials_from: which link of the chain the default account's credentials are from, in words.
        region_from: what names the region.
    """

    cloud: Literal["local", "aliyun"]
    region: str
    endpoint: str | None = None
    endpoints: Mapping[str, str] = Field(default_factory=dict)
    credentials: Credentials
    accounts: Mapping[AccountName, Credentials] = Field(default_factory=dict)
    assume_stable_delivery: bool = True
    poll_interval_s: float = DEFAULT_POLL_INTERVAL_S
    no_answer_s: float = DEFAULT_NO_ANSWER_S
    credentials_from: str = ""
    region_from: str = ""

    def account(self, name: AccountName) -> Credentials:
        """The credentials of an account, "" being the default one.

        Raises:
            Invalid: no such account; the message names those there are.
        """
        if not name:
            return self.credentials
        if name in self.accounts:
            return self.accounts[name]
        if self.cloud == "local" and name in EMBEDDED_ACCOUNTS:
            return EmbeddedAccount(name=name)
        known = sorted({*self.accounts, *(EMBEDDED_ACCOUNTS if self.cloud == "local" else ())})
        raise Invalid(
            f"there is no account {quoted(name)} in the stack's configuration",
            path="account",
            hint=f"known accounts: {', '.join(known) or 'none'}; add it to computenest:accounts",
        )


def parse_settings(config: Mapping[str, Any], *, environ: Mapping[str, str]) -> Settings:
    """Parses a stack's configuration.

    Args:
        config: full keys as Pulumi gives them (`computenest:cloud`); values are texts, or JSON values already parsed.
        environ: the environment, as the fallback and for `COMPUTENEST_ENDPOINT`.

    Raises:
        Invalid: with the configuration key as its path.
    """
    given = read_configuration(config)
    one = given.endpoints if isinstance(given.endpoints, str) else None
    by_product = given.endpoints if isinstance(given.endpoints, dict) else {}
    if given.cloud == "local":
        return _local(given, environ, has_endpoint=bool(one or by_product))
    one = one or _environment_endpoint(environ)
    found = _configured(given)
    if found is None and not _has_default_chain(environ):
        if one or by_product:
            # The chain's last resort, asking for the instance's RAM role, is for the cloud's own endpoints only.
            raise Invalid(
                "an endpoint is configured, and no credentials for it", path="computenest:accessKey", hint=_KEYS_HINT
            )
        if given.cloud is None:
            raise Invalid("no cloud is configured", path="computenest:cloud", hint=_CHOICES)
    credentials, origin = found or _environment_keys(environ) or (DefaultChain(), "the default credential chain")
    region, region_from = _control_region(given, environ, has_endpoint=bool(one or Product.COMPUTE_NEST in by_product))
    return Settings(
        cloud="aliyun",
        region=region,
        endpoint=one,
        endpoints=by_product,
        credentials=credentials,
        accounts=given.accounts,
        credentials_from=origin,
        region_from=region_from,
        **_options(given),
    )


def _local(given: Configuration, environ: Mapping[str, str], *, has_endpoint: bool) -> Settings:
    """The embedded cloud: neither the environment's credentials nor alicloud's may choose the account."""
    if has_endpoint:
        raise Invalid(
            "computenest:cloud is `local` and computenest:endpoints is set as well",
            path="computenest:endpoints",
            hint="the embedded cloud's endpoint is known by itself: remove one of the two",
        )
    region, region_from = _control_region(given, environ, has_endpoint=True)
    credentials, origin = _own_keys(given) or (
        EmbeddedAccount(name=EMBEDDED_ACCOUNTS[0]),
        "the embedded cloud's own account",
    )
    return Settings(
        cloud="local",
        region=region,
        credentials=credentials,
        # Roles and profiles belong to the real cloud, which must not even be asked for their tokens from here.
        accounts={
            name: account if isinstance(account, StaticKeys) else EmbeddedAccount(name=name)
            for name, account in given.accounts.items()
        },
        credentials_from=origin,
        region_from=region_from,
        **_options(given),
    )


def _options(given: Configuration) -> dict[str, Any]:
    return given.model_dump(include={"assume_stable_delivery", "poll_interval_s", "no_answer_s"})


def _environment_endpoint(environ: Mapping[str, str]) -> str | None:
    value = environ.get("COMPUTENEST_ENDPOINT")
    try:
        return checked_endpoint(value) if value else None
    except ValueError as error:
        raise Invalid(f"COMPUTENEST_ENDPOINT is {error}", path="COMPUTENEST_ENDPOINT") from None


def _control_region(given: Configuration, environ: Mapping[str, str], *, has_endpoint: bool) -> tuple[str, str]:
    """The region Compute Nest is asked in, and what names it. A wrong one is an error: it means another site."""
    for key, region in (("computenest:region", given.region), ("alicloud:region", given.alicloud_region)):
        if region is None or (has_endpoint and key == "alicloud:region" and region not in CONTROL_REGIONS):
            continue  # behind one endpoint alicloud:region may name where resources go, and decides nothing here
        if region not in CONTROL_REGIONS and not has_endpoint:
            raise Invalid(
                f"{key} is {region}, where Compute Nest has no site",
                path=key,
                hint=f"set computenest:region to {' or '.join(CONTROL_REGIONS)}; packages go to other regions too",
            )
        return region, key
    name, region = _variable(environ, "ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALICLOUD_REGION")
    if region in CONTROL_REGIONS:
        return region, name
    if has_endpoint:
        return CONTROL_REGIONS[0], "the default"
    raise Invalid(
        "no control region is configured",
        path="computenest:region",
        hint=f"`pulumi config set computenest:region {CONTROL_REGIONS[0]}` (or {CONTROL_REGIONS[1]})",
    )


_Found = tuple[Credentials, str]  # and which link of the chain they are from


def _configured(given: Configuration) -> _Found | None:
    """The stack's own: keys of `computenest:`, then of `alicloud:`, then a profile."""
    keys = _own_keys(given) or _keys(
        given.alicloud_access_key, given.alicloud_secret_key, given.alicloud_security_token, prefix="alicloud:"
    )
    if keys is not None or given.alicloud_profile is None:
        return keys
    return Profile(name=given.alicloud_profile), f"alicloud:profile ({given.alicloud_profile})"


def _own_keys(given: Configuration) -> _Found | None:
    return _keys(given.access_key, given.secret_key, given.security_token, prefix="computenest:")


def _keys(access: Secret | None, secret: Secret | None, token: Secret | None, *, prefix: str) -> _Found | None:
    if access is None and secret is None and token is None:
        return None
    if access is None or secret is None:
        missing = f"{prefix}{'accessKey' if access is None else 'secretKey'}"
        raise Invalid(f"{missing} is missing", path=missing, hint=WHOLE_KEYS)
    return StaticKeys(access_key=access, secret_key=secret, security_token=token), f"{prefix}accessKey"


def _environment_keys(environ: Mapping[str, str]) -> _Found | None:
    """Read here rather than by the SDKs' chain, which reads the environment once, when it is imported."""
    name, access = _variable(environ, "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY")
    _, secret = _variable(environ, "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY")
    _, token = _variable(environ, "ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN")
    if not access or not secret:
        return None
    keys = StaticKeys(
        access_key=Secret(access), secret_key=Secret(secret), security_token=Secret(token) if token else None
    )
    return keys, f"the environment ({name})"


def _variable(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    """The first of these that is set, and its value; ("", "") for none."""
    return next(((name, environ[name]) for name in names if environ.get(name)), ("", ""))


_CHAIN_VARIABLES = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALICLOUD_ACCESS_KEY",
    "ALIBABA_CLOUD_PROFILE",
    "ALIBABA_CLOUD_CREDENTIALS_FILE",
    "ALIBABA_CLOUD_CREDENTIALS_URI",
    "ALIBABA_CLOUD_ECS_METADATA",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
)
_CHAIN_FILES = (".aliyun/config.json", ".alibabacloud/credentials.ini")


def _has_default_chain(environ: Mapping[str, str]) -> bool:
    """Whether the default chain would find anything, told without asking the network."""
    if any(environ.get(name) for name in _CHAIN_VARIABLES):
        return True
    home = environ.get("HOME")
    return bool(home) and any(Path(home or "", file).is_file() for file in _CHAIN_FILES)
