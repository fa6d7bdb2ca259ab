"""A page clusters × components, of the facts of `computenest service status`: it needs nothing else, be it a file or a
page that follows the clusters by itself. Made of `templates/`, which escape every text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from computenest.resources._components.release_status import ReleaseStatus
from computenest.review.clusters.looks import ClusterLook
from computenest.review.pages import templates_of


@dataclass(frozen=True, slots=True)
class _Column:
    """A component, on whichever clusters it is.

    Args:
        namespace: where it is.
        release: what helm calls it.
        is_well: whether it is ready wherever it is.
    """

    namespace: str
    release: str
    is_well: bool


def console_page(looks: Sequence[ClusterLook], *, moment: str, every_s: float | None = None) -> str:
    """The page.

    Args:
        looks: a row each, in their order.
        moment: when the clusters were looked at, as people read it.
        every_s: how often a page that is served looks again, in seconds; None for a file, which stays as it is.
    """
    columns = _columns(looks)
    templates = templates_of("computenest.review.clusters")
    script = templates.get_template("live.js").render()
    return templates.get_template("page.html").render(
        columns=columns,
        looks=looks,
        cells=_cells,
        kind_of=_kind_of,
        summary=_summary(looks, len(columns)),
        moment=moment,
        every_s=every_s,
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _columns(looks: Sequence[ClusterLook]) -> list[_Column]:
    listed: dict[tuple[str, str], bool] = {}
    for look in looks:
        for one in look.releases:
            key = (one.namespace, one.release)
            listed[key] = listed.get(key, True) and (one.is_ready or bool(look.cannot_tell))
    return [_Column(*key, is_well=is_well) for key, is_well in sorted(listed.items())]


def _cells(look: ClusterLook, columns: Sequence[_Column]) -> tuple[ReleaseStatus | None, ...]:
    """What it has of each column, None where it has none."""
    found = {(one.namespace, str(one.release)): one for one in look.releases}
    return tuple(found.get((one.namespace, one.release)) for one in columns)


def _summary(looks: Sequence[ClusterLook], columns: int) -> str:
    silent = sum(bool(one.cannot_tell) for one in looks)
    unready = sum(not each.is_ready for one in looks if not one.cannot_tell for each in one.releases)
    wrong = [f"cannot tell of {_count(silent, 'cluster')}"] if silent else []
    wrong += [f"{_count(unready, 'release')} not ready"] if unready else []
    return f"{_count(len(looks), 'cluster')}, {_count(columns, 'component')}: {', '.join(wrong) or 'all is well'}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _kind_of(release: ReleaseStatus) -> str:
    """How it is coloured."""
    return "good" if release.is_ready else "busy" if release.status.is_pending else "bad"
