"""What a resource hands to a template that it deploys: to one that stands in it, under the parameters' own names; to
one that is kept elsewhere, only what looks like an image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from computenest.templates.image_names import is_dated_image, is_regional_id
from computenest.templates.looks import value_at
from computenest.templates.nodes import MappingNode, Node, ScalarNode
from computenest.templates.ros_template import RosTemplate, function_of
from computenest.templates.source import Source
from computenest.templates.table import FREE_PARAMETERS, Carrier

MODULE = "MODULE::"
_IMAGE_ID = re.compile(r"image[_\-]?ids?\Z", re.IGNORECASE)
HINT = re.compile(r"\bm-[a-z0-9]{15}|_20[0-9]{6}")
"""What a text has somewhere that holds an image's id, perhaps: cheaper than looking at each."""

FREE = "a free parameter: what it means is decided by the template or task that receives it"


def bindings_of(given: Node | None, parent: RosTemplate, nested: RosTemplate) -> dict[str, tuple[Node, RosTemplate]]:
    """The value of each parameter of a nested stack, and the template whose scope it is written in.

    What the parent gives counts; what it leaves out is the parameter's own default, because nobody else gives any. If
    the parent computes them all, none is known.
    """
    if given is not None and (not isinstance(given, MappingNode) or function_of(given)):
        return {}
    found: dict[str, tuple[Node, RosTemplate]] = {}
    for name, declared in nested.parameters.items():
        default = value_at(declared, "Default")
        if default is not None:
            found[name] = (default, nested)
    for key, entry in given.entries.items() if given else ():
        found[key] = (entry.value, parent)
    return found


def is_image(text: str) -> bool:
    """Whether a text is the id of an image, whatever the argument is called that takes it."""
    return is_regional_id(text) or is_dated_image(text)


def _is_image(value: Node) -> bool:
    return isinstance(value, ScalarNode) and is_image(value.value)


def free_parameters(kind: str, properties: Node, source: Source) -> Iterator[Carrier]:
    """The parameters of another template or of a task that are named after an image's id, or are one."""
    section = "" if kind.startswith(MODULE) else FREE_PARAMETERS.get(kind)
    if section is None or not isinstance(properties, MappingNode):
        return
    parameters = properties.get(section) if section else properties
    if not isinstance(parameters, MappingNode) or function_of(parameters):
        return
    may_hold_ids = HINT.search(source.text, parameters.start, parameters.end) is not None  # unwrapping all is dear
    for name, entry in parameters.entries.items():
        if _IMAGE_ID.search(name) or (may_hold_ids and _is_image(entry.value)):
            yield Carrier((section, name) if section else (name,), caution=FREE)


def is_for_an_image(name: str, value: Node) -> bool:
    """Whether a parameter of another template is named after an image's id, or is one."""
    return _IMAGE_ID.search(name) is not None or _is_image(value)
