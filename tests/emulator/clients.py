"""Real clients of the cloud's API, unmodified, behind one face: each sends any action the way it signs and sends all.

`classic` is aliyun-python-sdk-core, `current` and `current-v2` the SDKs of today in both signature algorithms, `go` the
SDK that the aliyun CLI and Terraform's provider call with, `tea` the one that most of Terraform's resources post with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from darabonba.runtime import RuntimeOptions

from made import Lines, made

ROOT = Path(__file__).resolve().parents[2]
REGION = "cn-hangzhou"


@dataclass(frozen=True)
class Keys:
    endpoint: str
    key: str
    secret: str
    token: str = ""


@dataclass(frozen=True)
class Request:
    version: str
    action: str
    params: Mapping[str, str]
    method: str = "POST"
    is_form: bool = False


class Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def with_classic(keys: Keys, asked: Request) -> dict[str, Any]:
    key = (
        StsTokenCredential(keys.key, keys.secret, keys.token)
        if keys.token
        else AccessKeyCredential(keys.key, keys.secret)
    )
    client = AcsClient(region_id=REGION, credential=key, auto_retry=False)
    request = CommonRequest(domain=keys.endpoint, version=asked.version, action_name=asked.action, product="Any")
    request.set_protocol_type("http")
    request.set_method(asked.method)
    for name, value in asked.params.items():
        (request.add_body_params if asked.is_form else request.add_query_param)(name, value)
    try:
        return dict(json.loads(client.do_action_with_exception(request)))
    except ServerException as error:
        raise Refused(error.get_error_code(), error.get_error_msg()) from error


def _with_current(keys: Keys, asked: Request, algorithm: str | None) -> dict[str, Any]:
    config = Config(
        access_key_id=keys.key,
        access_key_secret=keys.secret,
        security_token=keys.token or None,
        endpoint=keys.endpoint,
        protocol="http",
        region_id=REGION,
        signature_algorithm=algorithm,
    )
    params = Params(
        action=asked.action, version=asked.version, protocol="HTTP", pathname="/", method=asked.method,
        auth_type="AK", style="RPC", req_body_type="formData", body_type="json",
    )  # fmt: skip
    sent = dict(asked.params)
    request = OpenApiRequest(body=sent) if asked.is_form else OpenApiRequest(query=sent)
    try:
        return dict(OpenApiClient(config).call_api(params, request, RuntimeOptions(autoretry=False))["body"])
    except AlibabaCloudException as error:
        raise Refused(str(error.code), str(error.message)) from error


with_current = partial(_with_current, algorithm=None)
with_current_v2 = partial(_with_current, algorithm="v2")


class GoClients:
    """The program of tools/goclients; one process serves all calls of a test run."""

    def __init__(self) -> None:
        self._program = Lines([made("tools/goclients/build")], {"HOME": "/nowhere"})

    def call(self, client: str, keys: Keys, region: str = REGION, **what: Any) -> str:
        """The answer's text. Raises `Refused`."""
        asked = {
            "Client": client, "Endpoint": keys.endpoint, "Key": keys.key, "Secret": keys.secret, "Token": keys.token,
            "Region": region, **what,
        }  # fmt: skip
        answer = self._program.ask(asked)
        if answer["code"]:
            raise Refused(answer["code"], answer["message"])
        return str(answer["body"])


@cache
def go() -> GoClients:
    return GoClients()


def _with_go(client: str, keys: Keys, asked: Request) -> dict[str, Any]:
    text = go().call(
        client, keys, Version=asked.version, Action=asked.action, Method=asked.method, Form=asked.is_form,
        Params=dict(asked.params),
    )  # fmt: skip
    return dict(json.loads(text))


with_go = partial(_with_go, "sdk")
with_tea = partial(_with_go, "tea")
RPC = {"classic": with_classic, "current-v2": with_current_v2, "go": with_go, "tea": with_tea}
ALL = {"current": with_current, **RPC}
