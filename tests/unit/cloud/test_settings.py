"""Where each setting comes from, and what each wrong configuration is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.secret import Secret
from computenest.cloud.settings import (
    Credentials,
    DefaultChain,
    EmbeddedAccount,
    Profile,
    Role,
    Settings,
    StaticKeys,
    parse_settings,
)
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName

SECRET = "s3cr3t-of-a-user"  # no message may ever contain it
NEST_KEYS = {"computenest:accessKey": "AK-nest", "computenest:secretKey": SECRET}
ALICLOUD_KEYS = {"alicloud:accessKey": "AK-ali", "alicloud:secretKey": SECRET}
ENVIRONMENT_KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "AK-env", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}
REGION = {"computenest:region": "cn-hangzhou"}


def keys(access: str, token: str | None = None) -> StaticKeys:
    return StaticKeys(
        access_key=Secret(access), secret_key=Secret(SECRET), security_token=Secret(token) if token else None
    )


@pytest.mark.parametrize(
    ("config", "environ", "expected", "reason"),
    [
        (NEST_KEYS | ALICLOUD_KEYS | REGION, ENVIRONMENT_KEYS, keys("AK-nest"), "computenest: is the strongest"),
        (ALICLOUD_KEYS | REGION, ENVIRONMENT_KEYS, keys("AK-ali"), "then alicloud:"),
        ({"alicloud:profile": "dev"} | REGION, ENVIRONMENT_KEYS, Profile(name="dev"), "then alicloud:profile"),
        (ALICLOUD_KEYS | {"alicloud:profile": "dev"} | REGION, {}, keys("AK-ali"), "keys before a profile"),
        (REGION, ENVIRONMENT_KEYS, keys("AK-env"), "then the environment"),
        (
            REGION,
            ENVIRONMENT_KEYS | {"ALIBABA_CLOUD_SECURITY_TOKEN": "tok"},
            keys("AK-env", "tok"),
            "temporary keys of the environment",
        ),
        (REGION, {"ALICLOUD_ACCESS_KEY": "AK-old", "ALICLOUD_SECRET_KEY": SECRET}, keys("AK-old"), "older names"),
        (REGION | {"computenest:cloud": "aliyun"}, {}, DefaultChain(), "chosen cloud: the chain decides"),
        (REGION, {"ALIBABA_CLOUD_ECS_METADATA": "role"}, DefaultChain(), "an instance role is configured"),
        (
            NEST_KEYS | REGION | {"computenest:securityToken": "tok"},
            {},
            keys("AK-nest", "tok"),
            "temporary keys of the stack",
        ),
        ({"computenest:cloud": "local"}, ENVIRONMENT_KEYS, EmbeddedAccount(name="supplier"), "never real keys"),
        ({"computenest:cloud": "local"} | ALICLOUD_KEYS, {}, EmbeddedAccount(name="supplier"), "never alicloud's"),
        ({"computenest:cloud": "local"} | NEST_KEYS, {}, keys("AK-nest"), "given for the embedded cloud on purpose"),
    ],
)
def test_credentials(config: dict[str, str], environ: dict[str, str], expected: Credentials, reason: str) -> None:
    assert parse_settings(config, environ=environ).credentials == expected, reason


@pytest.mark.parametrize(
    ("config", "environ", "cloud", "region", "endpoint", "reason"),
    [
        ({"computenest:cloud": "local"}, {}, "local", "cn-hangzhou", None, "nothing else is needed"),
        (
            {"computenest:cloud": "local"},
            {"COMPUTENEST_ENDPOINT": "127.0.0.1:1"},
            "local",
            "cn-hangzhou",
            None,
            "a shell's leftovers do not redirect an explicit choice",
        ),
        (NEST_KEYS | {"computenest:region": "ap-southeast-1"}, {}, "aliyun", "ap-southeast-1", None, "region"),
        (NEST_KEYS | {"alicloud:region": "cn-hangzhou"}, {}, "aliyun", "cn-hangzhou", None, "alicloud:region"),
        (
            NEST_KEYS | REGION | {"alicloud:region": "cn-beijing"},
            {},
            "aliyun",
            "cn-hangzhou",
            None,
            "alicloud:region may name where resources go",
        ),
        (NEST_KEYS, {"ALICLOUD_REGION": "cn-hangzhou"}, "aliyun", "cn-hangzhou", None, "environment"),
        (
            {},
            ENVIRONMENT_KEYS | {"COMPUTENEST_ENDPOINT": "127.0.0.1:9"},
            "aliyun",
            "cn-hangzhou",
            "127.0.0.1:9",
            "the environment names an endpoint",
        ),
        (
            {"computenest:endpoints": "127.0.0.1:8"},
            ENVIRONMENT_KEYS | {"COMPUTENEST_ENDPOINT": "127.0.0.1:9"},
            "aliyun",
            "cn-hangzhou",
            "127.0.0.1:8",
            "the stack is stronger than the environment",
        ),
        (
            {"computenest:endpoints": "gateway:443", "computenest:region": "cn-beijing"},
            ENVIRONMENT_KEYS,
            "aliyun",
            "cn-beijing",
            "gateway:443",
            "behind an endpoint any control region may exist",
        ),
        (
            {"computenest:endpoints": "gateway:443", "alicloud:region": "cn-beijing"},
            ENVIRONMENT_KEYS,
            "aliyun",
            "cn-hangzhou",
            "gateway:443",
            "but alicloud:region is not taken for one",
        ),
    ],
)
def test_where(
    config: dict[str, str], environ: dict[str, str], cloud: str, region: str, endpoint: str | None, reason: str
) -> None:
    settings = parse_settings(config, environ=environ)
    assert (settings.cloud, settings.region, settings.endpoint) == (cloud, region, endpoint), reason


@pytest.mark.parametrize(
    ("config", "environ", "path", "told", "reason"),
    [
        ({}, {}, "computenest:cloud", "computenest:cloud local", "nothing at all lists the choices"),
        ({"computenest:cloud": " "}, {}, "computenest:cloud", "computenest:cloud local", "empty is not set"),
        (REGION, {"HOME": "/nonexistent"}, "computenest:cloud", "aliyun", "a region alone chooses nothing"),
        ({"computenest:cloud": "aws"}, {}, "computenest:cloud", "`local` nor `aliyun`", "unknown cloud"),
        (NEST_KEYS, {}, "computenest:region", "cn-hangzhou", "no region"),
        (NEST_KEYS | {"computenest:region": "cn-beijing"}, {}, "computenest:region", "ap-southeast-1", "no site"),
        (NEST_KEYS | {"alicloud:region": "cn-beijing"}, {}, "alicloud:region", "computenest:region", "nor mapped"),
        (
            {"computenest:accessKey": "AK"} | REGION,
            ENVIRONMENT_KEYS,
            "computenest:secretKey",
            "securityToken",
            "half a key is not completed from elsewhere",
        ),
        (
            {"computenest:secretKey": SECRET} | REGION,
            {},
            "computenest:accessKey",
            "secretKey",
            "the other half",
        ),
        ({"alicloud:securityToken": SECRET} | REGION, {}, "alicloud:accessKey", "secretKey", "a token alone"),
        (
            {"computenest:cloud": "local", "computenest:endpoints": "h:1"},
            {},
            "computenest:endpoints",
            "remove one",
            "two clouds at once",
        ),
        ({"computenest:endpoints": "h:1"}, {}, "computenest:accessKey", "--secret", "an endpoint without keys"),
        (
            {"computenest:endpoints": "h:1", "computenest:cloud": "aliyun"},
            {},
            "computenest:accessKey",
            "aliyun CLI",
            "an endpoint is never given the instance's role by chance",
        ),
        (
            {"computenest:endpoints": '{"sls": "h:1"}'},
            {},
            "computenest:endpoints.sls",
            "market",
            "a product that is not used",
        ),
        ({"computenest:endpoints": '{"ecs": 5}'}, {}, "computenest:endpoints.ecs", "not a text", "not a text"),
        ({"computenest:endpoints": "http://h/path"}, {}, "computenest:endpoints", "host", "has a path"),
        ({"computenest:endpoints": "{"}, {}, "computenest:endpoints", "JSON", "broken JSON"),
        ({}, {"COMPUTENEST_ENDPOINT": "ftp://h"}, "COMPUTENEST_ENDPOINT", "host", "wrong scheme"),
        (NEST_KEYS | REGION | {"computenest:pollIntervalS": "0"}, {}, "computenest:pollIntervalS", "above 0", "zero"),
        (NEST_KEYS | REGION | {"computenest:pollIntervalS": "nan"}, {}, "computenest:pollIntervalS", "above 0", "nan"),
        (
            NEST_KEYS | REGION | {"computenest:assumeStableDelivery": "perhaps"},
            {},
            "computenest:assumeStableDelivery",
            "true nor false",
            "not a flag",
        ),
        ({"computenest:cloud": ["local"]}, {}, "computenest:cloud", "`local` nor `aliyun`", "not a text"),
        (REGION | {"computenest:accessKey": {"a": SECRET}}, {}, "computenest:accessKey", "not a text", "a map"),
        (
            REGION | {"computenest:accounts": f'{{"a": {SECRET}'},
            {},
            "computenest:accounts",
            "JSON object",
            "broken JSON",
        ),
        (NEST_KEYS | REGION | {"computenest:noAnswerS": True}, {}, "computenest:noAnswerS", "above 0", "a truth value"),
        (NEST_KEYS | REGION | {"computenest:noAnswerS": "1e999"}, {}, "computenest:noAnswerS", "above 0", "infinite"),
    ],
)
def test_refused(config: dict[str, Any], environ: dict[str, str], path: str, told: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_settings(config, environ=environ)
    assert caught.value.path == path, reason
    assert told in str(caught.value), reason
    assert SECRET not in str(caught.value), reason


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"roleArn": "acs:ram::1:role/hub"}, Role(role_arn="acs:ram::1:role/hub")),
        ({"roleArn": "acs:ram::1:role/hub", "externalId": "x"}, Role(role_arn="acs:ram::1:role/hub", external_id="x")),
        ({"profile": "hub"}, Profile(name="hub")),
        ({"accessKey": "AK", "secretKey": SECRET}, keys("AK")),
        ({"accessKey": "AK", "secretKey": SECRET, "securityToken": "tok"}, keys("AK", "tok")),
    ],
)
@pytest.mark.parametrize("as_text", [True, False], ids=["text", "mapping"])
def test_accounts(account: dict[str, str], expected: Credentials, as_text: bool) -> None:
    accounts: Any = {"hub": account}
    config = NEST_KEYS | REGION | {"computenest:accounts": json.dumps(accounts) if as_text else accounts}
    assert parse_settings(config, environ={}).account(AccountName("hub")) == expected


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ({}, "empty"),
        ("hub", "a text"),
        ({"profile": "p", "roleArn": "r"}, "two forms"),
        ({"accessKey": "AK"}, "half a key"),
        ({"accessKey": "AK", "secretKey": ""}, "an empty secret"),
        ({"accessKey": "AK", "secretKey": SECRET, "region": "r"}, "an unknown key"),
        ({"profile": 5}, "a number"),
    ],
)
def test_refused_accounts(account: Any, reason: str) -> None:
    config = NEST_KEYS | REGION | {"computenest:accounts": {"hub": account}}
    with pytest.raises(Invalid) as caught:
        parse_settings(config, environ={})
    assert caught.value.path.startswith("computenest:accounts.hub"), reason
    assert SECRET not in str(caught.value), reason


def test_an_unknown_account_names_those_there_are() -> None:
    settings = parse_settings({"computenest:cloud": "local"}, environ={})
    with pytest.raises(Invalid, match="customer, hub, stranger, supplier"):
        settings.account(AccountName("hubb"))


def test_the_embedded_cloud_has_three_accounts_and_asks_no_real_one() -> None:
    accounts = {"hub": {"roleArn": "acs:ram::1:role/hub"}, "mine": {"accessKey": "AK", "secretKey": SECRET}}
    settings = parse_settings({"computenest:cloud": "local", "computenest:accounts": accounts}, environ={})
    assert settings.account(AccountName("hub")) == EmbeddedAccount(name="hub")
    assert settings.account(AccountName("customer")) == EmbeddedAccount(name="customer")
    assert settings.account(AccountName("mine")) == keys("AK")


@pytest.mark.parametrize("file", [".aliyun/config.json", ".alibabacloud/credentials.ini"])
def test_a_credentials_file_counts_as_credentials(file: str, tmp_path: Path) -> None:
    found = tmp_path / file
    found.parent.mkdir()
    found.touch()
    assert parse_settings(REGION, environ={"HOME": str(tmp_path)}).credentials == DefaultChain()


def test_options() -> None:
    config = NEST_KEYS | REGION
    assert parse_settings(config, environ={}).assume_stable_delivery is True
    config |= {"computenest:assumeStableDelivery": "false", "computenest:pollIntervalS": "2.5"}
    settings = parse_settings(config, environ={})
    assert (settings.assume_stable_delivery, settings.poll_interval_s) == (False, 2.5)


def test_no_text_form_of_the_settings_shows_a_credential() -> None:
    accounts = json.dumps({"hub": {"accessKey": "AK", "secretKey": SECRET, "securityToken": SECRET}})
    settings = parse_settings(NEST_KEYS | REGION | {"computenest:accounts": accounts}, environ={})
    for text in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
        assert SECRET not in text
    assert Settings.model_config["hide_input_in_errors"] is True
