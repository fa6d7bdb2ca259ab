"""A preview as two small tables: packages by region, markers by region."""

from computenest.domain.report.events import document_in, document_of
from computenest.domain.report.html import html_page
from computenest.domain.report.markdown import markdown
from computenest.domain.report.preview import Cell, Change, Preview, Row, read_preview

__all__ = ["Cell", "Change", "Preview", "Row", "document_in", "document_of", "html_page", "markdown", "read_preview"]
