"""The examples of the reference: one a resource and function in four languages, each read by its language."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from computenest.serve.schema import schema
from computenest.serve.schema.examples import LANGUAGES, example
from unit.documents.test_blocks import blocks
from unit.sdk.conftest import Program

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
SCHEMA = schema()
NAMES = sorted(token.rpartition(":")[2] for part in ("resources", "functions") for token in SCHEMA[part])
TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources: {Web: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: ecs_image_web}}}
"""


def programs(language: str) -> dict[str, str]:
    """The examples of the reference, and the programs of the pages, by a name that a file may have."""
    pages = {name.replace("-", "_").lstrip("_"): text for name, text in blocks(language)}
    assert pages
    return {name: found(name)[language] for name in NAMES} | pages


def found(name: str) -> dict[str, str]:
    one = example(name, SCHEMA)
    assert one
    return one


@pytest.mark.parametrize("name", NAMES)
def test_everything_has_an_example_in_every_language(name: str) -> None:
    assert tuple(found(name)) == LANGUAGES
    part = "resources" if name[0].isupper() else "functions"
    spec = SCHEMA[part][f"computenest:index:{name}"]
    for language, text in found(name).items():
        assert f"```{language}\n{text}```" in spec["description"], "the schema has it, and with it every generated SDK"
    page = (ROOT / f"docs/reference/{name}.md").read_text()
    assert all(text.strip() in page for text in found(name).values())


@pytest.mark.parametrize("name", NAMES)
def test_what_yaml_gives_is_in_the_schema_and_nothing_is_missing(name: str) -> None:
    program = yaml.safe_load(found(name)["yaml"])
    declared = [(one["type"], one["properties"]) for one in program.get("resources", {}).values()]
    for kind, given in declared:
        spec = SCHEMA["resources"][kind.replace(":", ":index:")]
        assert set(spec["requiredInputs"]) <= set(given) <= set(spec["inputProperties"])
    for one in program.get("variables", {}).values():
        call = one["fn::invoke"]
        spec = SCHEMA["functions"][call["function"].replace(":", ":index:")]["inputs"]
        assert set(spec["required"]) <= set(call["arguments"]) <= set(spec["properties"])
    assert name in str(program)


@pytest.mark.parametrize("name", [name for name in NAMES if name[0].isupper()])
def test_pythons_runs(name: str, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    monkeypatch.chdir(tmp_path)
    text = found(name)["python"]
    program.provider.answers = {**dict.fromkeys(NAMES, lambda inputs: inputs), **program.provider.answers}
    program.run(lambda: exec(compile(text, f"{name}.py", "exec"), {"__name__": name}))
    assert program.registered(name), "it declares what it shows"
    for request in program.monitor.requests:
        kind = request.type.rpartition(":")[2]
        if kind in NAMES:
            known = set(SCHEMA["resources"][f"computenest:index:{kind}"]["inputProperties"])
            assert set(request.object) - known <= {"__provider", "logicalName"}, "what is sent is what is declared"


def test_pythons_have_the_right_types(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"of_{name}.py").write_text(found(name)["python"])
    path = {"MYPYPATH": f"{ROOT}/sdk/python:{ROOT}/provider", "PATH": str(BIN)}
    (tmp_path / "mypy.ini").write_text("[mypy]\npython_version = 3.11\n")
    run = subprocess.run(
        [BIN / "mypy", "--strict", "--config-file", "mypy.ini", "."],
        cwd=tmp_path,
        env=path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.long
@pytest.mark.timeout(900)
def test_typescripts_compile(tmp_path: Path) -> None:
    sdk = shutil.copytree(ROOT / "sdk/nodejs", tmp_path / "sdk", ignore=shutil.ignore_patterns("node_modules", "bin"))
    files = {f"{name}.ts": text for name, text in programs("typescript").items()}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    versions: Any = {"pulumi-computenest": f"file:{sdk}", "@types/node": "^20", "typescript": "^5"}
    (tmp_path / "package.json").write_text(
        f'{{"name": "examples", "dependencies": {str(versions).replace(chr(39), chr(34))}}}'
    )
    npm = ["npm", "install", "--no-audit", "--no-fund", "--install-links", "--prefer-offline"]
    subprocess.run(npm, cwd=tmp_path, check=True, capture_output=True)
    installed = tmp_path / "node_modules/pulumi-computenest"
    assert (installed / "bin/index.d.ts").is_file(), "its postinstall script compiled it"
    options = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--target",
        "es2020",
        "--module",
        "commonjs",
        "--moduleResolution",
        "node",
        "--types",
        "node",
    ]
    run = subprocess.run(["npx", "tsc", *options, *files], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.long
@pytest.mark.timeout(900)
def test_gos_build(tmp_path: Path) -> None:
    example_of_go = ROOT / "examples/plugin-go"
    module = (example_of_go / "go.mod").read_text()
    (tmp_path / "go.mod").write_text(re.sub(r"=> \.\./\.\./", f"=> {ROOT}/", module))
    shutil.copy(example_of_go / "go.sum", tmp_path)
    for name, text in programs("go").items():
        folder = tmp_path / name.lower()
        folder.mkdir()
        (folder / "main.go").write_text(text)
    run = subprocess.run(
        ["go", "vet", "./..."], cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "GOFLAGS": "-mod=mod"}
    )
    assert run.returncode == 0, run.stderr
