"""A template's parameters: what was given or is the default, as its type says, within its constraints. fact: ros-003"""

import re
from collections.abc import Mapping
from typing import Any

from computenest_cloud.services.ros.errors import error
from computenest_cloud.services.ros.functions import text, truth
from computenest_cloud.services.ros.patterns import is_match
from computenest_cloud.wire.values import finite, parse_json


def read(name: str, spec: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Defaults are the template's own business: only a value that was given is held against the constraints."""
    if name not in given and "Default" not in spec:
        raise error("UserParameterMissing", f"The Parameter ({name}) was not provided.")
    value = _typed(name, spec, given.get(name, spec.get("Default")))
    if name in given:
        _check(name, spec, value)
    return value


def _shown(spec: Mapping[str, Any], value: Any) -> str:
    """As a message quotes it."""
    return "******" if truth(spec.get("NoEcho", False)) else repr(text(value)[:200])


def _typed(name: str, spec: Mapping[str, Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    kind = str(spec.get("Type", "String"))
    try:
        match kind:
            case "Number":
                return finite(value) if value else None
            case "Json":
                return parse_json(value) if value else None
            case "Boolean":
                return truth(value)
            case "CommaDelimitedList":
                return value.split(",") if value else []
    except ValueError as failure:
        message = f"The Parameter ({name}) value {_shown(spec, value)} is not a {kind}."
        raise error("StackValidationFailed", message) from failure
    return value


def _check(name: str, spec: Mapping[str, Any], value: Any) -> None:
    def refuse(why: str) -> Exception:
        return error("StackValidationFailed", f"The Parameter ({name}) value {_shown(spec, value)} {why}.")

    allowed = spec.get("AllowedValues")
    if isinstance(allowed, list) and allowed:
        wanted = value if isinstance(value, list) else [value]
        if not {text(entry) for entry in wanted} <= {text(entry) for entry in allowed}:
            raise refuse("is not one of AllowedValues")
    size = len(value) if isinstance(value, list | dict) else len(text(value))
    if size < _bound(spec, "MinLength", size) or size > _bound(spec, "MaxLength", size):
        raise refuse(f"is {size} long, which MinLength or MaxLength does not allow")
    number = float(value) if isinstance(value, int | float) else 0.0
    if number < _bound(spec, "MinValue", number) or number > _bound(spec, "MaxValue", number):
        raise refuse("is outside MinValue and MaxValue")
    pattern = spec.get("AllowedPattern")
    if isinstance(pattern, str) and not _fits(pattern, text(value)):
        raise refuse(f"does not match the pattern {pattern}")


def _bound(spec: Mapping[str, Any], name: str, otherwise: float) -> float:
    found = spec.get(name)
    return found if isinstance(found, int | float) else otherwise


def _fits(pattern: str, value: str) -> bool:
    """A pattern that only another dialect of regular expressions understands refuses nothing."""
    try:
        return is_match(pattern, value) is not False
    except re.error:
        return True
