"""Terraform: arguments by resource type, what they can be, and HCL inside a ROS template."""

from __future__ import annotations

import json

import pytest

from computenest.review.lint import lint
from computenest.templates import Position, Scan, TemplateRefused, render, scan, scan_module

HEAD = 'resource "alicloud_instance" "web" {\n  image_id = %s\n}\n'


def cut(data: bytes, position: Position) -> str:
    """The text of a position."""
    assert position.start is not None
    assert position.end is not None
    return data[position.start : position.end].decode()


@pytest.mark.parametrize(
    ("value", "rest", "forms"),
    [
        ('"m-1"', "", {("literal", "m-1")}),
        ('"m-1" # 中文', "", {("literal", "m-1")}),
        ('("m-1")', "", {("literal", "m-1")}),
        ('"$${x}"', "", {("literal", "$${x}")}),
        ('""', "", {("literal", "")}),
        ("var.i", 'variable "i" {\n  default = "m-1"\n}', {("variable", "m-1")}),
        ('"${var.i}"', 'variable "i" {\n  default = "m-1"\n}', {("variable", "m-1")}),
        ("local.i", 'locals {\n  i = "m-1"\n}', {("local", "m-1")}),
        ('var.c ? "a" : "b"', "", {("conditional", "a"), ("conditional", "b")}),
        ('var.c ? "a" : var.d ? "b" : "c"', "", {("conditional", "a"), ("conditional", "b"), ("conditional", "c")}),
        ('var.c ? var.d ? "a" : "b" : "c"', "", {("conditional", "a"), ("conditional", "b"), ("conditional", "c")}),
        ('(var.c == "x?y:z" ? "a" : "b")', "", {("conditional", "a"), ("conditional", "b")}),
        ("local.m[var.r]", 'locals {\n  m = { a = "m-1", "b" : "m-2" }\n}', {("map", "m-1"), ("map", "m-2")}),
        ('local.m["b"]', 'locals {\n  m = {\n    a = "m-1"\n    b = "m-2"\n  }\n}', {("map", "m-2")}),
        ("local.m.a", 'locals {\n  m = { a = "m-1" }\n}', {("map", "m-1")}),
        ('lookup(local.m, "a", "d")', 'locals {\n  m = { a = "m-1" }\n}', {("map", "m-1")}),
        ('lookup(local.m, "b", "d")', 'locals {\n  m = { a = "m-1" }\n}', {("expression", "d")}),
        ('lookup(local.m, var.r, "d")', 'locals {\n  m = { a = "m-1" }\n}', {("map", "m-1"), ("expression", "d")}),
        ('element(["a", "b"], count.index)', "", {("map", "a"), ("map", "b")}),
        ('coalesce("", null, "a", "b")', "", {("expression", "a")}),
        ('coalesce(var.i, "b")', 'variable "i" {\n  default = "a"\n}', {("variable", "a"), ("expression", "b")}),
    ],
)
def test_values_are_followed_to_their_literals(value: str, rest: str, forms: set[tuple[str, str]]) -> None:
    data = (f"# 中文\n{HEAD % value}{rest}\n").encode()
    found = [position for position in scan(data, name="main.tf").positions if position.is_editable]
    assert {(position.form, cut(data, position)) for position in found} == forms
    assert {position.path for position in found} == {"alicloud_instance.web.image_id"}


@pytest.mark.parametrize(
    ("value", "form", "reason"),
    [
        ("var.i", "variable", "not declared in this file"),
        ("local.i", "local", "not declared in this file"),
        ("data.alicloud_images.x.images[0].id", "data", "chosen at deployment"),
        ("module.x.image", "module", "output of a module"),
        ("alicloud_image.x.id", "resource", "attribute of a resource"),
        ("each.value", "expression", "known at deployment"),
        ('"a-${var.x}"', "expression", "text with interpolations"),
        ('"${var.x}${var.y}"', "expression", "text with interpolations"),
        ('join("", [var.x])', "expression", "function join()"),
        ("var.a + 1", "expression", "an operation"),
        ("null", "null", "as if the argument were not there"),
        ("123", "literal", "not a string"),
        ("<<EOT\nm-1\nEOT", "heredoc", "write the id in quotes"),
        ("[for x in var.y : x]", "expression", "a list or an object"),
        ("data.x.y[*].id", "data", "chosen at deployment"),
    ],
)
def test_what_is_decided_at_deployment_says_so(value: str, form: str, reason: str) -> None:
    (position,) = scan((HEAD % value).encode(), name="main.tf").positions
    assert (position.form, position.start) == (form, None)
    assert reason in (position.reason or "")


def test_comments_heredocs_and_other_resources_are_not_touched() -> None:
    data = b"""
# image_id = "m-1"
/* resource "alicloud_instance" "a" { image_id = "m-1" } */
resource "alicloud_instance" "a" {
  user_data = <<-EOT
    resource "alicloud_instance" "b" { image_id = "m-1" }
    EOT
}
resource "alicloud_ens_instance" "b" { image_id = "m-2" }
resource "any_thing" "c" { image_id = "m-3" }
data "alicloud_instances" "d" { image_id = "m-4" }
"""
    found = scan(data, name="main.tf")
    assert found.positions == ()
    assert [lookalike.value for lookalike in found.lookalikes] == ["m-2"]


def test_nested_and_dynamic_blocks_are_searched() -> None:
    data = b"""resource "alicloud_ehpc_cluster_v2" "a" {
  queues {
    compute_nodes { image_id = "m-1" }
    compute_nodes { image_id = "m-2" }
  }
  dynamic "queues" {
    for_each = { for k, v in var.q : k => v if v != "" }
    content { image_id = "m-3" }
  }
}
"""
    assert {position.path: position.value for position in scan(data, name="a.tf").positions} == {
        "alicloud_ehpc_cluster_v2.a.queues[0].compute_nodes[0].image_id": "m-1",
        "alicloud_ehpc_cluster_v2.a.queues[0].compute_nodes[1].image_id": "m-2",
        "alicloud_ehpc_cluster_v2.a.dynamic[0].content[0].image_id": "m-3",
    }


def test_a_module_call_is_reported_with_a_caution() -> None:
    (position,) = scan(b'module "m" {\n  source = "./x"\n  image_id = "m-1"\n}\n', name="main.tf").positions
    assert (position.path, position.resource_type) == ("module.m.image_id", "module")
    assert "decided in the module" in (position.reason or "")


def test_a_folder_is_one_module_and_a_literal_belongs_to_its_file() -> None:
    files = {
        "main.tf": (HEAD % "var.image").encode(),
        "variables.tf": b'variable "image" {\n  default = "m-1"\n}\n',
        "broken.tf": b"resource {{\n",
        "empty.tf": b"",
    }
    results = scan_module(files)
    main, variables = results["main.tf"], results["variables.tf"]
    assert isinstance(main, Scan)
    assert isinstance(variables, Scan)
    assert [(p.start, p.reason) for p in main.positions] == [(None, "stands in variables.tf, line 2")]
    assert cut(files["variables.tf"], variables.positions[0]) == "m-1"
    assert isinstance(results["broken.tf"], TemplateRefused)
    assert isinstance(results["empty.tf"], Scan)


def test_terraform_in_json() -> None:
    tree = {
        "variable": {"i": {"default": "m-v"}},
        "locals": {"l": "m-l"},
        "resource": {
            "alicloud_instance": {
                "a": {"image_id": "m-1"},
                "b": [{"image_id": "${var.i}"}],
                "c": {"image_id": '${var.x ? "m-t" : local.l}'},
                "d": {"image_id": "x-${var.i}"},
            }
        },
        "module": {"m": {"image_id": "m-m"}},
    }
    data = json.dumps(tree, indent=1).encode()
    found = scan(data, name="main.tf.json")
    assert found.format == "terraform-json"
    assert {cut(data, p) for p in found.positions if p.is_editable} == {"m-1", "m-v", "m-t", "m-l", "m-m"}
    assert scan(data, name="x.json").positions == found.positions


INNER = 'resource "alicloud_instance" "a" {\n  user_data = "中\\n"\n  image_id = "m-1"\n}\n'


@pytest.mark.parametrize(
    "value",
    [
        "|\n    " + INNER.replace("\n", "\n    "),
        "|2-\n    " + INNER.replace("\n", "\n    "),
        json.dumps(INNER),
        json.dumps(INNER, ensure_ascii=False),
        "'" + INNER.replace("\n", "\n\n    ") + "'",
    ],
    ids=["block", "indented block", "escaped", "quoted", "single"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_hcl_in_a_workspace_is_mapped_to_the_outer_bytes(value: str, newline: str) -> None:
    text = f"# 中文\nTransform: Aliyun::Terraform-v1.5\nWorkspace:\n  main.tf: {value}\n".replace("\n", newline)
    data = text.encode()
    found = scan(data)
    assert found.format == "ros-terraform"
    (position,) = found.positions
    assert position.path == 'Workspace["main.tf"].alicloud_instance.a.image_id'
    if position.start is None:
        assert "verbatim" in (position.reason or "")
        assert value.startswith("'"), "only a folded scalar has no bytes of its own"
        return
    assert cut(data, position) == "m-1"
    rendered = render(data, scan=found, substitutions={"m-1": "m-2"})
    assert rendered == data[: position.start] + b"m-2" + data[position.end :]
    assert [again.value for again in scan(rendered).positions] == ["m-2"]


def test_files_of_a_workspace_are_one_module() -> None:
    data = json.dumps(
        {
            "Transform": "Aliyun::Terraform-v1.5",
            "Workspace": {"main.tf": HEAD % "var.image", "vars.tf": 'variable "image" {\n default = "m-1"\n}\n'},
        }
    ).encode()
    (position,) = scan(data).positions
    assert cut(data, position) == "m-1"
    assert "whoever applies may set another" in (position.reason or "")


def test_broken_hcl_in_a_workspace_is_refused_with_the_outer_line() -> None:
    data = b"Transform: Aliyun::Terraform-v1.5\nWorkspace:\n  main.tf: |\n    a = 1\n    b =\n"
    with pytest.raises(TemplateRefused) as caught:
        scan(data)
    assert caught.value.line == 5


LEGAL = [
    "a = 1\n",
    "a = 1",
    "a = -1 + 2 * (3 - -4) % 5\n",
    "a = !b && c || d == e\n",
    "a = [\n  1,\n  2,\n]\n",
    'a = {\n  b = 1\n  "c" : 2, d = 3\n  (e) = 4\n}\n',
    "a = [for x in y : x if x != null]\n",
    "a = { for k, v in m : k => v... if v }\n",
    'a = "x ${ b ? "y" : "z" } %{ if c ~} d %{ else } e %{~ endif } %{ for x in y }${x}%{ endfor }"\n',
    "a = f(b, c...)\n",
    "a = b.c[0].d[*].e.*.f.0.g\n",
    "a = provider::x::f(1)\n",
    'a = "\\"${"$${"}%%{"\n',
    'a = <<-EOT\n  ${x} } ] "\n  EOT\nb = 1\n',
    "a {\n}\n",
    "a { b = 1 }\n",
    'a "b" c {\n  d = (\n    1\n    +\n    2\n  )\n} # x\n',
    "a = 1 // x\nb = 2 /* y */ # z\n",
    "/* x */ a /* y */ = /* z */ 1\n",
    "a = x ? y : z\r\nb = 2\r\n",
    "a = (\n  # note\n  b\n)\n",
    "for = 1\nin = 2\nif = 3\n",
    "a = { for = 1, in = 2, if = 3 }\n",
]
ILLEGAL = [
    "a\n",
    "a =\n",
    "a = 1 2\n",
    "a = 1,\n",
    "a = (1\n",
    "a = 1)\n",
    "a = [1}\n",
    'a = "x\n',
    'a = "${b"\n',
    "a = b c\n",
    "a = * 1\n",
    "a = <<EOT\nx\n",
    "a {\n",
    "}\n",
    "a = 1 b = 2\n",
    "a = [1, , 2]\n",
    "a = b ? \n",
    "= 1\n",
    "a = /* x\n",
    'a = "${b c}"\n',
    "a = b {\n}\n",
    "a = [1\n2]\n",
    "a = @\n",
]


@pytest.mark.parametrize("text", LEGAL)
def test_legal_hcl_is_read(text: str) -> None:
    assert scan(text.encode(), name="main.tf").positions == ()


@pytest.mark.parametrize("text", ILLEGAL)
def test_illegal_hcl_is_refused(text: str) -> None:
    with pytest.raises(TemplateRefused, match="not HCL"):
        scan(text.encode(), name="main.tf")


@pytest.mark.parametrize(
    "loop",
    [
        "{\n  for k, v in local.all : k => v\n  if contains(var.on, k)\n}",
        "{ for k, v in local.all :\n  k\n  => v...\n if true\n }",
        "[\n  for v in local.all : v\n  if v != null\n]",
        "{\n  a = { for k in [1] : k => k\n if true }\n  b = 1\n}",
    ],
)
def test_a_loop_goes_on_in_the_next_line(loop: str) -> None:
    data = f'locals {{\n  found = {loop}\n}}\nresource "alicloud_instance" "a" {{\n  image_id = "m-1"\n}}\n'
    assert [position.value for position in scan(data.encode(), name="main.tf").positions] == ["m-1"]


def test_a_scaling_configuration_pulls_with_what_its_own_block_holds() -> None:
    key = "{{ computenest::acr::dockerconfigjson }}"
    once = f'resource "alicloud_ecs_command" "a" {{\n  command_content = "{key}"\n}}\n'
    scaling = 'resource "alicloud_ess_scaling_configuration" "a" {\n  user_data = %s\n}\n'
    for text, lines in (
        (once + scaling % '"x"', []),
        (once + scaling % f'"{key}"', [5]),
        (once + scaling % "local.script" + f'locals {{\n  script = "{key}"\n}}\n', [8]),
    ):
        found = lint({"main.tf": scan(text.encode(), name="main.tf")})
        assert [one.line for one in found if one.rule == "one-shot-key"] == lines
