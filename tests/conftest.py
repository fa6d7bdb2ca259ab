"""What holds for every test: generated cases are the same in every run, no clock judges one, and dear tests begin."""

from __future__ import annotations

import os
from itertools import groupby, islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "same", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("exploring", settings.get_profile("same"), derandomize=False)  # `make test-all`
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deals the modules of dear tests over the workers, each before its share of the cheap ones, which fill the gaps.

    `--dist worksteal` gives each worker a run of neighbours at first, and takes from the end of the longest queue for
    whoever has done: a folder of long stories would be one worker's until nobody else has anything to do.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for module in sorted((list(found) for _, found in groupby(filter(_is_dear, items), _path)), key=len, reverse=True):
        min(shares, key=len).extend(module)
    cheap, left = (item for item in list(items) if not _is_dear(item)), len(items)
    items.clear()
    for number, share in enumerate(shares):
        size = left // (workers - number)  # as worksteal counts
        items += [*share, *islice(cheap, max(0, size - len(share)))]
        left -= size


def _is_dear(item: pytest.Item) -> bool:
    """Whether it runs the engine or needs the cluster: seconds, where others take thousandths."""
    return any(item.get_closest_marker(name) for name in ("stack", "cluster"))


def _path(item: pytest.Item) -> Path:
    return item.path
