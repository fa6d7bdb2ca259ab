"""What the official SDKs' models have: each field's type, its place in an answer, and how it is called on the wire."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

PACKAGES = {
    "computenest": "alibabacloud_computenestsupplier20210521",
    "computenest-user": "alibabacloud_computenest20210601",
    "cr": "alibabacloud_cr20181201",
    "eci": "alibabacloud_eci20180808",
    "ecs": "alibabacloud_ecs20140526",
    "location": "alibabacloud_location20150612",
    "market": "alibabacloud_market20151101",
    "ros": "alibabacloud_ros20190910",
    "sts": "alibabacloud_sts20150401",
}  # BSS has none here: only the Go clients ask it


def model_of(service: str, name: str) -> type | None:
    """None where the SDK does not have it."""
    return getattr(importlib.import_module(f"{PACKAGES[service]}.models"), name, None) if service in PACKAGES else None


@cache
def types_of(model: type) -> Mapping[str, Any]:
    """Of its fields."""
    return {name: kind for name, kind in typing.get_type_hints(model.__init__).items() if name != "return"}


@cache
def wire_names(model: type) -> Mapping[str, str]:
    """Of its fields. Asked of the model itself: it names the one field that is set."""
    empty, found = model().to_map(), {}
    for name, kind in types_of(model).items():
        made = model(**{name: _sample(kind)}).to_map()
        found[name] = next((key for key, value in made.items() if empty.get(key) != value), name)
    return found


def _sample(kind: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return [_sample(arguments[0])]
    if origin is dict:
        return {"x": _sample(arguments[1])}
    return kind() if hasattr(kind, "to_map") else "x"


def fields(service: str, action: str) -> Iterator[str]:
    """Every place in an answer: `Images.Image[].ImageId`; what lies inside another comes after it."""
    model = model_of(service, f"{action}ResponseBody")
    return iter(()) if model is None else _fields(model, "")


def _fields(model: type, at: str) -> Iterator[str]:
    for name, kind in types_of(model).items():
        wire, is_list = wire_names(model)[name], typing.get_origin(kind) is list
        place, inner = f"{at}.{wire}" if at else wire, kind
        yield place
        while typing.get_origin(inner) in {list, dict}:
            inner = typing.get_args(inner)[-1]
        if hasattr(inner, "to_map"):
            yield from _fields(inner, f"{place}[]" if is_list else place)
