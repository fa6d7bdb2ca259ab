"""An import of a service finds whom it is shared with, so that nobody is lost unseen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emulator.harness import Cloud
from lifecycle.served import TRANSPORTS, ServedService
from lifecycle.shops import CUSTOMER, STRANGER, outstanding, wish

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=TRANSPORTS)
def stack(request: pytest.FixtureRequest, cloud: Cloud) -> Iterator[ServedService]:
    made = TRANSPORTS[request.param](cloud)
    yield made
    made.close()


def adopt(stack: ServedService) -> dict[str, Any]:
    """Forgets the state and imports the service by its id; what the state was."""
    known, service_id = dict(stack.state), stack.state["serviceId"]
    found = stack.run(stack.lifecycle().read(service_id, {}, owner_id=known["ownerId"]))
    assert found is not None
    stack.state, stack.inputs = dict(found.outcome.state), dict(found.inputs)
    return known


def test_whom_it_is_shared_with_is_imported(cloud: Cloud, stack: ServedService) -> None:
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


def test_of_one_that_is_shared_with_nobody_nothing_is_said(cloud: Cloud, stack: ServedService) -> None:
    news = wish(cloud.released())
    stack.up(news)
    adopt(stack)
    assert "shareAccounts" not in stack.state
    assert stack.up(news) == "same"
    stack.destroy()
    assert outstanding(cloud) == []
