"""Parameters of an instance: what the cloud shows of them, told apart from what it hides or writes another way."""

from __future__ import annotations

import json
from collections.abc import Mapping

from computenest.kernel.values import Json


def are_same(wanted: Json, shown: Json) -> bool:
    """Whether two values are one to a template: 2 and "2" are, and so are a list and its JSON text."""
    return wanted == shown or _plain(wanted) == _plain(shown)


def observed_parameters(known: Mapping[str, Json], shown: Mapping[str, Json]) -> dict[str, Json]:
    """The known parameters as the cloud has them: its own value where somebody changed one, and as known where it
    shows the same, shows stars instead (NoEcho), or nothing (unverified whether it drops what a template lacks: a
    guess here would be a change in every preview)."""
    return {
        name: value if name not in shown or _is_masked(shown[name]) or are_same(value, shown[name]) else shown[name]
        for name, value in known.items()
    }


def _is_masked(value: Json) -> bool:
    return isinstance(value, str) and bool(value) and set(value) == {"*"}


def _plain(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
