"""A hand-written map becomes a marker: which bytes change, what is handed back, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from computenest.cli.template import app
from computenest.kernel.errors import Invalid
from computenest.resources.service_image_association.check import check
from computenest.resources.service_image_association.declaration import Arguments
from computenest.templates import adopt, render, scan

BLOCK = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Os: {Type: String, AllowedValues: [Web]}}
Mappings:
  # hand-written
  Images:
    cn-beijing: {Web: m-2ze0000000000000000a, Size: s}  # north
    cn-hangzhou:
      Web: m-bp10000000000000000a

  # instance types
  Types:
    cn-beijing: {Small: ecs.g7.large}
Resources:
  A:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: !FindInMap [Images, !Ref ALIYUN::Region, Web]  # web
  B:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId:
        Fn::If:
          - IsWeb
          - Fn::FindInMap:
              - Images
              - Ref: ALIYUN::Region
              - Web  # a column
          - centos_7
      InstanceType: !FindInMap [Types, cn-beijing, Small]
"""
ADOPTED = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters: {Os: {Type: String, AllowedValues: [Web]}}
Mappings:
  # hand-written

  # instance types
  Types:
    cn-beijing: {Small: ecs.g7.large}
Resources:
  A:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: web  # web
  B:
    Type: ALIYUN::ECS::InstanceGroup
    Properties:
      ImageId:
        Fn::If:
          - IsWeb
          - web  # a column
          - centos_7
      InstanceType: !FindInMap [Types, cn-beijing, Small]
"""
REGIONS = ["cn-beijing", "cn-hangzhou", "ap-southeast-1", "eu-central-1"]
IMAGES = {"cn-beijing": "m-2ze0000000000000000a", "cn-hangzhou": "m-bp10000000000000000a"}


def test_functions_become_the_marker_and_the_map_is_handed_back() -> None:
    result = adopt(BLOCK.encode(), mapping="Images", marker="web")
    assert result.data.decode() == ADOPTED
    assert result.images == IMAGES
    assert result.is_removed
    assert result.replaced == (
        ("Resources.A.Properties.ImageId", 17),
        ("Resources.B.Properties.ImageId", 24),
    )


def test_json_with_the_only_map_loses_the_section() -> None:
    tree = {
        "Mappings": {"Images": {"cn-beijing": {"Web": IMAGES["cn-beijing"]}, "cn-hangzhou": {"Other": "x"}}},
        "Resources": {
            "A": {
                "Type": "ALIYUN::ECS::Instance",
                "Properties": {"ImageId": {"Fn::FindInMap": ["Images", {"Ref": "ALIYUN::Region"}, "Web"]}},
            }
        },
    }
    result = adopt(json.dumps(tree, indent=1).encode(), mapping="Images", marker="web")
    assert json.loads(result.data) == {
        "Resources": {"A": {"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": "web"}}}
    }
    assert result.images == {"cn-beijing": IMAGES["cn-beijing"]}
    assert result.left_out == ("cn-hangzhou",)


def test_a_map_that_something_else_reads_stays() -> None:
    output = "Outputs: {X: {Value: !FindInMap [Images, cn-beijing, Web]}}\n"
    result = adopt((BLOCK + output).encode(), mapping="Images", marker="web")
    assert not result.is_removed
    assert result.kept_for == ("line 30: it stands at no image property",)
    assert "Images:" in result.data.decode()
    assert scan(result.data).positions[0].value == "web"


def test_columns_are_adopted_one_after_the_other() -> None:
    data = BLOCK.replace("Size: s", "Db: m-2ze0000000000000000b")
    data = data.replace("- Web  #", "- Db  #")
    with pytest.raises(Invalid, match="several columns of map `Images`: `Web`, `Db`"):
        adopt(data.encode(), mapping="Images", marker="web")
    first = adopt(data.encode(), mapping="Images", marker="web", key="Web")
    assert first.kept_for == ("line 24: another column",)
    assert first.images == IMAGES
    second = adopt(first.data, mapping="Images", marker="db")
    assert second.is_removed
    assert second.images == {"cn-beijing": "m-2ze0000000000000000b"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("!Ref ALIYUN::Region, Web]", "!Ref ALIYUN::Region, !Ref Os]", None),
        ("Images, !Ref ALIYUN::Region", "Images, !Ref Os", None),
        ("Web: m-bp10000000000000000a", "Web: !Ref Os", "no literal image id"),
        ("- centos_7", "- web", "already stands"),
        ("- centos_7", "- !Ref Os", None),
        (
            "Web: m-bp10000000000000000a",
            "Web: Unsupported-Image",
            "`Images.cn-hangzhou.Web` .line 8. .*no id of an image",
        ),
        ("Web: m-bp10000000000000000a", "Web: centos_7", "no id of an image"),
        ("Web: m-bp10000000000000000a", "Web: m-2ze0000000000000000b", "an image of cn-beijing by its prefix"),
        ("Web: m-bp10000000000000000a", "Web: m-abc0000000000000000b", None),
        ("!FindInMap [Images", "&a !FindInMap [Images", "anchored"),
        ("  Images:\n", "  Images: &a\n", None),
        ("  Types:\n", "  Images: {}\n  Types:\n", "no `Web` in any row|nothing|other image positions"),
        ("cn-beijing: {Web", "cn-beijing: &row {Web", None),
        ("cn-beijing: {Small", "cn-hangzhou: *row\n    cn-beijing: {Small", "not be legal|undefined|not YAML"),
    ],
)
def test_what_is_not_safe_is_refused_and_the_rest_is_kept(old: str, new: str, message: str | None) -> None:
    text = BLOCK.replace("cn-beijing: {Web", "cn-beijing: &row {Web") if "*row" in new else BLOCK
    assert old in text
    data = text.replace(old, new, 1).encode()
    if message is None:
        result = adopt(data, mapping="Images", marker="web")
        assert result.replaced
        return
    with pytest.raises(Invalid, match=message):
        adopt(data, mapping="Images", marker="web")


def test_a_map_with_the_region_second_says_how_it_should_be_written() -> None:
    data = BLOCK.replace("[Images, !Ref ALIYUN::Region, Web]", "[Images, Web, !Ref ALIYUN::Region]")
    with pytest.raises(
        Invalid, match=r"the region is the second key; write the map .* `\[Images, Ref ALIYUN::Region, Web\]`"
    ):
        adopt(
            data.replace("- IsWeb", "- IsDb").replace("- Images\n", "- Types\n").encode(),
            mapping="Images",
            marker="web",
        )


@given(
    st.dictionaries(
        st.sampled_from([*REGIONS, "cn-nowhere"]),
        st.one_of(
            st.sampled_from(
                ["centos_7", "m-2ze0000000000000000a", "m-bp10000000000000000a", "m-abc0000000000000000a", "web"]
            ),
        ),
        min_size=1,
    )
)
def test_what_adopt_gives_out_the_association_takes(rows: dict[str, str]) -> None:
    mapping = "".join(f"    {region}: {{Web: {image}}}\n" for region, image in rows.items())
    data = f"Mappings:\n  Images:\n{mapping}Resources:\n" + BLOCK.partition("Resources:\n")[2].partition("  B:\n")[0]
    try:
        result = adopt(data.encode(), mapping="Images", marker="marker")
    except Invalid:
        return
    packages = {"marker": {"kind": "map", "images": result.images}}
    wish = {"template": result.data.decode(), "packages": packages, "regions": list(result.images)}
    assert not check(None, Arguments.model_validate(wish), assume_stable_delivery=True).failures


@pytest.mark.parametrize(
    ("mapping", "marker", "key", "message"),
    [
        ("Image", "web", None, "there is `Images`, `Types`"),
        ("Types", "web", None, "line 29: it stands at no image property"),
        ("Images", "web image", None, "is no marker"),
        ("Images", "true", None, "is no marker"),
        ("Images", "centos_7", None, "already stands at Resources.B"),
        ("Images", "web", "Size", "no image position reads `Size`"),
    ],
)
def test_refusals_say_why(mapping: str, marker: str, key: str | None, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        adopt(BLOCK.encode(), mapping=mapping, marker=marker, key=key)


FUNCTIONS = [
    "!FindInMap [Images, !Ref 'ALIYUN::Region', Web]",
    '{"Fn::FindInMap": ["Images", {"Ref": "ALIYUN::Region"}, "Web"]}',
    "\n        Fn::FindInMap: [Images, {Ref: ALIYUN::Region}, Web]",
    "\n        Fn::FindInMap:\n        - Images\n        - Ref: ALIYUN::Region\n        - 'Web'",
    "!FindInMap\n        - Images\n        - !Ref ALIYUN::Region\n        - Web",
]
ROWS = [
    "    {r}: {{Web: {i}, Ä: 'ö # }}'}}\n",
    "    {r}:\n      Web: '{i}'  # ,\n",
    "    {r}:\n      Ä: 中\n      Web: {i}\n\n",
]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"))


@st.composite
def templates(draw: st.DrawFn) -> tuple[bytes, bytes, dict[str, str]]:
    """A template with a map, the same with the marker `web`, and the map."""
    images = {region: f"m-{number}{draw(st.integers(0, 9))}a{'0' * 14}" for number, region in enumerate(REGIONS)}
    rows = "".join(draw(st.sampled_from(ROWS)).format(r=region, i=image) for region, image in images.items())
    other = draw(st.sampled_from(["", "  Other: {cn-beijing: {Web: t}}\n"]))
    is_first = draw(st.booleans())
    block = "  Images:\n" + rows.rstrip("\n") + "\n"
    gap = "" if rows.endswith("a\n") or not rows.endswith("\n\n") else "\n"
    pieces = [f"# {draw(TEXTS)}\nROSTemplateFormatVersion: '2015-09-01'\n"]
    plain = list(pieces)
    if other:
        pieces += ["Mappings:\n", block + gap + other if is_first else other + block + gap]
        plain += ["Mappings:\n", gap + other if is_first else other + gap]
    else:
        pieces += ["Mappings:\n", block + gap]
        plain += [gap]
    for number in range(draw(st.integers(1, 3))):
        comment = draw(st.sampled_from(["", "  # ]}'"]))
        head = f"R{number}:\n    Type: ALIYUN::ECS::Instance\n    Properties:\n      Name: 中\n      ImageId: "
        function = draw(st.sampled_from(FUNCTIONS))
        lead = "\n        " if function.startswith("\n") else ""
        head = ("Resources:\n  " if number == 0 else "  ") + head
        pieces.append(f"{head}{function}{comment}\n")
        plain.append(f"{head}{lead}web{comment}\n")
    newline, mark = draw(st.sampled_from(["\n", "\r\n"])), draw(st.sampled_from(["", "\ufeff"]))
    data, expected = (mark + "".join(part).replace("\n", newline) for part in (pieces, plain))
    return data.encode(), expected.encode(), images


@given(templates())
def test_all_other_bytes_stay_and_each_region_keeps_its_image(case: tuple[bytes, bytes, dict[str, str]]) -> None:
    data, expected, images = case
    before = scan(data)
    result = adopt(data, mapping="Images", marker="web")
    assert result.data == expected
    assert result.images == images
    again = scan(result.data)
    for region, image in result.images.items():
        rendered = scan(render(result.data, scan=again, substitutions={"web": image}))
        was = {p.path: p.value for p in before.positions if f".{region}." in p.leaf}
        assert {p.path: p.value for p in rendered.positions} == was


def test_the_command_writes_template_and_map_for_render(tmp_path: Path) -> None:
    file, out, images = tmp_path / "t.yaml", tmp_path / "out.yaml", tmp_path / "map.json"
    file.write_text(BLOCK)
    words = ["adopt", str(file), "--mapping", "Images", "--marker", "web"]
    result = CliRunner().invoke(app, [*words, "--out", str(out), "--map", str(images)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{file}: map `Images` is removed" in result.stderr
    assert out.read_text() == ADOPTED
    rendered = CliRunner().invoke(app, ["render", str(out), "--package", f"web={images}", "--region", "cn-beijing"])
    assert rendered.stdout == ADOPTED.replace(": web", ": " + IMAGES["cn-beijing"]).replace(
        "- web", "- " + IMAGES["cn-beijing"]
    )
    piped = CliRunner().invoke(app, words)
    assert piped.stdout == ADOPTED
    assert json.loads(piped.stderr[: piped.stderr.index("}") + 1]) == IMAGES
    refused = CliRunner().invoke(app, [*words[:-1], "centos_7", "--out", str(tmp_path / "no")])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert not (tmp_path / "no").exists()
