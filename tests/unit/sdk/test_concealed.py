"""Passwords within arguments are secrets of the state, even where a program writes them in clear."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pulumi
import pytest
from google.protobuf.json_format import MessageToDict

import pulumi_computenest
from computenest.serve.schema.package import schema
from pulumi_computenest import plugin
from unit.sdk.conftest import Program

PASSWORD = "hunter-2-in-clear"
SIGNATURE = "4dabf18193072939515e22adb298388d"
"""By which the engine's wire tells a special value."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"
BOTH = pytest.mark.parametrize("module", [pulumi_computenest, plugin], ids=["dynamic", "plugin"])


def component(module: ModuleType) -> Any:
    chart = module.ChartReference(reference="r.example.com/web:1.0.0", username="u", password=PASSWORD)
    return module.Component(name="web", chart=chart)


def group(module: ModuleType) -> None:
    login = module.RegistryLogin(server="r.example.com", user_name="u", password=PASSWORD)
    web = module.Container(name="web", image="r.example.com/web:1")
    module.ContainerGroup("it", containers=[web], registry_logins=[login], region="cn-hangzhou")


def delivery(module: ModuleType) -> None:
    target = module.DeliveryTarget(repository="r.example.com/shop", username="u", password=PASSWORD)
    module.DeliveryPackage("it", version="1.0", files={"a": "a"}, targets=[target])


def installation(module: ModuleType) -> None:
    registry = module.InstallationRegistry(address="r.example.com", username="u", password=PASSWORD)
    module.DeliveryInstallation("it", cluster=module.ClusterAccess(name="main"), package="a", registry=registry)


def service(module: ModuleType) -> None:
    module.CloudService("it", components=[component(module)])


def deployment(module: ModuleType) -> None:
    shop = module.ServiceDefinition(name="shop", components=[component(module)])
    module.CloudServiceDeployment("it", cluster=module.ClusterAccess(name="main"), service=shop)


def deployment_of_a_service(module: ModuleType) -> None:
    shop = module.CloudService("it", components=[component(module)])
    module.CloudServiceDeployment("it", cluster=module.ClusterAccess(name="main"), service=shop)


def project(module: ModuleType) -> None:
    access = module.ClusterAccess(name="main")
    module.ProjectComponent("it", cluster=access, namespace="team", chart=component(module).chart)


def cluster_component(module: ModuleType) -> None:
    module.ClusterComponent("it", cluster=module.ClusterAccess(name="main"), chart=component(module).chart)


MADE: dict[str, tuple[str, Callable[[ModuleType], None]]] = {
    "ContainerGroup": ("ContainerGroup", group),
    "CloudService": ("CloudService", service),
    "CloudServiceDeployment": ("CloudServiceDeployment", deployment),
    "CloudServiceDeployment of a CloudService": ("CloudServiceDeployment", deployment_of_a_service),
    "DeliveryInstallation": ("DeliveryInstallation", installation),
    "ClusterComponent": ("ClusterComponent", cluster_component),
    "DeliveryPackage": ("DeliveryPackage", delivery),
    "ProjectComponent": ("ProjectComponent", project),
}


def in_clear(value: Any) -> bool:
    """Whether the password stands anywhere but in a secret."""
    if isinstance(value, dict):
        return value.get(SIGNATURE) != SECRET and any(map(in_clear, value.values()))
    return any(map(in_clear, value)) if isinstance(value, list) else PASSWORD in str(value)


def secrets_in(value: Any) -> list[Any]:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return [value["value"]]
        value = [*value.values()]
    return [one for item in value for one in secrets_in(item)] if isinstance(value, list) else []


@BOTH
@pytest.mark.parametrize("case", MADE)
def test_a_password_in_clear_becomes_a_secret(program: Program, module: ModuleType, case: str) -> None:
    name, make = MADE[case]

    def main() -> pulumi.Output[str]:
        make(module)
        return pulumi.Output.from_input("done")

    program.run(main)
    [request] = program.registered(name)
    given = MessageToDict(request.object)
    assert not in_clear(given)
    assert PASSWORD in str(secrets_in(given)), "it was not registered at all"


def test_every_type_that_takes_a_password_is_told_here() -> None:
    types = {name.rpartition(":")[2]: one.get("properties", {}) for name, one in schema()["types"].items()}
    hidden = {name for name, parts in types.items() if any(part.get("secret") for part in parts.values())}
    assert hidden == {"ChartReference", "DeliveryTarget", "InstallationRegistry", "RegistryLogin"}
