"""What exists before anybody did anything: regions, public images, marketplace products, the supplier's golden images.

Read from `seed/*.yaml`. Public and marketplace images belong to nobody's account and never change, so they are
computed and not stored; the golden images are ordinary records that their owner may delete.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from computenest_cloud.ids import BASE36

SEED_DIR = Path(__file__).with_name("seed")


@dataclass(frozen=True)
class Region:
    region_id: str
    name: str
    prefix: str


@dataclass(frozen=True)
class Product:
    code: str
    name: str
    versions: tuple[str, ...]
    regions: tuple[str, ...]
    size_gib: int
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # version -> region -> one that is told


@dataclass(frozen=True)
class PublicImage:
    image_id: str
    family: str
    size_gib: int


@dataclass(frozen=True)
class GoldenImage:
    image_id: str
    region: str
    name: str
    size_gib: int


def _read(name: str) -> Any:
    return yaml.safe_load((SEED_DIR / name).read_text("utf-8"))


@cache
def regions() -> Mapping[str, Region]:
    return {entry["id"]: Region(entry["id"], entry["name"], entry["prefix"]) for entry in _read("regions.yaml")}


def zones(region: str) -> list[str]:
    """Three in every region."""
    return [f"{region}-{letter}" for letter in "bgh"]


@cache
def products() -> Mapping[str, Product]:
    return {
        entry["code"]: Product(
            entry["code"], entry["name"], tuple(entry["versions"]), tuple(entry["regions"]), entry["size_gib"]
        )
        for entry in _read("products.yaml")
    }


@cache
def public_images() -> Mapping[str, PublicImage]:
    return {entry["image_id"]: PublicImage(**entry) for entry in _read("images.yaml")["public"]}


@cache
def golden_images() -> tuple[GoldenImage, ...]:
    return tuple(GoldenImage(**entry) for entry in _read("images.yaml")["golden"])


def market_image_id(product: Product, version: str, region: str) -> str:
    """The one that is told; else readable and fixed: the region's prefix, then the product's and the version's digits.
    fact: market-004."""
    told = product.images.get(version, {}).get(region)
    if told is not None:
        return told
    tail = "".join(character for character in f"mkt{product.code[4:]}{version}".lower() if character in BASE36)
    return f"m-{regions()[region].prefix}{tail[:17]:0<17}"
