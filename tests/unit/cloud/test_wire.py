"""Parameters as the SDKs encode them (facts §1.0), answers in every form that a source shows."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_tea_openapi.utils import Utils

from computenest.cloud.wire import flatten, integer, json_text, object_in, objects_in, percent, tags_in, text, texts_in


@pytest.mark.parametrize(
    ("given", "expected", "reason"),
    [
        ({"SupportRegionIds": ["cn-a", "cn-b"]}, {"SupportRegionIds.1": "cn-a", "SupportRegionIds.2": "cn-b"}, "list"),
        ({"Tag": [{"Key": "k", "Value": "v"}]}, {"Tag.1.Key": "k", "Tag.1.Value": "v"}, "list of objects"),
        (
            {"Filter": [{"Name": "n", "Values": ("a", "b")}]},
            {"Filter.1.Name": "n", "Filter.1.Values.1": "a", "Filter.1.Values.2": "b"},
            "a list in a list",
        ),
        ({"DryRun": True, "All": False}, {"DryRun": "True", "All": "False"}, "Python's capitals"),
        ({"SupportRegionIds": []}, {}, "an empty list sends nothing"),
        ({"Description": "", "VersionName": None}, {"Description": ""}, "an empty text is sent, None is not"),
        ({"MaxResults": 100}, {"MaxResults": "100"}, "number"),
    ],
)
def test_flatten(given: dict[str, Any], expected: dict[str, str], reason: str) -> None:
    assert flatten(given) == expected, reason


def test_the_sdk_encodes_alike() -> None:
    """The oracle: the official library's own encoder."""
    given = {
        "Name": "web 中/1",
        "SupportRegionIds": ["cn-a"],
        "Tag": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "c"}],
        "Filter": [{"Name": "Name", "Values": ["x", "y"]}],
        "Empty": [],
        "Flag": True,
        "ArtifactProperty": json_text({"ImageId": "m-1", "RegionId": "cn-a", "Text": "中"}),
    }
    assert flatten(given) == Utils.query(given)


def test_objects_shrink_as_the_sdk_does() -> None:
    given = {"RegionId": "cn-a", "Text": "中", "Nested": {"a": [1, True, None]}}
    assert json_text(given) == Utils.array_to_string_with_specified_style(given, "X", "json")
    assert json_text(None) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("35%", 35),
        ("35", 35),
        (35, 35),
        ("99.9", 99),
        ("", None),
        (None, None),
        ("n/a", None),
        (250, 100),
        ("nan", None),
    ],
)
def test_percent(given: Any, expected: int | None) -> None:
    assert percent(given) == expected


@pytest.mark.parametrize(("given", "expected"), [("3", 3), (3, 3), (None, 0), ("draft", 0), ({}, 0)])
def test_integer(given: Any, expected: int) -> None:
    assert integer(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('["cn-a","cn-b"]', ("cn-a", "cn-b")),
        (["cn-a", ""], ("cn-a",)),
        ("", ()),
        (None, ()),
        ("cn-a", ()),
        ('{"a":1}', ()),
    ],
)
def test_texts(given: Any, expected: tuple[str, ...]) -> None:
    assert texts_in(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [('{"a":"b"}', {"a": "b"}), ({"a": "b"}, {"a": "b"}), ("", {}), (None, {}), ("[1]", {}), ("{", {})],
)
def test_object(given: Any, expected: dict[str, Any]) -> None:
    assert object_in(given) == expected


@pytest.mark.parametrize(
    ("given", "names", "expected"),
    [
        ({"Image": [{"a": 1}]}, ("Image",), [{"a": 1}]),
        ([{"a": 1}, "x"], ("Image",), [{"a": 1}]),
        ({"Image": None}, ("Image",), []),
        (None, ("Image",), []),
        ({"A": '[{"a":1}]'}, ("A",), [{"a": 1}]),
    ],
)
def test_objects(given: Any, names: tuple[str, ...], expected: list[Any]) -> None:
    assert objects_in(given, *names) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}], {"a": "1", "b": "2"}),
        ({"Tag": [{"TagKey": "a", "TagValue": "1"}]}, {"a": "1"}),
        ([{"Key": "a"}], {"a": ""}),
        ([{"Value": "lost"}], {}),
        (None, {}),
    ],
)
def test_tags(given: Any, expected: dict[str, str]) -> None:
    assert tags_in(given) == expected
    assert list(tags_in(given)) == sorted(expected)


@pytest.mark.parametrize(("given", "expected"), [("a", "a"), (5, "5"), (None, ""), ({}, ""), ([1], "")])
def test_text(given: Any, expected: str) -> None:
    assert text(given) == expected
