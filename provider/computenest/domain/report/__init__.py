"""A preview as two small tables: packages by region, markers by region."""

from computenest.domain.report.markdown import markdown
from computenest.domain.report.preview import Cell, Change, Preview, Row, read_preview

__all__ = ["Cell", "Change", "Preview", "Row", "markdown", "read_preview"]
