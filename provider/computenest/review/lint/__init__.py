"""What a reviewer should know of templates, and of what associates them."""

from computenest.review.lint.lint import lint
from computenest.review.lint.sarif import to_sarif
from computenest.review.lint.withdrawn import dated_images, named_regions, withdrawn
from computenest.templates.findings import RULES, Finding

__all__ = ["RULES", "Finding", "dated_images", "lint", "named_regions", "to_sarif", "withdrawn"]
