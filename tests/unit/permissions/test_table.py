"""The table of RAM actions is what the adapters call: read from their text, the official SDKs being the dictionary."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_computenest20210601.client import Client as UserClient
from alibabacloud_computenestsupplier20210521.client import Client as SupplierClient
from alibabacloud_eci20180808.client import Client as EciClient
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_market20151101.client import Client as MarketClient
from alibabacloud_ros20190910.client import Client as RosClient
from alibabacloud_sts20150401.client import Client as StsClient

from computenest.cloud.endpoints import Product
from computenest.kernel.errors import Invalid
from computenest.review.permissions import ADAPTERS, needed, policy

PROVIDER = Path(__file__).parents[3] / "provider"
SCHEMA = json.loads((PROVIDER.parent / "sdk/schema.json").read_text())
TYPES = {token.rpartition(":")[2] for token in SCHEMA["resources"]}
SDKS: dict[str, type[Any]] = {
    "computenestsupplier": SupplierClient,
    "computenest": UserClient,
    "eci": EciClient,
    "ecs": EcsClient,
    "market": MarketClient,
    "ros": RosClient,
    "sts": StsClient,
}


def snake(action: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PROVIDER).with_suffix("").parts)


def called(path: Path) -> set[str]:
    """Every action of a product that the module names, for the products that it names."""
    tree = ast.parse(path.read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    products = {
        Product[node.attr].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"Product", "Api"}
        if node.attr in Product.__members__
    }
    names = {text for text in texts if re.fullmatch(r"[A-Z][a-z]+[A-Za-z]+", text)}
    return {f"{p}:{name}" for p in products & set(SDKS) for name in names if hasattr(SDKS[p], snake(name))}


def adapters() -> dict[str, Path]:
    """Every module that names a product of the cloud, as who calls one does."""
    found = {}
    for path in (PROVIDER / "computenest").rglob("*.py"):
        tree = ast.parse(path.read_text())
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        if "computenest.cloud.endpoints" in imported:
            found[module_of(path)] = path
    return found


def test_every_action_that_is_called_is_in_the_table_and_no_other() -> None:
    expected = {module: set(actions) for module, actions in ADAPTERS.items()}
    tagging = expected.pop("computenest.cloud.tagging")  # is told the product by whoever uses it
    found = {module: actions for module, path in adapters().items() if (actions := called(path))}
    assert found == expected
    assert {name.partition(":")[2] for name in tagging} == {"TagResources", "UnTagResources"}
    assert {"TagResources", "UnTagResources"} <= set(
        re.findall(r'"(\w*TagResources)"', (PROVIDER / "computenest/cloud/tagging.py").read_text())
    )


def step(kind: str, op: str = "create", **inputs: Any) -> dict[str, Any]:
    state = "oldState" if op == "delete" else "newState"
    return {"op": op, "urn": f"urn:pulumi:dev::shop::computenest:index:{kind}::x", state: {"inputs": inputs}}


def test_a_package_needs_nothing_of_instances_and_an_association_nothing_at_all() -> None:
    custom = step("EcsImagePackage", source={"kind": "custom"})
    (account,) = (found := needed({"steps": [custom, step("ServiceImageAssociation")]}))
    assert account == ""
    assert {name.partition(":")[0] for name in found[""]} == {"computenestsupplier", "ecs"}
    assert not any(name.startswith("ecs:") and "Describe" not in name for name in found[""]), "it copies nothing itself"
    sold = needed({"steps": [step("EcsImagePackage", source={"kind": "marketplace"})]})[""]
    assert "market:DescribeProduct" in sold
    assert not any(name.startswith("ecs:") for name in sold)


def test_each_account_has_its_own_document() -> None:
    direct = step("EcsImagePackage", account="", source={"kind": "custom"}, direct={"hubAccount": "hub"})
    instance = step("ServiceInstance", op="delete", account="customer")
    found = needed({"steps": [direct, instance, {"op": "create", "urn": "urn:pulumi:dev::s::random:index:Id::n"}]})
    assert sorted(found) == ["", "customer", "hub"]
    assert "ecs:CopyImage" in found["hub"]
    assert found[""] == {"ecs:DescribeImages", "ecs:DescribeImageSharePermission", "ecs:ModifyImageSharePermission"}
    assert "computenest:DeleteServiceInstances" in found["customer"]
    assert policy(found[""])["Statement"][0]["Action"] == sorted(found[""])


NOTHING = {
    "CloudService",
    "CloudServiceDeployment",
    "Cluster",
    "ClusterComponent",
    "DeliveryInstallation",
    "DeliveryPackage",
    "ProjectComponent",
    "ServiceImageAssociation",
}
"""What asks the cloud for nothing: clusters and registries know who asks by themselves."""


@pytest.mark.parametrize("kind", sorted(NOTHING))
def test_what_asks_the_cloud_for_nothing_needs_nothing(kind: str) -> None:
    assert needed({"steps": [step(kind)]}) == {}


@pytest.mark.parametrize("kind", sorted(TYPES - NOTHING))
def test_every_type_of_resource_needs_something(kind: str) -> None:
    assert needed({"steps": [step(kind)]})[""]


@pytest.mark.parametrize("document", [None, [], {}, {"steps": 3}])
def test_what_is_no_preview_is_refused(document: Any) -> None:
    with pytest.raises(Invalid, match="pulumi preview --json"):
        needed(document)


PACKAGED = {"kind": "package", "package": "r.example.com/nest/web:1.0.0", "account": "customer"}


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("CloudServiceDeployment", {"service": {"components": [{"name": "web", "chart": PACKAGED}]}}),
        ("ProjectComponent", {"chart": PACKAGED}),
    ],
)
def test_charts_of_packages_need_a_key_of_their_account(kind: str, inputs: dict[str, Any]) -> None:
    document = {"steps": [step(kind, **inputs)]}
    assert needed(document) == {"customer": {"computenestsupplier:GetArtifactRepositoryCredentials"}}
