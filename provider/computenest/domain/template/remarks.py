"""What resolving meets that is wrong: names that lead nowhere, rows without an image, images of another region.

A position says what a property can be; these say what cannot be right about it, wherever the deployment takes place.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from computenest.domain.distribution.regions import foreign_home
from computenest.domain.template.image_names import is_regional_id
from computenest.domain.template.nodes import MappingNode, Node, ScalarNode, SequenceNode
from computenest.domain.template.paths import child
from computenest.domain.template.ros_template import RosTemplate

__all__ = ["gaps_of", "remark_foreign", "remark_nothing", "remark_regional", "remark_undeclared"]

_MAX_ALLOWED = 200


def remark_undeclared(name: str, at: int, template: RosTemplate) -> None:
    names = (*template.parameters, *template.variables, *template.resources)
    template.leads_nowhere(at, f"Ref to `{name[:80]}`, which is declared nowhere", name=name, names=names)


def remark_regional(name: str, template: RosTemplate) -> None:
    """A parameter that offers an image of one region, in every region."""
    node = template.parameters[name]
    default = node.get("Default") if isinstance(node, MappingNode) else None
    allowed = node.get("AllowedValues") if isinstance(node, MappingNode) else None
    values = allowed.items if isinstance(allowed, SequenceNode) else ()
    offered = [("default", default), *(("allowed value", value) for value in islice(values, _MAX_ALLOWED))]
    for what, value in offered:
        if isinstance(value, ScalarNode) and is_regional_id(value.value):
            message = f"`{value.value}`, the {what} of parameter `{name[:80]}`, exists in one region only"
            path = child("Parameters", name[:80])
            template.remark("uncovered-image", value.start, message, value=value.value, path=path)
            return


def gaps_of(
    name: str, mapping: Node | None, firsts: tuple[str, ...] | None, seconds: tuple[str, ...] | None, at: int
) -> Iterator[tuple[int, str]]:
    """What the keys can choose and the map does not hold, with the character to name."""
    if not isinstance(mapping, MappingNode):
        yield at, f"there is no map `{name[:80]}`, which may be chosen here"
        return
    for first in dict.fromkeys(firsts or ()):
        if first not in mapping.entries:
            yield mapping.start, f"map `{name[:80]}` has no row `{first[:80]}`, which may be chosen"
    for first in mapping.entries if firsts is None else dict.fromkeys(firsts):
        entry = mapping.entries.get(first)
        row = entry.value if entry else None
        if entry is None or not isinstance(row, MappingNode):
            continue
        for second in dict.fromkeys(seconds or ()):
            if second not in row.entries:
                yield entry.start, f"row `{first[:80]}` of map `{name[:80]}` has no `{second[:80]}`"


def remark_nothing(
    names: tuple[str, ...],
    firsts: tuple[str, ...] | None,
    seconds: tuple[str, ...] | None,
    at: int,
    template: RosTemplate,
) -> None:
    """Which of the three keys leads nowhere, and what there is instead."""
    maps = [mapping for name in names if isinstance(mapping := template.mappings.get(name), MappingNode)]
    name = ", ".join(f"`{name[:60]}`" for name in names[:3])
    if not maps:
        wanted = names[0] if names else ""
        template.leads_nowhere(at, f"there is no map {name} in Mappings", name=wanted, names=template.mappings)
        return
    rows = {key: entry.value for mapping in maps for key, entry in mapping.entries.items()}
    if firsts and not any(first in rows for first in firsts):
        template.leads_nowhere(at, f"map {name} has no row `{firsts[0][:80]}`", name=firsts[0], names=rows)
    elif seconds:
        columns = {key for row in rows.values() if isinstance(row, MappingNode) for key in row.entries}
        where = f"row `{firsts[0][:80]}`" if firsts and len(firsts) == 1 else "any row that can be chosen"
        message = f"map {name} has no `{seconds[0][:80]}` in {where}"
        template.leads_nowhere(at, message, name=seconds[0], names=sorted(columns))


def remark_foreign(leaf: Node, keys: tuple[str, ...], where: str, template: RosTemplate) -> None:
    """An image's prefix names its region: it should be that of the key that it stands at."""
    if not isinstance(leaf, ScalarNode) or not leaf.value.startswith("m-"):
        return
    for region in keys:
        home = foreign_home(region, leaf.value)
        if home is not None:
            message = f"`{leaf.value}` stands at {region}, but is an image of {home} by its prefix"
            template.remark("wrong-region", leaf.start, message, path=f"{where}.{'.'.join(keys)}")
