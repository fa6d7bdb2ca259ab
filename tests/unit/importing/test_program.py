"""The written program is Python whatever it is about, means what was declared, and is laid out as ruff would."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from computenest.review.importing.expression import Call, Name, source_of
from computenest.review.importing.program import Declaration, Note, program_text

TEXTS = st.text(max_size=150) | st.sampled_from(["\ud800", '"""', "\\", "a'b\"c", "\u2028x\n" * 3, "{x}", "\r\n" * 90])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.integers(0, 4))
def test_every_value_is_what_its_text_means(value: Any, indent: int) -> None:
    text = source_of(value, indent=indent)
    text.encode()
    assert ast.literal_eval(text) == value


@given(TEXTS, TEXTS, VALUES, TEXTS)
def test_a_program_is_python_whatever_it_is_about(title: str, name: str, value: Any, note: str) -> None:
    declared = Declaration("web", "Service", name, {"tags": value}, notes=(Note(note),))
    tree = ast.parse(program_text(title, [declared], exports={name: Name("web.service_id")}))
    (assigned,) = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert isinstance(assigned.value, ast.Call)
    assert ast.literal_eval(assigned.value.args[0]) == name
    assert ast.literal_eval(assigned.value.keywords[0].value) == value
    assert sum(isinstance(node, ast.Call) for node in ast.walk(tree)) == 2


def test_it_is_laid_out_as_ruff_does(tmp_path: Path) -> None:
    source = Call("computenest.CustomImage", [], {"image_id": "m-bp1gold0000000000001", "region": "cn-hangzhou"})
    long = {f"region-{n}": ["x" * 30, {"k": 'a "b"'}, "it's", Call("File", ["web.yaml"], {})] for n in range(4)}
    arguments = {"source": source, "regions": ["cn-beijing"], "tags": long, "edge": "y" * 90, "none": None}
    declared = [
        Declaration("web", "EcsImagePackage", "web", arguments, notes=(Note("word " * 60),)),
        Declaration("shop", "Service", "shop", {"packages": {"m": Name("web")}, "text": "line\n" * 30}),
        *(Declaration("x", "Y", "n" * n, {"a": ["b" * 10, "c" * 20]}) for n in range(40, 60)),
    ]
    text = program_text("Shop 'n' \"co\"", declared, exports={"id": Name("shop.service_id")})
    file = tmp_path / "program.py"
    file.write_text(text)
    subprocess.run(["ruff", "format", "--isolated", "--line-length", "120", "-q", file], check=True)
    # Two things stay as they are: text of several lines is broken by line, and a blank line after the imports is one.
    assert file.read_text().replace("\n\n\n", "\n\n").split("\n") == text.split("\n")
