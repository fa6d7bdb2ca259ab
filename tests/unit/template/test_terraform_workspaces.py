"""Folders of Terraform: modules and their arguments, tfvars, overrides, loops, and a ROS template around them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping

import pytest

from computenest.review.lint import lint
from computenest.templates import Given, MarkerRefused, Scan, markers, positions_given, render, scan, scan_module

RESOURCE = 'resource "alicloud_instance" "x" {\n  image_id = %s\n}\n'
VARIABLE = 'variable "image" {\n  default = "of-default"\n}\n'


def template(workspace: Mapping[str, str], parameters: Mapping[str, object] | None = None) -> bytes:
    """A ROS template of Terraform type."""
    head = "ROSTemplateFormatVersion: '2015-09-01'\nTransform: Aliyun::Terraform-v1.5\n"
    head += f"Parameters: {json.dumps(parameters or {})}\n"
    files = "".join(f"  {name}: |\n{textwrap.indent(text, '    ')}" for name, text in workspace.items())
    return f"{head}Workspace:\n{files}".encode()


def literals(data: bytes) -> dict[str, set[str]]:
    """Editable literals by the property's path without its file, read back from the bytes."""
    found: dict[str, set[str]] = {}
    for position in scan(data).positions:
        if position.start is not None and position.end is not None:
            path = position.path.split('"].', 1)[-1]
            found.setdefault(path, set()).add(data[position.start : position.end].decode())
    return found


@pytest.mark.parametrize(
    ("workspace", "parameters", "expected"),
    [
        pytest.param(
            {
                "main.tf": VARIABLE
                + RESOURCE % "var.image"
                + 'module "m" {\n  source = "./modules/web"\n  image = "of-call"\n}\n',
                "modules/web/main.tf": 'variable "image" {\n  default = "of-module"\n}\n' + RESOURCE % "var.image",
            },
            {},
            {"alicloud_instance.x.image_id": {"of-default"}, "module.m.alicloud_instance.x.image_id": {"of-call"}},
            id="each folder has its own variables",
        ),
        pytest.param(
            {
                "main.tf": 'module "a" {\n  source = "./m"\n  ami = "one"\n}\n'
                'module "b" {\n  source = "./m"\n  ami = "two"\n}\n'
                'module "c" {\n  source = "./m/"\n}\n',
                "m/main.tf": 'variable "ami" {\n  default = "none"\n}\n' + RESOURCE % "var.ami",
            },
            {},
            {
                "module.a.alicloud_instance.x.image_id": {"one"},
                "module.b.alicloud_instance.x.image_id": {"two"},
                "module.c.alicloud_instance.x.image_id": {"none"},
            },
            id="one module called several times, under any name",
        ),
        pytest.param(
            {
                "main.tf": 'module "a" {\n  source = "./m"\n  ami = local.it\n}\nlocals {\n  it = "deep"\n}\n',
                "m/main.tf": 'variable "ami" {}\nmodule "b" {\n  source = "../n"\n  role = { db = var.ami }\n}\n',
                "n/main.tf": 'variable "role" {}\n' + RESOURCE % "var.role.db",
            },
            {},
            {"module.a.module.b.alicloud_instance.x.image_id": {"deep"}},
            id="modules in modules",
        ),
        pytest.param(
            {
                "main.tf": VARIABLE + RESOURCE % "var.image",
                "terraform.tfvars": 'image = "of-tfvars"\n',
                "prod.tfvars": 'image = "of-another"\n',
            },
            {},
            {"alicloud_instance.x.image_id": {"of-tfvars"}},
            id="tfvars win over the default; others are not loaded",
        ),
        pytest.param(
            {
                "main.tf": VARIABLE + RESOURCE % "var.image",
                "b.auto.tfvars": 'image = "of-b"\n',
                "a.auto.tfvars.json": '{"image": "of-a"}\n',
                "terraform.tfvars.json": '{"image": "of-json"}\n',
                "terraform.tfvars": 'image = "of-tfvars"\n',
            },
            {},
            {"alicloud_instance.x.image_id": {"of-b"}},
            id="automatic tfvars by name, after terraform.tfvars",
        ),
        pytest.param(
            {
                "main.tf": VARIABLE + RESOURCE % "var.image",
                "terraform.tfvars": 'image = "of-tfvars"\n',
                "terraform.tfvars.json": '{"image": "of-json"}\n',
            },
            {},
            {"alicloud_instance.x.image_id": {"of-json"}},
            id="terraform.tfvars.json after terraform.tfvars",
        ),
        pytest.param(
            {"main.tf": VARIABLE + RESOURCE % "var.image", "terraform.tfvars": 'image = "of-tfvars"\n'},
            {"image": {"Type": "String", "Default": "of-parameter"}},
            {},
            id="a parameter wins over both",
        ),
        pytest.param(
            {
                "main.tf": 'module "a" {\n  source = "./m"\n}\n',
                "m/main.tf": VARIABLE + RESOURCE % "var.image",
                "m/terraform.tfvars": 'image = "of-tfvars"\n',
            },
            {"image": {"Type": "String", "Default": "of-parameter"}},
            {"module.a.alicloud_instance.x.image_id": {"of-default"}},
            id="neither parameters nor tfvars reach into a module",
        ),
        pytest.param(
            {
                "main.tf": VARIABLE + RESOURCE % "var.image" + "# nothing\n",
                "override.tf": 'variable "image" {\n  default = "of-override"\n}\n',
                "z_override.tf": 'resource "alicloud_instance" "x" {\n  tags = {}\n}\n',
            },
            {},
            {"alicloud_instance.x.image_id": {"of-override"}},
            id="an override of a variable",
        ),
        pytest.param(
            {
                "a_override.tf": 'resource "alicloud_instance" "x" {\n  image_id = "of-a"\n}\n',
                "main.tf": RESOURCE % '"of-main"',
                "b_override.tf.json": '{"resource": {"alicloud_instance": {"x": {"image_id": "of-b"}}}}\n',
            },
            {},
            {"alicloud_instance.x.image_id": {"of-b"}},
            id="overrides of an argument, the last by name",
        ),
        pytest.param(
            {
                "main.tf.json": '{"variable": {"i": {"default": "of-json"}},\n'
                ' "module": {"m": {"source": "./m", "i": "${var.i}"}}}\n',
                "m/main.tf": 'variable "i" {}\n' + RESOURCE % "var.i",
            },
            {},
            {"module.m.alicloud_instance.x.image_id": {"of-json"}},
            id="JSON calls HCL",
        ),
        pytest.param(
            {"main.tf": RESOURCE % '"kept"', "provider.debug.tf": RESOURCE.replace('"x"', '"y"') % '"left-out"'},
            {},
            {"alicloud_instance.x.image_id": {"kept"}},
            id="the cloud leaves .debug.tf out",
        ),
        pytest.param(
            {"main.tf": RESOURCE % '"kept"', "old/main.tf": RESOURCE % '"nobody-calls"'},
            {},
            {"alicloud_instance.x.image_id": {"kept", "nobody-calls"}},
            id="a folder that nobody calls is not dropped",
        ),
    ],
)
def test_a_workspace_is_read_as_terraform_reads_it(
    workspace: dict[str, str], parameters: dict[str, object], expected: dict[str, set[str]]
) -> None:
    data = template(workspace, parameters)
    assert literals(data) == expected
    found = scan(data)
    paths = [(position.path, position.leaf, position.start) for position in found.positions]
    assert len(set(paths)) == len(paths)
    for value in set().union(*expected.values()):
        once = render(data, scan=found, substitutions={value: "m-new"})
        again = scan(once)
        assert once == data.replace(f'"{value}"'.encode(), b'"m-new"')
        assert render(once, scan=again, substitutions={"m-new": "m-new"}) == once


HEAD = 'locals {\n  m = {\n    a = "m-a"\n    b = "m-b"\n  }\n}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'resource "alicloud_instance" "x" {\n  for_each = local.m\n  image_id = each.value\n}\n',
            {'alicloud_instance.x["a"].image_id': {"m-a"}, 'alicloud_instance.x["b"].image_id': {"m-b"}},
        ),
        (
            'resource "alicloud_instance" "x" {\n  for_each = toset(["a", "b"])\n  image_id = local.m[each.key]\n}\n',
            {'alicloud_instance.x["a"].image_id': {"m-a"}, 'alicloud_instance.x["b"].image_id': {"m-b"}},
        ),
        (
            'resource "alicloud_instance" "x" {\n  for_each = toset(["a", "c"])\n'
            '  image_id = each.key == "a" ? "yes" : "no"\n}\n',
            {'alicloud_instance.x["a"].image_id': {"yes"}, 'alicloud_instance.x["c"].image_id': {"no"}},
        ),
        (
            'variable "s" {\n  type = map(object({ image = optional(string, "m-d") }))\n'
            '  default = { a = {}, b = { image = "m-o" } }\n}\n'
            'resource "alicloud_instance" "x" {\n  for_each = var.s\n  image_id = each.value.image\n}\n',
            {'alicloud_instance.x["a"].image_id': {"m-d"}, 'alicloud_instance.x["b"].image_id': {"m-o"}},
        ),
        (
            'resource "alicloud_instance" "x" {\n  count = 2\n  image_id = ["m-0", "m-1"][count.index]\n}\n',
            {"alicloud_instance.x[0].image_id": {"m-0"}, "alicloud_instance.x[1].image_id": {"m-1"}},
        ),
        (
            'resource "alicloud_instance" "x" {\n  count = 2\n  image_id = "m-0"\n}\n',
            {"alicloud_instance.x.image_id": {"m-0"}},
        ),
        (RESOURCE % 'merge(local.m, { b = "m-c" })["b"]', {"alicloud_instance.x.image_id": {"m-c"}}),
        (RESOURCE % 'merge(local.m, { b = "m-c" })["a"]', {"alicloud_instance.x.image_id": {"m-a"}}),
        (RESOURCE % '{ for k, v in local.m : "${k}-x" => v }["b-x"]', {"alicloud_instance.x.image_id": {"m-b"}}),
        (RESOURCE % '[for k, v in local.m : v if k != "a"][0]', {"alicloud_instance.x.image_id": {"m-b"}}),
        (RESOURCE % 'flatten([["m-0"], [["m-1"]]])[1]', {"alicloud_instance.x.image_id": {"m-1"}}),
        (RESOURCE % 'concat(["m-0"], values(local.m))[2]', {"alicloud_instance.x.image_id": {"m-b"}}),
        (RESOURCE % 'element(["m-0", "m-1", "m-2"], 4)', {"alicloud_instance.x.image_id": {"m-1"}}),
        (RESOURCE % 'try(local.m.c, "m-d")', {"alicloud_instance.x.image_id": {"m-d"}}),
        (RESOURCE % 'try(local.m.a, "m-d")', {"alicloud_instance.x.image_id": {"m-a"}}),
        (RESOURCE % "values(local.m)[*][0]", {}),
        (
            'resource "alicloud_ehpc_cluster_v2" "x" {\n  dynamic "queues" {\n    for_each = local.m\n'
            "    iterator = q\n"
            "    content {\n      image_id = q.value\n    }\n  }\n}\n",
            {
                'alicloud_ehpc_cluster_v2.x.dynamic[0]["a"].content[0].image_id': {"m-a"},
                'alicloud_ehpc_cluster_v2.x.dynamic[0]["b"].content[0].image_id': {"m-b"},
            },
        ),
    ],
)
def test_loops_and_functions_come_to_their_literals(text: str, expected: dict[str, set[str]]) -> None:
    data = template({"main.tf": HEAD + text})
    assert literals(data) == expected
    assert len(scan(data).positions) >= len(expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            'resource "alicloud_instance" "x" {\n  for_each = var.s\n  image_id = each.value\n}\nvariable "s" {}\n',
            "has no default",
        ),
        ('resource "alicloud_instance" "x" {\n  for_each = data.a.b.c\n  image_id = each.value\n}\n', "data source"),
        (RESOURCE % 'merge({}, data.a.b.c)["a"]', "data source"),
        (RESOURCE % 'local.m["c"]' + HEAD, "no `c`"),
        (RESOURCE % 'jsondecode("{}").a', "function jsondecode()"),
        (RESOURCE % "module.m.image", "there is no such call"),
    ],
)
def test_what_no_file_tells_stays_open_with_the_reason(text: str, reason: str) -> None:
    (position,) = scan(template({"main.tf": text})).positions
    assert position.start is None
    assert reason in (position.reason or "")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('"alibaba/ecs-instance/alicloud"', "kept elsewhere"),
        ('"git::https://example.com/x.git//modules/x"', "kept elsewhere"),
        ('"./not/here"', "not among these files"),
        ("var.where", "known at deployment"),
    ],
)
def test_a_module_that_is_not_here_is_reported(source: str, why: str) -> None:
    data = template({"main.tf": f'module "m" {{\n  image_id = "m-1"\n  source = {source}\n}}\nvariable "where" {{}}\n'})
    found = scan(data)
    assert literals(data) == {"module.m.image_id": {"m-1"}}
    (finding,) = [one for one in lint({"a.yaml": found}) if one.rule == "not-followed"]
    assert why in finding.message
    assert data.decode().split("\n")[finding.line - 1].strip().startswith("source")
    assert any(why in note.message for note in found.warnings)


def test_a_parameter_of_the_template_sets_a_variable() -> None:
    parameters = {"image": {"Type": "String", "Default": "m-bp1aaaaaaaaaaaaaaaa1", "AllowedValues": ["m-x", "m-y"]}}
    data = template({"main.tf": VARIABLE + RESOURCE % "var.image"}, parameters)
    found = scan(data)
    (position,) = found.positions
    assert (position.form, position.value, position.start) == ("ref", None, None)
    assert (position.default, position.allowed_values) == ("m-bp1aaaaaaaaaaaaaaaa1", ("m-x", "m-y"))
    assert [(one.rule, one.path) for one in lint({"a.yaml": found})] == [("uncovered-image", "Parameters.image")]
    with pytest.raises(MarkerRefused, match="stands at no image position"):
        markers(found, ["of-default"])
    (at_once,) = positions_given(data, given=Given({"image": "m-given"}, "cn-hangzhou"))
    assert at_once.value == "m-given"


def test_a_shared_literal_is_one_and_a_path_to_it_is_refused() -> None:
    call = 'module "%s" {\n  source = "./m"\n}\n'
    data = template({"main.tf": call % "a" + call % "b", "m/main.tf": VARIABLE + RESOURCE % "var.image"})
    found = scan(data)
    one, other = found.positions
    assert (one.start, one.end) == (other.start, other.end)
    with pytest.raises(MarkerRefused, match="both would change"):
        markers(found, [one.path])
    assert markers(found, [one.path, other.path])
    assert render(data, scan=found, substitutions={"of-default": "m-1"}) == data.replace(b"of-default", b"m-1")


def test_folders_on_disk_share_literals_over_files() -> None:
    files = {
        "env/main.tf": b'module "m" {\n  source = "../modules/web"\n  image = var.image\n}\nvariable "image" {}\n',
        "env/terraform.tfvars": b'image = "m-1"\n',
        "modules/web/main.tf": (VARIABLE + RESOURCE % "var.image").encode(),
    }
    results = scan_module(files)
    values, home = results["env/terraform.tfvars"], results["modules/web/main.tf"]
    assert isinstance(values, Scan)
    assert isinstance(home, Scan)
    path = "module.m.alicloud_instance.x.image_id"
    assert [(p.path, p.value, p.is_editable) for p in values.positions] == [(path, "m-1", True)]
    assert [(p.path, p.reason) for p in home.positions] == [(path, "stands in env/terraform.tfvars, line 1")]
    rendered = render(files["env/terraform.tfvars"], scan=values, substitutions={"m-1": "m-2"})
    assert rendered == b'image = "m-2"\n'


def test_a_module_that_its_examples_call_is_read_by_itself_too() -> None:
    files = {
        "main.tf": (VARIABLE + RESOURCE % "var.image").encode(),
        "examples/a/main.tf": b'module "m" {\n  source = "../../"\n  image = "m-1"\n}\n',
    }
    results = scan_module(files)
    paths = {p.path: p.value for found in results.values() if isinstance(found, Scan) for p in found.positions}
    assert paths == {"alicloud_instance.x.image_id": "of-default", "module.m.alicloud_instance.x.image_id": "m-1"}


def test_modules_that_call_each_other_end() -> None:
    call = 'module "m" {\n  source = "%s"\n}\n'
    data = template(
        {"main.tf": call % "./a", "a/main.tf": call % "../b", "b/main.tf": call % "../a" + RESOURCE % '"m-1"'}
    )
    found = scan(data)
    assert {position.value for position in found.positions} == {"m-1"}
    assert any("deeper than" in note.message for note in found.warnings)


def test_arguments_of_modules_elsewhere_are_found_by_name_or_by_what_they_are() -> None:
    call = (
        'module "m" {\n  source = "x/y/z"\n  version = "1.0"\n  source_image_id = "m-1"\n'
        '  golden = "m-bp1aaaaaaaaaaaaaaaa1"\n  role = "web"\n  image_name = "x"\n}\n'
    )
    found = scan(template({"main.tf": call})).positions
    assert {(p.path.rpartition(".")[2], p.value) for p in found} == {
        ("source_image_id", "m-1"),
        ("golden", "m-bp1aaaaaaaaaaaaaaaa1"),
    }
    assert all("decided in the module" in (p.reason or "") for p in found)


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        ("module.m.image", "one"),
        ('module.each["b"].image', "two"),
        ("module.many[1].image", "three"),
        ('module.alike["a"].image', "four"),
        ("values(module.alike)[1].image", "four"),
        ("[for one in module.each : one.image][0]", "one"),
        ("(module.many[*].image)[0]", "three"),
    ],
)
def test_outputs_of_modules_are_followed(reader: str, expected: str) -> None:
    calls = (
        'module "m" {\n  source = "./m"\n  i = "one"\n}\n'
        'module "each" {\n  source = "./m"\n  for_each = { a = "one", b = "two" }\n  i = each.value\n}\n'
        'module "many" {\n  source = "./m"\n  count = 2\n  i = "three"\n}\n'
        'module "alike" {\n  source = "./m"\n  for_each = toset(["a", "b"])\n  i = "four"\n}\n'
    )
    module = 'variable "i" {}\noutput "image" {\n  value = var.i\n}\n'
    data = template({"main.tf": calls + RESOURCE % reader, "m/main.tf": module})
    assert literals(data) == {"alicloud_instance.x.image_id": {expected}}
