"""Examples in Go: the schema tells which type every value has there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from computenest.serve.schema.examples import Program

_SCALARS = {"string": "pulumi.String", "integer": "pulumi.Int", "number": "pulumi.Float64", "boolean": "pulumi.Bool"}
_ARRAYS = {"string": "pulumi.StringArray", "integer": "pulumi.IntArray"}
_IMPORTS = ('"github.com/pulumi/pulumi/sdk/v3/go/pulumi"', '"pulumi-computenest/sdk/go/computenest"')


@dataclass(frozen=True, slots=True)
class Go:
    """Writes programs in Go.

    Args:
        schema: the provider's.
    """

    schema: Mapping[str, Any]

    def text(self, program: Program) -> str:
        """The program, as gofmt writes it but for the alignment of keys."""
        lines = ["package main", "", "import ("]
        lines += ['\t"os"', ""] if program.reads_file else []
        lines += [*(f"\t{one}" for one in _IMPORTS), ")", "", "func main() {"]
        lines.append("\tpulumi.Run(func(ctx *pulumi.Context) error {")
        if program.reads_file:
            lines += ['\t\ttemplate, err := os.ReadFile("template.yaml")', *_checked()]
        for one in program.declared:
            lines += self._declared(program, one)
        for name, (variable, output) in program.outputs.items():
            call = "()" if any(one.name == variable and one.is_function for one in program.declared) else ""
            lines.append(f'\t\tctx.Export("{name}", {variable}.{_pascal(output)}{call})')
        return "\n".join([*lines, "\t\treturn nil", "\t})", "}", ""])

    def _declared(self, program: Program, one: Any) -> Iterator[str]:
        token = f"computenest:index:{one.type_name}"
        if one.is_function:
            specs = self.schema["functions"][token]["inputs"]["properties"]
            name = _pascal(one.type_name)
            yield f"\t\t{one.name} := computenest.{name}Output(ctx, computenest.{name}OutputArgs{{"
            yield from self._fields(one.properties, specs)
            yield "\t\t})"
            return
        specs = self.schema["resources"][token]["inputProperties"]
        variable = one.name if program.is_used(one.name) else "_"
        yield (
            f"\t\t{variable}, err := computenest.New{one.type_name}"
            f'(ctx, "{one.name}", &computenest.{one.type_name}Args{{'
        )
        yield from self._fields(one.properties, specs)
        yield "\t\t})"
        yield from _checked()

    def _fields(self, given: Mapping[str, Any], specs: Mapping[str, Any]) -> Iterator[str]:
        for key, value in given.items():
            yield f"\t\t\t{_pascal(key)}: {self._value(value, specs[key], depth=3)},"

    def _value(self, value: Any, spec: Mapping[str, Any], *, depth: int) -> str:
        if isinstance(value, str) and value.startswith("${"):
            variable, _, output = value[2:-1].partition(".")
            return f"{variable}.{_pascal(output)}"
        if isinstance(value, Mapping) and "fn::readFile" in value:
            return "pulumi.String(string(template))"
        name = str(spec.get("$ref", "")).rpartition(":")[2] if str(spec.get("$ref", "")).startswith("#/types/") else ""
        if "oneOf" in spec:
            name = str(spec["discriminator"]["mapping"][value["kind"]]).rpartition(":")[2]
        if name:
            return self._named(value, name, depth)
        if isinstance(value, list):
            return self._list(value, spec["items"], depth)
        if isinstance(value, Mapping):
            return self._map(value, spec.get("additionalProperties", {}), depth)
        kind = spec.get("type") or {str: "string", bool: "boolean", int: "integer"}[type(value)]
        return f"{_SCALARS[kind]}({json.dumps(value, ensure_ascii=False)})"

    def _named(self, value: Any, name: str, depth: int) -> str:
        spec = self.schema["types"][f"computenest:index:{name}"]
        if "enum" in spec:
            return f"computenest.{name}({json.dumps(value)})"
        properties = spec["properties"]
        items = [f"{_pascal(key)}: {self._value(v, properties[key], depth=depth + 1)}" for key, v in value.items()]
        return _composite(f"computenest.{name}Args", items, depth)

    def _list(self, value: list[Any], inner: Mapping[str, Any], depth: int) -> str:
        if "$ref" in inner:
            name = str(inner["$ref"]).rpartition(":")[2]
            found = [self._value(item, inner, depth=depth + 1) for item in value]
            return _composite(f"computenest.{name}Array", found, depth)
        items = ", ".join(self._value(item, inner, depth=depth) for item in value)
        return f"{_ARRAYS[inner['type']]}{{{items}}}"

    def _map(self, value: Mapping[str, Any], inner: Mapping[str, Any], depth: int) -> str:
        name = str(inner.get("$ref", "")).rpartition(":")[2] if "/types/" in str(inner.get("$ref", "")) else ""
        kind = f"computenest.{name}Map" if name else {"string": "pulumi.StringMap"}.get(inner.get("type", ""), "")
        kind = kind or ("pulumi.StringMapMap" if inner.get("type") == "object" else "pulumi.Map")
        items = [
            f"{json.dumps(key, ensure_ascii=False)}: {self._value(item, inner, depth=depth + 1)}"
            for key, item in value.items()
        ]
        return _composite(kind, items, depth)


def _composite(kind: str, items: list[str], depth: int) -> str:
    inner = "\t" * (depth + 1)
    return kind + "{\n" + "".join(f"{inner}{item},\n" for item in items) + "\t" * depth + "}"


def _checked() -> tuple[str, ...]:
    return ("\t\tif err != nil {", "\t\t\treturn err", "\t\t}")


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]
