"""Template functions that need nothing but their arguments. fact: ros-002"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from computenest_cloud.services.ros.errors import error


def truth(value: Any) -> bool:
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _join(parts: list[Any]) -> str:
    items = parts[1] if len(parts) > 1 and isinstance(parts[1], list) else parts[1:]
    return text(parts[0]).join(text(item) for item in items)


def _select(parts: list[Any]) -> Any:
    if len(parts) < 2:
        raise error("StackValidationFailed", "Fn::Select takes an index and a list.")
    values = parts[1]
    if isinstance(values, dict):
        return values.get(text(parts[0]), "")
    if not isinstance(values, list):
        return values
    number = text(parts[0])
    if number.lstrip("-").isdigit() and -len(values) <= int(number) < len(values):
        return values[int(number)]
    return parts[2] if len(parts) > 2 else ""


def _equals(parts: list[Any]) -> bool:
    return len(parts) > 1 and text(parts[0]) == text(parts[1])


def _base64(parts: list[Any]) -> str:
    return base64.b64encode(text(parts[0]).encode()).decode()


def _split(parts: list[Any]) -> list[Any]:
    return list(text(parts[1]).split(text(parts[0]))) if len(parts) > 1 and text(parts[0]) else parts


def _replace(parts: list[Any]) -> str:
    found = text(parts[-1])
    for old, new in parts[0].items() if isinstance(parts[0], dict) else ():
        found = found.replace(old, text(new))
    return found


FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "Join": _join,
    "Select": _select,
    "Equals": _equals,
    "Base64": _base64,
    "Base64Encode": _base64,
    "Split": _split,
    "Replace": _replace,
    "Str": lambda parts: text(parts[0]),
    "Length": len,
    "MarketplaceImage": lambda parts: f"marketplace:{text(parts[0])}",
}
