"""Templates as data: where an ECS image id stands, which marker it is, and the bytes with another id in its place.

Pure: bytes in, values out. The resources scan and render with it, the command line prints what it finds; neither
ever sees a parser. Nothing here reads a file, a clock or the environment.
"""

from computenest.domain.template.adopt import Adoption, adopt
from computenest.domain.template.associate import markers, of_artifacts
from computenest.domain.template.beside import assumed_markers, half_covered
from computenest.domain.template.conditions import Given
from computenest.domain.template.lint import RULES, Finding, lint
from computenest.domain.template.model import (
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
from computenest.domain.template.render import render, render_regions
from computenest.domain.template.ros import LEFT_OUT
from computenest.domain.template.ros_json import ParameterizedTemplate, as_json, with_parameters
from computenest.domain.template.sarif import to_sarif
from computenest.domain.template.scanning import positions_given, scan, scan_module
from computenest.domain.template.withdrawn import dated_images, named_regions, withdrawn

__all__ = [
    "LEFT_OUT",
    "MAX_TEMPLATE_BYTES",
    "RULES",
    "Adoption",
    "Finding",
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
    "dated_images",
    "half_covered",
    "lint",
    "markers",
    "named_regions",
    "of_artifacts",
    "positions_given",
    "render",
    "render_regions",
    "scan",
    "scan_module",
    "to_sarif",
    "with_parameters",
    "withdrawn",
]
