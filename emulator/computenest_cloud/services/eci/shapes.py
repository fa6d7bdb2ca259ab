"""What vCPUs and memory there are together, what a group gets that asks for something else, and what it costs.

fact: eci-010 to eci-012, eci-060
"""

from collections.abc import Mapping

CPU_LIMIT = 64.0
DEFAULT = (2.0, 4.0)
EVERYWHERE: Mapping[float, tuple[float, ...]] = {
    0.25: (0.5, 1),
    0.5: (1, 2),
    1: (2, 4, 8),
    2: (1, 2, 4, 8, 16),
    4: (2, 4, 8, 16, 32),
    8: (4, 8, 16, 32, 64),
    12: (12, 24, 48, 96),
    16: (16, 32, 64, 128),
    24: (24, 48, 96, 192),
    32: (32, 64, 128, 256),
    52: (96, 192, 384),
    64: (128, 256, 512),
}
IN_SOME_REGIONS: Mapping[float, tuple[float, ...]] = {
    2: (6, 10, 12, 14),
    4: (6, 10, 12, 14, 18, 20, 22, 24, 26, 28, 30),
    6: tuple(range(6, 50, 2)),
    8: tuple(size for size in range(10, 64, 2) if size not in {16, 32}),
}
SOME_REGIONS = frozenset(
    {
        "cn-hangzhou",
        "cn-shanghai",
        "cn-qingdao",
        "cn-beijing",
        "cn-zhangjiakou",
        "cn-huhehaote",
        "cn-wulanchabu",
        "cn-shenzhen",
        "cn-heyuan",
        "cn-guangzhou",
        "cn-chengdu",
        "ap-southeast-1",
    }
)
CPU_PRICE_S = 0.000049  # yuan a vCPU and second
ECONOMY_CPU_PRICE_S = 0.000027
MEMORY_PRICE_S = 0.00000613  # yuan a GiB and second


def shapes(region: str) -> list[tuple[float, float]]:
    """vCPUs and GiB, the smallest first."""
    found = {(cpu, memory) for cpu, sizes in EVERYWHERE.items() for memory in sizes}
    if region in SOME_REGIONS:
        found |= {(cpu, memory) for cpu, sizes in IN_SOME_REGIONS.items() for memory in sizes}
    return sorted(found)


def shape_for(region: str, cpu: float, memory_gib: float) -> tuple[float, float] | None:
    """The smallest shape that has both; None where no shape does."""
    fitting = [shape for shape in shapes(region) if shape[0] >= cpu and shape[1] >= memory_gib]
    return min(fitting, key=lambda shape: (shape[0] - cpu, shape[1] - memory_gib), default=None)


def price_an_hour(cpu: float, memory_gib: float, *, is_economy: bool = False) -> float:
    """In yuan."""
    a_second = cpu * (ECONOMY_CPU_PRICE_S if is_economy else CPU_PRICE_S) + memory_gib * MEMORY_PRICE_S
    return round(a_second * 3600, 6)
