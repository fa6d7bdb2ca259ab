"""JSON from people and machines: what nests too deep to be read is bad JSON, and not a defect of the reader."""

from __future__ import annotations

import json
from typing import Any


def read_json(data: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON, or nests deeper than the parser's stack (some thousand levels).
    """
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it nests too deep") from None
