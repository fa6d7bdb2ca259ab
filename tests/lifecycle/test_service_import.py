"""An import of a service finds whom it is shared with, so that nobody is lost unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from computenest.serve.lifecycles import served
from emulator.harness import Cloud
from lifecycle.embedded_subjects import service_life
from lifecycle.lives import LIVES, AnyLife
from lifecycle.shops import CUSTOMER, STRANGER, edit, outstanding, wish

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=LIVES)
def stack(request: pytest.FixtureRequest, cloud: Cloud) -> Iterator[AnyLife]:
    made = service_life(cloud, request.param)
    yield made
    made.subject.close()


def adopt(stack: AnyLife) -> dict[str, Any]:
    """Forgets the state and imports the service by its id; what the state was."""
    known, service_id = dict(stack.state), stack.state["serviceId"]
    found = stack.subject.run(served(stack.subject.lifecycle()).read(service_id, {}, owner_id=known["ownerId"]))
    assert found is not None
    stack.state, stack.inputs = dict(found.outcome.state), dict(found.inputs)
    return known


def test_whom_it_is_shared_with_is_imported(cloud: Cloud, stack: AnyLife) -> None:
    shared = {CUSTOMER: "Deployable", STRANGER: "AccessibleIncludeBeta"}
    plain = wish(cloud.released())
    news = {**plain, "shareAccounts": shared}
    stack.up(news)
    known = adopt(stack)
    assert stack.state["shareAccounts"] == shared
    assert stack.state["permissions"] == known["permissions"]
    assert stack.up(news) == "same"
    adopt(stack)
    assert "shareAccounts" in stack.changes(plain), "who names nobody sees that they go"
    stack.destroy()
    assert outstanding(cloud) == []


def test_of_one_that_is_shared_with_nobody_nothing_is_said(cloud: Cloud, stack: AnyLife) -> None:
    news = wish(cloud.released())
    stack.up(news)
    adopt(stack)
    assert "shareAccounts" not in stack.state
    assert stack.up(news) == "same"
    stack.destroy()
    assert outstanding(cloud) == []


def test_what_suppliers_configure_beside_templates_is_imported(cloud: Cloud, stack: AnyLife) -> None:
    rules = {"ServiceInstanceNameRule": {"Prefix": "shop-"}}
    news = wish(cloud.released(), metadata=rules)
    stack.up(news)
    adopt(stack)
    assert stack.state["metadata"] == rules
    assert stack.up(news) == "same"
    stack.destroy()
    assert outstanding(cloud) == []


@pytest.mark.parametrize("besides", [{"backup": True}, {}])
def test_an_operation_that_no_program_can_say_is_left_in_the_cloud(
    cloud: Cloud, stack: AnyLife, besides: dict[str, Any]
) -> None:
    """Of a parameter that the template does not declare: a check would refuse it. Where there is nothing besides, the
    program says nothing at all of operations."""
    resize = {"parameters": ["Amount"]}
    news = wish(cloud.released(), operations={"changes": {"standard": {"resize": resize}}, **besides})
    stack.up(news)
    named = [{"Name": "odd", "Type": "Custom", "Parameters": ["Nowhere"]}]
    document = {"ModifyParametersConfig": [{"TemplateName": "standard", "Operation": named}]}
    document |= {"SupportBackup": True} if besides else {}
    edit(cloud, stack, "draft", OperationMetadata=json.dumps(document))
    adopt(stack)
    assert stack.state.get("operations", {}) == besides
    said = {**news, "operations": besides}
    assert stack.up(said if besides else {k: v for k, v in news.items() if k != "operations"}) == "same"
    stack.destroy()
