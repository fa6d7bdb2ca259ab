"""Properties that a package covers in part: which literal a deployment takes there, its parameters decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from computenest.templates.image_names import is_public_image, is_regional_id
from computenest.templates.model import Position


def assumed_markers(positions: Iterable[Position]) -> set[str]:
    """The literals that can be no more than markers, where nobody says which are: no image of the cloud's, no id."""
    values = {position.value for position in positions if position.value and position.is_editable}
    return {value for value in values if not is_regional_id(value) and not is_public_image(value)}


def half_covered(positions: Iterable[Position], covered: Collection[str]) -> Iterator[tuple[Position, str]]:
    """The properties where a package stands for one literal and none for another: the first such, and what to know.

    Args:
        positions: of one template.
        covered: literals, paths and addresses that packages stand for.
    """
    by_path: dict[str, list[Position]] = {}
    for position in positions:
        if position.value:
            by_path.setdefault(position.path, []).append(position)
    known = {*covered}
    for path, leaves in by_path.items():
        bare = {leaf.value: leaf for leaf in reversed(leaves) if not {leaf.value, leaf.address, path} & known}
        if bare and {leaf.value for leaf in leaves} - {*bare}:
            *others, first = bare.values()
            yield first, _sentence(first, len(others))


def _sentence(position: Position, others: int) -> str:
    more = f" and {others} more there" if others else ""
    return (
        f"`{position.value}` at {position.address}{more} stands beside a package's marker, and no package covers it: a "
        "deployment whose parameters choose it runs it as it stands, in every region"
    )
