"""What the console shows of images: each of them, the copies on a line of time, and the regions. Nothing is changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from computenest_cloud.catalogue import regions
from computenest_cloud.clock import format_time
from computenest_cloud.services.ecs import images
from computenest_cloud.services.ecs.records import IMAGES, SHARES, Image
from computenest_cloud.world import World

AREAS = (
    ("China", ("cn-",)),
    ("Asia and Pacific", ("ap-",)),
    ("Europe and Middle East", ("eu-", "me-")),
    ("America", ("us-", "na-", "sa-")),
)
"""By the beginning of a region's name."""
LEAST_S = 1.0
"""What a line of time spans at least."""


@dataclass(frozen=True)
class ImageRow:
    image_id: str
    name: str
    owner: str
    region: str
    status: str
    percent: int | None
    detail: str
    size_gib: int
    source: str
    whom: str


@dataclass(frozen=True)
class CopyRow:
    """One copy, from where to where, with its three moments in seconds since 1970; None: not yet."""

    image_id: str
    name: str
    owner: str
    source_region: str
    region: str
    size_gib: int
    status: str
    percent: int
    asked_s: float
    started_s: float | None
    ended_s: float | None
    now_s: float


@dataclass(frozen=True)
class Bar:
    """A copy on the line of time, in percent of its width."""

    row: CopyRow
    waits_at: float
    waits_for: float
    runs_at: float
    runs_for: float


@dataclass(frozen=True)
class Line:
    """The copies of one span of time."""

    bars: tuple[Bar, ...]
    begin: str
    end: str
    span_s: float


@dataclass(frozen=True)
class Tile:
    """A region, and how many copies are where."""

    region: str
    there: int
    running: int
    waiting: int
    failed: int
    percent: int

    @property
    def state(self) -> str:
        """What is most worth seeing."""
        busy = "busy" if self.running or self.waiting else "good" if self.there else "none"
        return "bad" if self.failed else busy


def _percent(world: World, image: Image) -> int | None:
    return images.progress_percent(world, image) if image.is_copying else None


def images_of(world: World) -> Iterator[ImageRow]:
    """Every image, the newest first."""
    for image in sorted(world.store[IMAGES], key=lambda image: -image.seq):
        shared = sum(1 for _ in world.store[SHARES].grouped(image.image_id))
        yield ImageRow(
            image_id=image.image_id,
            name=image.name,
            owner=world.account_name(image.owner_uid),
            region=image.region,
            status=image.status,
            percent=_percent(world, image),
            detail=image.failure if image.status == "CreateFailed" else "",
            size_gib=image.size_gib,
            source=image.source_image_id,
            whom="public" if image.is_public else f"{shared} accounts" if shared else "",
        )


def copies(world: World) -> Iterator[CopyRow]:
    """Every copy that is still there, the newest first."""
    for image in sorted(world.store[IMAGES], key=lambda image: -image.seq):
        if image.source_image_id:
            yield CopyRow(
                image_id=image.image_id,
                name=image.name,
                owner=world.account_name(image.owner_uid),
                source_region=image.source_region,
                region=image.region,
                size_gib=image.size_gib,
                status=image.status,
                percent=images.progress_percent(world, image),
                asked_s=image.created_at,
                started_s=image.started_at,
                ended_s=image.ended_at,
                now_s=world.now,
            )


def timeline(rows: Sequence[CopyRow]) -> Line:
    """Where each copy waited and ran, on one line of time for all of them."""
    ends = [row.now_s if row.status in {"Waiting", "Creating"} else _end_s(row) for row in rows]
    begin_s = min((row.asked_s for row in rows), default=0.0)
    span_s = max(max(ends, default=0.0) - begin_s, LEAST_S)

    def at(moment_s: float) -> float:
        return round(100 * (moment_s - begin_s) / span_s, 2)

    bars = []
    for row, end_s in zip(rows, ends, strict=True):
        started_s = end_s if row.started_s is None else row.started_s
        waits, runs, ends_at = at(row.asked_s), at(started_s), at(end_s)
        bars.append(Bar(row, waits, round(runs - waits, 2), runs, round(ends_at - runs, 2)))
    return Line(tuple(bars), format_time(begin_s), format_time(begin_s + span_s), span_s)


def _end_s(row: CopyRow) -> float:
    """Of a copy that has ended; one of an older state does not know when."""
    return row.ended_s or row.started_s or row.asked_s


def areas(world: World) -> list[tuple[str, list[Tile]]]:
    """Every region, by the part of the world where it is; those without a copy come last."""
    by_region: dict[str, list[Image]] = {region: [] for region in regions()}
    for image in world.store[IMAGES]:
        if image.source_image_id:
            by_region.setdefault(image.region, []).append(image)
    tiles = sorted((_tile(world, *found) for found in by_region.items()), key=lambda tile: tile.state == "none")
    return [(area, [tile for tile in tiles if tile.region.startswith(beginnings)]) for area, beginnings in AREAS]


def _tile(world: World, region: str, found: list[Image]) -> Tile:
    running = [image for image in found if image.status == "Creating"]
    percents = [images.progress_percent(world, image) for image in running]
    return Tile(
        region=region,
        there=sum(image.status == "Available" for image in found),
        running=len(running),
        waiting=sum(image.status == "Waiting" for image in found),
        failed=sum(image.status == "CreateFailed" for image in found),
        percent=sum(percents) // len(percents) if percents else 0,
    )
