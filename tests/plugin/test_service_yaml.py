"""A service declared in YAML, as docs/services.md shows it: made, unchanged, taken over by import, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plugin.stacks import YamlStack, package
from stack.cloud import Cloud
from stack.shops import MARKER, TEMPLATE
from stack.wishes import LONG_S

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def service(artifact: str, version: str, **options: Any) -> dict[str, Any]:
    return {
        "type": "computenest:Service",
        "properties": {
            "infos": {"en-US": {"name": "Shop"}},
            "templates": {"standard": {"text": {"fn::readFile": "./template.yaml"}, "regions": ["cn-hangzhou"]}},
            "relations": {MARKER: {"artifactId": artifact, "version": version}},
            "timeoutS": LONG_S,
        },
        **options,
    }


def test_a_service_in_yaml_is_made_and_imported(cloud: Cloud, make_yaml: Callable[..., YamlStack]) -> None:
    stack, second = make_yaml(cloud), make_yaml(cloud)
    for each in (stack, second):
        (each.folder / "template.yaml").write_text(TEMPLATE)
    stack.write({"web": package(regions=["cn-hangzhou"]), "shop": service("${web.artifactId}", "${web.version}")})
    stack.up().succeeded()
    made = stack.resources()
    shop = made["shop"]["outputs"]
    assert (shop["status"], shop["serviceVersion"], shop["permissions"]) == ("Draft", "draft", {MARKER: "private"})
    stack.up("--expect-no-changes").succeeded()

    artifact = made["web"]["outputs"]["artifactId"]
    second.write({"store": service(artifact, "1", options={"import": shop["serviceId"]})})
    second.up().succeeded()
    assert second.resources()["store"]["outputs"]["serviceId"] == shop["serviceId"]
    second.write({"store": service(artifact, "1")})
    second.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
