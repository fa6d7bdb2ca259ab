"""One fault that stops every resource of a run is told once, at the first; the others say where."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lifecycle.checking import Checks, open_checks

pytestmark = pytest.mark.timeout(600)

PACKAGE = {
    "source": {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"},
    "regions": ["cn-hangzhou"],
    "account": "nobody",
}


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checks]:
    with open_checks(tmp_path_factory.mktemp("cloud")) as opened:
        yield opened


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
def test_what_stops_every_resource_is_told_at_the_first(checks: Checks, transport: str) -> None:
    said = []
    for number in range(3):
        name = f"web-{number}"
        _, (one,) = checks.check(transport, "EcsImagePackage", PACKAGE, olds={}, name=name, is_new_run=number == 0)
        said.append(one)
    assert "there is no account 'nobody'" in said[0]
    assert all("not done, for the reason that is told at 'web-0'" in one for one in said[1:]), said
    _, (again,) = checks.check(transport, "EcsImagePackage", PACKAGE, olds={}, name="web-2")
    assert "there is no account 'nobody'" in again, "another run tells it again"
