"""Damaged real files are read or refused: no traceback, no second lost, no memory eaten. Seeds are printed.

Runs in a process of its own, whose largest memory is measured; a failure names the seed that brings it back.
"""

from __future__ import annotations

import multiprocessing

import pytest

from corpus.mutations import run

pytestmark = pytest.mark.corpus

MAX_SECONDS = 1.0
MAX_MEBIBYTES = 200


def check(seeds: range) -> None:
    """Run in a fresh process and report."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        tally = pool.apply(run, (seeds,))
    print(  # noqa: T201
        f"\nseeds {seeds.start} to {seeds.stop - 1}: {tally.read} read, {tally.refused} refused, slowest "
        f"{tally.slowest_s:.3f} s (seed {tally.slowest_seed}), memory grew by {tally.grown_mib:.0f} MiB"
    )
    assert not tally.failures, "\n".join(tally.failures[:20])
    assert tally.slowest_s < MAX_SECONDS, f"seed {tally.slowest_seed}"
    assert tally.grown_mib < MAX_MEBIBYTES


def test_three_hundred_damaged_files() -> None:
    check(range(300))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_damaged_files() -> None:
    check(range(1_000, 11_000))
