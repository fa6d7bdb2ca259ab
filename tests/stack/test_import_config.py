"""A service that was kept with computenest-cli moves over: its program, its import list, and then nothing to change."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest

from computenest.review.importing.configuration import parse_configuration
from computenest.review.importing.expression import Name
from computenest.review.importing.program import program_text
from computenest.review.importing.translate import Held, translate
from stack.cloud import Cloud
from stack.engine import ROOT, Stack
from stack.importing import keep_with_cli
from stack.installed import installed

CORPUS = ROOT.parent / "shared/corpus"
FILES = sorted((CORPUS / "config").rglob("config.yaml")) if CORPUS.is_dir() else []
FEW = FILES[17:18]
LEFT_OUT = 14
"""Of all 86 configurations, where no cloud is asked: images that computenest-cli builds itself, and their markers. It
was 173 before a service said how its instances are upgraded and operated, and 82 before packages that the cloud does
not hold yet were declared with what they are made from."""
NAME = "kept by hand"
CUSTOMER, STRANGER = "1234567890123456", "6543210987654321"

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

OWN = """
Service:
  RegionId: cn-hangzhou
  DeployType: ros
  ServiceType: private
  ShareType: Private
  ServiceInfo:
    - Locale: en-US
      Name: Web shop
      ShortDescription: Sells things
  OperationMetadata: {SupportBackup: true}
  DeployMetadata:
    SupplierDeployMetadata:
      ArtifactRelation:
        image_of_web: {ArtifactId: '${Artifact.Web.ArtifactId}', ArtifactVersion: draft}
        image_of_db: {ArtifactId: '${Artifact.Db.ArtifactId}', ArtifactVersion: draft}
      FileArtifactRelation:
        '{{ computenest::file::data }}': {ArtifactId: '${Artifact.Data.ArtifactId}', ArtifactVersion: draft}
    TemplateConfigs:
      - {Name: One machine, Url: templates/one.yaml, AllowedRegions: [cn-hangzhou, cn-beijing]}
      - {Name: Anywhere, Url: templates/one.yaml}
Artifact:
  Web:
    ArtifactType: EcsImage
    ArtifactName: web image
    Description: the web tier
    SupportRegionIds: [cn-hangzhou, cn-beijing]
    ArtifactProperty: {RegionId: cn-hangzhou, ImageId: m-bp1whatever000000000}
  Db:
    ArtifactType: EcsImage
    ArtifactName: db image
    ArtifactBuildProperty:
      RegionId: cn-hangzhou
      CommandType: RunShellScript
      CommandContent: |
        yum install -y "db"
        systemctl enable db
      SourceImageId: aliyun_3_x64_20G_alibase_20240528.vhd
      CodeRepo: {Platform: github, Owner: someone, RepoName: someone/db, Branch: main}
  Data:
    ArtifactType: File
    ArtifactName: seed data
    ArtifactProperty: {RegionId: cn-hangzhou, Url: ''}
"""
TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Web: {Type: ALIYUN::ECS::InstanceGroup, Properties: {ImageId: image_of_web, MaxAmount: 1, InstanceType: ecs.g7.large}}
  Db:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      {ImageId: image_of_db, MaxAmount: 1, InstanceType: ecs.g7.large, UserData: 'curl {{ computenest::file::data }}'}
"""


def own(folder: Path) -> Path:
    """A computenest-cli project."""
    (folder / "templates").mkdir(parents=True)
    (folder / "templates/one.yaml").write_text(TEMPLATE)
    (folder / "config.yaml").write_text(OWN)
    return folder / "config.yaml"


def import_config(
    folder: Path, file: Path, *options: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user would, in the stack's folder."""
    command = [
        str(installed() / "computenest"),
        "import-config",
        str(file),
        *options,
        "--config",
        "computenest:cloud=local",
    ]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


def move_over(cloud: Cloud, stack: Stack, file: Path, *options: str, shared: dict[str, str]) -> str:
    """Keeps the service as computenest-cli does, writes the program, checks its types, imports, previews; what the
    command said."""
    ids = keep_with_cli(cloud, file, name=NAME, beside=beside(file), shared=shared)
    (stack.folder / "__main__.py").unlink()
    run = import_config(stack.folder, file, *options, env=stack.env)
    assert run.returncode == 0, run.stderr
    program = (stack.folder / "__main__.py").read_text()
    check_types(stack.folder / "__main__.py")
    assert all(uid in program for uid in shared)
    for id_ in ids.values():
        if id_ not in (stack.folder / "import.json").read_text():
            assert id_ in run.stdout, "what is not imported is said"
    stack.run("import", "--file", "import.json", "--generate-code=false", "--protect=false", "--yes").succeeded()
    preview = stack.run("preview", "--diff", "--expect-no-changes")
    assert preview.code == 0, f"{program}\n{preview.text}"
    return run.stdout


def check_types(programs: Path) -> None:
    """Of one program, or of all in a folder; one after the other, so that they share what mypy knows of the SDK."""
    cache = ROOT / ".mypy_cache/programs"
    cache.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(programs)]
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def beside(file: Path) -> list[Path]:
    """Where the corpus keeps the templates of a configuration: of its commit, else of the head."""
    if not file.is_relative_to(CORPUS):
        return []
    inside = file.relative_to(CORPUS / "config").parent
    return [CORPUS / "ros" / inside, CORPUS / "ros" / inside.parts[0] / ".computenest"]


def name_option(file: Path) -> list[str]:
    return [] if "    Name: " in file.read_text("utf-8") else ["--service-name", NAME]


def test_a_service_of_computenest_cli_moves_over_without_a_change(tmp_path: Path, cloud: Cloud, stack: Stack) -> None:
    shared = {CUSTOMER: "Deployable", STRANGER: "Accessible"}
    said = move_over(cloud, stack, own(tmp_path / "project"), shared=shared)
    assert stack.resources()["service"]["inputs"]["shareAccounts"] == shared
    assert "OperationMetadata" not in said
    assert stack.resources()["service"]["inputs"]["operations"] == {"backup": True}
    assert "Artifact.Data: its content is in the cloud and not here" in said
    types = [line["type"] for line in stack.resources().values()]
    assert types.count("computenest:index:EcsImagePackage") == 2
    assert types.count("computenest:index:Service") == 1
    again = import_config(stack.folder, tmp_path / "project/config.yaml", env=stack.env)
    assert again.returncode == 1
    assert "exist" in again.stderr, "nothing of the user's is overwritten"
    (stack.folder / "file").touch()
    again = import_config(stack.folder, tmp_path / "project/config.yaml", "--output", "file", env=stack.env)
    assert again.returncode == 1
    assert "error: --output: 'file/Pulumi.yaml' cannot be written: " in again.stderr


def test_what_the_cloud_does_not_hold_yet_is_created(tmp_path: Path, cloud: Cloud, stack: Stack) -> None:
    (stack.folder / "__main__.py").unlink()
    image = cloud.control("POST", "images", {"account": "supplier", "region": "cn-hangzhou", "name": "source"})[
        "image_id"
    ]
    file = own(tmp_path / "project")
    file.write_text(file.read_text().replace("m-bp1whatever000000000", image).replace("Url: ''", "Url: data.bin"))
    (file.parent / "data.bin").write_bytes(b"seed data")
    run = import_config(stack.folder, file, "--json", env=stack.env)
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    assert [(one["type"], one["name"], one["id"]) for one in said["declared"]] == [
        ("EcsImagePackage", "Web", None),
        ("EcsImagePackage", "Db", None),
        ("FilePackage", "Data", None),
        ("Service", "service", None),
    ]
    assert said["not_translated"] == []
    assert '"resources": []' in (stack.folder / "import.json").read_text()
    stack.up().succeeded()
    made = stack.resources()
    marker = "{{ computenest::file::data }}"
    assert made["service"]["outputs"]["relations"][marker]["artifactId"] == made["Data"]["outputs"]["artifactId"]
    assert stack.run("preview", "--expect-no-changes").code == 0
    stack.destroy().succeeded()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Service: [", "CONFIGURATION: line 2, column 1: the configuration is not YAML"),
        ("Resources: {}", "CONFIGURATION: there is no `Service` section"),
        ("Service: {ServiceInfo: {Locale: zh-CN}}", "Service.ServiceInfo: the configuration gives the service no name"),
    ],
)
def test_bad_input_is_said_in_one_message(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(text)
    run = import_config(tmp_path, tmp_path / "config.yaml")
    assert run.returncode == 1
    assert message in run.stderr
    assert "Traceback" not in run.stderr


def label(file: Path) -> str:
    return str(file.relative_to(CORPUS / "config").parent).replace("/.computenest", "")


@pytest.mark.corpus
@pytest.mark.parametrize("file", FEW, ids=label)
def test_public_services_move_over_without_a_change(file: Path, cloud: Cloud, stack: Stack) -> None:
    move_over(cloud, stack, file, *name_option(file), shared={CUSTOMER: "Deployable"})


@pytest.mark.corpus
@pytest.mark.long
@pytest.mark.parametrize("file", [file for file in FILES if file not in FEW], ids=label)
def test_every_public_service_moves_over_without_a_change(file: Path, cloud: Cloud, stack: Stack) -> None:
    move_over(cloud, stack, file, *name_option(file), shared={CUSTOMER: "Deployable"})


@pytest.mark.corpus
def test_the_program_of_every_public_service_type_checks(tmp_path: Path) -> None:
    assert len(FILES) == 86
    programs = tmp_path / "programs"
    programs.mkdir()
    left = 0
    for number, file in enumerate(FILES):
        parsed = parse_configuration(file.read_text("utf-8"))
        names = [template.name for template in parsed.service.templates]
        markers = " ".join(relation.marker for relation in parsed.service.relations)
        found = translate(
            parsed,
            Held(),
            service_name=NAME,
            template_files=dict.fromkeys(names, "template.yaml"),
            template_texts=dict.fromkeys(names, markers),
            content_files={a.key: a.made_from["path"] for a in parsed.artifacts if "path" in a.made_from},
        )
        exports = {"id": Name(f"{found.declarations[-1].variable}.service_id")}
        (programs / f"program_{number}.py").write_text(program_text(NAME, found.declarations, exports=exports))
        left += len(found.untranslated)
    check_types(programs)
    assert left == LEFT_OUT, "what no program says grew, or shrank: say so in the changelog"
