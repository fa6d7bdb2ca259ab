"""Property paths as a person writes them: `Resources.Web.Properties.NodePools[0].ScalingGroup.ImageId`.

A key that holds a dot or a bracket is quoted (`Workspace["main.tf"]`), so that a path names one place only.
"""

from __future__ import annotations

import json
import re

_PLAIN_KEY = re.compile(r"[^\s.\[\]\"@]+")
_MAX_KEY = 200


def child(path: str, key: str) -> str:
    """The path of `key` below `path`; a huge key is cut, nobody addresses it."""
    key = key[:_MAX_KEY]
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key


def item(path: str, index: int) -> str:
    """The path of an item of a list."""
    return f"{path}[{index}]"
