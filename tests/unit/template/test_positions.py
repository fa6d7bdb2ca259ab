"""What a scan finds: each form of a value, at its path, with the bytes it stands in."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from computenest.templates import Position, scan

HEAD = "ROSTemplateFormatVersion: '2015-09-01'\n"


def instance(value: str, *, kind: str = "ALIYUN::ECS::Instance", head: str = "") -> bytes:
    """A template with one resource whose ImageId is written as `value`."""
    return f"{HEAD}{head}Resources:\n  Web:\n    Type: {kind}\n    Properties:\n      ImageId: {value}\n".encode()


def only(data: bytes) -> Position:
    """The one position of a template."""
    found = scan(data).positions
    assert len(found) == 1, found
    return found[0]


def cut(data: bytes, position: Position) -> bytes:
    """The bytes of a position."""
    assert position.start is not None
    assert position.end is not None
    return data[position.start : position.end]


@dataclass(frozen=True)
class Writing:
    """One way to write a literal, and the bytes that are its text."""

    value: str
    raw: str
    decoded: str
    reason: str


WRITINGS = [
    Writing("m-1", "m-1", "m-1", "plain"),
    Writing('"m-1"', "m-1", "m-1", "double quotes are not part of it"),
    Writing("'m-1'", "m-1", "m-1", "single quotes are not part of it"),
    Writing("m-1  # comment", "m-1", "m-1", "a comment is not part of it"),
    Writing("&a m-1", "m-1", "m-1", "libyaml's mark begins at the anchor"),
    Writing("!!str m-1", "m-1", "m-1", "libyaml's mark begins at the tag"),
    Writing('&a !!str "m-1"', "m-1", "m-1", "anchor, tag and quotes"),
    Writing('!<tag:yaml.org,2002:str> &a "m-1"', "m-1", "m-1", "a verbatim tag"),
    Writing("\n        m-1", "m-1", "m-1", "on the next line"),
    Writing("&a # note\n        m-1", "m-1", "m-1", "a comment between anchor and value"),
    Writing("|-\n        m-1", "m-1", "m-1", "a block scalar of one line"),
    Writing(">-\n        m-1\n", "m-1", "m-1", "a folded scalar of one line"),
    Writing("&a |2-\n          m-1\n", "  m-1", "  m-1", "indentation indicator, spaces are text"),
    Writing('"m\\x2d1"', "m\\x2d1", "m-1", "the raw bytes of an escape"),
    Writing("'it''s'", "it''s", "it's", "the raw bytes of a doubled quote"),
    Writing("镜像", "镜像", "镜像", "offsets are bytes, marks characters"),
    Writing('"123"', "123", "123", "a quoted number is a string"),
    Writing('""', "", "", "nothing, but quotes to put something in"),
    Writing("'{{ computenest::x }}'", "{{ computenest::x }}", "{{ computenest::x }}", "braces in quotes"),
    Writing("ubuntu_22 04", "ubuntu_22 04", "ubuntu_22 04", "a plain scalar with a space"),
]


@pytest.mark.parametrize("case", WRITINGS, ids=lambda case: case.reason)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "bom"])
@pytest.mark.parametrize("before", ["", "# 中文注释 🚀\n"], ids=["ascii", "unicode"])
def test_a_literal_is_found_with_its_bytes(case: Writing, newline: str, bom: bytes, before: str) -> None:
    text = before + instance(case.value).decode()
    data = bom + text.replace("\n", newline).encode()
    position = only(data)
    assert cut(data, position) == case.raw.encode()
    assert position.value == case.decoded
    assert position.form == "literal"
    assert position.path == "Resources.Web.Properties.ImageId"
    assert position.line == data.count(b"\n", 0, position.start) + 1
    assert position.reason is None


@dataclass(frozen=True)
class Open:
    """A value that has no literal to edit."""

    value: str
    form: str
    reason: str


OPEN = [
    Open("{Ref: Image}", "ref", "Ref to parameter `Image`"),
    Open("!Ref Image", "ref", "Ref to parameter `Image`"),
    Open("{Ref: Other}", "ref", "Ref to resource `Other`"),
    Open("!Ref ALIYUN::Region", "ref", "pseudo parameter"),
    Open("!Ref Nowhere", "ref", "declared nowhere"),
    Open("{Ref: [a]}", "ref", "no name"),
    Open("!GetAtt Other.ImageId", "get_att", "Fn::GetAtt"),
    Open("{'Fn::GetAtt': [Other, ImageId]}", "get_att", "Fn::GetAtt"),
    Open("!Sub 'm-${x}'", "sub", "Fn::Sub"),
    Open("{'Fn::Join': ['', [a, b]]}", "expression", "Fn::Join"),
    Open("!Base64Decode eA==", "expression", "Fn::Base64Decode"),
    Open("{'Fn::MarketplaceImage': x}", "marketplace", "Fn::MarketplaceImage"),
    Open("{'Fn::FindInMap': [None, a, b]}", "find_in_map", "Mappings holds nothing"),
    Open("{'Fn::FindInMap': [{'Fn::Join': ['', [{Ref: Other}]]}, a, b]}", "find_in_map", "name is computed"),
    Open("{'Fn::FindInMap': [a]}", "find_in_map", "without a map and two keys"),
    Open("{'Fn::If': [a, b]}", "if", "without condition and two values"),
    Open("{'Fn::Select': [0, {Ref: Image}]}", "select", "known later"),
    Open("!Select [2, [a, b]]", "select", "takes `2` of a list of 2"),
    Open("!Select [-3, [a, b]]", "select", "takes `-3` of a list of 2"),
    Open("!Select ['0:2', [a, b]]", "select", "takes `0:2` of a list of 2"),
    Open("!Select [x, {a: m-1}]", "select", "takes `x` of these keys"),
    Open("!Select [0, []]", "select", "of a list of 0"),
    Open("!Select [!GetAtt Other.Index, []]", "select", "from nothing"),
    Open("!Select [0, m-1]", "select", "known later"),
    Open("!Select [0]", "select", "known later"),
    Open("12345", "literal", "not a string"),
    Open("true", "literal", "not a string"),
    Open("", "literal", "empty"),
    Open("[m-1]", "expression", "a list"),
    Open("{a: 1, b: 2}", "expression", "a mapping"),
    Open("|\n        m-1", "literal", "line break"),
    Open("|-\n        m-1\n        m-2", "literal", "several lines"),
]


@pytest.mark.parametrize("case", OPEN, ids=lambda case: case.value)
def test_what_cannot_be_edited_says_why(case: Open) -> None:
    head = "Parameters:\n  Image: {Type: String, Default: centos_7, AllowedValues: [centos_7, ubuntu]}\n"
    data = instance(case.value, head=head) + b"  Other: {Type: 'ALIYUN::ECS::CustomImage'}\n"
    position = only(data)
    assert (position.start, position.end) == (None, None)
    assert position.form == case.form
    assert case.reason in (position.reason or "")


def test_a_ref_is_reported_with_default_and_allowed_values() -> None:
    head = "Parameters:\n  Image: {Type: String, Default: centos_7, AllowedValues: [centos_7, ubuntu]}\n"
    position = only(instance("!Ref Image", head=head))
    assert position.default == "centos_7"
    assert position.allowed_values == ("centos_7", "ubuntu")
    assert position.value is None


def test_resolve_oos_is_a_form_of_its_own() -> None:
    data = instance('"{{resolve:oos:aliyun/services/x}}"')
    assert only(data).form == "resolve_oos"
    assert cut(data, only(data)) == b"{{resolve:oos:aliyun/services/x}}"


MAPPINGS = """Mappings:
  Images:
    cn-beijing: {Id: m-2a, Other: m-2b}
    cn-hangzhou: {Id: "m-bp"}
Parameters:
  Key: {Type: String, AllowedValues: [cn-beijing]}
Locals: {List: {Value: [m-l1, m-l2]}}
"""


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        ("!FindInMap [Images, !Ref 'ALIYUN::Region', Id]", {"m-2a", "m-bp"}),
        ("{'Fn::FindInMap': [Images, cn-beijing, Id]}", {"m-2a"}),
        ("!FindInMap [Images, !Ref Key, Id]", {"m-2a"}),
        ("!FindInMap [Images, cn-beijing, !Ref Unknown]", {"m-2a", "m-2b"}),
        ("!FindInMap [!Join ['', [Ima, ges]], cn-hangzhou, Id]", {"m-bp"}),
        ("!If [c, !FindInMap [Images, cn-hangzhou, Id], own]", {"m-bp", "own"}),
        ("!If [c, a, !If [d, b, 'c']]", {"a", "b", "c"}),
        ("!Select [1, [a, b]]", {"b"}),
        ("!Select [!Ref Key, [a, b]]", {"a", "b"}),
        ("!Select ['-1', [a, b]]", {"b"}),
        ("!Select [-2, [a, b], c]", {"a"}),
        ("!Select [7, [a, b], c]", {"c"}),
        ("!Select [!GetAtt Other.Index, [a, b], c]", {"a", "b", "c"}),
        ("!Select [cn-beijing, {cn-beijing: a, cn-hangzhou: b}]", {"a"}),
        ("!Select [!Ref Key, {cn-beijing: a, cn-hangzhou: b}]", {"a"}),
        ("!Select [!Ref ALIYUN::Region, {cn-beijing: a, cn-hangzhou: b}, c]", {"a", "b", "c"}),
        ("!Select [cn-shenzhen, {cn-beijing: a}, !FindInMap [Images, cn-beijing, Id]]", {"m-2a"}),
        ("!Select [1, !Ref List]", {"m-l2"}),
        ("!Select [1, [a, !Select [0, [b]]]]", {"b"}),
    ],
)
def test_functions_are_resolved_to_their_leaves(value: str, leaves: set[str]) -> None:
    data = instance(value, head=MAPPINGS)
    found = scan(data).positions
    assert {cut(data, position).decode() for position in found} == leaves
    assert {position.path for position in found} == {"Resources.Web.Properties.ImageId"}
    assert len({position.leaf for position in found}) == len(found)
    assert all(position.reason for position in found), "the cloud documents literals only: a warning at each"


def test_two_properties_may_share_one_leaf() -> None:
    data = HEAD.encode() + (
        b"Mappings: {M: {a: {b: m-1}}}\nResources:\n"
        b"  A: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: !FindInMap [M, a, b]}}\n"
        b"  B: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: !FindInMap [M, a, b]}}\n"
    )
    first, second = scan(data).positions
    assert (first.start, first.end) == (second.start, second.end)
    assert first.path != second.path


def test_aliases_and_merge_keys_lead_to_the_anchored_bytes() -> None:
    data = HEAD.encode() + (
        b"Base: &base {ImageId: &image m-1, ImageName: x}\nResources:\n"
        b"  A: {Type: ALIYUN::ECS::Instance, Properties: {<<: *base}}\n"
        b"  B: {Type: ALIYUN::ECS::Instance, Properties: {ImageId: *image}}\n"
        b"  C: {Type: ALIYUN::ECS::Instance, Properties: {<<: *base, ImageId: own}}\n"
        b"  D: {Type: ALIYUN::ECS::Instance, Properties: *base}\n"
    )
    assert [cut(data, position) for position in scan(data).positions] == [b"m-1", b"m-1", b"own", b"m-1"]


def test_of_duplicate_keys_the_last_counts_and_a_note_says_so() -> None:
    data = instance("m-1\n      ImageId: m-2")
    found = scan(data)
    assert [position.value for position in found.positions] == ["m-2"]
    assert any("duplicate key `ImageId`" in note.message and note.line == 7 for note in found.warnings)


@pytest.mark.parametrize(
    ("kind", "properties", "path"),
    [
        ("ALIYUN::CS::ClusterNodePool", "{ScalingGroup: {ImageId: m-1}}", "ScalingGroup.ImageId"),
        (
            "ALIYUN::CS::ManagedKubernetesCluster",
            "{NodePools: [{}, {ScalingGroup: {ImageId: m-1}}]}",
            "NodePools[1].ScalingGroup.ImageId",
        ),
        ("ALIYUN::ECS::LaunchTemplateVersion", "{LaunchTemplateData: {ImageId: m-1}}", "LaunchTemplateData.ImageId"),
        ("ALIYUN::ECS::ImagePipeline", "{BaseImageType: IMAGE, BaseImage: m-1}", "BaseImage"),
        ("ALIYUN::OOS::Execution", "{Parameters: {imageId: m-1}}", "Parameters.imageId"),
        ("ALIYUN::EHPC::Queue", "{ComputeNodes: [{ImageId: m-1}]}", "ComputeNodes[0].ImageId"),
        ("ALIYUN::ROS::Stack", "{TemplateURL: x, Parameters: {ImageId: m-1}}", "Parameters.ImageId"),
    ],
)
def test_nested_properties_are_found_by_the_table(kind: str, properties: str, path: str) -> None:
    data = f"{HEAD}Resources:\n  R:\n    Type: {kind}\n    Properties: {properties}\n".encode()
    assert only(data).path == f"Resources.R.Properties.{path}"
    assert cut(data, only(data)) == b"m-1"


@pytest.mark.parametrize(
    "kind",
    ["ALIYUN::SWAS::Instance", "ALIYUN::ENS::Instance", "ALIYUN::ECD::Bundle", "ALIYUN::CloudPhone::InstanceGroup"],
)
def test_a_lookalike_is_no_position(kind: str) -> None:
    found = scan(instance("m-1", kind=kind))
    assert found.positions == ()
    assert [lookalike.resource_type for lookalike in found.lookalikes] == [kind]


def test_an_unknown_type_with_a_property_of_that_name_is_no_position() -> None:
    assert scan(instance("m-1", kind="ALIYUN::Any::Thing")).positions == ()


def test_a_pipeline_from_something_else_than_an_image_is_no_position() -> None:
    data = f"{HEAD}Resources: {{R: {{Type: 'ALIYUN::ECS::ImagePipeline', Properties: {{BaseImage: f}}}}}}\n".encode()
    assert scan(data).positions == ()


def test_an_if_between_blocks_is_followed_and_another_function_is_noted() -> None:
    head = f"{HEAD}Resources:\n  R:\n    Type: ALIYUN::CS::ClusterNodePool\n    Properties:\n      ScalingGroup: "
    data = (head + "!If [c, {ImageId: a}, {ImageId: b}]\n").encode()
    assert [cut(data, position) for position in scan(data).positions] == [b"a", b"b"]
    noted = scan((head + "!Ref Group\n").encode())
    assert noted.positions == ()
    assert "may hold `ImageId`" in noted.warnings[0].message


def test_locals_are_followed() -> None:
    data = instance("!Ref Image", head="Locals:\n  Image: {Type: Macro, Value: m-1}\n")
    assert only(data).form == "local"
    assert cut(data, only(data)) == b"m-1"


NESTED = """Resources:
  S:
    Type: ALIYUN::ROS::Stack
    Properties:
      Parameters: {Image: m-outer}
      TemplateBody: %s
"""
BODY = (
    "{Resources: {A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {Ref: Image}}}, "
    "B: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: m-inner}}}}"
)


@pytest.mark.parametrize("body", [BODY, "|\n        " + BODY, '"' + BODY + '"'], ids=["mapping", "block", "quoted"])
def test_a_nested_body_is_read_and_its_parameters_lead_to_the_parent(body: str) -> None:
    data = (HEAD + NESTED % body).encode()
    outer, inner = scan(data).positions
    assert cut(data, outer) == b"m-outer"
    assert outer.path == "Resources.S.Properties.TemplateBody.Resources.A.Properties.ImageId"
    assert cut(data, inner) == b"m-inner"


def test_tabs_and_surrogates_are_legal_json() -> None:
    text = '{\n\t"ROSTemplateFormatVersion": "2015-09-01", "Description": "\\ud83d\\ude00 中",\n\t"Resources": {"Web":'
    text += '\t{"Type": "ALIYUN::ECS::Instance", "Properties": {"ImageId": "m-1"\n}}}}'
    data = text.encode()
    found = scan(data)
    assert found.format == "ros-json"
    assert cut(data, found.positions[0]) == b"m-1"
    assert found.positions[0].line == 3


def test_a_json_number_has_no_span() -> None:
    text = '{"ROSTemplateFormatVersion": "1", "Resources": {"W": {"Type": "ALIYUN::ECS::Instance", "Properties": '
    position = only((text + '{"ImageId": 1e5}}}}').encode())
    assert (position.start, position.reason) == (None, "not a string")


def test_placeholders_are_found_wherever_they_stand() -> None:
    data = (
        HEAD.encode()
        + (
            "Resources: {}\nX: |\n  # 中\n  wget {{ computenest::file::a.tgz }} "
            "&& {{computenest::acr::dockerconfigjson}}\n"
            "Y: '{{ computeneset::file::x }}'\n"
        ).encode()
    )
    found = scan(data)
    assert [(p.kind, p.name, p.line) for p in found.placeholders] == [
        ("file", "a.tgz", 5),
        ("acr::dockerconfigjson", None, 5),
    ]
    assert [data[p.start : p.end].decode() for p in found.placeholders] == [p.text for p in found.placeholders]
    assert any("misspelt" in note.message for note in found.warnings)


def test_a_map_by_region_that_a_package_replaces_is_reported() -> None:
    data = instance("!FindInMap [Images, !Ref 'ALIYUN::Region', Id]", head=MAPPINGS)
    (mapping,) = scan(data).mappings
    assert (mapping.name, mapping.first_line, mapping.last_line) == ("Images", 4, 5)
    assert mapping.regions == ("cn-beijing", "cn-hangzhou")
