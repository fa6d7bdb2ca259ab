"""A preview as small tables: packages by region, markers by region; and what changes of deliveries."""

from computenest.review.report.cells import Cell, Change
from computenest.review.report.events import document_in, document_of
from computenest.review.report.html import html_page
from computenest.review.report.markdown import markdown
from computenest.review.report.preview import Preview, Row, read_preview

__all__ = ["Cell", "Change", "Preview", "Row", "document_in", "document_of", "html_page", "markdown", "read_preview"]
