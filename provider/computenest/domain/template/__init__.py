"""Templates as data: where an ECS image id stands, which marker it is, and the bytes with another id in its place.

Pure: bytes in, values out. The resources scan and render with it, the command line prints what it finds; neither
ever sees a parser. Nothing here reads a file, a clock or the environment.
"""

from computenest.domain.template.adopt import Adoption, adopt
from computenest.domain.template.associate import markers, of_artifacts
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
from computenest.domain.template.sarif import to_sarif
from computenest.domain.template.scanning import scan, scan_module
from computenest.domain.template.withdrawn import dated_images, withdrawn

__all__ = [
    "MAX_TEMPLATE_BYTES",
    "RULES",
    "Adoption",
    "Finding",
    "ImageMapping",
    "MarkerRefused",
    "Note",
    "Placeholder",
    "Position",
    "Relation",
    "Scan",
    "TemplateRefused",
    "adopt",
    "dated_images",
    "lint",
    "markers",
    "of_artifacts",
    "render",
    "render_regions",
    "scan",
    "scan_module",
    "to_sarif",
    "withdrawn",
]
