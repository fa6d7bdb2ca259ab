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

from computenest.cloud.endpoints import CONTROL_REGIONS, Product, parse_endpoint
from computenest.cloud.secret import Secret
from computenest.kernel.arguments import quoted
from computenest.kernel.bounded_json import read_json
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
DEFAULT_POLL_INTERVAL_S = 5.0
DEFAULT_NO_ANSWER_S = 300.0

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
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StaticKeys(_Frozen):
    """An access key as it was given, with the session token of temporary ones."""

    access_key: Secret
    secret_key: Secret
    security_token: Secret | None = None


class Profile(_Frozen):
    """A named profile of the aliyun CLI (`~/.aliyun/config.json`) or of the SDKs' credentials file."""

    name: str


class Role(_Frozen):
    """A RAM role that the default account may assume."""

    role_arn: str
    external_id: str | None = None


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
    source = _Source(config, environ)
    cloud = source.text("computenest:cloud")
    if cloud not in (None, "local", "aliyun"):
        raise Invalid(f"computenest:cloud is {cloud!r}", path="computenest:cloud", hint="it is `local` or `aliyun`")
    endpoint, endpoints = _endpoints(source)
    if cloud == "local":
        return _local(source, has_endpoint=bool(endpoint or endpoints))
    endpoint = endpoint or _environment_endpoint(source)
    credentials = _keys(source, "computenest:") or _keys(source, "alicloud:") or _profile(source)
    if credentials is None and not _has_default_chain(environ):
        if endpoint or endpoints:
            # The chain's last resort, asking for the instance's RAM role, is for the cloud's own endpoints only.
            raise Invalid(
                "an endpoint is configured, and no credentials for it", path="computenest:accessKey", hint=_KEYS_HINT
            )
        if cloud is None:
            raise Invalid("no cloud is configured", path="computenest:cloud", hint=_CHOICES)
    return Settings(
        cloud="aliyun",
        region=_control_region(source, has_endpoint=bool(endpoint or Product.COMPUTE_NEST in endpoints)),
        endpoint=endpoint,
        endpoints=endpoints,
        credentials=credentials or _environment_keys(source) or DefaultChain(),
        accounts=_accounts(source),
        assume_stable_delivery=source.flag("computenest:assumeStableDelivery", default=True),
        poll_interval_s=source.positive("computenest:pollIntervalS", default=DEFAULT_POLL_INTERVAL_S),
        no_answer_s=source.positive("computenest:noAnswerS", default=DEFAULT_NO_ANSWER_S),
    )


def _local(source: _Source, *, has_endpoint: bool) -> Settings:
    """The embedded cloud: neither the environment's credentials nor alicloud's may choose the account."""
    if has_endpoint:
        raise Invalid(
            "computenest:cloud is `local` and computenest:endpoints is set as well",
            path="computenest:endpoints",
            hint="the embedded cloud's endpoint is known by itself: remove one of the two",
        )
    return Settings(
        cloud="local",
        region=_control_region(source, has_endpoint=True),
        credentials=_keys(source, "computenest:") or EmbeddedAccount(name=EMBEDDED_ACCOUNTS[0]),
        # Roles and profiles belong to the real cloud, which must not even be asked for their tokens from here.
        accounts={
            name: account if isinstance(account, StaticKeys) else EmbeddedAccount(name=name)
            for name, account in _accounts(source).items()
        },
        assume_stable_delivery=source.flag("computenest:assumeStableDelivery", default=True),
        poll_interval_s=source.positive("computenest:pollIntervalS", default=DEFAULT_POLL_INTERVAL_S),
        no_answer_s=source.positive("computenest:noAnswerS", default=DEFAULT_NO_ANSWER_S),
    )


class _Source:
    """Reads single values; an empty text counts as not set."""

    def __init__(self, config: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._config = config
        self.environ = environ

    def raw(self, key: str) -> Any:
        value = self._config.get(key)
        return None if isinstance(value, str) and not value.strip() else value

    def text(self, key: str) -> str | None:
        value = self.raw(key)
        if value is not None and not isinstance(value, str):
            raise Invalid(f"{key} is not a text", path=key)
        return value.strip() if value is not None else None

    def secret(self, key: str) -> Secret | None:
        value = self.text(key)
        return Secret(value) if value else None

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.raw(key)
        if value is None:
            return default
        known = {"true": True, "false": False}.get(str(value).strip().lower())
        if known is None:
            raise Invalid(f"{key} is neither true nor false", path=key)
        return known

    def positive(self, key: str, *, default: float) -> float:
        value = self.raw(key)
        if value is None:
            return default
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = -1.0
        if not 0 < number < float("inf"):
            raise Invalid(f"{key} is not a number of seconds above 0", path=key)
        return number

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.raw(key)
        if isinstance(value, str):
            try:
                value = read_json(value)
            except ValueError:  # the parser's message could quote a key
                raise Invalid(f"{key} is not a JSON object", path=key) from None
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise Invalid(f"{key} is not a JSON object", path=key)
        return value

    def variable(self, *names: str) -> str | None:
        return next((self.environ[name] for name in names if self.environ.get(name)), None)


def _endpoints(source: _Source) -> tuple[str | None, dict[str, str]]:
    key = "computenest:endpoints"
    raw = source.raw(key)
    if isinstance(raw, str) and not raw.lstrip().startswith("{"):
        return _checked_endpoint(raw, path=key), {}
    known = {str(product) for product in Product}
    found: dict[str, str] = {}
    for product, value in source.mapping(key).items():
        path = f"{key}.{product}"
        if product not in known:
            raise Invalid(f"unknown product {product!r}", path=path, hint=f"known are {', '.join(sorted(known))}")
        if not isinstance(value, str):
            raise Invalid(f"{path} is not a text", path=path)
        found[product] = _checked_endpoint(value, path=path)
    return None, found


def _environment_endpoint(source: _Source) -> str | None:
    value = source.variable("COMPUTENEST_ENDPOINT")
    return _checked_endpoint(value, path="COMPUTENEST_ENDPOINT") if value else None


def _checked_endpoint(text: str, *, path: str) -> str:
    try:
        parse_endpoint(text.replace("{region}", "cn-hangzhou"))
    except ValueError as error:
        raise Invalid(f"{path} is {error}", path=path) from None
    return text.strip()


def _control_region(source: _Source, *, has_endpoint: bool) -> str:
    """The region Compute Nest is asked in. A wrong one is an error, as it means another site with other artifacts."""
    for key in ("computenest:region", "alicloud:region"):
        region = source.text(key)
        if region is None or (has_endpoint and key == "alicloud:region" and region not in CONTROL_REGIONS):
            continue  # behind one endpoint alicloud:region may name where resources go, and decides nothing here
        if region not in CONTROL_REGIONS and not has_endpoint:
            raise Invalid(
                f"{key} is {region}, where Compute Nest has no site",
                path=key,
                hint=f"set computenest:region to {' or '.join(CONTROL_REGIONS)}; packages go to other regions too",
            )
        return region
    region = source.variable("ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALICLOUD_REGION")
    if region in CONTROL_REGIONS:
        return str(region)
    if has_endpoint:
        return CONTROL_REGIONS[0]
    raise Invalid(
        "no control region is configured",
        path="computenest:region",
        hint=f"`pulumi config set computenest:region {CONTROL_REGIONS[0]}` (or {CONTROL_REGIONS[1]})",
    )


def _keys(source: _Source, prefix: str) -> StaticKeys | None:
    access, secret = source.secret(f"{prefix}accessKey"), source.secret(f"{prefix}secretKey")
    token = source.secret(f"{prefix}securityToken")
    if access is None and secret is None and token is None:
        return None
    return _whole_keys(access, secret, token, path=prefix.rstrip(":"), joint=":")


def _whole_keys(
    access: Secret | None, secret: Secret | None, token: Secret | None, *, path: str, joint: str
) -> StaticKeys:
    if access is None or secret is None:
        missing = f"{path}{joint}{'accessKey' if access is None else 'secretKey'}"
        raise Invalid(
            f"{missing} is missing",
            path=missing,
            hint="an access key is accessKey and secretKey, with securityToken if it is temporary",
        )
    return StaticKeys(access_key=access, secret_key=secret, security_token=token)


def _profile(source: _Source) -> Profile | None:
    name = source.text("alicloud:profile")
    return Profile(name=name) if name else None


def _environment_keys(source: _Source) -> StaticKeys | None:
    """Read here rather than by the SDKs' chain, which reads the environment once, when it is imported."""
    access = source.variable("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY")
    secret = source.variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY")
    token = source.variable("ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN")
    if not access or not secret:
        return None
    return StaticKeys(
        access_key=Secret(access), secret_key=Secret(secret), security_token=Secret(token) if token else None
    )


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


def _accounts(source: _Source) -> dict[AccountName, Credentials]:
    key = "computenest:accounts"
    return {AccountName(name): _account(value, path=f"{key}.{name}") for name, value in source.mapping(key).items()}


_FORMS = 'one of {"roleArn": …}, {"profile": …} and {"accessKey": …, "secretKey": …, "securityToken": …}'


def _account(value: Any, *, path: str) -> Credentials:
    fields = {str(name): text for name, text in value.items()} if isinstance(value, Mapping) else {}
    if not fields or not all(isinstance(text, str) and text for text in fields.values()):
        raise Invalid(f"{path} is not an account", path=path, hint=f"an account is {_FORMS}")
    names = set(fields)
    if "roleArn" in names and names <= {"roleArn", "externalId"}:
        return Role(role_arn=fields["roleArn"], external_id=fields.get("externalId"))
    if names == {"profile"}:
        return Profile(name=fields["profile"])
    if names & {"accessKey", "secretKey"} and names <= {"accessKey", "secretKey", "securityToken"}:
        held = {name: Secret(text) for name, text in fields.items()}
        return _whole_keys(
            held.get("accessKey"), held.get("secretKey"), held.get("securityToken"), path=path, joint="."
        )
    raise Invalid(f"{path} mixes forms or has unknown keys: {', '.join(sorted(names))}", path=path, hint=_FORMS)
