"""docs/import-config.md from its first command to its last: a service of computenest-cli moves over, and then another
image goes through a review into a launched version."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.cloud import Cloud
from stack.documented import run, shown
from stack.engine import Stack
from stack.importing import keep_with_cli
from stack.wishes import GOLD_2

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

PAGE = "docs/import-config.md"
CONFIGURATION = """
Service:
  RegionId: cn-hangzhou
  DeployType: ros
  ServiceType: private
  ServiceInfo: [{Locale: en-US, Name: Web shop, ShortDescription: Sells things}]
  DeployMetadata:
    SupplierDeployMetadata:
      ArtifactRelation:
        image_of_web: {ArtifactId: '${Artifact.Web.ArtifactId}', ArtifactVersion: draft}
    TemplateConfigs: [{Name: One machine, Url: template.yaml, AllowedRegions: [cn-hangzhou, cn-beijing]}]
Artifact:
  Web:
    ArtifactType: EcsImage
    ArtifactName: web image
    SupportRegionIds: [cn-hangzhou, cn-beijing]
    ArtifactProperty: {RegionId: cn-hangzhou, ImageId: m-bp1whatever000000000}
"""
TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web: {Type: ALIYUN::ECS::InstanceGroup, Properties: {ImageId: image_of_web, MaxAmount: 1, InstanceType: ecs.g7.large}}
"""


def test_a_service_from_import_config_to_a_reviewed_change(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    cloud = start_cloud(time_scale=600, switches={"review.approves_at_once": 0})
    stack = make_stack(cloud)
    project = stack.folder / "project"
    kept = project / ".computenest"
    kept.mkdir(parents=True)
    (kept / "config.yaml").write_text(CONFIGURATION)
    (kept / "template.yaml").write_text(TEMPLATE)
    ids = keep_with_cli(cloud, kept / "config.yaml", name="Web shop")

    [moving] = shown(PAGE, "Moving over from computenest-cli")
    assert "computenest:cloud=aliyun" in moving
    local = moving.replace("cloud=aliyun", "cloud=local").replace("cloud aliyun", "cloud local")
    assert "unchanged" in run(f"{local}pulumi preview --expect-no-changes", where=project, env=stack.env)

    program = project / "infra/__main__.py"
    text = program.read_text()
    before = re.findall(r'image_id="(m-\w+)"', text)
    text = re.sub(r'image_id="m-\w+"', f'image_id="{GOLD_2["image_id"]}"', text)
    for old, new in (("    release=False,\n", ""), ("    packages={", '    publishing="online",\n    packages={')):
        assert text.count(old) == 1
        text = text.replace(old, new)
    program.write_text(text)

    reviewed, agreed = shown(PAGE, "The first change, reviewed")
    report = run(reviewed, where=program.parent, env=stack.env)
    first = report[report.index("### Look at this first") : report.index("### Deployment packages")]
    assert "is submitted for a review" in first
    assert f"| `Web` | `~` copy of {before[0]} → copy of {GOLD_2['image_id']} | changes |" in report
    assert "$PATH" not in report, "where a reviewer's machine has the plugin is nobody's business"

    submit, approve, look, launch = agreed.splitlines(keepends=True)
    run(submit, where=program.parent, env=stack.env)
    assert status(stack, program.parent) == "Submitted"
    assert "unchanged" in run("pulumi preview --expect-no-changes", where=program.parent, env=stack.env)
    assert run(approve, where=program.parent, env=stack.env) == "approved: 1\n"
    assert "1 to update" in run(look, where=program.parent, env=stack.env)
    assert '~ version  : "draft" => "1"' in run(launch, where=program.parent, env=stack.env)
    assert status(stack, program.parent) == "Online"
    assert "unchanged" in run("pulumi preview --expect-no-changes", where=program.parent, env=stack.env)
    run("pulumi destroy", where=program.parent, env=stack.env)
    assert cloud.ledger()["is_empty"], ids


def status(stack: Stack, folder: Path) -> str:
    found = run("pulumi stack export", where=folder, env=stack.env)
    return re.findall(r'"status": "(Submitted|Online|Created)"', found)[-1]
