"""Layers of values, merged as helm itself merges them. No cluster is asked."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from computenest.resources._components.merge import Layer, explain, merge
from kubernetes.charts import Charts
from kubernetes.tools import Program

SHOWS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shown}\ndata:\n  values: {{ toJson .Values | quote }}\n"


def values(chance: random.Random, depth: int = 3) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in chance.sample("abcd", chance.randrange(4)):
        roll = chance.random()
        if depth and roll < 0.45:
            found[key] = values(chance, depth - 1)
        else:
            found[key] = chance.choice([None, 0, 1, "x", "", True, False, [], [1, 2], [{"a": 1}], 1.5])
    return found


def seen_by(helm: Program, chart: Path, layers: list[dict[str, Any]], folder: Path) -> Any:
    """What the chart sees when helm is given the layers one by one."""
    words: list[str] = []
    for at, layer in enumerate(layers):
        file = folder / f"{at}.yaml"
        file.write_text(json.dumps(layer))
        words += ["--values", str(file)]
    done = subprocess.run(
        [helm.path, "template", "x", str(chart), *words], capture_output=True, text=True, check=True, timeout=60
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("  values:"))
    return json.loads(json.loads(line.removeprefix("  values:")))


@pytest.mark.parametrize(
    "seeds", [range(12), pytest.param(range(12, 312), marks=pytest.mark.long)], ids=["few", "many"]
)
def test_one_file_does_what_the_layers_do(seeds: range, helm_4: Program, charts: Charts, tmp_path: Path) -> None:
    for seed in seeds:
        chance = random.Random(seed)
        defaults, *layers = (values(chance) for _ in range(4))
        chart = charts.write("shows", "1.0.0", defaults, {"shown": SHOWS})
        expected = seen_by(helm_4, chart, layers, tmp_path)
        assert seen_by(helm_4, chart, [merge(*layers)], tmp_path) == expected, (seed, defaults, layers)
        told = {one.path: one.value for one in explain([Layer("chart", defaults), Layer("given", merge(*layers))])}
        seen = {path: value for path, value in leaves(expected) if value != {}}
        assert {path: value for path, value in told.items() if value is not None and value != {}} == seen, seed


def leaves(value: Any, path: tuple[str, ...] = ()) -> Any:
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield from leaves(item, (*path, key))
        elif item is not None:
            yield (*path, key), item
