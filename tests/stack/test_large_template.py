"""A template of 500 positions, five markers and thirty regions: its diff and its state stay small."""

from __future__ import annotations

import json
import re

import pytest

from stack.diffs import property_lines, resource_block
from stack.engine import Stack
from stack.large import SENTINEL, association, maps

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

MAX_STATE_BYTES = 65_000  # of this resource, inputs and outputs: 500 paths and 150 image ids, each twice


def test_one_changed_image_is_one_line_and_the_state_holds_no_template(stack: Stack) -> None:
    packages = maps(5, 30)
    stack.declare(associations={"shop": association(500, packages)})
    stack.up().succeeded()
    images = packages["ecs_image_3"]
    region = sorted(images)[17]
    old, images[region] = images[region], "m-changed0000000000000"
    stack.declare(associations={"shop": association(500, packages)})
    seen = stack.preview().succeeded().text
    assert property_lines(seen, "shop", "substitutions") == [
        "~ ecs_image_3: {",
        f'~ {region}: "{old}" => "{images[region]}"',
    ], seen
    resource = "\n".join(resource_block(seen, "shop")).partition("--outputs:--")[0]
    marked = [line.split()[1].rstrip(":") for line in resource.splitlines() if re.match(r"^\s+[+~-] ", line)]
    assert marked[1:] == ["substitutions", "ecs_image_3", region], marked
    assert SENTINEL not in json.dumps(stack.export())
    state = stack.resources()["shop"]
    sizes = {key: len(json.dumps(value)) for key, value in state.items()}
    assert sum(sizes.values()) < MAX_STATE_BYTES, sizes
