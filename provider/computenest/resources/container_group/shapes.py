"""Which vCPUs and memory there are together (facts §10.4, specifications): everywhere, or in some regions."""

from __future__ import annotations

from collections.abc import Iterator

DEFAULT = (2.0, 4.0)
"""vCPUs and GiB of a group without any size."""

_MEMORY_GIB = {
    0.25: (0.5, 1.0),
    0.5: (1.0, 2.0),
    1.0: (2.0, 4.0, 8.0),
    2.0: (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0),
    4.0: (2.0, 4.0, 6.0, 8.0, *map(float, range(10, 33, 2))),
    6.0: tuple(map(float, range(6, 50, 2))),
    8.0: (4.0, 8.0, *map(float, range(10, 65, 2))),
    12.0: (12.0, 24.0, 48.0, 96.0),
    16.0: (16.0, 32.0, 64.0, 128.0),
    24.0: (24.0, 48.0, 96.0, 192.0),
    32.0: (32.0, 64.0, 128.0, 256.0),
    52.0: (96.0, 192.0, 384.0),
    64.0: (128.0, 256.0, 512.0),
}


def is_shape(cpu: float, memory_gib: float) -> bool:
    """Whether a group can be given exactly this."""
    return memory_gib in _MEMORY_GIB.get(cpu, ())


def nearest_shape(cpu: float, memory_gib: float) -> tuple[float, float]:
    """The smallest that has both; the largest of all where none has."""
    fitting = [one for one in _shapes() if one[0] >= cpu and one[1] >= memory_gib]
    return min(fitting, key=lambda one: (one[0] - cpu, one[1] - memory_gib), default=max(_shapes()))


def _shapes() -> Iterator[tuple[float, float]]:
    return ((cpu, memory_gib) for cpu, sizes in _MEMORY_GIB.items() for memory_gib in sizes)
