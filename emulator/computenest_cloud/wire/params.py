"""A request's parameters, however they travelled: typed reading of the flat `Tag.1.Key=k` encoding.

fact: wire-010 (lists and structures), wire-011 (Python's capital booleans), wire-012 (objects as one JSON string).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from computenest_cloud.errors import invalid_parameter, missing_parameter
from computenest_cloud.wire.values import parse_json, whole_number

FIELD_LIMIT = 10_000  # parameters of one request
LIST_LIMIT = 1000  # how many indexed members one list parameter may have


def parse_query(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELD_LIMIT))
    except ValueError as error:
        raise invalid_parameter("Query", f"{error}.") from error


class Params:
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """The value, or an empty string when it was not sent."""
        return self.values.get(name, "")

    def sent(self, name: str) -> str | None:
        return self.values.get(name)

    def required(self, name: str) -> str:
        value = self.values.get(name, "")
        if not value:
            raise missing_parameter(name)
        return value

    def number(self, name: str, *, default: int, low: int, high: int) -> int:
        text = self.values.get(name, "")
        if not text:
            return default
        number = whole_number(text)
        if number is None or not low <= number <= high:
            raise invalid_parameter(name, f"a whole number from {low} to {high} is expected, {text[:40]!r} was sent.")
        return number

    def flag(self, name: str) -> bool:
        text = self.values.get(name, "").lower()
        if text not in {"", "true", "false"}:
            raise invalid_parameter(name, f"true or false is expected, {text!r} was sent.")
        return text == "true"

    def items(self, name: str) -> tuple[str, ...]:
        """`Name.1=a&Name.2=b`; ends at the first number that is missing."""
        found = []
        for index in range(1, LIST_LIMIT + 1):
            value = self.values.get(f"{name}.{index}")
            if value is None:
                break
            found.append(value)
        return tuple(found)

    def has_items(self, name: str) -> bool:
        return f"{name}.1" in self.values

    def groups(self, name: str) -> tuple["Params", ...]:
        """`Tag.1.Key=k&Tag.1.Value=v` as one Params a number."""
        found: dict[int, dict[str, str]] = {}
        start = f"{name}."
        for key, value in self.values.items():
            if key.startswith(start):
                index, _, rest = key[len(start) :].partition(".")
                number = whole_number(index)
                if number is not None and rest:
                    found.setdefault(number, {})[rest] = value
        return tuple(Params(found[index]) for index in sorted(found))

    def tags(self) -> dict[str, str]:
        return {group.required("Key"): group.text("Value") for group in self.groups("Tag")}

    def json_value(self, name: str) -> Any:
        text = self.values.get(name)
        if not text:
            return None
        try:
            return parse_json(text)
        except ValueError as error:
            raise invalid_parameter(name, f"it is not JSON ({error}).") from error

    def json_object(self, name: str) -> dict[str, Any] | None:
        value = self.json_value(name)
        if value is not None and not isinstance(value, dict):
            raise invalid_parameter(name, "a JSON object is expected.")
        return value

    def json_list(self, name: str) -> list[str]:
        """The texts of a JSON array; empty when it was not sent."""
        value = self.json_value(name) or []
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise invalid_parameter(name, "a JSON array of texts is expected.")
        return value

    def fingerprint(self) -> str:
        """What two requests with one ClientToken must agree on; a digest, because it is kept and they are not to be."""
        text = json.dumps({key: value for key, value in self.values.items() if key != "ClientToken"}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
