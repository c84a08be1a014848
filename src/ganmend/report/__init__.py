"""Pictures, pages and result directories."""

from ganmend.report.files import ResultFiles, check_writable, write_directory, write_result
from ganmend.report.grids import image_grid, labelled
from ganmend.report.page import Edit, format_figure, render_page

__all__ = [
    "Edit",
    "ResultFiles",
    "check_writable",
    "format_figure",
    "image_grid",
    "labelled",
    "render_page",
    "write_directory",
    "write_result",
]
