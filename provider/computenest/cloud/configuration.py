"""A stack's configuration as it was given: flat keys, each with its type; what follows from it is in settings.py.

Values are texts, as `pulumi config` keeps them, or JSON values that somebody parsed already; an empty text counts as
not set. No error quotes a value: some of them are credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from computenest.cloud.endpoints import Product, parse_endpoint
from computenest.cloud.secret import Secret
from computenest.kernel.bounded_json import read_json
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName

DEFAULT_POLL_INTERVAL_S = 5.0
DEFAULT_NO_ANSWER_S = 300.0
WHOLE_KEYS = "an access key is accessKey and secretKey, with securityToken if it is temporary"


class _Account(BaseModel):
    # An error of pydantic's quotes the input by default; these inputs are credentials.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        alias_generator=to_camel,
        validate_by_name=True,
        defer_build=True,
    )


Word = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]
Hidden = Annotated[Secret, BeforeValidator(lambda value: Secret(value) if isinstance(value, str) and value else value)]


class StaticKeys(_Account):
    """An access key as it was given, with the session token of temporary ones."""

    access_key: Hidden
    secret_key: Hidden
    security_token: Hidden | None = None


class Profile(_Account):
    """A named profile of the aliyun CLI (`~/.aliyun/config.json`) or of the SDKs' credentials file."""

    name: Annotated[Word, Field(alias="profile")]


class Role(_Account):
    """A RAM role that the default account may assume."""

    role_arn: Word
    external_id: Word | None = None


def _form(value: Any) -> str | None:
    """Which form of account a value has, by the keys that only this form knows."""
    if not isinstance(value, Mapping):
        return None
    forms = {"roleArn": "role", "profile": "profile", "accessKey": "keys", "secretKey": "keys"}
    return next((form for key, form in forms.items() if key in value), None)


_AccountForm = Annotated[
    Annotated[Role, Tag("role")] | Annotated[Profile, Tag("profile")] | Annotated[StaticKeys, Tag("keys")],
    Discriminator(_form),
]


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return read_json(value)
    except ValueError:
        return None  # the parser's message could quote a key; no object is what it is


def _json_unless_host(value: Any) -> Any:
    return value if isinstance(value, str) and not value.lstrip().startswith("{") else _json(value)


def _number(value: Any) -> Any:
    """A truth value would be taken for 1."""
    return "" if isinstance(value, bool) else value


def checked_endpoint(text: str) -> str:
    """An endpoint as it is kept; a `{region}` in it stays.

    Raises:
        ValueError: it is none.
    """
    parse_endpoint(text.replace("{region}", "cn-hangzhou"))
    return text.strip()


_Endpoint = Annotated[str, AfterValidator(checked_endpoint)]
_Seconds = Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False)]


def _key(name: str) -> Any:
    return Field(default=None, alias=name)


class Configuration(BaseModel):
    """What a stack says under `computenest:` and `alicloud:`; None where it says nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    cloud: Literal["local", "aliyun"] | None = _key("computenest:cloud")
    region: Word | None = _key("computenest:region")
    access_key: Hidden | None = _key("computenest:accessKey")
    secret_key: Hidden | None = _key("computenest:secretKey")
    security_token: Hidden | None = _key("computenest:securityToken")
    alicloud_region: Word | None = _key("alicloud:region")
    alicloud_access_key: Hidden | None = _key("alicloud:accessKey")
    alicloud_secret_key: Hidden | None = _key("alicloud:secretKey")
    alicloud_security_token: Hidden | None = _key("alicloud:securityToken")
    alicloud_profile: Word | None = _key("alicloud:profile")
    endpoints: Annotated[
        Annotated[_Endpoint, Tag("text")] | Annotated[dict[Product, _Endpoint], Tag("map")],
        Discriminator(lambda value: "text" if isinstance(value, str) else "map"),
        BeforeValidator(_json_unless_host),
    ] = Field(default_factory=dict, alias="computenest:endpoints")
    accounts: Annotated[dict[AccountName, _AccountForm], BeforeValidator(_json)] = Field(
        default_factory=dict, alias="computenest:accounts"
    )
    assume_stable_delivery: bool = Field(default=True, alias="computenest:assumeStableDelivery")
    poll_interval_s: _Seconds = Field(default=DEFAULT_POLL_INTERVAL_S, alias="computenest:pollIntervalS")
    no_answer_s: _Seconds = Field(default=DEFAULT_NO_ANSWER_S, alias="computenest:noAnswerS")

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        """Texts without the spaces around them, and none that is empty."""
        texts = {key: value.strip() if isinstance(value, str) else value for key, value in given.items()}
        return {key: value for key, value in texts.items() if value not in ("", None)}


def read_configuration(given: Mapping[str, Any]) -> Configuration:
    """The configuration of full keys, as Pulumi gives them (`computenest:cloud`).

    Raises:
        Invalid: with the configuration key as its path.
    """
    try:
        return Configuration.model_validate(dict(given), by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _refusal(first["type"], tuple(map(str, first["loc"])), str(first["msg"])) from None


_FORMS = 'an account is one of {"roleArn": …}, {"profile": …} and {"accessKey": …, "secretKey": …, "securityToken": …}'
_TAGS = frozenset({"role", "profile", "keys", "text", "map"})
_SAID = {
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "dict_type": "is not a JSON object",
    "extra_forbidden": "mixes the forms of an account, or is unknown",
    "finite_number": "is not a number of seconds above 0",
    "float_parsing": "is not a number of seconds above 0",
    "float_type": "is not a number of seconds above 0",
    "greater_than": "is not a number of seconds above 0",
    "is_instance_of": "is not a text",
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_type": "is not a text",
    "union_tag_not_found": "is not an account",
}


def _refusal(kind: str, where: tuple[str, ...], message: str) -> Invalid:
    """What pydantic found, in this project's words."""
    key, *inner = where
    path = ".".join([key, *(part for at, part in enumerate(inner) if not (part in _TAGS and at < 2))])
    if where[-1:] == ("[key]",):
        return Invalid(
            f"{inner[-2]!r} is no product",
            path=f"{key}.{inner[-2]}",
            hint=f"known are {', '.join(sorted(Product))}",
        )
    if kind == "literal_error":
        return Invalid(
            f"{path} is neither `local` nor `aliyun`",
            path=path,
            hint="`pulumi config set computenest:cloud local`, or aliyun",
        )
    hint = WHOLE_KEYS if kind == "missing" else _FORMS if key == "computenest:accounts" else ""
    said = _SAID.get(kind) or "is " + message.removeprefix("Value error, ")
    return Invalid(f"{path} {said}", path=path, hint=hint)
