"""How resources are registered: where people find them in their program, and what the SDK has to wait for."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pulumi
import pytest
from pulumi.runtime.settings import SETTINGS

import pulumi_computenest
from computenest.serve.schema.package import DECLARED
from pulumi_computenest import declaration, plugin
from unit.sdk.conftest import Program

GOLD = pulumi_computenest.CustomImage(image_id="m-bp1abcdefghij", region="cn-hangzhou")
BOTH = pytest.mark.parametrize("module", [pulumi_computenest, plugin], ids=["dynamic", "plugin"])


@pytest.fixture(autouse=True)
def answered(program: Program) -> None:
    """What the providers answer is no matter here."""
    for name in ("EcsImagePackage", "ServiceImageAssociation"):
        program.provider.answers[name] = lambda inputs: {**inputs, "artifactId": "artifact-1"}


def package(module: ModuleType, **options: Any) -> Any:
    return module.EcsImagePackage("web", source=GOLD, regions=["cn-hangzhou"], **options)


def declare(name: str) -> tuple[Any, int]:  # noqa: C901 - a case a type
    """A resource of the plugin of each type, and the line that declares it."""
    here = inspect.currentframe()
    assert here is not None
    text = plugin.Template("ROSTemplateFormatVersion: '2015-09-01'\n")
    if name == "EcsImagePackage":
        return plugin.EcsImagePackage("it", source=GOLD, regions=["cn-hangzhou"]), here.f_lineno
    if name == "ServiceImageAssociation":
        return plugin.ServiceImageAssociation("it", template=text, packages={}), here.f_lineno
    if name == "FilePackage":
        return plugin.FilePackage("it", file=pulumi.StringAsset("a"), file_name="a"), here.f_lineno
    if name == "ContainerImagePackage":
        return plugin.ContainerImagePackage("it", source=plugin.DockerArchive(path="a")), here.f_lineno
    if name == "HelmChartPackage":
        return plugin.HelmChartPackage("it", source=plugin.ChartDirectory(path="a")), here.f_lineno
    if name == "ContainerGroup":
        web = plugin.Container(name="web", image="nginx")
        return plugin.ContainerGroup("it", containers=[web], region="cn-hangzhou"), here.f_lineno
    if name == "DeliveryPackage":
        return plugin.DeliveryPackage("it", version="1.0", files={"a": "a"}), here.f_lineno
    if name == "Cluster":
        return plugin.Cluster("it", context="a"), here.f_lineno
    if name == "DeliveryInstallation":
        return plugin.DeliveryInstallation("it", cluster=plugin.ClusterAccess(name="main"), package="a"), here.f_lineno
    if name == "ProjectComponent":
        access, chart = plugin.ClusterAccess(name="main"), plugin.ChartFolder(path="a")
        return plugin.ProjectComponent("it", cluster=access, namespace="team", chart=chart), here.f_lineno
    web_component = plugin.Component(name="web", chart=plugin.ChartFolder(path="a"))
    if name == "CloudService":
        return plugin.CloudService("it", components=[web_component]), here.f_lineno
    access = plugin.ClusterAccess(name="main")
    if name == "ClusterComponent":
        return plugin.ClusterComponent("it", cluster=access, chart=plugin.ChartFolder(path="a")), here.f_lineno
    if name == "CloudServiceDeployment":
        shop = plugin.ServiceDefinition(name="shop", components=[web_component])
        return plugin.CloudServiceDeployment("it", cluster=access, service=shop), here.f_lineno
    if name == "Service":
        return plugin.Service("it", templates={"one": text}), here.f_lineno
    return plugin.ServiceInstance("it", service="service-1", region="cn-hangzhou"), here.f_lineno


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_resource_of_the_plugin_is_reported_where_the_program_declares_it(program: Program, name: str) -> None:
    lines: list[int] = []

    def main() -> Any:
        declared, line = declare(name)
        lines.append(line)
        return declared.urn

    program.run(main)
    [request] = program.registered(name)
    assert (request.sourcePosition.uri, [request.sourcePosition.line]) == (Path(__file__).as_uri(), lines)


@BOTH
def test_a_resources_own_outputs_are_not_waited_for_twice(program: Program, module: ModuleType) -> None:
    def main() -> Any:
        before = set(SETTINGS.outputs)
        made = package(module)
        own = {value._data for value in vars(made).values() if isinstance(value, pulumi.Output)}
        left = set(SETTINGS.outputs) - before
        assert len(own) > 10
        assert not any(made.__dict__[key]._data in left for key in ("urn", "id", "artifactId", "images", "regions"))
        return made.artifact_id

    assert program.run(main) == "artifact-1"


@BOTH
def test_what_is_made_of_them_is_waited_for(program: Program, module: ModuleType) -> None:
    seen: list[str] = []

    def main() -> None:
        package(module).artifact_id.apply(seen.append)

    program.run(main)
    assert seen == ["artifact-1"]


@BOTH
def test_a_registration_that_fails_fails_the_run(program: Program, module: ModuleType) -> None:
    def answer(_inputs: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("the engine says no")

    program.provider.answers["EcsImagePackage"] = answer

    def main() -> None:
        package(module)

    with pytest.raises(Exception, match="the engine says no"):
        program.run(main)


@BOTH
@pytest.mark.parametrize(
    "settings", [SimpleNamespace(), SimpleNamespace(SETTINGS=SimpleNamespace(outputs=[], lock=None))]
)
def test_an_sdk_that_keeps_its_list_otherwise_costs_nothing_but_time(
    program: Program, module: ModuleType, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declaration, "settings", settings)
    assert program.run(lambda: package(module).artifact_id) == "artifact-1"
