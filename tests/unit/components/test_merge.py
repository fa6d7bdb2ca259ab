"""Layers of values: helm's rule (held against helm itself in tests/kubernetes), and where each value comes from."""

from __future__ import annotations

from computenest.resources._components.merge import Layer, changed_values, explain, merge


def test_maps_are_merged_and_everything_else_is_replaced() -> None:
    below = {"image": {"name": "web", "tag": "1"}, "ports": [80, 443], "debug": True}
    above = {"image": {"tag": "2"}, "ports": [8080], "debug": {"level": 3}}
    assert merge(below, above) == {"image": {"name": "web", "tag": "2"}, "ports": [8080], "debug": {"level": 3}}
    assert below == {"image": {"name": "web", "tag": "1"}, "ports": [80, 443], "debug": True}


def test_null_stays_because_it_takes_a_default_away() -> None:
    assert merge({"a": {"b": 1}}, {"a": None}) == {"a": None}
    assert merge({"a": None}, {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_each_value_says_who_gave_it_and_over_whom() -> None:
    origins = explain(
        [
            Layer("chart", {"replicas": 1, "image": {"name": "web", "tag": "1"}, "debug": False}),
            Layer("component", {"image": {"tag": "2"}}),
            Layer("configuration", {"replicas": 3, "image": {"tag": "3"}, "debug": None}),
        ]
    )
    told = {".".join(one.path): (one.value, one.layer, one.over, one.is_removed) for one in origins}
    assert told == {
        "debug": (None, "configuration", ("chart",), True),
        "image.name": ("web", "chart", (), False),
        "image.tag": ("3", "configuration", ("component", "chart"), False),
        "replicas": (3, "configuration", ("chart",), False),
    }


def test_a_map_in_a_values_place_hides_it() -> None:
    origins = explain([Layer("chart", {"tls": True}), Layer("component", {"tls": {"secret": "s"}})])
    assert [(".".join(one.path), one.layer, one.over) for one in origins] == [("tls.secret", "component", ("chart",))]


def test_an_empty_map_takes_nothing_away() -> None:
    origins = explain([Layer("chart", {"tls": {"port": 443}}), Layer("component", {"tls": {}})])
    assert [(".".join(one.path), one.value, one.layer) for one in origins] == [("tls.port", 443, "chart")]


def test_what_differs_between_two_maps_is_named_by_its_path() -> None:
    before = {"a": {"b": 1, "c": 2}, "gone": {}, "list": [1]}
    after = {"a": {"b": 1, "c": 3}, "list": [1, 2], "new": {"x": None}}
    assert changed_values(before, after) == ("a.c", "gone", "list", "new.x")
    assert changed_values(before, before) == ()
