"""Substitution over generated templates: only the span changes, the new value is found, the way back is exact."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from computenest.templates import Position, TemplateRefused, scan, scan_module
from computenest.templates import render as rendering
from computenest.templates.model import Scan

IDS = st.from_regex(r"[a-z][a-z0-9_]{0,6}-[a-z0-9.]{0,12}[a-z]", fullmatch=True)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff\u2028\u2029"), max_size=12
)
PLAIN = re.compile(r"[a-z]+-[a-z0-9.]+")
QUOTABLE = TEXTS.filter(lambda text: text.strip() == text and text != "")


@dataclass(frozen=True)
class Style:
    """How one literal is written."""

    before: str
    after: str
    is_block: bool = False


STYLES = [
    Style("", ""),
    Style('"', '"'),
    Style("'", "'"),
    Style("&anchor ", ""),
    Style('!!str &b "', '"'),
    Style("!!str '", "'"),
    Style("|-\n          ", "", is_block=True),
    Style(">-\n          ", "", is_block=True),
    Style("\n          ", ""),
]


@st.composite
def yaml_templates(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A template in any style, and the literals that stand at its positions."""
    names: list[str] = []
    lines = [
        f"# {draw(TEXTS)}",
        "ROSTemplateFormatVersion: '2015-09-01'",
        f"Description: {json.dumps(draw(TEXTS), ensure_ascii=False)}",
    ]
    lines.append("Resources:")
    for number in range(draw(st.integers(1, 4))):
        style = draw(st.sampled_from(STYLES))
        name = draw(IDS)
        names.append(name)
        kind = draw(st.sampled_from(["ALIYUN::ECS::Instance", "'ALIYUN::ECS::InstanceGroup'"]))
        before = style.before.replace("anchor", f"anchor{number}").replace("&b", f"&b{number}")
        comment = "" if style.is_block else draw(st.sampled_from(["", " # note 中", "  "]))
        is_flow = draw(st.booleans()) and not style.is_block and "\n" not in style.before
        if is_flow:
            value = f"{before}{name}{style.after}"
            lines.append(f"  R{number}: {{Type: {kind}, Properties: {{X: [1, 中], ImageId: {value} }} }}{comment}")
        else:
            lines += [
                f"  R{number}:",
                f"    Type: {kind}",
                "    Properties:",
                f"      Name: {json.dumps(draw(TEXTS), ensure_ascii=False)}",
            ]
            lines.append(f"      ImageId: {before}{name}{style.after}{comment}")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = newline.join("\n".join(lines).split("\n")) + draw(st.sampled_from(["", newline]))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode(), names


def spans(found: Scan) -> list[tuple[int, int]]:
    """The distinct editable spans."""
    return sorted({(p.start, p.end) for p in found.positions if p.start is not None and p.end is not None})


def check_round_trip(data: bytes, found: Scan, position: Position, image: str, *, name: str = "template") -> None:
    """Substitute at one position, scan again, substitute back."""
    assert position.start is not None
    assert position.end is not None
    marker = position.address
    once = rendering(data, scan=found, substitutions={marker: image})
    assert once == data[: position.start] + image.encode() + data[position.end :]
    again = scan(once, name=name)
    assert {p.value for p in again.positions if p.address == marker} == {image}
    assert len(again.positions) == len(found.positions)
    back = data[position.start : position.end]
    start = position.start
    assert once[:start] + back + once[start + len(image.encode()) :] == data
    if position.value == back.decode() and PLAIN.fullmatch(position.value):
        assert rendering(once, scan=again, substitutions={marker: position.value}) == data


@given(yaml_templates(), IDS)
def test_yaml_only_the_span_changes_and_the_way_back_is_exact(template: tuple[bytes, list[str]], image: str) -> None:
    data, names = template
    found = scan(data)
    assert [position.value for position in found.positions] == names
    assert [data[start:end].decode() for start, end in spans(found)] == names
    for position in found.positions:
        check_round_trip(data, found, position, image)


@given(yaml_templates(), st.data())
def test_substituting_all_at_once_is_substituting_one_after_the_other(
    template: tuple[bytes, list[str]], choices: st.DataObject
) -> None:
    data, names = template
    substitutions = {name: f"m-new{number}" for number, name in enumerate(dict.fromkeys(names))}
    at_once = rendering(data, scan=scan(data), substitutions=substitutions)
    order = choices.draw(st.permutations(list(substitutions)))
    one_by_one = data
    for marker in order:
        one_by_one = rendering(one_by_one, scan=scan(one_by_one), substitutions={marker: substitutions[marker]})
    assert one_by_one == at_once


@given(QUOTABLE, st.sampled_from([None, 1, "\t"]), st.booleans(), IDS)
def test_json_with_any_text_and_any_escapes(value: str, indent: int | str | None, ascii_only: bool, image: str) -> None:
    tree = {
        "Description": value,
        "Resources": {
            "a" + value: {"Type": "ALIYUN::ECS::Instance", "Properties": {value + "x": [value], "ImageId": value}}
        },
    }
    data = json.dumps(tree, indent=indent, ensure_ascii=ascii_only).encode()
    found = scan(data, name="t.json")
    (position,) = found.positions
    assert position.value == value
    assert json.loads(b'"' + data[position.start : position.end] + b'"') == value
    check_round_trip(data, found, position, image)


@given(TEXTS, IDS, IDS, st.sampled_from(["\n", "\r\n"]))
def test_hcl_only_the_span_changes(comment: str, literal: str, image: str, newline: str) -> None:
    head = f'# {comment}\nresource "alicloud_instance" "a" {{\n  tags = {{ "x" = "é${{var.y}}" }}\n'
    text = f'{head}  image_id = "{literal}"\n}}\n'
    data = text.replace("\n", newline).encode()
    found = scan(data, name="main.tf")
    (position,) = found.positions
    assert position.value == literal
    check_round_trip(data, found, position, image, name="main.tf")


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for name in ("t", "t.tf", "t.json"):
        try:
            scan(data, name=name)
        except TemplateRefused as refused:
            assert refused.line, "a refusal names its line"  # noqa: PT017
    scan_module({"a.tf": data, "b.tf": b""})


SNIPPETS = st.sampled_from(
    [
        '"',
        "${",
        "}",
        "{",
        "%{",
        "(",
        ")",
        "[",
        "]",
        "a",
        "=",
        "\n",
        "<<A\n",
        "A\n",
        "?",
        ":",
        "1",
        "for x in y",
        "...",
        "=>",
        ",",
        "é",
        "#",
        "/*",
        "*/",
        "//",
        " ",
        'resource "alicloud_instance" "a" {\n image_id =',
        "\\",
        "$${",
        "~",
        "!",
    ]
)


@settings(max_examples=500)
@given(st.lists(SNIPPETS, max_size=30).map("".join))
def test_any_pieces_of_hcl_are_read_or_refused(text: str) -> None:
    try:
        found = scan(text.encode(), name="a.tf")
    except TemplateRefused as refused:
        assert refused.line  # noqa: PT017
        return
    for position in found.positions:
        if position.is_editable:
            check_round_trip(text.encode(), found, position, "m-new", name="a.tf")


YAML_SNIPPETS = st.sampled_from(
    [
        "Resources:\n",
        "  W:\n",
        "    Type: ALIYUN::ECS::Instance\n",
        "    Properties:\n",
        "      ImageId: ",
        "m-1\n",
        "&a ",
        "*a\n",
        "!Ref x\n",
        "{'Fn::If': [a, ",
        "b",
        "]}\n",
        "|-\n",
        ">\n",
        "'",
        '"',
        "\n",
        "  ",
        "- ",
        "? ",
        ": ",
        "#",
        "\t",
        "<<: *a\n",
        "\r",
        "\x85",
        "\u2028",
        "é",
        "!!str ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "--- ",
        "%TAG ! x\n",
        "\ufeff",
    ]
)


@settings(max_examples=500)
@given(st.lists(YAML_SNIPPETS, max_size=25).map("".join))
def test_any_pieces_of_yaml_are_read_or_refused(tail: str) -> None:
    head = "Resources:\n  W:\n    Type: ALIYUN::ECS::Instance\n    Properties:\n      ImageId: "
    for text in (tail, head + tail):
        data = text.encode()
        try:
            found = scan(data)
        except TemplateRefused as refused:
            assert refused.line  # noqa: PT017
            continue
        for position in found.positions:
            if position.is_editable:
                check_round_trip(data, found, position, "m-new")
