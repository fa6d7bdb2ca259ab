"""Random Terraform workspaces that hold image ids in every form that this project reads, the same for each seed.

Every workspace is legal: Terraform plans it. `RESOURCE` and `ARGUMENT` stand where the reader under test and Terraform
need other words (`alicloud_instance` and `image_id`, `terraform_data` and `input`).
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace

KEYS = ("a", "b", "web", "db-1")
DEPTH = 3


@dataclass
class Case:
    """The files of a workspace, and what parameters of the template around it set."""

    files: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    def written(self, resource: str, argument: str) -> dict[str, str]:
        """The files with the words of a reader."""
        return {
            name: text.replace("RESOURCE", resource).replace("ARGUMENT", argument) for name, text in self.files.items()
        }


@dataclass(frozen=True)
class _Names:
    """What an expression may refer to: texts, lists of texts, maps of texts (with keys that they surely have), objects
    of texts by attribute, and truth values."""

    texts: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()  # texts that are one of KEYS[:2]
    numbers: tuple[str, ...] = ()  # 0 or 1
    has_images: bool = False  # `var.images`, a map of objects


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def literal(self) -> str:
        self.count += 1
        return f'"m-{self.count}"'

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def text(self, names: _Names, depth: int = DEPTH) -> str:
        """An expression that is a text, neither null nor empty."""
        if depth <= 0 or self.chance(15):
            return self.random.choice((self.literal(), *names.texts)) if self.chance(80) else self.literal()
        less = depth - 1
        make = self.random.choice(
            (
                lambda: f"lookup({self.map(names, less)}, {self.key(names)}, {self.text(names, less)})",
                lambda: f'lookup({self.map(names, less)}, "absent", {self.text(names, less)})',
                lambda: f"{self.map(names, less)}[{self.key(names)}]",
                lambda: f"{self.list(names, less)}[{self.number(names)}]",
                lambda: f"element({self.list(names, less)}, {self.number(names)} + 3)",
                lambda: f'coalesce("", {self.text(names, less)}, {self.literal()})',
                lambda: f"try({self.map(names, less)}.absent, {self.text(names, less)})",
                lambda: f"try({self.map(names, less)}.a, {self.text(names, less)})",
                lambda: f"({self.flag(names)} ? {self.text(names, less)} : {self.text(names, less)})",
                lambda: f"one([{self.text(names, less)}])",
                lambda: '"${' + self.text(names, less) + '}"' if less < DEPTH - 1 else self.text(names, less),
                lambda: f"tostring({self.text(names, less)})",
                lambda: f"[for k, v in {self.map(names, less)} : v if k == {self.key(names)}][0]",
                lambda: f"values({self.map(names, less)})[{self.number(names)}]",
                lambda: "{ for k, v in " + self.map(names, less) + ' : "x-${k}" => v }["x-${' + self.key(names) + '}"]',
                lambda: self.random.choice((self.literal(), *names.texts)),
            )
        )
        return make()

    def map(self, names: _Names, depth: int) -> str:
        """A map that has the first two KEYS."""
        if depth <= 0 or self.chance(30):
            written = "{ a = " + self.literal() + f', "b" : {self.literal()}, web = {self.literal()} ' + "}"
            return f"tomap({written})" if not names.maps or self.chance(40) else self.random.choice(names.maps)
        less = depth - 1
        make = self.random.choice(
            (
                lambda: f"merge({self.map(names, less)}, {{ b = {self.text(names, less)} }})",
                lambda: f"merge({{ c = {self.literal()} }}, {self.map(names, less)}, {self.map(names, less)})",
                lambda: "{ for k, v in " + self.map(names, less) + " : k => v }",
                lambda: "{ for k in [" + '"b", "a"' + "] : k => " + self.text(names, less) + " }",
                lambda: f'zipmap(["a", "b"], [{self.text(names, less)}, {self.text(names, less)}])',
                lambda: f"tomap({{ a = {self.text(names, less)}, b = {self.text(names, less)} }})",
                lambda: f"({self.flag(names)} ? {self.map(names, less)} : {self.map(names, less)})",
            )
        )
        made = make()
        return f"tomap({made})" if "?" not in made else made

    def list(self, names: _Names, depth: int) -> str:
        """A list of at least two texts."""
        if depth <= 0 or self.chance(30):
            written = f"[{self.literal()}, {self.literal()}]"
            return written if not names.lists or self.chance(40) else self.random.choice(names.lists)
        less = depth - 1
        make = self.random.choice(
            (
                lambda: f"concat({self.list(names, less)}, [{self.text(names, less)}])",
                lambda: (
                    f"flatten([[{self.text(names, less)}], [[{self.text(names, less)}]], {self.list(names, less)}])"
                ),
                lambda: f'compact(["", {self.text(names, less)}, {self.text(names, less)}])',
                lambda: f"reverse({self.list(names, less)})",
                lambda: f"slice(concat({self.list(names, less)}, {self.list(names, less)}), 1, 3)",
                lambda: f"values({self.map(names, less)})",
                lambda: f"[for v in {self.list(names, less)} : v]",
                lambda: f'[for k, v in {self.map(names, less)} : v if k != "web"]',
                lambda: f"tolist(toset({self.list(names, less)}))" if not names.lists else self.list(names, less),
                lambda: f"([for o in [{{ i = {self.text(names, less)} }}, {{ i = {self.literal()} }}] : o][*].i)",
            )
        )
        return make()

    def flag(self, names: _Names) -> str:
        key = self.key(names)
        return self.random.choice(
            (
                f'{key} == "a"',
                f'{key} != "b"',
                f"{self.number(names)} > 0",
                f'!({key} == "a")',
                f'{key} == "a" && {self.number(names)} == 0',
                f'{key} == "b" || {self.number(names)} == 1',
                f'contains(["a"], {key})',
                f"length({self.list(names, 0)}) >= 2",
                *names.flags,
            )
        )

    def key(self, names: _Names) -> str:
        return self.random.choice(('"a"', '"b"', *names.keys, *names.keys))

    def number(self, names: _Names) -> str:
        return self.random.choice(("0", "1", *names.numbers, *names.numbers))


def case_of(seed: int) -> Case:
    """The workspace of a seed."""
    make = _Maker(seed)
    case = Case()
    inner = _module(make, case, "modules/inner", nested=None)
    outer = _module(make, case, "modules/web", nested=inner if make.chance(60) else None)
    names = _root_declarations(make, case)
    main = [_resource(make, names, f"r{number}") for number in range(make.random.randrange(2, 4))]
    for number in range(make.random.randrange(1, 4)):
        source, variables = make.random.choice((inner, outer))
        main.append(_call(make, names, f"c{number}", f"./{source}", variables))
        if make.chance(60):
            index = make.random.choice(('["a"]', '["b"]')) if "for_each" in main[-1] else ""
            index = index or ("[1]" if "count" in main[-1] else "")
            main.append(f'resource "RESOURCE" "o{number}" {{\n  ARGUMENT = module.c{number}{index}.image\n}}\n')
    case.files["main.tf"] = "\n".join(main)
    if make.chance(30):
        override = f'resource "RESOURCE" "r0" {{\n  ARGUMENT = {make.text(replace(names, keys=(), numbers=()))}\n}}\n'
        if "for_each" not in main[0] and "count" not in main[0]:
            case.files[make.random.choice(("override.tf", "z_override.tf"))] = override
    if make.chance(30):
        body = {"ARGUMENT": "${" + make.text(names).replace('"', "'") + "}"}
        tree = {"resource": {"RESOURCE": {"j": body if "'" not in body["ARGUMENT"] else {"ARGUMENT": "m-json"}}}}
        case.files["more.tf.json"] = json.dumps(tree, indent=2)
    return case


def _root_declarations(make: _Maker, case: Case) -> _Names:
    """Variables with defaults, tfvars and parameters, and locals in two files."""
    blocks, local, values = [], [], {"terraform.tfvars": [], "x.auto.tfvars": [], "y.auto.tfvars": []}
    texts = [f"t{number}" for number in range(3)]
    for name in texts:
        is_given = make.chance(25)
        default = f"  default = {make.literal()}\n" if make.chance(80) or not is_given else ""
        blocks.append(f'variable "{name}" {{\n  type = string\n{default}}}\n')
        if is_given and make.chance(50):
            case.parameters[name] = json.loads(make.literal())
        elif is_given or make.chance(25):
            values["terraform.tfvars"].append(f"{name} = {make.literal()}")
        if make.chance(15):
            values[make.random.choice(("x.auto.tfvars", "y.auto.tfvars"))].append(f"{name} = {make.literal()}")
        if is_given and not default and name not in case.parameters:
            values["terraform.tfvars"].append(f"# {name}")
    blocks.append(
        'variable "images" {\n  type = map(object({ image = optional(string, '
        + make.literal()
        + "), other = optional(string) }))\n  default = {\n    a = {}\n    b = { image = "
        + make.literal()
        + " }\n  }\n}\n"
    )
    if make.chance(30):
        values["x.auto.tfvars"].append(f'images = {{ a = {{ image = {make.literal()} }}, b = {{ other = "x" }} }}')
    names = _Names(texts=tuple(f"var.{name}" for name in texts), flags=("var.t0 == var.t1",), has_images=True)
    for number in range(2):
        local.append(f"  l{number} = {make.text(names)}\n")
        names = replace(names, texts=(*names.texts, f"local.l{number}"))
        local.append(f"  m{number} = {make.map(names, 2)}\n")
        names = replace(names, maps=(*names.maps, f"local.m{number}"))
        local.append(f"  x{number} = {make.list(names, 2)}\n")
        names = replace(names, lists=(*names.lists, f"local.x{number}"))
    half = len(local) // 2
    case.files["variables.tf"] = "\n".join(blocks) + "locals {\n" + "".join(local[:half]) + "}\n"
    case.files["locals.tf"] = "locals {\n" + "".join(local[half:]) + "}\n"
    for file, lines in values.items():
        if lines:
            case.files[file] = "\n".join(lines) + "\n"
    return names


def _resource(make: _Maker, names: _Names, name: str) -> str:
    """A resource, alone or several of it."""
    kind = make.random.randrange(6)
    if kind == 0:
        meta, inside = "  count = 2\n", replace(names, numbers=("count.index",))
    elif kind == 1:
        meta = f"  for_each = {make.map(names, 2)}\n"
        inside = replace(names, texts=(*names.texts, "each.value", "each.value"), keys=())
    elif kind == 2:
        meta = '  for_each = toset(["b", "a"])\n'
        inside = replace(names, keys=("each.key", "each.value"))
    elif kind == 3 and names.has_images:
        meta = "  for_each = var.images\n"
        inside = replace(names, texts=(*names.texts, "each.value.image"), keys=("each.key",))
    elif kind == 4:
        meta = f"  for_each = toset([{make.literal()}, {make.literal()}])\n"
        inside = replace(names, texts=("each.value", "each.key"))
    else:
        meta, inside = "", names
    return f'resource "RESOURCE" "{name}" {{\n{meta}  ARGUMENT = {make.text(inside)}\n}}\n'


def _call(make: _Maker, names: _Names, name: str, source: str, variables: dict[str, str]) -> str:
    """A module call with arguments under the names of its variables."""
    meta = ""
    if make.chance(25):
        meta, names = '  for_each = toset(["a", "b"])\n', replace(names, keys=("each.key", "each.value"))
    elif make.chance(20):
        meta, names = "  count = 2\n", replace(names, numbers=("count.index",))
    elif names.has_images and make.chance(20):
        meta = "  for_each = var.images\n"
        names = replace(names, texts=(*names.texts, "each.value.image"), keys=("each.key",))
    lines = []
    for variable, kind in variables.items():
        if kind == "text" and make.chance(75):
            lines.append(f"  {variable} = {make.text(names)}\n")
        elif kind == "map" and make.chance(75):
            lines.append(f"  {variable} = {make.map(names, 2)}\n")
        elif kind == "object":
            written = make.random.choice(("{}", "{ image = " + make.text(names) + " }"))
            lines.append(f"  {variable} = {written}\n")
    return f'module "{name}" {{\n  source = "{source}"\n{meta}{"".join(lines)}}}\n'


def _module(
    make: _Maker, case: Case, folder: str, *, nested: tuple[str, dict[str, str]] | None
) -> tuple[str, dict[str, str]]:
    """A folder with variables, resources and outputs; it may call another."""
    text, mapped, wrapped = make.random.choice((("image", "images", "spec"), ("ami", "by_role", "node")))
    blocks = [
        f'variable "{text}" {{\n  type = string\n  default = {make.literal()}\n}}\n',
        f'variable "{mapped}" {{\n  type = map(string)\n'
        f"  default = {{ a = {make.literal()}, b = {make.literal()} }}\n}}\n",
        f'variable "{wrapped}" {{\n  type = object({{ image = optional(string, {make.literal()}) }})\n}}\n',
    ]
    names = _Names(
        texts=(f"var.{text}", f"var.{wrapped}.image"), maps=(f"var.{mapped}",), flags=(f'var.{text} == "m-1"',)
    )
    blocks.append(f"locals {{\n  chosen = {make.text(names)}\n}}\n")
    names = replace(names, texts=(*names.texts, "local.chosen"))
    blocks.append(_resource(make, names, "inner"))
    if nested is not None:
        blocks.append(_call(make, names, "deeper", f"../{nested[0].rpartition('/')[2]}", nested[1]))
    blocks.append(f'output "image" {{\n  value = {make.text(names)}\n}}\n')
    case.files[f"{folder}/main.tf"] = "\n".join(blocks[:3])
    case.files[f"{folder}/rest.tf"] = "\n".join(blocks[3:])
    return folder, {text: "text", mapped: "map", wrapped: "object"}
