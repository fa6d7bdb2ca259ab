"""Markers and substitution: exact bytes, order without meaning, and an error for everything that is not clear."""

from __future__ import annotations

import pytest

from computenest.kernel.errors import Invalid
from computenest.templates import MarkerRefused, markers, render, render_regions, scan

TEMPLATE = b"""ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Os: {Type: String, Default: linux, AllowedValues: [linux, windows]}  # linux
Mappings:
  M: {a: {b: m-left}, c: {b: m-right}}
Resources:
  A: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: linux, ImageName: linux}}
  B: {Type: 'ALIYUN::ECS::InstanceGroup', Properties: {ImageId: "linux"}}
  C: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: 'windows_2022'}}
  D: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !Ref Os}}
  E: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !FindInMap [M, !Ref X, b]}}
  F: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !FindInMap [M, a, b]}}
  G: {Type: 'ALIYUN::SWAS::Instance', Properties: {ImageId: swas_image}}
"""


def rendered(substitutions: dict[str, str]) -> bytes:
    """The template with these in place."""
    return render(TEMPLATE, scan=scan(TEMPLATE), substitutions=substitutions)


def test_a_marker_is_the_whole_value_of_image_properties_only() -> None:
    expected = TEMPLATE.replace(b"ImageId: linux", b"ImageId: m-1").replace(b'"linux"', b'"m-1"')
    assert rendered({"linux": "m-1"}) == expected


def test_the_order_of_markers_has_no_meaning() -> None:
    one = rendered({"linux": "m-1", "windows_2022": "m-22222222"})
    assert one == rendered({"windows_2022": "m-22222222", "linux": "m-1"})


def test_a_shared_leaf_is_written_once() -> None:
    assert rendered({"m-left": "m-1"}) == TEMPLATE.replace(b"m-left", b"m-1")


def test_a_marker_may_be_a_path() -> None:
    assert rendered({"Resources.C.Properties.ImageId": "m-1"}) == TEMPLATE.replace(b"windows_2022", b"m-1")
    leaf = "Resources.E.Properties.ImageId@Mappings.M.c.b"
    assert rendered({leaf: "m-1"}) == TEMPLATE.replace(b"m-right", b"m-1")


def test_substituting_back_restores_every_byte() -> None:
    once = rendered({"windows_2022": "m-1"})
    assert render(once, scan=scan(once), substitutions={"m-1": "windows_2022"}) == TEMPLATE


def test_nothing_to_substitute_changes_nothing() -> None:
    assert rendered({}) == TEMPLATE


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("linus", "the nearest is `linux`"),
        ("LINUX ", "the nearest is `linux`"),
        ("windows", "which is a Ref: only a literal can be associated"),
        ("Resources.D.Properties.ImageId", "cannot be substituted: .*Ref to parameter `Os`"),
        ("Resources.E.Properties.ImageId", "is ambiguous, 2 literals stand there: .*Mappings.M.a.b"),
        ("swas_image", "is no ECS image but one of ALIYUN::SWAS::Instance"),
        ("zzzzzzzzzzzzzz", "there are `linux`"),
    ],
)
def test_a_marker_that_stands_nowhere_says_what_is_near(marker: str, message: str) -> None:
    with pytest.raises(MarkerRefused, match=message):
        markers(scan(TEMPLATE), [marker])


def test_all_failures_are_reported_at_once() -> None:
    with pytest.raises(MarkerRefused) as caught:
        markers(scan(TEMPLATE), ["nope", "linux", "windows"])
    assert [marker for marker, _ in caught.value.problems] == ["nope", "windows"]


def test_two_markers_for_one_literal_with_different_images_are_refused() -> None:
    with pytest.raises(MarkerRefused, match="both stand for"):
        rendered({"windows_2022": "m-1", "Resources.C.Properties.ImageId": "m-2"})


def test_a_missing_region_is_named_and_nothing_is_rendered() -> None:
    with pytest.raises(MarkerRefused, match="no image in region cn-hangzhou; it has one in cn-beijing"):
        render_regions(
            TEMPLATE,
            scan=scan(TEMPLATE),
            substitutions={"linux": {"cn-beijing": "m-1"}},
            regions=["cn-beijing", "cn-hangzhou"],
        )


def test_all_regions_are_what_each_is_alone() -> None:
    result = scan(TEMPLATE)
    images = {f"r{number}": f"m-{number}" for number in range(30)}
    everything = render_regions(TEMPLATE, scan=result, substitutions={"linux": images}, regions=list(images))
    for region, image in images.items():
        assert everything[region] == render(TEMPLATE, scan=result, substitutions={"linux": image})


def test_other_bytes_than_those_scanned_are_refused() -> None:
    with pytest.raises(Invalid, match="not the bytes that were scanned"):
        render(TEMPLATE + b"\n", scan=scan(TEMPLATE), substitutions={"linux": "m-1"})


@pytest.mark.parametrize(
    "image", ["", "123", "true", "null", "1e5", "-", ".", "a b", 'a"b', "a: b", "#x", "m-1\n", "~"]
)
def test_what_would_not_be_that_text_unquoted_is_refused(image: str) -> None:
    path = "Resources.A.Properties.ImageId"
    with pytest.raises(Invalid, match="cannot stand where"):
        rendered({path: image})


@pytest.mark.parametrize(("image", "written"), [("123", "123"), ("it's", "it''s"), ("a b: #", "a b: #")])
def test_quotes_hold_more(image: str, written: str) -> None:
    once = rendered({"windows_2022": image})
    assert once == TEMPLATE.replace(b"windows_2022", written.encode())
    assert image in {position.value for position in scan(once).positions}


MERGED = b"""ROSTemplateFormatVersion: '2015-09-01'
Mappings: {M: {a: {b: m-left}}}
Resources:
  A: {Type: 'ALIYUN::ECS::Instance', Properties: &base {ImageId: web, Name: a}}
  B: {Type: 'ALIYUN::ECS::Instance', Properties: {<<: *base, Name: b}}
  C: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: &image db}}
  D: {Type: 'ALIYUN::ECS::RunCommand', Properties: {Content: *image}}
  E: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !FindInMap [M, a, b]}}
  F: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: !FindInMap [M, a, b]}}
  G: &g {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: own}}
"""


@pytest.mark.parametrize(("one", "other"), [("A", "B"), ("B", "A"), ("C", "D"), ("E", "F")])
def test_a_path_whose_literal_is_that_of_another_resource_is_refused(one: str, other: str) -> None:
    with pytest.raises(MarkerRefused, match=rf"also that of Resources\.{other}\.Properties.*write the literal out"):
        render(MERGED, scan=scan(MERGED), substitutions={f"Resources.{one}.Properties.ImageId": "m-1"})


def test_both_paths_of_one_literal_may_have_one_image() -> None:
    paths = ("Resources.A.Properties.ImageId", "Resources.B.Properties.ImageId")
    both = render(MERGED, scan=scan(MERGED), substitutions=dict.fromkeys(paths, "m-1"))
    assert both == MERGED.replace(b"ImageId: web", b"ImageId: m-1")
    with pytest.raises(MarkerRefused, match="both stand for"):
        render(MERGED, scan=scan(MERGED), substitutions=dict(zip(paths, ("m-1", "m-2"), strict=True)))


def test_what_only_holds_an_anchor_is_no_other_resource() -> None:
    data = MERGED.replace(b"Mappings:", b"Base: &b {ImageId: held}\nMappings:").replace(b"{ImageId: own}", b"*b")
    path = "Resources.G.Properties.ImageId"
    assert b"ImageId: m-1" in render(data, scan=scan(data), substitutions={path: "m-1"})
