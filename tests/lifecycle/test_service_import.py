"""An import of a service finds whom it is shared with, so that nobody is lost unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.harness import Cloud
from lifecycle.embedded_subjects import adopt
from lifecycle.lives import AnyLife
from lifecycle.shops import CUSTOMER, STRANGER, edit, wish

pytestmark = pytest.mark.timeout(900)


def test_whom_it_is_shared_with_is_imported(cloud: Cloud, service: AnyLife) -> None:
    shared = {CUSTOMER: "Deployable", STRANGER: "AccessibleIncludeBeta"}
    plain = wish(cloud.released())
    news = {**plain, "shareAccounts": shared}
    service.up(news)
    known = service.state
    assert adopt(service, service.id)
    assert service.state["shareAccounts"] == shared
    assert service.state["permissions"] == known["permissions"]
    assert service.up(news) == "same"
    assert adopt(service, service.id)
    assert "shareAccounts" in service.changes(plain), "who names nobody sees that they go"
    service.destroy()
    assert service.subject.things() == []


def test_of_one_that_is_shared_with_nobody_nothing_is_said(cloud: Cloud, service: AnyLife) -> None:
    news = wish(cloud.released())
    service.up(news)
    assert adopt(service, service.id)
    assert "shareAccounts" not in service.state
    assert service.up(news) == "same"
    service.destroy()
    assert service.subject.things() == []


def test_what_suppliers_configure_beside_templates_is_imported(cloud: Cloud, service: AnyLife) -> None:
    rules = {"ServiceInstanceNameRule": {"Prefix": "shop-"}}
    news = wish(cloud.released(), metadata=rules)
    service.up(news)
    assert adopt(service, service.id)
    assert service.state["metadata"] == rules
    assert service.up(news) == "same"
    service.destroy()
    assert service.subject.things() == []


@pytest.mark.parametrize("besides", [{"backup": True}, {}])
def test_an_operation_that_no_program_can_say_is_left_in_the_cloud(
    cloud: Cloud, service: AnyLife, besides: dict[str, Any]
) -> None:
    """Of a parameter that the template does not declare: a check would refuse it. Where there is nothing besides, the
    program says nothing at all of operations."""
    resize = {"parameters": ["Amount"]}
    news = wish(cloud.released(), operations={"changes": {"standard": {"resize": resize}}, **besides})
    service.up(news)
    named = [{"Name": "odd", "Type": "Custom", "Parameters": ["Nowhere"]}]
    document = {"ModifyParametersConfig": [{"TemplateName": "standard", "Operation": named}]}
    document |= {"SupportBackup": True} if besides else {}
    edit(cloud, service, "draft", OperationMetadata=json.dumps(document))
    assert adopt(service, service.id)
    assert service.state.get("operations", {}) == besides
    said = {**news, "operations": besides}
    assert service.up(said if besides else {k: v for k, v in news.items() if k != "operations"}) == "same"
    service.destroy()
