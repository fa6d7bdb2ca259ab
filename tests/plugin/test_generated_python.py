"""The SDK for Python that `pulumi package add` makes, built and installed: a stack lives on it, functions answer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.cloud import Cloud
from stack.diffs import property_lines
from stack.engine import ROOT, Stack
from stack.installed import installed
from stack.wishes import GOLD_1, LONG_S, REGIONS, TEMPLATE

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

PROGRAM = f"""
import json
from pathlib import Path

import pulumi
import pulumi_computenest_plugin as computenest

template = Path("template.yaml").read_text()
source = computenest.CustomImageArgs(kind="custom", image_id="{GOLD_1["image_id"]}", region="{GOLD_1["region"]}")
regions = json.loads(Path("regions.json").read_text())
web = computenest.EcsImagePackage("web", source=source, regions=regions, timeout_s={LONG_S})
of_web = computenest.PackageReferenceArgs(images=web.images, artifact_id=web.artifact_id, version=web.version)
shop = computenest.ServiceImageAssociation(
    "shop", template=template, template_name="template.yaml", packages={{"ecs_image_web": of_web}}
)
pulumi.export("images", web.images)
pulumi.export("shown", computenest.get_package_output(artifact_id=web.artifact_id).images)
rendered = computenest.render_template_output(template=template, packages=shop.substitutions, region="cn-beijing")
pulumi.export("rendered", rendered.text)
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated SDK and what it asks for beside Pulumi's own."""
    folder = tmp_path_factory.mktemp("generated")
    source = folder / "source"
    codegen = subprocess.run([ROOT / "tools/pulumi/host", "codegen"], check=True, capture_output=True, text=True)
    generator = Path(codegen.stdout.strip()) / "computenest-codegen"
    subprocess.run([generator, ROOT / "sdk/schema.json", folder / "made"], check=True)
    shutil.copytree(folder / "made/python", source)
    shutil.copy(source / "pulumi_computenest_plugin/README.md", source)
    project = source / "pyproject.toml"  # built by the backend that the lock has
    backend = project.read_text().replace("setuptools.build_meta", "hatchling.build")
    project.write_text(backend.replace("setuptools>=61.0", "hatchling"))
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], check=True, cwd=source)
    [wheel] = folder.glob("*.whl")
    locked = (ROOT / "requirements.lock").read_text().splitlines()
    parver = [line.split(" ")[0] for line in locked if line.startswith("parver==")]
    assert parver, "what the generated code imports is in the lock"
    uv = [ROOT / ".venv/bin/uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*uv, "--python", installed() / "python", "--target", folder / "site", wheel, *parver], check=True)
    return folder / "site"


def test_a_stack_lives_on_the_generated_sdk(cloud: Cloud, make_stack: Callable[..., Stack], generated: Path) -> None:
    stack = make_stack(cloud)
    stack.environment = {**stack.environment, "PYTHONPATH": str(generated)}
    stack.use_plugin()
    (stack.folder / "__main__.py").write_text(PROGRAM)
    (stack.folder / "template.yaml").write_text(TEMPLATE.replace("_gateway", "_web"))
    wanted = stack.folder / "regions.json"
    wanted.write_text(str(REGIONS).replace("'", '"'))
    stack.up().succeeded()
    outputs = stack.outputs()
    assert sorted(outputs["images"]) == sorted(REGIONS)
    assert outputs["shown"] == outputs["images"]
    assert f"ImageId: {outputs['images']['cn-beijing']}  # a marker" in outputs["rendered"]
    wanted.write_text(str([*REGIONS, "cn-chengdu"]).replace("'", '"'))
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "web", "distribution") == [f'+ cn-chengdu: "copy of {GOLD_1["image_id"]}"'], seen
    assert property_lines(seen, "shop", "substitutions") == ["~ ecs_image_web: {", "+ cn-chengdu: [unknown]"], seen
    stack.refresh().succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]
