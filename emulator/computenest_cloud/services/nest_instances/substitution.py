"""An image literal of a template becomes the region's image id: at image positions, and nowhere else.

Positions are decided by resource type and path (fact: ros-010); the same text as a parameter's value, a tag or a look-
alike stays. Literals are documented; whether Fn::If and Fn::FindInMap are followed is a switch (fact: inst-011).
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from computenest_cloud.services.ros.seam import DOCUMENTED, IMAGE_PATHS, NESTED, parse_template

Replace = Callable[[str], str | None]  # None: not a related literal


def _holders(value: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, str]]:
    """The maps that hold the path's last name."""
    if path[0] == "*":
        for entry in value if isinstance(value, list) else ():
            yield from _holders(entry, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        if len(path) == 1:
            yield value, path[0]
        else:
            yield from _holders(value[path[0]], path[1:])


class Substitution:
    """Substitutes in a copy; `used` are the literals that were found at a position."""

    def __init__(self, replace: Replace, *, follows_functions: bool, documented_types_only: bool) -> None:
        self._replace = replace
        self._follows = follows_functions
        self._types = DOCUMENTED if documented_types_only else frozenset(IMAGE_PATHS)
        self.used: set[str] = set()

    def apply(self, template: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = copy.deepcopy(dict(template))
        for resource in (found.get("Resources") or {}).values():
            if not isinstance(resource, dict) or not isinstance(resource.get("Properties"), dict):
                continue
            kind, properties = str(resource.get("Type", "")), resource["Properties"]
            for path in IMAGE_PATHS.get(kind, ()) if kind in self._types else ():
                for holder, name in _holders(properties, path):
                    holder[name] = self._value(found, holder[name])
            if kind == NESTED:
                self._nested(properties)
        return found

    def _nested(self, properties: dict[str, Any]) -> None:
        body = properties.get("TemplateBody")
        if isinstance(body, dict) and "ROSTemplateFormatVersion" in body:
            properties["TemplateBody"] = self.apply(body)
        elif isinstance(body, str):
            properties["TemplateBody"] = json.dumps(self.apply(parse_template(body)), ensure_ascii=False)

    def _literal(self, value: str) -> str:
        replaced = self._replace(value)
        if replaced is None:
            return value
        self.used.add(value)
        return replaced

    def _value(self, template: dict[str, Any], value: Any) -> Any:
        if isinstance(value, str):
            return self._literal(value)
        if not isinstance(value, dict) or len(value) != 1 or not self._follows:
            return value
        ((name, argument),) = value.items()
        if name == "Fn::If" and isinstance(argument, list):
            return {name: [argument[0], *(self._value(template, branch) for branch in argument[1:])]}
        if name == "Fn::FindInMap" and isinstance(argument, list) and argument and isinstance(argument[0], str):
            mappings = template.get("Mappings") or {}
            if argument[0] in mappings:
                mappings[argument[0]] = self._leaves(mappings[argument[0]], argument[1:])
        return value

    def _leaves(self, node: Any, keys: list[Any]) -> Any:
        """Those below the keys that are literal; a key that is computed may be any."""
        if isinstance(node, str):
            return self._literal(node)
        if not isinstance(node, dict):
            return node
        wanted, rest = (keys[0], keys[1:]) if keys else (None, [])
        is_any = not isinstance(wanted, str)
        return {key: self._leaves(leaf, rest) if is_any or key == wanted else leaf for key, leaf in node.items()}
