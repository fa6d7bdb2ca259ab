"""What resolving meets that is wrong: names that lead nowhere, rows without an image, images of another region.

A position says what a property can be; these say what cannot be right about it, wherever the deployment takes place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from computenest.kernel.regions import foreign_home
from computenest.templates.image_names import is_regional_id
from computenest.templates.looks import items_of, value_at
from computenest.templates.nodes import MappingNode, Node, ScalarNode, SequenceNode
from computenest.templates.paths import child
from computenest.templates.ros_template import RosTemplate, function_of

_MAX_ALLOWED = 200
# source: ROS's documentation of pseudo parameters
_PSEUDO = tuple(
    f"ALIYUN::{name}"
    for name in ("StackName", "StackId", "Region", "AccountId", "TenantId", "ResourceGroupId", "NoValue", "Index")
)
_REGION = re.compile(r"(?:cn|ap|us|eu|me|na|rus|in|sa)-[a-z0-9]+(?:-[a-z0-9]+)*")
_SUBSTITUTED = re.compile(r"\$\{([^!{}$\s][^{}$]{0,200})\}")


def remark_undeclared(name: str, at: int, template: RosTemplate) -> None:
    names = (*template.parameters, *template.variables, *template.resources)
    template.leads_nowhere(at, f"Ref to `{name[:80]}`, which is declared nowhere", name=name, names=names)


def remark_pseudo(name: str, at: int, template: RosTemplate) -> None:
    """A pseudo parameter that ROS does not have."""
    if name not in _PSEUDO:
        template.leads_nowhere(at, f"Ref to `{name[:80]}`, no pseudo parameter of ROS", name=name, names=_PSEUDO)


def remark_condition(condition: Node, template: RosTemplate) -> None:
    """A condition that is declared nowhere."""
    name = condition.value if isinstance(condition, ScalarNode) and not function_of(condition) else None
    if name is not None and name not in template.conditions and name.lower() not in ("true", "false"):
        message = f"condition `{name[:80]}` is declared nowhere"
        template.leads_nowhere(condition.start, message, name=name, names=template.conditions)


def remark_attribute(argument: Node, at: int, template: RosTemplate) -> None:
    """An attribute of a resource that is declared nowhere."""
    first = argument.items[0] if isinstance(argument, SequenceNode) and argument.items else argument
    name = first.value if isinstance(first, ScalarNode) and (first is argument or not function_of(first)) else None
    if name is None:
        return
    name = name if first is not argument else name.partition(".")[0]
    known = (*template.resources, *template.variables)
    if name not in known and not any(name.startswith(f"{one}[") for one in template.resources):  # `Count`
        template.leads_nowhere(at, f"Fn::GetAtt of `{name[:80]}`, which is declared nowhere", name=name, names=known)


def remark_substitution(argument: Node, at: int, template: RosTemplate) -> None:
    """A name in an Fn::Sub that nothing has."""
    text, own = argument, frozenset[str]()
    if isinstance(argument, SequenceNode) and argument.items:
        text = argument.items[0]
        given = argument.items[1] if len(argument.items) > 1 else None
        own = frozenset(given.entries if isinstance(given, MappingNode) else ())
    for name in _SUBSTITUTED.findall(text.value) if isinstance(text, ScalarNode) else ():
        if name.startswith("ALIYUN::"):
            remark_pseudo(name, at, template)
            continue
        known = (*own, *template.parameters, *template.variables, *template.resources)
        if name not in known and name.partition(".")[0] not in known:
            template.leads_nowhere(at, f"Fn::Sub of `{name[:80]}`, which is declared nowhere", name=name, names=known)


def remark_regional(name: str, template: RosTemplate) -> None:
    """A parameter that offers an image of one region, in every region."""
    node = template.parameters[name]
    values = islice(items_of(value_at(node, "AllowedValues")), _MAX_ALLOWED)
    offered = [("default", value_at(node, "Default")), *(("allowed value", value) for value in values)]
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


def remark_fixed(leaf: Node, keys: tuple[Node, ...], template: RosTemplate) -> None:
    """An image of one region that a map gives in every region, because its key is written down."""
    if isinstance(leaf, ScalarNode) and is_regional_id(leaf.value):
        for key in keys:
            if isinstance(key, ScalarNode) and not function_of(key) and _REGION.fullmatch(key.value):
                message = (
                    f"`{leaf.value}`, the image of {key.value}, is taken in every region, and no package covers it"
                )
                template.remark("uncovered-image", leaf.start, message, value=leaf.value)


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
