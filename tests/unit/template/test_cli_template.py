"""`computenest template`: what it prints, what it writes, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from computenest.cli.template import app

TEMPLATE = (
    b"\xef\xbb\xbfROSTemplateFormatVersion: '2015-09-01'\r\nResources:\r\n  Web:  # \xe4\xb8\xad\r\n"
    b"    Type: ALIYUN::ECS::Instance\r\n    Properties: {ImageId: 'my=image'}\r\n"
)


def invoke(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template with one literal."""
    path = tmp_path / "template.yaml"
    path.write_bytes(TEMPLATE)
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A package's map."""
    path = tmp_path / "a=map.json"
    path.write_text('{"cn-beijing": "m-2ze1"}')
    return path.rename(tmp_path / "map.json")


def test_positions_as_json_is_one_array_with_an_object_for_each(template: Path) -> None:
    result = invoke("positions", template, "--json")
    assert result.exit_code == 0
    (position,) = json.loads(result.stdout)
    assert position["file"] == str(template)
    assert (position["path"], position["line"], position["form"]) == ("Resources.Web.Properties.ImageId", 5, "literal")
    assert TEMPLATE[position["start"] : position["end"]] == b"my=image" == position["value"].encode()
    assert position["resource_type"] == "ALIYUN::ECS::Instance"


def test_files_that_cannot_be_read_are_objects_and_the_others_are_listed(template: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: b\n  c: [\n")
    result = invoke("positions", broken, tmp_path / "nowhere.yaml", template, "--json")
    assert result.exit_code == 1
    objects = json.loads(result.stdout)
    assert [sorted(o) for o in objects if "error" in o] == [["error", "file", "line"]] * 2
    assert {o["file"]: o["line"] for o in objects if "error" in o} == {
        str(broken): 2,
        str(tmp_path / "nowhere.yaml"): None,
    }
    assert [o["value"] for o in objects if "path" in o] == ["my=image"]


@pytest.mark.usefixtures("template")
def test_a_folder_is_searched_and_what_is_no_template_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    (tmp_path / "main.tf").write_text('resource "alicloud_instance" "a" {\n  image_id = var.i\n}\n')
    (tmp_path / "variables.tf").write_text('variable "i" {\n  default = "m-1"\n}\n')
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_text("a: [\n")
    result = invoke("positions", tmp_path, "--json")
    assert result.exit_code == 0
    assert {(Path(o["file"]).name, o["value"]) for o in json.loads(result.stdout) if o["start"] is not None} == {
        ("template.yaml", "my=image"),
        ("variables.tf", "m-1"),
    }
    assert "template.yaml" in invoke("positions", tmp_path).stdout


def test_render_writes_exactly_those_bytes(template: Path, images: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"
    result = invoke("render", template, "--package", f"my=image={images}", "--region", "cn-beijing", "--out", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_bytes() == TEMPLATE.replace(b"my=image", b"m-2ze1")


def test_render_to_standard_output_is_binary(template: Path, images: Path) -> None:
    command = [sys.executable, "-c", "from computenest.cli.template import app; app()", "render", str(template)]
    command += ["--package", f"my=image={images}", "--region", "cn-beijing"]
    result = subprocess.run(command, capture_output=True, check=True)
    assert result.stdout == TEMPLATE.replace(b"my=image", b"m-2ze1")


@pytest.mark.parametrize(
    ("marker", "region", "message"),
    [
        ("my=image", "cn-hangzhou", "no image in region cn-hangzhou"),
        ("my-image", "cn-beijing", "the nearest is `my=image`"),
        ("", "cn-beijing", "is not MARKER=MAP.json"),
    ],
)
def test_render_with_something_missing_writes_nothing(
    template: Path, images: Path, tmp_path: Path, marker: str, region: str, message: str
) -> None:
    out = tmp_path / "out.yaml"
    result = invoke("render", template, "--package", f"{marker}={images}", "--region", region, "--out", out)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stdout == ""
    assert not out.exists()


def test_render_takes_the_artifacts_of_a_configuration(template: Path, images: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    relation = (
        "{my=image: {ArtifactId: '${Artifact.Web.ArtifactId}'}, other: {ArtifactId: '${Artifact.Web.ArtifactId}'}}"
    )
    config.write_text(f"Service: {{DeployMetadata: {{SupplierDeployMetadata: {{ArtifactRelation: {relation}}}}}}}\n")
    words = ["render", template, "--region", "cn-beijing", "--config", config, "--package"]
    result = invoke(*words, f"${{Artifact.Web.ArtifactId}}={images}")
    assert result.exit_code == 0, result.stderr
    assert "m-2ze1" in result.stdout
    refused = invoke(*words, f"${{Artifact.Db.ArtifactId}}={images}")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "there is `${Artifact.Web.ArtifactId}`" in refused.stderr


@pytest.mark.parametrize("content", ["[1]", "{", '{"cn-beijing": 1}'])
def test_a_map_that_is_none_is_refused(template: Path, images: Path, content: str) -> None:
    images.write_text(content)
    result = invoke("render", template, "--package", f"my=image={images}", "--region", "cn-beijing")
    assert (result.exit_code, result.stdout) == (1, "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"cn-beijing": "m-bp1aaaaaaaaaaaaaaaa1", "cn-nowhere": "x"}', "map.json['cn-beijing']: `m-bp1"),
        ('{"cn-beijing": "m-2ze1", "ap-south-1": "m-6weaaaaaaaaaaaaaaaa1"}', "an image of ap-northeast-1 by its"),
        ('{"cn-beijing": "m-2ze1", "cn-beijing": "m-2ze2"}', "gives cn-beijing two images"),
    ],
)
def test_a_map_that_is_wrong_for_its_regions_is_refused(
    template: Path, images: Path, content: str, message: str
) -> None:
    images.write_text(content)
    result = invoke("render", template, "--package", f"my=image={images}", "--region", "cn-beijing")
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr


@pytest.mark.parametrize("image", ["m-abc1111111111111", "m-2ze1111111111111"])
def test_a_map_with_a_prefix_or_a_region_that_nobody_knows_passes(template: Path, images: Path, image: str) -> None:
    images.write_text(json.dumps({"cn-nowhere": "m-bp1111111111111", "cn-beijing": image}))
    assert invoke("render", template, "--package", f"my=image={images}", "--region", "cn-beijing").exit_code == 0


def test_a_marker_is_given_one_map(template: Path, images: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"cn-beijing": "m-2ze2"}')
    words = ["render", template, "--region", "cn-beijing", "--package", f"my=image={images}", "--package"]
    result = invoke(*words, f"my=image={other}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"marker `my=image` is given twice: `my=image={images}` and `my=image={other}`" in result.stderr


CONFIG = """Service:
  DeployMetadata:
    SupplierDeployMetadata:
      ArtifactRelation:
        web_imag: {ArtifactId: '${Artifact.Web.ArtifactId}', ArtifactVersion: draft}
        swas_image: {ArtifactId: a-1}
        centos_7: {ArtifactId: a-2}
      SupplierTemplateConfigs:
        - {Name: t, Url: ros_templates/template.yaml}
"""
LINTED = """ROSTemplateFormatVersion: '2015-09-01'
Parameters: {P: {Type: String, Default: centos_7}}
Mappings:
  Images:
    cn-beijing: {Id: m-2ze000000000000000a}
    cn-hangzhou: {Id: m-bp1000000000000000a}
Resources:
  A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: web_image}}
  B: {Type: 'ALIYUN::SWAS::Instance', Properties: {ImageId: swas_image}}
  C: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !FindInMap [Images, !Ref 'ALIYUN::Region', Id]}}
  D: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: m-bp1000000000000000b}}
  E: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !Ref P}}
  F: {Type: 'ALIYUN::ESS::ScalingConfiguration', Properties: {ImageId: ubuntu_22_04_x64_20G_alibase_20240101.vhd,
      UserData: "echo {{ computenest::acr::dockerconfigjson }}"}}
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A service's folder with one of each finding."""
    folder = tmp_path / ".computenest" / "ros_templates"
    folder.mkdir(parents=True)
    (folder / "template.yaml").write_text(LINTED)
    (folder.parent / "config.yaml").write_text(CONFIG)
    return tmp_path


def test_lint_reports_each_rule_with_its_line(service: Path) -> None:
    result = invoke("lint", service, "--json")
    assert result.exit_code == 1
    found = {(Path(f["file"]).name, f["line"], f["rule"]) for f in json.loads(result.stdout)}
    assert found == {
        ("config.yaml", 5, "missing-marker"),
        ("config.yaml", 6, "missing-marker"),
        ("config.yaml", 7, "missing-marker"),
        ("template.yaml", 5, "replaceable-mapping"),
        ("template.yaml", 8, "uncovered-image"),
        ("template.yaml", 9, "lookalike-marker"),
        ("template.yaml", 11, "uncovered-image"),
        ("template.yaml", 12, "ambiguous-marker"),
        ("template.yaml", 14, "one-shot-key"),
    }


SCALING = """Resources:
  G: {Type: 'ALIYUN::ESS::ScalingConfiguration', Properties: {ImageId: web, UserData: "%s"}}
"""
WORKLOAD = """Resources:
  C: {Type: 'ALIYUN::CS::ClusterApplication', Properties: {YamlContent: "%s"}}
"""
MANIFEST = """Resources:
  C:
    Type: ALIYUN::ECS::RunCommand
    Properties:
      CommandContent: |
        # kind: Deployment
        cat > a.yaml <<EOF
        kind: %s
        image: %s
        EOF
"""
ONCE = """  R: {Type: 'ALIYUN::ECS::RunCommand', Properties: {CommandContent: "%s"}}
"""
IMAGE = "{{ computenest::acrimage::app }}"
CHART = "{{computenest::helmchart::app}}"
SECRET = "{{ computenest::acr::dockerconfigjson }}"
PUBLIC = """Service:
  DeployMetadata: {SupplierDeployMetadata: {AcrImageArtifactRelation:
    {'{{ computenest::acrimage::app }}': {ArtifactId: '${Artifact.App.ArtifactId}'}}}}
Artifact: {App: {ArtifactType: AcrImage, ArtifactProperty: {RepoType: %s}}}
"""


@pytest.mark.parametrize(
    ("text", "repository", "lines"),
    [
        (SCALING % IMAGE, None, [2]),
        (SCALING % SECRET, None, [2]),
        (SCALING % CHART, None, [2]),
        (SCALING % IMAGE, "Private", [2]),
        (SCALING % f"{IMAGE} {SECRET}", "Public", []),
        (SCALING % "{{ computenest::file::app }}", None, []),
        (WORKLOAD % IMAGE, None, [2]),
        (WORKLOAD % CHART, None, []),
        (MANIFEST % ("Deployment", IMAGE), None, [9]),
        (MANIFEST % ("Job", IMAGE), None, []),
        (SCALING % "x" + ONCE % f"{IMAGE} {SECRET}", None, []),
        (ONCE.replace("  R", "Resources:\n  R", 1) % IMAGE + (SCALING % IMAGE).partition("\n")[2], None, [3]),
        (SCALING % "x" + f"Locals: {{S: {{Value: '{SECRET}'}}}}\n", None, [3]),
        (WORKLOAD % "x" + ONCE % SECRET, None, [3]),
    ],
)
def test_a_key_that_is_valid_once_warns_where_something_pulls_again(
    tmp_path: Path, text: str, repository: str | None, lines: list[int]
) -> None:
    folder = tmp_path / ".computenest" / "ros_templates"
    folder.mkdir(parents=True)
    (folder / "template.yaml").write_text(text)
    if repository:
        (folder.parent / "config.yaml").write_text(PUBLIC % repository)
    found = json.loads(invoke("lint", tmp_path, "--json").stdout)
    assert [f["line"] for f in found if f["rule"] == "one-shot-key"] == lines
    is_file = "computenest::file" in text
    assert [f["line"] for f in found if f["rule"] == "one-shot-address"] == ([2] if is_file else [])


def test_a_placeholder_that_the_configuration_leaves_out_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".computenest").mkdir()
    (tmp_path / ".computenest" / "t.yaml").write_text(MANIFEST % ("Job", "{{computenest::acrimage::app}}"))
    (tmp_path / ".computenest" / "config.yaml").write_text(PUBLIC % "Private")
    (uncovered,) = (
        f for f in json.loads(invoke("lint", tmp_path, "--json").stdout) if f["rule"] == "uncovered-placeholder"
    )
    assert (uncovered["line"], f"the nearest is `{IMAGE}`" in uncovered["message"]) == (9, True)


def test_lint_sums_up_by_rule(service: Path) -> None:
    shown = invoke("lint", service).stdout.splitlines()
    assert [line.split(",")[0].split() for line in shown if ", missing-marker: " in line] == [
        ["3", "errors", "in", "1", "file"]
    ]
    assert shown[-1] == "2 files read: 3 errors, 5 warnings, 1 note"


def test_lint_as_sarif(service: Path) -> None:
    log = json.loads(invoke("lint", service, "--sarif").stdout)
    assert log["version"] == "2.1.0"
    rules = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in log["runs"][0]["results"]} <= rules
    assert all(r["locations"][0]["physicalLocation"]["region"]["startLine"] > 0 for r in log["runs"][0]["results"])


def test_lint_passes_what_is_right(template: Path) -> None:
    result = invoke("lint", template, "--marker", "my=image")
    assert (result.exit_code, result.stdout) == (0, "1 file read: 0 errors, 0 warnings, 0 notes\n")


def test_scanning_imports_no_pulumi() -> None:
    code = "import sys, computenest.cli.template, computenest.templates; assert 'pulumi' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A Terraform file whose image another file sets, and a module beside it that takes one of its own."""
    (tmp_path / "web").mkdir()
    (tmp_path / "main.tf").write_text(
        'variable "image" { default = "of-default" }\nresource "alicloud_instance" "x" { image_id = var.image }\n'
        'module "m" {\n  source = "./web"\n  ami = "of-call"\n}\n'
    )
    (tmp_path / "terraform.tfvars").write_text('image = "of-tfvars"\n')
    (tmp_path / "prod.tfvars").write_text('image = "of-another"\n')
    text = 'variable "ami" {}\nresource "alicloud_instance" "y" { image_id = var.ami }\n'
    (tmp_path / "web" / "main.tf").write_text(text)
    return tmp_path / "main.tf"


def test_what_lies_beside_a_terraform_file_decides(module: Path) -> None:
    for asked in (module, module.parent):
        objects = json.loads(invoke("positions", asked, "--json").stdout)
        found = {(Path(o["file"]).name, o["path"], o["value"]) for o in objects if o["start"] is not None}
        assert found == {
            ("terraform.tfvars", "alicloud_instance.x.image_id", "of-tfvars"),
            ("main.tf", "module.m.alicloud_instance.y.image_id", "of-call"),
        }
    finding = next(o for o in json.loads(invoke("lint", module, "--json").stdout) if "of-tfvars" in o["message"])
    assert (Path(finding["file"]).name, finding["line"]) == ("terraform.tfvars", 1)


def test_render_writes_where_the_literal_stands(module: Path, images: Path) -> None:
    values = module.with_name("terraform.tfvars")
    rendered = invoke("render", values, "--region", "cn-beijing", "--package", f"of-tfvars={images}")
    assert (rendered.exit_code, rendered.stdout) == (0, 'image = "m-2ze1"\n')
    elsewhere = invoke("render", module, "--region", "cn-beijing", "--package", f"of-tfvars={images}")
    assert elsewhere.exit_code == 1
    assert f"stands in {values}, line 1" in elsewhere.output
    overridden = invoke("render", module, "--region", "cn-beijing", "--package", f"of-default={images}")
    assert overridden.exit_code == 1
    called = invoke("render", module, "--region", "cn-beijing", "--package", f"of-call={images}")
    assert called.stdout == module.read_text().replace("of-call", "m-2ze1")
