"""Where regions are, and a map of what becomes of them: positions on a page, without coast lines. Pure.

Each region's city is as the documentation of ECS names it ("Regions and zones"); where a city lies is common knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from computenest.review.report.cells import Change
from computenest.review.report.preview import Row

PLACES: dict[str, tuple[str, float, float]] = {
    "ap-northeast-1": ("Tokyo", 35.7, 139.7),
    "ap-northeast-2": ("Seoul", 37.6, 127.0),
    "ap-south-1": ("Mumbai", 19.1, 72.9),
    "ap-southeast-1": ("Singapore", 1.35, 103.8),
    "ap-southeast-2": ("Sydney", -33.9, 151.2),
    "ap-southeast-3": ("Kuala Lumpur", 3.1, 101.7),
    "ap-southeast-5": ("Jakarta", -6.2, 106.8),
    "ap-southeast-6": ("Manila", 14.6, 121.0),
    "ap-southeast-7": ("Bangkok", 13.8, 100.5),
    "cn-beijing": ("Beijing", 39.9, 116.4),
    "cn-chengdu": ("Chengdu", 30.7, 104.1),
    "cn-fuzhou": ("Fuzhou", 26.1, 119.3),
    "cn-guangzhou": ("Guangzhou", 23.1, 113.3),
    "cn-hangzhou": ("Hangzhou", 30.3, 120.2),
    "cn-heyuan": ("Heyuan", 23.7, 114.7),
    "cn-hongkong": ("Hong Kong", 22.3, 114.2),
    "cn-huhehaote": ("Hohhot", 40.8, 111.7),
    "cn-nanjing": ("Nanjing", 32.1, 118.8),
    "cn-qingdao": ("Qingdao", 36.1, 120.4),
    "cn-shanghai": ("Shanghai", 31.2, 121.5),
    "cn-shenzhen": ("Shenzhen", 22.5, 114.1),
    "cn-wuhan-lr": ("Wuhan", 30.6, 114.3),
    "cn-wulanchabu": ("Ulanqab", 41.0, 113.1),
    "cn-zhangjiakou": ("Zhangjiakou", 40.8, 114.9),
    "cn-zhengzhou-jva": ("Zhengzhou", 34.7, 113.6),
    "eu-central-1": ("Frankfurt", 50.1, 8.7),
    "eu-west-1": ("London", 51.5, -0.1),
    "me-central-1": ("Riyadh", 24.7, 46.7),
    "me-east-1": ("Dubai", 25.2, 55.3),
    "na-south-1": ("Querétaro", 20.6, -100.4),
    "us-east-1": ("Virginia", 38.9, -77.4),
    "us-west-1": ("Silicon Valley", 37.4, -122.0),
}
"""Region -> city, and its latitude and longitude in degrees."""

WIDTH, HEIGHT = 740, 340
_WEST, _EAST, _NORTH, _SOUTH = -135.0, 165.0, 60.0, -42.0
_MAP_WIDTH, _COLUMN = 620.0, 632.0
"""Where the map ends, and the labels of the many regions in the east begin, one below the other."""
_EAST_OF = 60.0
_LINE, _LABEL_WIDTH, _GAP = 13.0, 105.0, 14.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A region on the map and its label, in units of the map's size.

    Args:
        change: what becomes of it, over all rows: `same` where nothing does.
    """

    region: str
    city: str
    change: str
    x: float
    y: float
    label_x: float
    label_y: float


def dots(rows: Iterable[Row]) -> list[Dot]:
    """The regions of the rows that have a place, from north to south."""
    changes: dict[str, set[Change]] = {}
    for row in rows:
        for cell in row.cells:
            if cell.region in PLACES:
                changes.setdefault(cell.region, set()).add(cell.change)
    ordered = sorted(changes, key=lambda name: (-PLACES[name][1], PLACES[name][2]))
    eastern = [region for region in ordered if PLACES[region][2] > _EAST_OF]
    heights = dict(zip(eastern, _stacked([_on_map(region)[1] for region in eastern]), strict=True))
    found: list[Dot] = []
    for region in ordered:
        x, y = _on_map(region)
        label_x = _COLUMN if region in heights else x + _GAP
        label_y = heights[region] if region in heights else _free(y, x, found)
        found.append(
            Dot(region, PLACES[region][0], _whole(changes[region]), x, y, round(label_x, 1), round(label_y, 1))
        )
    return found


def _on_map(region: str) -> tuple[float, float]:
    _, north, east = PLACES[region]
    x = (east - _WEST) / (_EAST - _WEST) * _MAP_WIDTH
    return round(x, 1), round((_NORTH - north) / (_NORTH - _SOUTH) * HEIGHT, 1)


def _stacked(heights: list[float]) -> list[float]:
    """The same from the top, with a line between any two, and moved up where the last ones would leave the map."""
    found: list[float] = []
    for height in heights:
        found.append(max(height, found[-1] + _LINE) if found else height)
    lowest = HEIGHT - _LINE / 2
    for number in reversed(range(len(found))):
        found[number] = min(found[number], lowest)
        lowest = found[number] - _LINE
    return found


def _free(y: float, x: float, found: Iterable[Dot]) -> float:
    """The first height at or below the dot's where no other label stands near it."""
    beside = [dot.label_y for dot in found if dot.label_x != _COLUMN and abs(dot.x - x) < _LABEL_WIDTH]
    for height in sorted(beside):
        if abs(height - y) < _LINE:
            y = height + _LINE
    return y


def _whole(changes: set[Change]) -> str:
    moving = changes - {Change.SAME}
    return Change.SAME.value if not moving else next(iter(moving)).value if len(moving) == 1 else Change.CHANGED.value
