"""Where the product and a second opinion differ on the corpus, one by one, with the reason, in differences.tsv.

`refused`: files that the product refuses; ruamel.yaml, json and python-hcl2 refuse each of them, too. `oracle`: image
properties that the oracle reads otherwise (none). `index`: counts of INDEX.tsv, which one script estimated.
"""

from __future__ import annotations

import csv
from pathlib import Path


def explained(kind: str) -> set[str]:
    """The files whose difference of this kind is explained."""
    with Path(__file__).with_suffix(".tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert all(row["reason"] for row in rows)
    return {row["file"] for row in rows if row["kind"] == kind}
