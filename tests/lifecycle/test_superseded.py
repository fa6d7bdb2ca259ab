"""A superseded version of a package stays while any version of a service names it; after that a refresh finds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from computenest.resources.service.api import CloudServices
from computenest.resources.service.package_use import ServiceUse
from emulator.harness import Cloud
from lifecycle.embedded_subjects import service_life
from lifecycle.lives import AnyLife
from lifecycle.shops import online, outstanding, wish

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[AnyLife]:
    made = service_life(cloud, "plugin")
    yield made
    made.subject.close()


def test_what_the_embedded_cloud_says_of_it(cloud: Cloud, stack: AnyLife) -> None:
    artifact_id = cloud.released()
    cloud.next_version(artifact_id)

    def unused() -> tuple[str, ...]:
        use = ServiceUse(stack.subject.session.port(CloudServices))
        return tuple(stack.subject.run(use.unused(artifact_id, ("1", "2"))))

    assert unused() == ("1", "2")
    online(cloud, stack, wish(artifact_id, "1", retainVersions=0))
    assert unused() == ("2",)
    stack.up({**wish(artifact_id, "2", retainVersions=0), "publishing": "online"})
    assert unused() == (), "one in the version that is online, the other in the draft"
    online(cloud, stack, wish(artifact_id, "2", retainVersions=0))
    assert unused() == ("1",)
    stack.destroy()
    assert outstanding(cloud) == []
