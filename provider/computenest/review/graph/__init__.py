"""A stack as a picture: services, the packages behind their markers, regions, and what is deployed where."""

from computenest.review.graph.drawing import mermaid, svg
from computenest.review.graph.reading import Graph, Node, read_graph

__all__ = ["Graph", "Node", "mermaid", "read_graph", "svg"]
