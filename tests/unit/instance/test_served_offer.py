"""An instance is held against the service of its program as that was checked before, and against the accounts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.kernel.unknown import UNKNOWN
from computenest.reconcile.retry import Retry
from computenest.resources._program import core as cores
from computenest.resources._program.core import Core
from computenest.resources.service.lifecycle import ServiceLifecycle
from computenest.resources.service_instance.lifecycle import InstanceLifecycle
from computenest.serve.lifecycles import served
from computenest.serve.plugin.status import EngineStatus

TEXT = "ROSTemplateFormatVersion: '2015-09-01'\nParameters: {ZoneId: {Type: String}}\nResources: {}\n"
SERVICE = {"ownerId": "o-s", "logicalName": "shop", "infos": {"en-US": "Shop"}, "templates": {"main": {"text": TEXT}}}
MADE = {"ownerId": "o-s", "generation": 1, "serviceId": "service-1", "serviceVersion": "draft", "stage": "draft"}
INSTANCE = {"ownerId": "o-i", "logicalName": "first", "region": "cn-beijing", "service": MADE, "account": "customer"}
UNREACHED = "some checks were left out"  # nobody answers there
NO_TEMPLATE = "the service has no template 'mian', only main (did you mean main?)"
MISSING = "parameters: template 'main' has no default for ZoneId; the deployment fails without a value"


@pytest.fixture(autouse=True)
def _one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "CHECK_RETRY", Retry(attempts=1))


def checked(olds: dict[str, Any], **changes: Any) -> tuple[list[tuple[str, str]], tuple[str, ...], tuple[str, ...]]:
    """Failures and notes of a check, and the notes of a second one, as a replacement has."""
    environ = dict.fromkeys(("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "x")
    accounts = {"customer": {"accessKey": "x", "secretKey": "y"}}
    config = {"computenest:region": "cn-hangzhou", "computenest:accounts": accounts}
    core = Core(parse_settings(config, environ={**environ, "COMPUTENEST_ENDPOINT": "127.0.0.1:9"}), EngineStatus())
    lifecycle = served(InstanceLifecycle(core))

    async def story() -> Any:
        known = {"ownerId": "o-s", "generation": 1}  # not new, and a draft: nothing is asked of the cloud
        service = await served(ServiceLifecycle(core)).check(known, SERVICE)
        assert not service.failures
        found = await lifecycle.check(olds, {**INSTANCE, **changes})
        return found.failures, found.warnings, (await lifecycle.check(olds, {**INSTANCE, **changes})).warnings

    failures, *said = asyncio.run(story())
    notes, again = (tuple(one for one in notes if not one.startswith(UNREACHED)) for notes in said)
    return [(failure.path, failure.reason) for failure in failures], notes, again


def test_what_is_wrong_for_sure_fails_the_preview() -> None:
    assert checked({}, templateName="mian") == ([("templateName", NO_TEMPLATE)], (), ())


def test_what_may_be_wrong_is_said_once() -> None:
    assert checked({}) == ([], (f"{MISSING}",), ())


@pytest.mark.parametrize(
    ("olds", "service", "notes"),
    [
        ({}, {"stage": UNKNOWN}, (f"templateName: {NO_TEMPLATE}",)),
        ({"ownerId": "o-i"}, {"stage": UNKNOWN}, ()),
        ({}, {"stage": "submitted", "serviceVersion": "1"}, ()),
    ],
    ids=["of a service that changes, to a new instance", "to one that may stay where it is", "the version before runs"],
)
def test_what_another_version_may_offer_is_no_failure(olds: Any, service: Any, notes: tuple[str, ...]) -> None:
    assert checked(olds, service={**MADE, **service}, templateName="mian")[:2] == ([], notes)


def test_an_account_that_nobody_configured() -> None:
    ((path, reason),), _, _ = checked({}, account="custmer", parameters={"ZoneId": "z"})
    assert path == "account"
    assert "no account 'custmer'" in reason
    assert "known accounts: customer" in reason
