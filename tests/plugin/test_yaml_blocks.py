"""Every YAML program of README, documents and reference, as the engine's own YAML host checks its types: all in one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from computenest.serve.schema import schema
from computenest.serve.schema.examples import example
from plugin.stacks import YamlStack
from unit.documents.test_blocks import blocks
from unit.sdk.test_examples import NAMES

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

PARTS = ("resources", "variables", "outputs")
WEB = {
    "type": "computenest:EcsImagePackage",
    "properties": {
        "source": {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"},
        "regions": ["cn-hangzhou"],
    },
}
"""What a fragment names and does not show."""
MISTYPED = re.compile(r"\x1b\[31mError\x1b\[0m: (.*)")
"""What the host says of types, all of it before anything is declared. What it cannot declare on this cloud it says
otherwise."""


def programs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and document of every block that declares something; the pages' fragments made whole."""
    for name in NAMES:
        found = example(name, schema())
        assert found
        yield name, yaml.safe_load(found["yaml"])
    for name, text in blocks("yaml"):
        document = yaml.safe_load(text)
        if any(part in document for part in PARTS):
            yield name, document
        elif list(document) == ["packages"]:
            shop = {"type": "computenest:ServiceImageAssociation", "properties": {"template": "", **document}}
            yield name, {"resources": {"web": WEB, "shop": shop}}
        elif all(isinstance(one, Mapping) and "type" in one for one in document.values()):
            yield name, {"resources": {"web": WEB, **document}}


def one_program(each: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """All of them as one, whose names begin with the block's."""
    found: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for number, (_, document) in enumerate(each):
        prefix = f"b{number}-"
        names = [name for part in PARTS[:2] for name in document.get(part, {})]

        def renamed(node: Any, prefix: str = prefix, names: list[str] = names) -> Any:
            if isinstance(node, Mapping):
                return {key: renamed(value) for key, value in node.items()}
            if isinstance(node, list):
                return [renamed(value) for value in node]
            if not isinstance(node, str):
                return node
            return re.sub(rf"\$\{{({'|'.join(names)})\b", rf"${{{prefix}\1", node) if names else node

        for part in PARTS:
            found[part] |= {f"{prefix}{name}": renamed(value) for name, value in document.get(part, {}).items()}
    return found


def said_of(stack: YamlStack, each: list[tuple[str, dict[str, Any]]]) -> str:
    program = one_program(each)
    stack.write(program.pop("resources"), **program)
    (stack.folder / "template.yaml").write_text("Resources: {}")
    return stack.run("preview").text


def test_they_have_the_right_types(yaml_stack: YamlStack) -> None:
    each = list(programs())
    assert {name.partition("-")[0] for name, _ in each} >= {"_index", "services", "plugin", *NAMES}
    said = said_of(yaml_stack, each)
    assert MISTYPED.findall(said) == [], said
    assert re.search(r"computenest:index:\w+ b\d+-", said), "the host went on to declare things"

    for number, (_, document) in enumerate(each):
        for one in document.get("resources", {}).values():
            one["properties"]["misspelt"] = number
    found = MISTYPED.findall(said_of(yaml_stack, each))
    types = {one["type"].partition(":")[2] for _, document in each for one in document.get("resources", {}).values()}
    missing = [name for name in types if not re.search(f"misspelt does not exist on.*:{name}'", "\n".join(found))]
    assert missing == [], "of every type the host knows what there is"
