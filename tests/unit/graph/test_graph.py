"""A stack as a picture: what leads to what, from a preview and from a state, and no name that breaks out."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.errors import Invalid
from computenest.review.graph import mermaid, read_graph, svg


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::shop::computenest:index:{kind}::{name}"


def resources(name: str = "web", region: str = "cn-beijing") -> dict[str, dict[str, Any]]:
    package, images, service = (
        urn(k, n) for k, n in (("EcsImagePackage", name), ("ServiceImageAssociation", "a"), ("Service", "shop"))
    )
    return {
        package: {"inputs": {"distribution": {region: "copy", "cn-hangzhou": "copy"}}},
        images: {"inputs": {}, "dependencies": [package]},
        service: {"inputs": {}, "dependencies": [images]},
        urn("ServiceInstance", "trial"): {"inputs": {"region": region}, "dependencies": [service]},
        "urn:pulumi:dev::shop::random:index:Id::n": {"inputs": {}},
    }


def preview(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"steps": [{"op": "create", "urn": name, "newState": state} for name, state in found.items()]}


def state(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"deployment": {"resources": [{"urn": name, **given} for name, given in found.items()]}}


@pytest.mark.parametrize("form", [preview, state])
def test_what_leads_to_what(form: Any) -> None:
    assert mermaid(read_graph(form(resources()))) == (
        'flowchart LR\n  n0(["shop"])\n  n1["web"]\n  n2{{"cn-beijing"}}\n  n3{{"cn-hangzhou"}}\n  n4[/"trial"/]\n'
        "  n0 --> n1\n  n1 --> n2\n  n1 --> n3\n  n2 --> n4\n"
    )


@pytest.mark.parametrize("form", [preview, state])
def test_a_container_group_runs_in_its_region_what_its_packages_hold(form: Any) -> None:
    package = urn("ContainerImagePackage", "app")
    group = {"inputs": {"region": "cn-beijing"}, "dependencies": [package]}
    found = {package: {"inputs": {"content": "sha256:0"}}, urn("ContainerGroup", "jobs"): group}
    assert mermaid(read_graph(form(found))) == (
        'flowchart LR\n  n0["app"]\n  n1{{"cn-beijing"}}\n  n2[/"jobs"/]\n  n0 --> n2\n  n1 --> n2\n'
    )


def test_what_is_deleted_is_not_there() -> None:
    steps = [{"op": "delete", "urn": name, "oldState": given} for name, given in resources().items()]
    assert read_graph({"steps": steps}).nodes == ()
    assert ET.fromstring(svg(read_graph({"steps": []}))).tag.endswith("svg")


@given(st.text(min_size=1, max_size=60).filter(lambda text: "::" not in text and text.isprintable()))
def test_a_name_is_text_and_never_an_element(name: str) -> None:
    graph = read_graph(state(resources(name, region=name)))
    root = ET.fromstring(svg(graph))
    assert sum(element.tag.endswith("rect") for element in root.iter()) == len(graph.nodes)
    assert f"package {name}" in {element.text for element in root.iter()}
    assert len(mermaid(graph).splitlines()) == 1 + len(graph.nodes) + len(graph.edges)


@pytest.mark.parametrize("document", [None, [], {}, {"deployment": 3}])
def test_what_is_neither_is_refused(document: Any) -> None:
    with pytest.raises(Invalid, match="pulumi stack export"):
        read_graph(document)
