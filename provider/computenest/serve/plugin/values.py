"""The wire's property bags and the domain's values, each way; what is secret travels beside them, as paths.

The core computes with plain values and never hears that one was secret. A transport that accepts secrets has to give
them back, so `Bag` remembers where they stood and `write` wraps whatever stands there afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import struct_pb2

from computenest.kernel.unknown import UNKNOWN

Path = tuple[str | int, ...]

LEFT_BY_DYNAMIC = frozenset({"__provider", "attemptedAt"})
"""Keys that the dynamic transport keeps in its states, and this one does not."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the wire's mark of a secret, the same for everybody
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


@dataclass(frozen=True, slots=True)
class Bag:
    """Plain values, and the paths among them that are secret."""

    values: dict[str, Any] = field(default_factory=dict)
    secrets: frozenset[Path] = frozenset()


def read(struct: struct_pb2.Struct) -> Bag:
    """A property bag as the core reads it: UNKNOWN for what is not known yet, whole numbers as int."""
    secrets: set[Path] = set()
    values = {
        key: _read(value, (key,), secrets)
        for key, value in struct.fields.items()
        if key not in LEFT_BY_DYNAMIC and value.WhichOneof("kind") != "null_value"
    }
    return Bag(values, frozenset(secrets))


def write(properties: Mapping[str, Any], *, secrets: Iterable[Path] = ()) -> struct_pb2.Struct:
    """A property bag as the engine takes it; None is left out at the top, every path in `secrets` is marked."""
    marked = frozenset(secrets)
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        if value is not None:
            _write(value, struct.fields[key], (key,), marked)
    return struct


def _read(value: struct_pb2.Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_read(item, (*path, index), secrets) for index, item in enumerate(value.list_value.values)]
    if kind == "struct_value":
        return _read_struct(value.struct_value, path, secrets)
    return None


def _read_struct(struct: struct_pb2.Struct, path: Path, secrets: set[Path]) -> Any:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        secrets.add(path)
        return _read(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    if signature == _OUTPUT:
        if "secret" in fields and fields["secret"].bool_value:
            secrets.add(path)
        return _read(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    if signature == _ASSET and "text" in fields:
        return fields["text"].string_value
    return {key: _read(item, (*path, key), secrets) for key, item in fields.items()}


def _write(value: Any, target: struct_pb2.Value, path: Path, secrets: frozenset[Path]) -> None:
    if path in secrets:
        target.struct_value.fields[_SIGNATURE].string_value = _SECRET
        target = target.struct_value.fields["value"]
    if value is UNKNOWN:
        target.string_value = _UNKNOWN
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _write(item, target.struct_value.fields[str(key)], (*path, str(key)), secrets)
    else:
        target.list_value.SetInParent()
        for index, item in enumerate(value):
            _write(item, target.list_value.values.add(), (*path, index), secrets)
