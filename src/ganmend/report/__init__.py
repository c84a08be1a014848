"""Pictures, pages and result directories."""

from ganmend.report.card import Card, render_card
from ganmend.report.figures import format_figure, label
from ganmend.report.files import ResultFiles, check_writable, write_directory, write_result
from ganmend.report.grids import image_grid, labelled
from ganmend.report.page import Edit, render_page

__all__ = [
    "Card",
    "Edit",
    "ResultFiles",
    "check_writable",
    "format_figure",
    "image_grid",
    "label",
    "labelled",
    "render_card",
    "render_page",
    "write_directory",
    "write_result",
]
