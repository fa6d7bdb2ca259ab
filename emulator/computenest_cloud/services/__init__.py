"""The services of the cloud. A new one is a folder here, and a line in this list: see `computenest_cloud.service`."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from computenest_cloud.service import Product, Service

FOLDERS = (
    "market",
    "ecs",
    "sts",
    "location",
    "oss",
    "registry",
    "bss",
    "cr",
    "ros",
    "nest_artifacts",
    "nest_services",
    "nest_instances",
    "eci",
    "ess",
)
"""In this order they are built: who uses another comes after it."""
HERE = Path(__file__).parent


@cache
def kinds() -> "dict[str, type[Service]]":
    """Folder -> what it brings."""
    return {folder: import_module(f"{__name__}.{folder}.service").SERVICE for folder in FOLDERS}


def products() -> "Iterator[Product]":
    for kind in kinds().values():
        yield from kind.products
