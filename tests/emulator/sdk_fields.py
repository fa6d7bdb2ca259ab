"""What the official SDKs' models of answers have: each field's place in the answer, as it is called on the wire."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
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
WORD = re.compile(r"[A-Z]\w+")


def model_of(service: str, action: str) -> type | None:
    """None where the SDK does not have the action."""
    models = importlib.import_module(f"{PACKAGES[service]}.models")
    return getattr(models, f"{action}ResponseBody", None)


def fields(service: str, action: str) -> Iterator[str]:
    """Every place in an answer: `Images.Image[].ImageId`; what lies inside another comes after it."""
    model = model_of(service, action)
    if model is not None:
        yield from _fields(model, importlib.import_module(f"{PACKAGES[service]}.models"), "")


def _fields(model: type, models: ModuleType, at: str) -> Iterator[str]:
    for name, parameter in inspect.signature(model.__init__).parameters.items():
        if name == "self":
            continue
        text = str(parameter.annotation)
        named = (getattr(models, word, None) for word in WORD.findall(text))
        nested = next((found for found in named if isinstance(found, type) and hasattr(found, "to_map")), None)
        is_list = "List[" in text
        wire = _name_on_the_wire(model, name, nested, is_list=is_list, is_map="Dict[" in text)
        if wire is None:
            continue
        place = f"{at}.{wire}" if at else wire
        yield place
        if nested is not None:
            yield from _fields(nested, models, f"{place}[]" if is_list else place)


def _name_on_the_wire(model: type, name: str, nested: type | None, *, is_list: bool, is_map: bool) -> str | None:
    """Asked of the model itself: it names the one field that is set."""
    value: Any = "x" if nested is None else nested()
    shown = model(**{name: [value] if is_list else {"x": value} if is_map and nested else value}).to_map()
    return next((key for key, found in shown.items() if found not in ((None, [], {}) if is_map else (None, []))), None)
