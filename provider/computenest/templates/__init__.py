"""Templates as data: where an ECS image id stands, which marker it is, and the bytes with another id in its place.

Pure: bytes in, values out. The resources scan and render with it, the command line prints what it finds; neither
ever sees a parser. Nothing here reads a file, a clock or the environment.
"""

from computenest.templates.adopt import Adoption, adopt
from computenest.templates.associate import markers, of_artifacts
from computenest.templates.beside import assumed_markers, half_covered
from computenest.templates.conditions import Given
from computenest.templates.model import (
    MAX_TEMPLATE_BYTES,
    ImageMapping,
    MarkerRefused,
    Note,
    Placeholder,
    Position,
    Relation,
    Scan,
    TemplateRefused,
)
from computenest.templates.render import render, render_regions
from computenest.templates.ros import LEFT_OUT
from computenest.templates.ros_json import ParameterizedTemplate, as_json, with_parameters
from computenest.templates.scanning import positions_given, scan, scan_module

__all__ = [
    "LEFT_OUT",
    "MAX_TEMPLATE_BYTES",
    "Adoption",
    "Given",
    "ImageMapping",
    "MarkerRefused",
    "Note",
    "ParameterizedTemplate",
    "Placeholder",
    "Position",
    "Relation",
    "Scan",
    "TemplateRefused",
    "adopt",
    "as_json",
    "assumed_markers",
    "half_covered",
    "markers",
    "of_artifacts",
    "positions_given",
    "render",
    "render_regions",
    "scan",
    "scan_module",
    "with_parameters",
]
