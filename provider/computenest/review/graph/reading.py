"""Reads services, packages, regions, instances and container groups, and what leads to what, from a preview or an
exported stack. Pure.

Who uses what is read from the engine's own dependencies; an association stands for an edge from service to package. A
container group is where instances are: it runs in a region, and of the packages of its images.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.kernel.errors import Invalid
from computenest.review.documents import inputs_of, kind_of, map_in

LAYERS = ("service", "package", "region", "instance")
_ASSOCIATION, _GROUP = "ServiceImageAssociation", "ContainerGroup"


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """`layer`: of `LAYERS`; `key` tells it from others of its layer; `label` is what people read."""

    layer: str
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order of their layers and labels, and edges between nodes."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[Node, Node], ...]


def read_graph(document: Any) -> Graph:
    """The graph of a parsed preview (`pulumi preview --json`) or state (`pulumi stack export`).

    Raises:
        Invalid: it is neither.
    """
    states = {urn: state for urn, state in _states(document) if kind_of(urn)}
    named = {urn: _node(urn) for urn in states}
    edges: set[tuple[Node, Node]] = set()
    regions: set[Node] = set()
    for urn, state in states.items():
        layer, inputs = _layer(urn), inputs_of(state)
        if layer == "service":
            edges |= {(_node(urn), named[used]) for used in _used(urn, states) if _layer(used) == "package"}
        elif layer == "package":
            reached = {Node("region", str(region), str(region)) for region in map_in(inputs.get("distribution"))}
            regions |= reached
            edges |= {(_node(urn), region) for region in reached}
        elif layer == "instance" and isinstance(inputs.get("region"), str):
            home = Node("region", inputs["region"], inputs["region"])
            regions.add(home)
            edges.add((home, _node(urn)))
            if kind_of(urn) == _GROUP:
                edges |= {(named[used], _node(urn)) for used in _used(urn, states) if _layer(used) == "package"}
    nodes = regions | {node for urn, node in named.items() if _layer(urn)}
    return Graph(tuple(sorted(nodes, key=_place)), tuple(sorted(edges, key=lambda e: (_place(e[0]), _place(e[1])))))


def _place(node: Node) -> tuple[int, str, str]:
    return LAYERS.index(node.layer), node.label, node.key


def _states(document: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if isinstance(document, Mapping) and isinstance(document.get("steps"), list):
        for step in document["steps"]:
            state = step.get("newState") if isinstance(step, Mapping) else None
            if isinstance(state, Mapping) and step.get("op") != "delete":
                yield str(step.get("urn", "")), state
        return
    found = map_in(map_in(document).get("deployment")).get("resources")
    if not isinstance(found, list):
        raise Invalid(
            "this is neither a preview nor a state",
            hint="give the output of `pulumi preview --json` or of `pulumi stack export`",
        )
    for state in found:
        if isinstance(state, Mapping) and not state.get("delete"):
            yield str(state.get("urn", "")), state


def _used(urn: str, states: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """What a resource depends on, through associations."""
    found: set[str] = set()
    todo = [urn]
    while todo:
        given = states.get(todo.pop(), {}).get("dependencies")
        for used in map(str, given if isinstance(given, list) else ()):
            if used in states and used not in found:
                found.add(used)
                todo += [used] if kind_of(used) == _ASSOCIATION else []
    return found


def _layer(urn: str) -> str:
    kind = kind_of(urn)
    if kind == "Service":
        return "service"
    if kind in {"ServiceInstance", _GROUP}:
        return "instance"
    return "package" if kind.endswith("Package") else ""


def _node(urn: str) -> Node:
    return Node(_layer(urn), urn, urn.rpartition("::")[2])
