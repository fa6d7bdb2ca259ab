"""Import by id: a stack that knows nothing takes over what is there, and then finds nothing to change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugin.stacks import YamlStack, package
from stack.cloud import Cloud

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def test_an_artifact_is_imported_by_id_into_an_empty_stack(cloud: Cloud, make_yaml: Callable[..., YamlStack]) -> None:
    first = make_yaml(cloud)
    first.write({"web": package(tags={"team": "gate"}, description="made elsewhere")})
    first.up().succeeded()
    made = first.resources()["web"]["outputs"]

    second = make_yaml(cloud)
    declared = package(tags={"team": "gate"}, description="made elsewhere", name="web")
    second.write({"front": {**declared, "options": {"import": made["artifactId"]}}})
    second.up().succeeded()
    taken = second.resources()["front"]["outputs"]
    assert taken["images"] == made["images"]
    assert taken["ownerId"] == made["ownerId"]
    second.write({"front": declared})
    second.up("--expect-no-changes").succeeded()
    second.refresh().succeeded()
    second.run("preview", "--expect-no-changes").succeeded()
    second.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
