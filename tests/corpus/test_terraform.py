"""Terraform itself on the public modules: what an image argument comes to, where variables and locals decide it.

There is no provider here, so a folder is written anew (by python-hcl2, as Terraform's JSON) with its variables, its
locals and one `terraform_data` an argument; what data sources, resources and modules decide is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import hcl2
import pytest

from computenest.templates import Scan, scan_module
from corpus.conftest import corpus_files
from corpus.oracle import Illegal
from unit.template.terraform_oracle import Refused, Terraform

pytestmark = pytest.mark.corpus

_ELSEWHERE = re.compile(r"\b(?:data|module|each|count|self|path|alicloud_\w+|random_\w+|time_\w+|null_\w+)\.")
_NAMED = re.compile(r"\b(var|local)\.(\w+)")


def json_of(value: Any) -> Any:
    """A value of python-hcl2 in Terraform's JSON."""
    if isinstance(value, dict):
        return {key.strip('"'): json_of(inner) for key, inner in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [json_of(inner) for inner in value]
    if isinstance(value, str) and value.startswith('"'):
        return value[1:-1]
    return value


@cache
def tree_of(text: str) -> dict[str, Any]:
    """A file, read by python-hcl2."""
    try:
        tree: dict[str, Any] = hcl2.loads(text + "\n")
    except Exception as error:
        raise Illegal(str(error).split("\n", 1)[0]) from error
    return tree


def sections(text: str, kind: str) -> Iterator[tuple[str, Any]]:
    """The named blocks of a kind."""
    for block in tree_of(text).get(kind, []):
        for name, body in block.items():
            yield name.strip('"'), body


def arguments(body: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The `image_id` of a resource, where it stands outermost."""
    if isinstance(body, dict) and "image_id" in body:
        yield f"{path}.image_id", body["image_id"]


def workspace(texts: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What Terraform can plan of a folder, and the path of each of its resources."""
    variables = {name: json_of(body.get("default")) for text in texts for name, body in sections(text, "variable")}
    local = {name: json_of(value) for text in texts for name, value in sections(text, "locals") if name[:2] != "__"}
    images = {
        path: json_of(value)
        for text in texts
        for kind, named in sections(text, "resource")
        if isinstance(named, dict)
        for name, body in named.items()
        for path, value in arguments(body, f"{kind}.{name}".replace('"', ""))
    }

    def is_known(value: Any, depth: int = 0) -> bool:
        written = json.dumps(value)
        return (
            depth < 9
            and not _ELSEWHERE.search(written)
            and all(
                (name in variables and variables[name] is not None)
                if kind == "var"
                else name in local and is_known(local[name], depth + 1)
                for kind, name in _NAMED.findall(written)
            )
        )

    known = {path: value for path, value in images.items() if is_known(value)}
    body = {
        "variable": {name: {"default": value} for name, value in variables.items() if value is not None},
        "locals": {name: value for name, value in local.items() if is_known(value)},
        "resource": {"terraform_data": {f"r{n}": {"input": value} for n, value in enumerate(known.values())}},
    }
    return body, {f"terraform_data.r{n}": path for n, path in enumerate(known)}


def test_image_arguments_of_public_modules_come_to_what_terraform_plans(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folders: dict[str, dict[str, bytes]] = {}
    for file in corpus_files():
        if file.name.endswith(".tf"):
            folders.setdefault(str(PurePosixPath(file.name).parent), {})[file.name] = file.data
    terraform = Terraform(tmp_path_factory.mktemp("terraform"))
    compared, left_out = 0, 0
    try:
        for files in folders.values():
            try:
                body, paths = workspace([data.decode() for data in files.values()])
                if not re.search(r"\$\{", json.dumps(body["resource"])):
                    continue  # literals alone: test_corpus.py has them
                planned = terraform.values({"main.tf.json": json.dumps(body)})
            except (Illegal, Refused) as error:
                left_out += 1
                print(f"left out: {next(iter(files))}: {str(error)[:300]}")  # noqa: T201
                continue
            found = [p for scan in scan_module(files).values() if isinstance(scan, Scan) for p in scan.positions]
            for address, path in paths.items():
                ours = [position for position in found if position.path == path]
                literals = {position.value for position in ours if position.is_editable}
                is_open = any(not p.is_editable and "stands in" not in (p.reason or "") for p in ours)
                assert planned[address] in literals or is_open, (path, planned[address], ours)
                compared += planned[address] in literals
    finally:
        terraform.close()
    print(f"\n{compared} arguments compared with Terraform, {left_out} folders left out")  # noqa: T201
    assert compared >= 10
