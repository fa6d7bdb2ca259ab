"""The tree of a text that is JSON or YAML, whichever it turns out to be."""

from __future__ import annotations

import re

from computenest.templates.json_reader import read_json
from computenest.templates.model import TemplateRefused
from computenest.templates.nodes import Node
from computenest.templates.source import Source
from computenest.templates.yaml_reader import read_yaml

_NO_BREAK = re.compile("^[ \t]*\u00a0", re.MULTILINE)  # what a copy from a web page leaves behind


def read_tree(source: Source) -> tuple[Node | None, list[tuple[str, int]], bool]:
    """The tree, its duplicate keys, and whether it is JSON."""
    try:
        return _read_either(source)
    except TemplateRefused as refused:
        wrong = _NO_BREAK.search(source.text)
        if wrong is None or refused.line is None:
            raise
        hint = f"{refused.message}; line {source.line(wrong.start())} is indented with no-break spaces (U+00A0)"
        raise source.refusal(hint, line=refused.line) from refused


def _read_either(source: Source) -> tuple[Node | None, list[tuple[str, int]], bool]:
    if source.text.lstrip()[:1] not in ("{", "["):
        return *read_yaml(source), False
    try:
        return *read_json(source), True
    except TemplateRefused as no_json:
        try:
            return *read_yaml(source), False
        except TemplateRefused as no_yaml:
            raise source.refusal(f"{no_json.message}; {no_yaml.message}", line=no_json.line) from no_yaml
