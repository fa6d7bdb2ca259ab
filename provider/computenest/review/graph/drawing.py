"""A graph as Mermaid's text, for where Markdown is read, and as SVG, which needs no script."""

from __future__ import annotations

from computenest.review.graph.reading import LAYERS, Graph, Node
from computenest.review.pages import templates_of

_COLUMN, _ROW, _WIDTH, _HEIGHT, _TOP = 240, 44, 190, 30, 50
_SHOWN = 26  # characters of a label
_SHAPES = {"service": ("([", "])"), "package": ("[", "]"), "region": ("{{", "}}"), "instance": ("[/", "/]")}


def mermaid(graph: Graph) -> str:
    """`flowchart LR`; every label is quoted, so none can be anything but text."""
    names = {node: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        opening, closing = _SHAPES[node.layer]
        lines.append(f'  {names[node]}{opening}"{_quoted(node.label)}"{closing}')
    lines += [f"  {names[before]} --> {names[after]}" for before, after in graph.edges]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def svg(graph: Graph) -> str:
    """A picture of four columns: services, packages, regions, instances."""
    boxes: dict[Node, tuple[int, int]] = {}
    rows = dict.fromkeys(LAYERS, 0)
    for node in graph.nodes:
        boxes[node] = 10 + LAYERS.index(node.layer) * _COLUMN, _TOP + rows[node.layer] * _ROW
        rows[node.layer] += 1
    return (
        templates_of("computenest.review.graph")
        .get_template("graph.svg")
        .render(
            boxes=[(node, x, y, _short(node.label)) for node, (x, y) in boxes.items()],
            lines=[
                (boxes[a][0] + _WIDTH, boxes[a][1] + _HEIGHT // 2, boxes[b][0], boxes[b][1] + _HEIGHT // 2)
                for a, b in graph.edges
            ],
            heads=[(f"{layer}s", 10 + number * _COLUMN) for number, layer in enumerate(LAYERS)],
            box_width=_WIDTH,
            box_height=_HEIGHT,
            width=len(LAYERS) * _COLUMN - (_COLUMN - _WIDTH) + 20,
            height=_TOP + max(1, *rows.values()) * _ROW + 10,
        )
    )


def _short(label: str) -> str:
    return label if len(label) <= _SHOWN else f"{label[: _SHOWN - 1]}…"
