"""How values travel: parameters as flat query texts, and answers read tolerantly.

Encodings are those of the official SDKs, measured (facts §1.0). What the cloud really sends is verified for few
fields, so reading accepts every form that a source shows (a JSON text or the object itself, "35%" or 35) and drops
what it cannot use; it never guesses an id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic.alias_generators import to_pascal

from computenest.kernel.values import Json


def flatten(parameters: Mapping[str, object]) -> dict[str, str]:
    """Parameters as the query carries them: `Tag.1.Key`, `True`, nothing for None and for an empty list (§1.0)."""
    return {key: value for name, given in parameters.items() for key, value in _leaves(name, given)}


def _leaves(key: str, value: object) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{key}.{name}", inner)
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value, start=1):
            yield from _leaves(f"{key}.{number}", inner)
    else:
        yield key, str(value)


def json_text(value: Json) -> str | None:
    """A JSON-shrunk object, as the SDKs send `ArtifactProperty` (§1.0); None stays None."""
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def tag_pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as every product takes them, in the order of their keys."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def text(value: Json) -> str:
    """A text, "" where there is none."""
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def integer(value: Json, *, default: int = 0) -> int:
    """A whole number, sent as one or as a text (`MaxVersion` is both, §1.1)."""
    try:
        return int(str(value).strip())
    except ValueError:
        return default


def percent(value: Json) -> int | None:
    """Progress from 0 to 100: "35%" (ECS, §4), "35" or 35 (Compute Nest, §1.1); None where there is none."""
    try:
        number = float(text(value).strip().removesuffix("%"))
    except ValueError:
        return None
    return min(100, max(0, int(number))) if number == number else None


def _parsed(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        found: Json = json.loads(value)
    except ValueError:
        return None
    return found


def object_in(value: Json) -> dict[str, Json]:
    """An object, sent as one or as a JSON text; {} where it is neither."""
    found = _parsed(value)
    return {str(key): inner for key, inner in found.items()} if isinstance(found, dict) else {}


def objects_in(value: Json, *names: str) -> list[dict[str, Json]]:
    """A list of objects, down `names` in nested wrappers (`Images.Image[]`), the last of which may be left out."""
    found = value
    for name in names:
        found = found.get(name) if isinstance(found, dict) else found
    found = _parsed(found)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def texts_in(value: Json) -> tuple[str, ...]:
    """A list of texts, sent as a list or as a JSON text (`SupportRegionIds`, §1.1)."""
    found = _parsed(value)
    return tuple(text(item) for item in found if text(item)) if isinstance(found, list) else ()


def tags_in(value: Json) -> dict[str, str]:
    """Tags: `[{Key, Value}]` from Compute Nest, `Tag[{TagKey, TagValue}]` from ECS (§4), sorted by key."""
    pairs = (
        (text(item.get("Key", item.get("TagKey"))), text(item.get("Value", item.get("TagValue"))))
        for item in objects_in(value, "Tag")
    )
    return dict(sorted(pair for pair in pairs if pair[0]))


def texts_named(row: Mapping[str, Json], *names: str) -> dict[str, str]:
    """Texts of an answer by our names, which the API writes with capital letters: `service_id` is `ServiceId`."""
    return {name: text(row.get(to_pascal(name))) for name in names}
