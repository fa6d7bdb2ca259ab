"""A hand-written region-to-image map turned into a marker, on request, by byte spans.

`ImageId: !FindInMap [Images, !Ref ALIYUN::Region, Web]` becomes `ImageId: ecs_image_web`, the map goes, and what it
held is handed back as the package's first map: rendering with it gives each region what it had. Only the direct form is
taken, at image positions and in the branches of their `If`; whatever else reads the map keeps it where it is. The
result is scanned again before it is given out: an adoption that would change anything else is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from computenest.kernel import regions as geography
from computenest.kernel.errors import Invalid
from computenest.templates.looks import entries_of, items_of, text_of, value_at
from computenest.templates.model import Frozen, Position, Scan, TemplateRefused
from computenest.templates.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode, is_plain_string
from computenest.templates.resolve import RosTemplate, function_of
from computenest.templates.ros import Findings, Walk, template_of
from computenest.templates.scanning import scan
from computenest.templates.source import Source
from computenest.templates.spans import literal_span
from computenest.templates.table import Carrier
from computenest.templates.trees import read_tree

_MARKER = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
_BLANK = re.compile(r"[ \t]*+(?:#[^\r\n]*+)?(?:\r\n|\r|\n)?\Z")
_REST = re.compile(r"[ \t]*+(?:#[^\r\n]*+)?(?:\r\n|\r|\n|\Z)")
_COMMA_AFTER = re.compile(r"\s*+,\s*+")
_COMMA_BEFORE = re.compile(r",\s*\Z")
_MAX_LISTED = 5
_REGION = "ALIYUN::Region"


class Adoption(Frozen):
    """The new template and what became of the map. `edits` are (start, end, new bytes) of the old file."""

    data: bytes
    images: dict[str, str]
    replaced: tuple[tuple[str, int], ...]
    edits: tuple[tuple[int, int, bytes], ...]
    is_removed: bool
    kept_for: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Use:
    """One `Fn::FindInMap`; `key` is its column where it is direct and an image position, else `reason` says why not."""

    node: Node
    path: str
    key: ScalarNode | None
    reason: str
    line: int


@dataclass(slots=True)
class _Lookups(Walk):
    """Collects the values of the outer template's image positions instead of resolving them."""

    root: RosTemplate | None = None
    values: list[tuple[str, Node]] = field(default_factory=list)

    def carrier(
        self, carrier: Carrier, properties: Node, template: RosTemplate, *, path: str, resource_type: str, real: bool
    ) -> None:
        """Remember each value of a property, the branches of an `If` one by one."""
        del resource_type
        if not real or template is not self.root:
            return
        for where, _, value in self.values_of(carrier, properties, template, path=path):
            self.values += [(where, branch) for branch in _branches(value)]


def adopt(data: bytes, *, mapping: str, marker: str, key: str | None = None, name: str = "template") -> Adoption:
    """`data` with the map `mapping` replaced by `marker`, and the images that it held by region.

    1. Bytes outside the replaced functions and the map are the ones that were there.
    2. The map stays if anything else reads it; `kept_for` says what.
    3. Rendering the result with `images` gives each region the image that the functions found for it.

    Args:
        data: a ROS template.
        mapping: the name of a map in `Mappings`.
        marker: the literal that stands for the package from now on.
        key: the second key, where image positions read several columns of the map.
        name: for messages.

    Raises:
        TemplateRefused: the bytes are no template.
        Invalid: it cannot be done safely; says why.
    """
    before = scan(data, name=name)
    source = Source(data, name=name)
    root, _, is_json = read_tree(source)
    if not before.format.startswith("ros") or not isinstance(root, MappingNode):
        raise _refusal(f"{name} is no ROS template: {before.format}")
    _check_marker(marker, before)
    template = template_of(root, source)
    rows = template.mappings.get(mapping)
    if not isinstance(rows, MappingNode):
        listed = ", ".join(f"`{known[:80]}`" for known in list(template.mappings)[:_MAX_LISTED]) or "none"
        raise _refusal(f"there is no map `{mapping}` in Mappings; there is {listed}")
    uses = _uses(root, template, mapping)
    chosen = _chosen(uses, mapping, key)
    images, left_out = _images(rows, source, mapping, chosen[0].key)
    others = tuple(f"line {use.line}: {use.reason or 'another column'}" for use in uses if use not in chosen)
    edits = [_replacement(use, source, marker, is_json=is_json) for use in chosen]
    if not others:
        edits.append((*_entry_span(root, template, mapping), ""))
    cuts = tuple(sorted((source.byte_of(start), source.byte_of(end), text.encode()) for start, end, text in edits))
    result = Adoption(
        data=_edited(data, cuts),
        images=images,
        replaced=tuple((use.path, use.line) for use in chosen),
        edits=cuts,
        is_removed=not others,
        kept_for=others,
        left_out=left_out,
    )
    _verify(before, result, mapping=mapping, marker=marker, name=name)
    return result


def _refusal(message: str, *, hint: str = "") -> Invalid:
    return Invalid(message, path="mapping", hint=hint)


def _check_marker(marker: str, before: Scan) -> None:
    if not _MARKER.fullmatch(marker) or not is_plain_string(marker):
        raise Invalid(
            f"`{marker[:100]}` is no marker",
            path="marker",
            hint="a marker begins with a letter and has letters, digits, `_`, `.` and `-`",
        )
    for position in before.positions:
        if marker in (position.value, position.default, *position.allowed_values):
            raise Invalid(
                f"`{marker}` already stands at {position.path} (line {position.line}): take another marker",
                path="marker",
            )


def _branches(node: Node, depth: int = 0) -> Iterator[Node]:
    """The values that a node can be, `If` taken apart."""
    called = function_of(node)
    if called and called[0] == "Fn::If" and isinstance(called[1], SequenceNode) and depth < _MAX_LISTED:
        for branch in called[1].items[1:3]:
            yield from _branches(branch, depth + 1)
    else:
        yield node


def _uses(root: MappingNode, template: RosTemplate, mapping: str) -> list[_Use]:
    """Every `Fn::FindInMap` of the file that reads the map, or may."""
    lookups = _Lookups(Findings(), root=template)
    lookups.resources(root, template, path="", depth=0)
    paths = {node.identity: path for path, node in lookups.values}
    found: list[_Use] = []
    seen: set[int] = set()
    open_nodes: list[Node] = [root]
    while open_nodes:
        node = open_nodes.pop()
        if node.identity in seen:
            continue
        seen.add(node.identity)
        called = function_of(node)
        if called and called[0] == "Fn::FindInMap":
            parts = items_of(called[1])
            named = _text(parts[0]) if parts else None
            if named in (mapping, None):
                path = paths.get(node.identity, "")
                key = _direct_key(parts) if path else "it stands at no image property"
                reason, column = (key, None) if isinstance(key, str) else ("", key)
                found.append(_Use(node, path, column, reason, template.source.line(node.start)))
        open_nodes += (*(entry.value for entry in entries_of(node).values()), *items_of(node))
    return sorted(found, key=lambda use: use.node.start)


def _text(node: Node) -> str | None:
    return text_of(node) if function_of(node) is None else None


def _argument(node: Node, name: str = "") -> str | None:
    """What a function is given, where that is a text; of the function of that name where one is named."""
    called = function_of(node)
    return text_of(called[1]) if called and called[0].startswith(name) else None


def _direct_key(parts: tuple[Node, ...]) -> ScalarNode | str:
    """The second key of `[map, Ref ALIYUN::Region, key]`, or why this is something else."""
    if len(parts) != 3:
        return "it has not three arguments"
    named = _text(parts[0])
    if named is None:
        return "the map's name is computed"
    if _argument(parts[2], "Ref") == _REGION:
        key = (_text(parts[1]) or "key")[:80]
        return (
            f"the region is the second key; write the map with regions first (`cn-beijing: {{{key}: image id}}`) and "
            f"`[{named[:80]}, Ref {_REGION}, {key}]` here"
        )
    chosen_by = _argument(parts[1], "Ref")
    if chosen_by != _REGION:
        return f"the row is chosen by `{(chosen_by or _text(parts[1]) or 'a function')[:80]}`, not by {_REGION}"
    column = parts[2]
    if not isinstance(column, ScalarNode) or function_of(column):
        return f"the column is chosen by `{(_argument(column) or 'a function')[:80]}`"
    return column


def _chosen(uses: list[_Use], mapping: str, key: str | None) -> list[_Use]:
    """The uses that become the marker: all those of one column."""
    direct = [use for use in uses if use.key is not None]
    if not direct:
        if not uses:
            raise _refusal(f"nothing reads map `{mapping}`; it can be deleted as it is")
        why = "; ".join(f"line {use.line}: {use.reason}" for use in uses[:_MAX_LISTED])
        raise _refusal(
            f"map `{mapping}` cannot become one marker: {why}",
            hint=f"only `Fn::FindInMap: [{mapping}, Ref {_REGION}, a literal]` at an image property can",
        )
    columns = list(dict.fromkeys(use.key.value for use in direct if use.key))
    if key is None and len(columns) > 1:
        listed = ", ".join(f"`{column[:80]}`" for column in columns[:_MAX_LISTED])
        raise _refusal(f"image positions read several columns of map `{mapping}`: {listed}", hint="choose one (--key)")
    wanted = columns[0] if key is None else key
    chosen = [use for use in direct if use.key and use.key.value == wanted]
    if not chosen:
        raise _refusal(f"no image position reads `{wanted}` of map `{mapping}`, but `{columns[0][:80]}`")
    return chosen


def _images(
    rows: MappingNode, source: Source, mapping: str, key: ScalarNode | None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Region -> image id of one column, and the regions that have none."""
    column = key.value if key else ""
    images: dict[str, str] = {}
    left_out: list[str] = []
    for region, entry in rows.entries.items():
        leaf = value_at(entry.value, column)
        if leaf is None:
            left_out.append(region)
            continue
        where = f"`{mapping}.{region}.{column}` (line {source.line(leaf.start)})"
        if not isinstance(leaf, ScalarNode) or function_of(leaf) or isinstance(literal_span(source, leaf), str):
            raise _refusal(f"{where} is no literal image id")
        _check_image(region, leaf.value, where)
        images[region] = leaf.value
    if not images:
        raise _refusal(f"map `{mapping}` has no `{column[:80]}` in any row")
    return images, tuple(left_out)


def _check_image(region: str, image: str, where: str) -> None:
    """What an association takes as a region's image; the map that is handed back must pass there."""
    if not geography.is_image_id(image):
        hint = "a package's map holds ids of images (m-…); take the row out, or write the id of the image that it means"
        raise _refusal(f"{where} is `{image[:100]}`, which is no id of an image", hint=hint)
    home = geography.foreign_home(region, image)
    if home is not None:
        raise _refusal(f"{where}: `{image}` is an image of {home} by its prefix", hint=f"write its copy in {region}")


def _replacement(use: _Use, source: Source, marker: str, *, is_json: bool) -> tuple[int, int, str]:
    """The characters of a function, and the literal that takes their place."""
    text, node = source.text, use.node
    if text[node.start] == "&":
        raise _refusal(f"the function at line {use.line} is anchored, and may be used elsewhere by its alias")
    end = node.end
    if text[end - 1] not in "]}":  # block style: the parser's mark is that of the next token
        called = function_of(node)
        argument = called[1] if called else node
        end = argument.end
        if text[end - 1] not in "]}":
            end = use.key.end if use.key else end
        if not node.start < end <= node.end or text[end - 1].isspace():
            raise _refusal(f"where the function at line {use.line} ends cannot be told")
    is_glued = node.start > 0 and not text[node.start - 1].isspace()
    return node.start, end, f'"{marker}"' if is_json or is_glued else marker


def _entry_span(root: MappingNode, template: RosTemplate, mapping: str) -> tuple[int, int]:
    """The characters of the map's entry, or of the whole section if it is the last one there."""
    section = root.entries["Mappings"]
    assert isinstance(section.value, MappingNode)  # noqa: S101 - it had the map in it
    holder, entry = (section.value, section.value.entries[mapping])
    if len(holder.entries) == 1:
        holder, entry = root, section
    text = template.source.text
    start, end = entry.start, entry.value.end
    if not holder.start <= start < entry.value.start <= end <= holder.end:
        raise _refusal(f"map `{mapping}` is written elsewhere and brought in by an alias")
    if text[holder.start : holder.start + 1] == "{":
        return _flow_span(text, entry, holder, mapping)
    first = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    if text[first:start].strip(" "):
        raise _refusal(f"map `{mapping}` does not begin a line of its own")
    rest = _REST.match(text, end)
    if text[end - 1] == "}" and rest:
        return first, rest.end()
    # block style: the mark is that of the next token; comments and blank lines before it are not the map's
    lines = text[first:end].splitlines(keepends=True)
    while len(lines) > 1 and _BLANK.fullmatch(lines[-1]):
        lines.pop()
    return first, first + sum(map(len, lines))


def _flow_span(text: str, entry: Entry, holder: MappingNode, mapping: str) -> tuple[int, int]:
    """An entry of `{…}` with the comma that goes with it."""
    after = _COMMA_AFTER.match(text, entry.value.end)
    if after:
        return entry.start, after.end()
    before = _COMMA_BEFORE.search(text, holder.start, entry.start)
    if before and before.start() > holder.start:
        return before.start(), entry.value.end
    raise _refusal(f"map `{mapping}` cannot be cut out: no comma beside it")


def _edited(data: bytes, cuts: tuple[tuple[int, int, bytes], ...]) -> bytes:
    pieces: list[bytes] = []
    at = 0
    for start, end, new in cuts:
        if start < at:
            raise _refusal("what would be replaced overlaps (an alias?)")
        pieces += (data[at:start], new)
        at = end
    return b"".join((*pieces, data[at:]))


def _verify(before: Scan, result: Adoption, *, mapping: str, marker: str, name: str) -> None:
    """Scan the result: the marker stands where the functions stood, and nothing else is different.

    Raises:
        Invalid: it is; nothing is given out.
    """
    try:
        after = scan(result.data, name=name)
    except TemplateRefused as refused:
        raise _refusal(f"without map `{mapping}` the file would not be legal: {refused.message}") from refused
    marked = {position.path for position in after.positions if position.value == marker and position.is_editable}
    rest = Counter(_what(position) for position in after.positions if position.value != marker)
    was = Counter(_what(position) for position in before.positions)
    lost = was - rest
    is_same = not rest - was and all(f"Mappings.{mapping}." in leaf for _, leaf, _, _ in lost)
    if marked != {path for path, _ in result.replaced} or not is_same:
        raise _refusal(f"replacing map `{mapping}` would change other image positions too (a duplicate key, an alias?)")


def _what(position: Position) -> tuple[str, str, str | None, str]:
    return position.path, position.leaf, position.value, position.form
