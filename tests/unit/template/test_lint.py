"""Lint's rules, each with a template that breaks it and one that does not; files, folders and what they name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from computenest.cli.template import app
from computenest.review.lint import lint
from computenest.templates import scan
from computenest.templates.image_names import is_public_image

HEAD = "ROSTemplateFormatVersion: '2015-09-01'\n"
BJ, HZ = "m-2zeaaaaaaaaaaaaaaaa1", "m-bp1aaaaaaaaaaaaaaaa1"


def instance(image: str, *, head: str = "", more: str = "") -> str:
    """A template with one instance; `image` stands at its ImageId, in line 5 below `head`."""
    resource = f"{more}    Properties: {{ImageId: {image}}}\n"
    return f"{HEAD}{head}Resources:\n  Web:\n    Type: ALIYUN::ECS::Instance\n{resource}"


def mapping(rows: str) -> str:
    """Mappings with one map, whose rows begin in line 4."""
    return f"Mappings:\n  Images:\n{rows}"


def found(text: str, *, without: tuple[str, ...] = ("replaceable-mapping",)) -> list[tuple[str, int]]:
    """The rules that a template breaks, with their lines."""
    return [(one.rule, one.line) for one in lint({"t.yaml": scan(text.encode())}) if one.rule not in without]


BY_REGION = "!FindInMap [Images, !Ref 'ALIYUN::Region', id]"
CONDITION = "Conditions: {c: true}\n"
KEY = "Parameters: {Key: {Type: String, AllowedValues: [a, b]}}\n"
RULES = [
    # rows without the column, keys and names that lead nowhere
    (
        instance(BY_REGION, head=mapping(f"    cn-beijing: {{id: {BJ}}}\n    cn-hangzhou: {{x: {HZ}}}\n")),
        [("missing-image", 5)],
    ),
    (instance(BY_REGION, head=mapping(f"    cn-beijing: {{id: {BJ}}}\n    cn-hangzhou: {{id: {HZ}}}\n")), []),
    (instance(BY_REGION, head=mapping(f"    cn-beijing: {{ID: {BJ}}}\n")), [("dead-reference", 8)]),
    (instance("!FindInMap [Images, a, id]", head=mapping("    b: {id: ubuntu}\n")), [("dead-reference", 8)]),
    (instance("!FindInMap [Image, a, id]", head=mapping("    a: {id: ubuntu}\n")), [("dead-reference", 8)]),
    (
        instance("!FindInMap [Images, !Ref Key, id]", head=KEY + mapping("    a: {id: ubuntu}\n")),
        [("missing-image", 5)],
    ),
    (instance("!FindInMap [Images, a, !Ref Key]", head=KEY + mapping("    a: {a: ubuntu}\n")), [("missing-image", 5)]),
    (instance("!FindInMap [Images, a, !Ref Key]", head=KEY + mapping("    a: {a: ubuntu, b: ubuntu}\n")), []),
    (
        instance("!FindInMap [Images, !Ref Kye, id]", head=KEY + mapping("    a: {id: ubuntu}\n")),
        [("dead-reference", 9)],
    ),
    (instance("!Ref Kye", head=KEY), [("dead-reference", 6)]),
    (instance("!If [c, !Ref Kye, ubuntu]", head=KEY + CONDITION), [("dead-reference", 7)]),
    (instance("!Ref Key", head=KEY), []),
    (instance("!Ref ALIYUN::StackName"), []),
    # where a condition decides, a gap may be meant; a fragment may refer to what it leaves out
    (
        instance(
            f"!If [c, {BY_REGION}, ubuntu]",
            head=CONDITION + mapping(f"    cn-beijing: {{id: {BJ}}}\n    cn-hangzhou: {{x: y}}\n"),
        ),
        [],
    ),
    (
        instance(
            BY_REGION,
            head="Conditions: {C: true}\n" + mapping(f"    cn-beijing: {{id: {BJ}}}\n    cn-hangzhou: {{x: y}}\n"),
            more="    Condition: C\n",
        ),
        [],
    ),
    (instance("!Ref Kye", head=KEY).replace(HEAD, ""), []),
    # images of another region, whichever key the region is
    (
        instance(BY_REGION, head=mapping(f"    cn-beijing: {{id: {HZ}}}\n    cn-hangzhou: {{id: {BJ}}}\n")),
        [("wrong-region", 4), ("wrong-region", 5)],
    ),
    (
        instance(
            "!FindInMap [Images, v1, !Ref 'ALIYUN::Region']",
            head=mapping(f"    v1: {{cn-beijing: {HZ}, cn-hangzhou: {HZ}}}\n"),
        ),
        [("wrong-region", 4)],
    ),
    (
        instance(
            BY_REGION,
            head=mapping(
                "    cn-beijing: {id: m-abcaaaaaaaaaaaaaaaa1}\n    cn-wuhan-lr: {id: m-bp1aaaaaaaaaaaaaaaa1}\n"
            ),
        ),
        [],
    ),
    (
        instance(f"!Select [!Ref 'ALIYUN::Region', {{cn-beijing: {BJ}, cn-hangzhou: {BJ}}}]"),
        [("uncovered-image", 5), ("wrong-region", 5)],
    ),
    # ids of one region: as a literal, behind a map that is none by region, as what a parameter offers
    (instance(HZ), [("uncovered-image", 5)]),
    (
        instance(
            "!FindInMap [Images, !Ref Key, id]", head=KEY + mapping(f"    a: {{id: {HZ}}}\n    b: {{id: {BJ}}}\n")
        ),
        [("uncovered-image", 5), ("uncovered-image", 6)],
    ),
    (instance("!Ref P", head=f"Parameters:\n  P:\n    Type: String\n    Default: {HZ}\n"), [("uncovered-image", 5)]),
    (
        instance("!Ref P", head=f"Parameters:\n  P:\n    Type: String\n    AllowedValues:\n    - ubuntu\n    - {HZ}\n"),
        [("uncovered-image", 7)],
    ),
    (instance("!Ref P", head="Parameters: {P: {Type: String, Default: centos_7}}\n"), []),
    (instance("!Ref P", head="Parameters: {P: {Type: String}}\n").replace("ECS::Instance", "SWAS::Instance"), []),
    # an index that leads nowhere, a module that nobody follows
    (instance("!Select [3, [ubuntu, centos_7]]"), [("dead-reference", 5)]),
    (instance("ubuntu").replace("ALIYUN::ECS::Instance", "MODULE::My::Web"), [("not-followed", 4)]),
]


@pytest.mark.parametrize(("text", "expected"), RULES)
def test_each_rule_names_its_line(text: str, expected: list[tuple[str, int]]) -> None:
    assert found(text) == expected


def test_a_region_as_second_key_is_a_map_by_region() -> None:
    text = instance(
        "!FindInMap [Images, v1, !Ref 'ALIYUN::Region']",
        head=mapping(f"    v1: {{cn-beijing: {BJ}, cn-hangzhou: {HZ}}}\n"),
    )
    (one,) = lint({"t.yaml": scan(text.encode())})
    assert (one.rule, one.line) == ("replaceable-mapping", 4)
    assert "for 2 regions" in one.message
    assert "the region is its second key, where `template adopt` needs it as the first" in one.message


def test_a_row_without_the_column_counts_as_no_image() -> None:
    text = instance(BY_REGION, head=mapping(f"    cn-beijing: {{id: {BJ}}}\n    cn-hangzhou: {{x: {HZ}}}\n"))
    assert scan(text.encode()).mappings[0].regions == ("cn-beijing",)


def test_a_parameters_default_that_is_a_marker_is_said_once() -> None:
    text = instance("!Ref P", head=f"Parameters: {{P: {{Type: String, Default: {HZ}}}}}\n")
    rules = {one.rule for one in lint({"t.yaml": scan(text.encode())}, wanted=[HZ])}
    assert rules == {"ambiguous-marker", "missing-marker"}


@pytest.mark.parametrize(
    ("name", "is_public"),
    [
        ("centos_stream_9", True),
        ("centos_stream_9_x64_20G_alibase_20240528.vhd", True),
        ("openEuler_22", True),
        ("aliyun_3_x64_20G_alibase_20240819.vhd", True),
        ("aliyun_4_x64_20G_alibase_", True),
        ("aliyun_3_x64_20G_container_optimized_alibase_20230316.vhd", True),
        ("rockylinux_9_4_x64_20G_alibase_20240528.vhd", True),
        ("almalinux_9_4", True),
        ("sles_15_sp5_x64_20G_alibase_20240528.vhd", True),
        ("fedora_coreos_34_0_x64", True),
        ("lifsea_3_x64_10G_containerd_1_6_28_alibase_20241014.vhd", True),
        ("anolisos_8_9_x64_20G_anck_alibase_20240528.vhd", True),
        ("Windows Server 2022", True),
        ("win2022_21H2_x64_dtc_zh-cn_40G_alibase_20240511.vhd", True),
        ("winsvr_64_dtcC_1809_en-us_40G_alibase_20190318.vhd", True),
        ("centos7u2_64_40G_cloudinit_20160728.raw", True),
        ("Ubuntu", True),
        ("CentOs*", True),
        ("my_image.vhd", False),
        ("ecs_image_web.vhd", False),
        ("web_x64_20G_alibase_20240528.vhd", False),
        ("centos_7_9_x64_20G_alibase_20241399.vhd", False),
        ("ubuntu_22_04_x64_20G_alibase_20240230.vhd", False),
        ("centos_web", False),
        ("ubuntu-nginx", False),
        ("windows_web_1", False),
        ("ecs_image_ubuntu_22", False),
        ("m-bp1aaaaaaaaaaaaaaaa1", False),
    ],
)
def test_public_images_are_known_by_family_and_date(name: str, is_public: bool) -> None:
    assert is_public_image(name) is is_public


MISSPELT = [
    "computeneset",
    "computernest",
    "computnest",
    "conputenest",
    "compute-nest",
    "ComputeNest",
    "compute_nest",
    "computenst",
    "cumputenest",
]
WRONG = [f"{{{{ {word}::file::app }}}}" for word in MISSPELT] + [
    "{{ computenest::flie::app }}",
    "{{ computenest::image::app }}",
    "{{ computenest:file:app }}",
    "{{ computenest::file:app }}",
    "{{ computenest::file::app }",
    "{ computenest::file::app }",
    "{{ computenest::file::my app }}",
    "{{ computenest::acr::dockerconfig }}",
    "{{computenest::file}}",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_nearly_a_placeholder_is_reported(text: str) -> None:
    data = instance("ubuntu") + f'    # 中文\n  X: {{Type: A, Properties: {{UserData: "{text}"}}}}\n'
    assert found(data) == [("misspelt-placeholder", 7)]


RIGHT = [
    "{{ computenest::file::app }}",
    "{{computenest::acr::dockerconfigjson}}",
    "{{ compute::file::app }}",
    "{{ .Values.compute }}",
    "{{ computed::x }}",
    "{computenest: x}",
    "${computenest}",
    "{{resolve:oos:aliyun/services/computenest/images/x}}",
    "{{ container::x }}",
]


@pytest.mark.parametrize("text", RIGHT)
def test_other_braces_are_left_alone(text: str) -> None:
    assert found(instance("ubuntu") + f"  X: {{Type: A, Properties: {{UserData: '{text}'}}}}\n") == []


CONFIG = """Service:
  DeployMetadata:
    SupplierDeployMetadata:
      ArtifactRelation:
        %s: {ArtifactId: '${Artifact.A.ArtifactId}'}
      SupplierTemplateConfigs:
        - {Name: main, Url: %s}
"""


def files(folder: Path, **texts: str) -> None:
    """Write files, `__` standing for a slash and `_` before the suffix for a dot."""
    for name, text in texts.items():
        path = folder / (name.replace("__", "/").rpartition("_")[0] + "." + name.rpartition("_")[2])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def linted(*arguments: str | Path) -> list[tuple[str, int, str]]:
    """What the command finds."""
    result = CliRunner().invoke(app, ["lint", *map(str, arguments), "--json"])
    objects: list[dict[str, Any]] = json.loads(result.stdout)
    return [(Path(one["file"]).name, one["line"], one["rule"]) for one in objects]


def test_a_configuration_is_held_against_the_templates_that_its_urls_name(tmp_path: Path) -> None:
    files(
        tmp_path,
        config_yaml=CONFIG % ("web", "templates/a.yaml"),
        templates__a_yaml=instance("web"),
        b_yaml=instance("ubuntu"),
    )
    assert linted(tmp_path) == linted(tmp_path / "config.yaml") == []
    files(tmp_path, templates__a_yaml=instance("wbe"), b_yaml=instance("web"))
    assert linted(tmp_path) == [("config.yaml", 5, "missing-marker"), ("a.yaml", 5, "uncovered-image")]
    assert linted(tmp_path / "config.yaml", tmp_path / "templates") == linted(tmp_path)


def test_two_services_in_one_folder_have_their_own_templates(tmp_path: Path) -> None:
    files(
        tmp_path,
        one_yaml=CONFIG % ("a", "a.yaml"),
        two_yaml=CONFIG % ("b", "b.yaml"),
        a_yaml=instance("b"),
        b_yaml=instance("b"),
    )
    assert linted(tmp_path) == [("a.yaml", 5, "uncovered-image"), ("one.yaml", 5, "missing-marker")]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nowhere.yaml", [("config.yaml", 7, "missing-template")]),
        ("./t.yaml", []),
        (".computenest/t.yaml", []),
        ("https://x.oss-cn-hangzhou.aliyuncs.com/t.yaml", []),
        ("'${Parameter.Url}'", []),
    ],
)
def test_a_url_without_a_file_is_reported(tmp_path: Path, url: str, expected: list[tuple[str, int, str]]) -> None:
    files(
        tmp_path,
        **{
            "/computenest__config_yaml".replace("/", "."): CONFIG % ("web", url),
            ".computenest__t_yaml": instance("web"),
        },
    )
    assert linted(tmp_path) == expected


def test_an_unreadable_template_is_one_finding(tmp_path: Path) -> None:
    files(tmp_path, config_yaml=CONFIG % ("web", "a.yaml"), a_yaml=instance("web") + "  x: [\n", b_yaml=instance("web"))
    assert linted(tmp_path) == [("a.yaml", 7, "unreadable")]
    files(
        tmp_path,
        config_yaml=CONFIG % ("web", "a.yaml") + "x: [\n",
        a_yaml=instance("web") + "  # {{ computenest::file::x }}\n",
    )
    assert linted(tmp_path) == [("config.yaml", 9, "unreadable")]


def test_the_first_placeholder_without_any_relation_is_reported(tmp_path: Path) -> None:
    text = instance("web") + "    # {{ computenest::file::app }}\n"
    files(tmp_path, config_yaml=CONFIG % ("web", "a.yaml"), a_yaml=text)
    assert linted(tmp_path) == [("a.yaml", 6, "uncovered-placeholder")]
    (tmp_path / "config.yaml").unlink()
    assert linted(tmp_path / "a.yaml") == [("a.yaml", 5, "unrelated-marker")]


CHART = "{{- if .Values.enabled }}\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n{{- end }}\n"
OTHERS = {
    "k8s__all_yaml": "apiVersion: v1\nkind: Namespace\n---\napiVersion: v1\nkind: Namespace\n",
    "chart__templates__deployment_yaml": CHART,
    ".github__workflows__ci_yaml": "on: [push]\njobs: {}\n",
    "compose_yaml": "services: {}\n",
    "list_json": "[1]",
    "empty_yaml": "",
    "nginx_template": "server { listen ${PORT}; }\n",
    "broken_json": "{",
    "large_json": '{"x": "' + "x" * 600_000 + '"}',
}


def test_a_folders_other_files_are_passed_over_and_counted(tmp_path: Path) -> None:
    files(tmp_path, **OTHERS, **{".computenest__t_yaml": instance("centos_stream_9")})
    for command in ("lint", "positions"):
        result = CliRunner().invoke(app, [command, str(tmp_path)])
        assert result.exit_code == 0, result.output
        assert result.stderr == f"{len(OTHERS)} other files passed over: no templates\n"
    files(tmp_path, **{".computenest__t_yaml": instance("[")})
    assert linted(tmp_path) == [("t.yaml", 5, "unreadable")]
    named = CliRunner().invoke(app, ["lint", str(tmp_path / "k8s" / "all.yaml")])
    assert named.exit_code == 1


def test_a_marker_that_was_named_is_missed_once(tmp_path: Path) -> None:
    files(tmp_path, a__t_yaml=instance("web"), b__t_yaml=instance("ubuntu"))
    assert linted(tmp_path, "--marker", "web") == []
    assert linted(tmp_path, "--marker", "web", "--marker", "wbe") == [("t.yaml", 1, "missing-marker")]


def test_a_broken_template_that_a_configuration_names_is_not_passed_over_too(tmp_path: Path) -> None:
    configuration = "Service: {DeployMetadata: {TemplateConfigs: [{Name: a, Url: t.yaml}]}}\n"
    files(tmp_path, config_yaml=configuration, t_yaml="a: [\n")
    result = CliRunner().invoke(app, ["lint", str(tmp_path)])
    assert ("[unreadable]" in result.stdout, result.stderr) == (True, "")
