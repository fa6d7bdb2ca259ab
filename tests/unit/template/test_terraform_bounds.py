"""Terraform that is made to cost: every file is read, or refused with a reason, in bounded steps."""

from __future__ import annotations

import pytest

from computenest.templates import TemplateRefused, scan

RESOURCE = 'resource "alicloud_instance" "x" {\n  image_id = %s\n}\n'
NESTED = 150


@pytest.mark.parametrize(
    "value",
    [
        "(" * NESTED + '"m"' + ")" * NESTED,
        "coalesce(" * NESTED + '"m"' + ")" * NESTED,
        "merge(" * 100 + '{a = "m"}' + ")" * 100 + ".a",
        "[" * NESTED + '"m"' + "]" * NESTED + "[0]" * NESTED,
        "".join("(var.a ? " for _ in range(100)) + '"m"' + ' : "n")' * 100,
        "true == " * 500 + 'true ? "a" : "b"',
        '["a", "b"][' + "1 + " * 1_000 + "0]",
        "".join(f"[for v{n} in [1, 2] : " for n in range(60)) + '"m"' + "]" * 60 + "[0]" * 60,
        "flatten(" + "".join(f"[for v{n} in range(10) : " for n in range(8)) + '"m"' + "]" * 8 + ")[0]",
        "local.a0[0]",
        "local.b.x",
    ],
    ids=range(11),
)
def test_hostile_expressions_end(value: str) -> None:
    chain = "".join(f"  a{n} = concat({', '.join([f'local.a{n + 1}'] * 4)})\n" for n in range(30))
    text = RESOURCE % value + f"locals {{\n{chain}  b = merge(local.c, {{}})\n  c = merge(local.b, {{}})\n}}\n"
    try:
        found = scan(text.encode(), name="main.tf")
    except TemplateRefused:
        return  # with a reason: more values than can be listed
    assert found.positions
    assert len({position.address for position in found.positions}) == len(found.positions)


def test_turns_of_nested_loops_are_bounded() -> None:
    loops = 'dynamic "q%d" {\nfor_each = [1, 2, 3]\ncontent {\n'
    opened = "".join(loops % number for number in range(12))
    value = " + ".join(f"q{number}.value" for number in range(12))
    text = f'resource "alicloud_ehpc_cluster_v2" "x" {{\n{opened}image_id = {value}\n{"}" + chr(10) + "}" + chr(10)}'
    with pytest.raises(TemplateRefused, match="turns of loops"):
        scan((text + "}\n}\n" * 11 + "}\n").encode(), name="main.tf")
