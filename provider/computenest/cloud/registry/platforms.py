"""Platforms of images, `linux/arm64/v8`: what a program asks for, and what an index or a configuration says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_DESIRED = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9.]+)?")
_SAME = {("arm64", "v8"): "", ("arm64", "8"): "", ("amd64", "v1"): ""}  # the variant that is meant without one
_CALLED = {"aarch64": "arm64", "x86_64": "amd64", "x86-64": "amd64", "i386": "386"}  # as uname calls them


@dataclass(frozen=True, slots=True)
class Platform:
    """Operating system, architecture and its variant, "" where there is only one."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}" + (f"/{self.variant}" if self.variant else "")

    def takes(self, other: Platform) -> bool:
        """Whether `other` is what this asks for; without a variant every variant is."""
        same = (self.os, self.architecture) == (other.os, other.architecture)
        return same and self.variant in ("", other.variant)


def parse_platform(text: str) -> Platform | None:
    """What a program asks for; None where it is no platform."""
    if _DESIRED.fullmatch(text) is None:
        return None
    os, architecture, variant = (*text.split("/"), "")[:3]
    return _platform(os, architecture, variant)


def names_of(platforms: Iterable[Platform | None]) -> tuple[str, ...]:
    """Of platforms that something is said to be for; what is for none (an attestation's is `unknown`) is left out."""
    return tuple(sorted({str(one) for one in platforms if one is not None and one.architecture != "unknown"}))


def told_platform(said: Any) -> Platform | None:
    """`platform` of an index's entry, or an image's configuration, which says it in the same words."""
    if not isinstance(said, Mapping):
        return None
    os, architecture, variant = (said.get(key) for key in ("os", "architecture", "variant"))
    if not (isinstance(os, str) and isinstance(architecture, str) and os and architecture):
        return None
    return _platform(os, architecture, variant if isinstance(variant, str) else "")


def _platform(os: str, architecture: str, variant: str) -> Platform:
    architecture = _CALLED.get(architecture, architecture)
    return Platform(os, architecture, _SAME.get((architecture, variant), variant))
