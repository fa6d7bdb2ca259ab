"""A superseded version of a package stays while any version of a service names it; after that a refresh finds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from computenest.engine.service_use import ServiceUse
from emulator.harness import Cloud
from lifecycle.served import TRANSPORTS, ServedService
from lifecycle.shops import online, outstanding, wish

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[ServedService]:
    made = TRANSPORTS["plugin"](cloud)
    yield made
    made.close()


def test_what_the_embedded_cloud_says_of_it(cloud: Cloud, stack: ServedService) -> None:
    artifact_id = cloud.released()
    cloud.next_version(artifact_id)

    def unused() -> tuple[str, ...]:
        use = ServiceUse(stack.session.services)
        return tuple(stack.run(use.unused(artifact_id, ("1", "2"))))

    assert unused() == ("1", "2")
    online(cloud, stack, wish(artifact_id, "1", retainVersions=0))
    assert unused() == ("2",)
    stack.up({**wish(artifact_id, "2", retainVersions=0), "publishing": "online"})
    assert unused() == (), "one in the version that is online, the other in the draft"
    online(cloud, stack, wish(artifact_id, "2", retainVersions=0))
    assert unused() == ("1",)
    stack.destroy()
    assert outstanding(cloud) == []
