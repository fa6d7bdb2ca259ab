"""What a program, and the files that it names, may hold by accident or by malice: every type behind both transports
reads it, or refuses it with the path of the property; never as a fault of the provider, and soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from computenest.kernel.errors import ComputeNestError
from computenest.serve.schema import schema
from lifecycle.checking import Checks, urn_of
from lifecycle.driver import Failed
from lifecycle.processes import Resource
from lifecycle.test_refused_in_check import BASES, asked
from uploads.sources import layer, write_chart, write_layout

pytestmark = pytest.mark.timeout(600)

DEEP = 100_000
ODD_KEYS = "{1: a, 2.5: b, true: c, ~: d, 2026-11-29: e, ? [x, y] : f, ? {z: 1} : g}"
"""Keys that are numbers, truth values, nothing, dates, lists and maps."""
LONG_NAME = "n" * 5_000
"""Longer than a name of a file may be."""


def chart(folder: Path, name: str, text: str) -> dict[str, Any]:
    """A chart that is sound but for one of its files."""
    write_chart(folder / "chart", greeting="hello")
    file = folder / "chart" / name
    file.write_text((file.read_text() if file.exists() else "") + text)
    return {"kind": "directory", "path": str(folder / "chart")}


def image(folder: Path, name: str, text: str) -> dict[str, Any]:
    write_layout(folder / "image", [layer(1)])
    (folder / "image" / name).write_text(text)
    return {"kind": "layout", "path": str(folder / "image")}


def template(text: str) -> Callable[[Path], dict[str, Any]]:
    return lambda _: {"template": text}


def templates(text: str) -> Callable[[Path], dict[str, Any]]:
    return lambda _: {"templates": {"main": text}}


def given(**changes: Any) -> Callable[[Path], dict[str, Any]]:
    return lambda _: changes


@dataclass(frozen=True)
class Odd:
    """A change of a good program, where it is refused ("" where it is not), and what is said of it."""

    why: str
    type_name: str
    change: Callable[[Path], Mapping[str, Any]]
    path: str = ""
    says: str = ""


def deep(opening: str, closing: str, inside: str = "1") -> str:
    return opening * DEEP + inside + closing * DEEP


RESOURCES = f"ROSTemplateFormatVersion: '2015-09-01'\nResources: {ODD_KEYS}\n"
PARAMETERS = f"ROSTemplateFormatVersion: '2015-09-01'\nParameters: {ODD_KEYS}\nMappings: {ODD_KEYS}\nResources: {{}}\n"
JSON_DEEP = '{"ROSTemplateFormatVersion": "2015-09-01", "Resources": ' + deep("[", "]") + "}"
YAML_DEEP = "ROSTemplateFormatVersion: '2015-09-01'\nResources: " + deep("[", "]") + "\n"
NO_MARKER = "marker `ecs_image_web` stands at no image position"
TOO_DEEP = "nested deeper than 200 levels"
NESTED: Any = {}
for _ in range(200):
    NESTED = {"a": NESTED}


def of_chart(name: str, text: str) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: {"source": chart(folder, name, text)}


def of_image(name: str, text: str) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: {"source": image(folder, name, text)}


CHART, IMAGE, FILE = "HelmChartPackage", "ContainerImagePackage", "FilePackage"
ASSOCIATION, SERVICE, INSTANCE = "ServiceImageAssociation", "Service", "ServiceInstance"
NO_KEY = "a map, a list or nothing as a key"
CASES = (
    Odd("odd keys of resources", ASSOCIATION, template(RESOURCES), "packages['ecs_image_web']", NO_MARKER),
    Odd("odd keys of parameters", ASSOCIATION, template(PARAMETERS), "packages['ecs_image_web']", NO_MARKER),
    Odd("JSON 100,000 deep", ASSOCIATION, template(JSON_DEEP), "template", TOO_DEEP),
    Odd("YAML 100,000 deep", ASSOCIATION, template(YAML_DEEP), "template", TOO_DEEP),
    Odd("odd keys of resources", SERVICE, templates(RESOURCES)),
    Odd("odd keys of parameters", SERVICE, templates(PARAMETERS)),
    Odd("JSON 100,000 deep", SERVICE, templates(JSON_DEEP), "templates['main']", TOO_DEEP),
    Odd("YAML 100,000 deep", SERVICE, templates(YAML_DEEP), "templates['main']", TOO_DEEP),
    Odd("odd keys of values", CHART, of_chart("values.yaml", f"\nodd: {ODD_KEYS}\n"), "source.path", NO_KEY),
    Odd("odd keys of a chart", CHART, of_chart("Chart.yaml", f"\n1: {ODD_KEYS}\n"), "source.path", NO_KEY),
    Odd("scalar keys of a chart", CHART, of_chart("Chart.yaml", "\n1: a\ntrue: b\n2026-11-29: c\n")),
    Odd("scalar keys of values", CHART, of_chart("values.yaml", "\nodd: {1: a, true: b, 2026-11-29: c}\n")),
    Odd("odd keys in a template", CHART, of_chart("templates/odd.yaml", f"a: {ODD_KEYS}\n")),
    Odd("values 100,000 deep", CHART, of_chart("values.yaml", "\na: " + deep("[", "]")), "source.path", TOO_DEEP),
    Odd("JSON 100,000 deep", CHART, of_chart("values.schema.json", deep("[", "]")), "source.path", "nests too deep"),
    Odd("JSON 100,000 deep", IMAGE, of_image("index.json", deep('{"a":', "}")), "source.path", "nested too deep"),
    Odd("JSON 100,000 deep", IMAGE, of_image("oci-layout", deep("[", "]"))),
    Odd("JSON 100,000 deep", FILE, given(source={"kind": "text", "text": deep("[", "]")})),
    *(
        Odd(f"a long name of a {kind}", name, given(source={"kind": kind, "path": LONG_NAME}), "source.path", says)
        for name, kind, says in (
            (FILE, "file", "ile name too long"),
            (IMAGE, "layout", "ile name too long"),
            (IMAGE, "archive", "ile name too long"),
            (CHART, "directory", "ile name too long"),
            (CHART, "archive", "ile name too long"),
        )
    ),
    *(
        Odd("a long reference", name, given(source={"kind": "reference", "reference": LONG_NAME}), "source.reference")
        for name in (IMAGE, CHART)
    ),
    Odd("no relation", SERVICE, given(associations=[{"template": "a"}]), "associations[0]", "give the `relation` of"),
    Odd("no maps", SERVICE, given(associations=["a", None, 1]), "associations[2]", "give the `relation` of"),
    Odd("no map of maps", SERVICE, given(relations={"m": "x"}), "relations.m", "give a package, or an artifactId"),
    Odd("no association", INSTANCE, given(association={"template": "a"}), "association", "no ServiceImageAssociation"),
    Odd("no service", INSTANCE, given(service={"template": "a"}, serviceId=None), "service", "it is no Service"),
    Odd("no package", ASSOCIATION, given(packages={"m": {"template": "a"}}), "packages['m']"),
    Odd("parameters 200 deep", INSTANCE, given(parameters=NESTED), "parameters", "nested deeper than 64"),
)


def asked_anew(checks: Checks, transport: str, type_name: str, **changes: Any) -> list[str]:
    """As the program of that transport gives its inputs: the association of a dynamic program has no logical name."""
    checks.restart()
    if transport == "dynamic" and type_name == ASSOCIATION:
        images = BASES[type_name]["packages"]["ecs_image_web"]
        changes = {"packages": {"ecs_image_web": {"kind": "map", "images": images}}, **changes}
    _, said = asked(checks, transport, type_name, **changes)
    return [one for one in said if not one.startswith(("logicalName:", "serviceId: service 'service-1'"))]


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
@pytest.mark.parametrize("odd", CASES, ids=lambda odd: f"{odd.type_name}: {odd.why}")
def test_what_is_odd_is_read_or_refused_with_its_path(checks: Checks, odd: Odd, transport: str, tmp_path: Path) -> None:
    said = asked_anew(checks, transport, odd.type_name, **odd.change(tmp_path))
    about = [one for one in said if odd.path and one.startswith(odd.path)]
    assert bool(about) == bool(odd.path), said
    assert odd.path or not said, said
    assert not about or any(odd.says in one for one in about), about
    assert all(len(one) < 1200 for one in said), said
    assert "fault" not in "".join(said)


WRONG: Mapping[str, Any] = {
    "object": "x",
    "array": {"x": "x"},
    **{kind: ["x"] for kind in ("string", "integer", "number", "boolean")},
}
"""Kind -> something of another."""


def kinds() -> Iterator[tuple[str, str, str]]:
    """Type, property and its kind, of every property that has one alone."""
    made = schema()
    for type_name in sorted(BASES):
        for key, spec in sorted(made["resources"][f"computenest:index:{type_name}"]["inputProperties"].items()):
            reference = str(spec.get("$ref", ""))
            found = made["types"][reference.removeprefix("#/types/")] if reference.startswith("#/types/") else spec
            if "oneOf" not in spec and not reference.endswith("/Any"):
                yield type_name, key, found.get("type", "object")


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
@pytest.mark.parametrize(("type_name", "key", "kind"), tuple(kinds()))
def test_what_is_of_another_kind_is_refused(
    checks: Checks, transport: str, type_name: str, key: str, kind: str
) -> None:
    if type_name == ASSOCIATION and key == "template" and transport == "dynamic":
        return  # the program of that transport sends what it read of the file
    said = asked_anew(checks, transport, type_name, **{key: WRONG[kind]})
    assert [one for one in said if one.startswith(key)], said
    assert "fault" not in "".join(said)


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
@pytest.mark.parametrize("type_name", sorted(BASES))
@pytest.mark.parametrize("owner", ["o" * 500, "../../o", "o\0o"])
def test_an_owner_may_be_called_anything(checks: Checks, transport: str, type_name: str, owner: str) -> None:
    state = {"ownerId": owner, "logicalName": "it", "name": "it", **BASES[type_name]}
    said = asked_anew(checks, transport, type_name, ownerId=owner)
    process = checks.of(transport)
    bag = {checks.host.lifecycles[type_name].shape.id_key: "thing-1", **state}
    one = Resource(urn_of(type_name), "thing-1", bag, bag)
    for work in (
        partial(process.diff, one, state),
        partial(process.read, one.urn, one.id, bag),
        partial(process.delete, one),
    ):
        try:
            work()
        except (Failed, ComputeNestError) as refused:
            said.append(str(refused))
    assert "fault" not in "".join(said), said
