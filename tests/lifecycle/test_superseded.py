"""A superseded version of a package stays while any version of a service names it; after that a refresh finds it."""

from __future__ import annotations

import pytest

from computenest.resources.service.api import CloudServices
from computenest.resources.service.package_use import ServiceUse
from emulator.in_process import InProcess
from lifecycle.lives import AnyLife
from lifecycle.shops import online, wish

pytestmark = pytest.mark.timeout(900)


def test_what_the_embedded_cloud_says_of_it(cloud: InProcess, service: AnyLife) -> None:
    artifact_id = cloud.released()
    cloud.next_version(artifact_id)

    def unused() -> tuple[str, ...]:
        use = ServiceUse(cloud.session().port(CloudServices))
        return tuple(service.subject.run(use.unused(artifact_id, ("1", "2"))))

    assert unused() == ("1", "2")
    online(cloud, service, wish(artifact_id, "1", retainVersions=0))
    assert unused() == ("2",)
    service.up({**wish(artifact_id, "2", retainVersions=0), "publishing": "online"})
    assert unused() == (), "one in the version that is online, the other in the draft"
    online(cloud, service, wish(artifact_id, "2", retainVersions=0))
    assert unused() == ("1",)
    service.destroy()
    assert service.subject.things() == []
