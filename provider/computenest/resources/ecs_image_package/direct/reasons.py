"""What people read when a copy did not work out: the image, where from, how far, how long, why, and what to do next."""

from __future__ import annotations

from computenest.kernel.errors import Conflict, Meaning
from computenest.kernel.names import ImageId, RegionId
from computenest.resources._packages.model import Image


def timed_out(
    image_id: ImageId | None, source: RegionId, last: Image | None, *, elapsed_s: float, limit_s: int, trouble: str
) -> str:
    """A copy that was still running at the deadline.

    Args:
        last: as it was seen last, None if never.
        elapsed_s: since the operation began.
        trouble: why the last look at it failed, "" where it did not.
    """
    seen = "not seen yet" if last is None else f"{last.status}, {last.progress_percent or 0} %"
    failed = f" (the last look at it failed: {trouble})" if trouble else ""
    return (
        f"image {image_id or 'not answered yet'}, copied from {source}, is {seen} after {elapsed_s:.0f} s{failed}; "
        f"timeout_s is {limit_s}: the copy goes on in the cloud, run pulumi up again to wait for it, or raise timeout_s"
    )


def not_started(*, limit_s: int) -> str:
    """A copy whose turn had not come at the deadline."""
    return f"not started within {limit_s} s: all slots were taken; run pulumi up again, or raise timeout_s"


def explained(error: BaseException) -> str:
    """Why a copy could not be started."""
    if isinstance(error, Conflict) and error.meaning is Meaning.NAME_TAKEN:
        return f"an image of that name exists and no list shows it: {error}"
    return str(error)


def came_to_nothing(
    image_id: ImageId | None, source: RegionId, last: Image | None, *, status: str, elapsed_s: float, copies: int
) -> str:
    """A copy that failed or disappeared, after others had.

    Args:
        last: as it was seen before that.
        status: what became of it.
        elapsed_s: since this copy began.
        copies: how many were made for this region in this run.
    """
    seen = "" if last is None else f", last seen {last.status} at {last.progress_percent or 0} %"
    made = "1 copy was" if copies == 1 else f"{copies} copies were"
    return (
        f"image {image_id}, copied from {source}, {status} after {elapsed_s:.0f} s{seen}; {made} made in this run, and "
        "the cloud names no reason: run pulumi up again to try once more, or ask the cloud's support about this image"
    )
