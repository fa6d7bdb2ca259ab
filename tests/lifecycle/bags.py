"""Property bags of every type: what the schema would let stand there, and what no program of ours ever wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from computenest.serve.schema import schema

_MADE = schema()
TYPES = tuple(sorted(token.rpartition(":")[2] for token in _MADE["resources"]))

_WORDS = st.sampled_from(
    [
        "",
        "x",
        "a",
        "cn-hangzhou",
        "o-1",
        "m-bp1gold0000000000001",
        "Available",
        "a" * 500,
        "{{ computenest::file::1 }}",
        "ecs_image_web",
        "😀",
        "1",
        "\x00",
        "../..",
    ]
)
_SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.5, 1e300, -0.0]) | _WORDS
ODD = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3), max_leaves=6
)
"""Anything that a property may hold."""


def _of(spec: Mapping[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """What fits the schema."""
    if "oneOf" in spec:
        return st.one_of(*(_of(one, depth + 1) for one in spec["oneOf"]))
    reference = spec.get("$ref", "")
    if reference.endswith("/Any"):
        return ODD
    spec = _MADE["types"][reference.removeprefix("#/types/")] if reference else spec
    kind = spec.get("type", "object")
    if "const" in spec:
        return st.just(spec["const"])
    if kind == "array":
        return st.lists(_of(spec.get("items", {"type": "string"}), depth + 1), max_size=2)
    if kind == "object" and "properties" in spec:
        required = {key: _of(each, depth + 1) for key, each in spec["properties"].items()}
        needed = set(spec.get("required", ()))
        return st.fixed_dictionaries(
            {key: value for key, value in required.items() if key in needed},
            optional={key: value for key, value in required.items() if key not in needed},
        )
    if kind == "object":
        return st.dictionaries(_WORDS, _of(spec.get("additionalProperties", {"type": "string"}), depth + 1), max_size=2)
    return {"string": _WORDS, "integer": st.integers(0, 5), "boolean": st.booleans(), "number": st.floats(0, 9)}[kind]


def bags(type_name: str, side: str) -> st.SearchStrategy[dict[str, Any]]:
    """Bags that fit the schema's `side`: `inputProperties` or `properties`."""
    known = _MADE["resources"][f"computenest:index:{type_name}"][side]
    return st.fixed_dictionaries({}, optional={key: _of(spec) for key, spec in known.items()})


def damaged_bags(type_name: str, side: str) -> st.SearchStrategy[dict[str, Any]]:
    """Those, with something else in the place of some values, and keys that nobody knows."""
    known = sorted(_MADE["resources"][f"computenest:index:{type_name}"][side])
    odd = st.dictionaries(st.sampled_from([*known, "unheardOf"]), ODD, max_size=3)
    return st.builds(lambda fit, wrong: {**fit, **wrong}, bags(type_name, side), odd)
