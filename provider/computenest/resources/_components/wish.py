"""One release as a type of resource wants it: who asks for which chart, with which values, and how it is brought.

Pure: made of what a program says, before anybody has looked at a chart or a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import Maybe
from computenest.kernel.values import Json
from computenest.resources._components.model import Chart
from computenest.resources._components.policy import Policy
from computenest.resources._components.release import ReleaseName


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A release that is wanted.

    Args:
        component: what the program calls it.
        path: the property that it stands at, for messages; "" where it is the whole resource.
        release: what helm calls it.
        namespace: where it is kept.
        chart: where its chart is.
        values: merged, without the chart's defaults; they, or parts of them, may be unknown.
        needs: components that come before it.
        owner: whose it is.
        policy: how it is brought.
    """

    component: str
    path: str
    release: ReleaseName
    namespace: str
    chart: Chart
    values: Maybe[Mapping[str, Json]]
    needs: tuple[str, ...]
    owner: OwnerId
    policy: Policy

    def at(self, name: str) -> str:
        """The path of a property of it."""
        return f"{self.path}.{name}" if self.path else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a run would do to one release, as a preview says it.

    Args:
        version: of the chart, that will be there.
        digest: of the objects that will be there; unknown where one unknown value reaches them, or no cluster could be
            asked.
        words: what happens, `upgrade 1.0.0 -> 1.1.0`.
        lines: what happens to which object.
        problems: why it would fail; nothing is done then.
        is_idle: whether nothing happens.
        drifted: how many objects are not as the release left them, where nothing else happens.
        is_otherwise: whether it is left alone though it is not as declared.
    """

    version: str
    digest: Maybe[str]
    words: str
    lines: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_idle: bool = False
    drifted: int = 0
    is_otherwise: bool = False


def in_order(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """Each after those that it needs, and otherwise as they were given.

    Raises:
        ValueError: they need one another in a circle, which the message names.
    """
    named = {one.component: one for one in wishes}
    found: dict[str, Wish] = {}

    def put(one: Wish, above: tuple[str, ...]) -> None:
        if one.component in above:
            circle = (*above[above.index(one.component) :], one.component)
            raise ValueError(" needs ".join(circle))
        if one.component not in found:
            for name in one.needs:
                if name in named:
                    put(named[name], (*above, one.component))
            found[one.component] = one

    for one in wishes:
        put(one, ())
    return tuple(found.values())
