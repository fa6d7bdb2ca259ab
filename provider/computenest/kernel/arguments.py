"""What every type of resource asks of its arguments: names, tags, seconds; and how a value stands in a message."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from computenest.kernel import identity
from computenest.kernel.names import RegionId
from computenest.kernel.nearest import nearest
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Maybe

ALL_REGIONS = "all"
"""In place of a list of regions: every region where the source may go."""

MAX_SHOWN = 256  # characters of a value that a message repeats
MAX_TAGS = 20
_MAX_TAG_TEXT = 128  # of a key, and of a value. Source: TagResources of ECS, SDK 7.11.8; unverified for Compute Nest
_WORD_BITS, _DIGITS_PER_BIT = 64, 0.30103
_MAX_SECONDS = 10_000_000_000
_MAX_COUNT = (1 << 31) - 1
_ODD = {"Cc": "control character", "Cs": "half of a character", "Zl": "line separator", "Zp": "line separator"}


def quoted(value: object) -> str:
    """A value as a message repeats it: quoted, on one line, and no longer than `MAX_SHOWN` characters."""
    if isinstance(value, int) and value.bit_length() > _WORD_BITS:
        return f"a number of {int(value.bit_length() * _DIGITS_PER_BIT) + 1} digits"
    text = repr(value[: MAX_SHOWN + 1] if isinstance(value, str) else value)
    if len(text) <= MAX_SHOWN:
        return text
    size = f" ({len(value):,} characters)" if isinstance(value, str) else ""
    return f"{text[: MAX_SHOWN - 32]}…{size}"


def unlike(given: object, expected: str) -> str:
    """That a value is none of those that there are; `expected` is pydantic's list of them, each in quotes."""
    near = nearest(given, re.findall(r"'([^']*)'", expected)) if isinstance(given, str) else None
    return f"it has to be {expected}, not {quoted(given)}" + (f"; did you mean {near!r}?" if near else "")


def wants_all_regions(regions: object) -> bool:
    """Whether a list of regions is `["all"]`, or the word alone."""
    return regions == ALL_REGIONS or (isinstance(regions, list | tuple) and list(regions) == [ALL_REGIONS])


def _in_list(value: object) -> object:
    return [ALL_REGIONS] if value == ALL_REGIONS else value


Listed = Annotated[Maybe[tuple[Maybe[RegionId], ...]] | None, BeforeValidator(_in_list)]
"""Regions as a program lists them, or `all` alone; None where those of before stay (`ignoreChanges`)."""


def odd_character(text: str) -> str:
    """What no name may hold, in words: the first control character, or ""."""
    for index, character in enumerate(text):
        kind = _ODD.get(unicodedata.category(character))
        if kind is not None:
            return f"a {kind} (U+{ord(character):04X}) at place {index + 1}"
    return ""


def seconds(value: object) -> int:
    """A length of time as it was given, in whole seconds.

    Raises:
        ValueError: it is none; pydantic makes a failure of it.
    """
    whole = int(value) if isinstance(value, float) and abs(value) <= _MAX_SECONDS and value.is_integer() else value
    if isinstance(whole, bool) or not isinstance(whole, int) or not 0 < whole <= _MAX_SECONDS:
        raise ValueError(f"a whole number of seconds above 0 is needed (at most {_MAX_SECONDS:,}), not {quoted(value)}")
    return whole


Seconds = Annotated[int, BeforeValidator(seconds), Field(ge=1, le=_MAX_SECONDS)]
"""A time-out. A truth value is no number, and 1e300 is no time."""


def count(value: object) -> object:
    """A number as it was given.

    Raises:
        ValueError: a truth value, which pydantic would take for one, or more than any call of the cloud can hold.
    """
    if isinstance(value, bool):
        raise ValueError(f"a whole number is needed, not {quoted(value)}")  # noqa: TRY004 - pydantic takes no other
    if isinstance(value, int | float) and not -_MAX_COUNT <= value <= _MAX_COUNT:
        raise ValueError(f"a number of at most {_MAX_COUNT:,} is needed, not {quoted(value)}")
    return value


Count = Annotated[int, BeforeValidator(count)]
"""How many of something."""


def number(value: object) -> object:
    """A number as it was given.

    Raises:
        ValueError: a truth value, which pydantic would take for one, or none that is finite.
    """
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"a number is needed, not {quoted(value)}")
    return value


Number = Annotated[float, BeforeValidator(number)]
"""An amount that may have a fraction."""


def odd_number(value: object, path: str) -> str:
    """The path of the first number in `value` that JSON has not (infinite, or none at all), "" for none."""
    if isinstance(value, float):
        return "" if math.isfinite(value) else path
    if isinstance(value, Mapping):
        return next((at for key, item in value.items() if (at := odd_number(item, f"{path}.{key}"))), "")
    if isinstance(value, list | tuple):
        return next((at for index, item in enumerate(value) if (at := odd_number(item, f"{path}[{index}]"))), "")
    return ""


def check_numbers(value: object, failures: list[Failure], *, path: str) -> None:
    """Refuses a number that no JSON can hold, and so no call of the cloud."""
    if at := odd_number(value, path):
        failures.append(Failure(at, "a number is needed that is finite"))


def check_line(text: object, failures: list[Failure], *, path: str) -> None:
    """Refuses characters that nobody sees in a text of one line; what is no text is told by its type."""
    if isinstance(text, str) and (odd := odd_character(text)):
        failures.append(Failure(path, f"it has {odd}; take it out"))


def check_name(name: object, failures: list[Failure], *, limit: int, path: str = "name") -> None:
    """Refuses a name that is missing, too long, has spaces at its ends, or characters that nobody sees."""
    if name is UNKNOWN:
        return
    if not isinstance(name, str) or not 0 < len(name) <= limit or name.strip() != name:
        failures.append(Failure(path, f"a name of 1 to {limit} characters, without spaces at its ends, is needed"))
    elif odd := odd_character(name):
        failures.append(Failure(path, f"the name has {odd}; take it out"))


def check_tags(tags: Maybe[Mapping[str, Maybe[str]]], failures: list[Failure]) -> None:
    """Refuses tags that the cloud does."""
    if tags is UNKNOWN:
        return
    for key, value in sorted(tags.items()):
        if refused := _odd_tag(key, value):
            failures.append(Failure(f"tags[{quoted(key)}]" if _is_odd(key) else f"tags.{key}", refused))
    if len(tags) > MAX_TAGS:
        failures.append(Failure("tags", f"{len(tags)} tags are too many; at most {MAX_TAGS} are possible"))


def _is_odd(key: str) -> bool:
    return not 0 < len(key) <= _MAX_TAG_TEXT or bool(odd_character(key))


def _odd_tag(key: str, value: object) -> str:
    """Why the cloud refuses a tag, "" where it does not. An empty value is legal, an empty key is not."""
    if key.startswith((identity.TAG_PREFIX, "acs:", "aliyun")):
        return "this prefix is reserved; choose another key"
    if _is_odd(key):
        return f"a tag's key has 1 to {_MAX_TAG_TEXT} characters, and none that nobody sees"
    if value is UNKNOWN:
        return ""
    if not isinstance(value, str):
        return f"a tag's value is text, not {type(value).__name__}"
    if len(value) > _MAX_TAG_TEXT:
        return f"a tag's value has at most {_MAX_TAG_TEXT} characters, not {len(value):,}"
    if odd := odd_character(value):
        return f"the value has {odd}; take it out"
    if any("http://" in text or "https://" in text for text in (key, value)):
        return "neither key nor value may hold http:// or https://"
    return ""
