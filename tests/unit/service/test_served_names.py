"""Two services of one program may not have one name: before they exist, only their checks can tell."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.resources._program.core import Core
from computenest.resources.service.lifecycle import ServiceLifecycle
from computenest.serve.lifecycles import served
from computenest.serve.plugin.status import EngineStatus

TEXT = "ROSTemplateFormatVersion: '2015-09-01'\nResources: {}\n"


def refused(*services: dict[str, Any]) -> list[tuple[str, str]]:
    """Failures of the last of them, checked one after the other in one process."""
    keys = dict.fromkeys(("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "x")
    settings = parse_settings(
        {"computenest:region": "cn-hangzhou", "computenest:accounts": {"other": {"accessKey": "x", "secretKey": "y"}}},
        environ={**keys, "COMPUTENEST_ENDPOINT": "127.0.0.1:9"},
    )
    lifecycle = served(ServiceLifecycle(Core(settings, EngineStatus())))

    async def story() -> Any:
        for service in services:
            known = {"ownerId": service["ownerId"], "generation": 1}  # nothing is asked of the cloud
            wish = {"logicalName": service["ownerId"], "templates": {"main": {"text": TEXT}}, **service}
            found = await lifecycle.check(known, wish)
        return found.failures

    return [(failure.path, failure.reason) for failure in asyncio.run(story())]


def test_the_second_of_one_name_is_refused() -> None:
    one = {"ownerId": "a", "infos": {"en-US": "Shop", "zh-CN": "商店"}}
    two = {"ownerId": "b", "infos": {"en-US": "Shop", "zh-CN": "另一个"}}
    reason = "service 'a' of this program is named 'Shop' too; give one of them another name"
    assert refused(one, two) == [("infos['en-US'].name", reason)]


@pytest.mark.parametrize(
    "second",
    [
        {"ownerId": "a", "infos": {"en-US": "Shop"}},
        {"ownerId": "b", "infos": {"en-US": "Shop 2"}},
        {"ownerId": "b", "infos": {"zh-CN": "Shop"}},
        {"ownerId": "b", "infos": {"en-US": "Shop"}, "account": "other"},
    ],
    ids=["itself, checked again", "another name", "in another language", "in another account"],
)
def test_others_are_not(second: dict[str, Any]) -> None:
    assert refused({"ownerId": "a", "infos": {"en-US": "Shop"}}, second) == []
