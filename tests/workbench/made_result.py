"""A result as a search and a judge would leave it, made without either."""

from ganmend.edits.class_edit import class_row
from ganmend.models.protocol import Generator
from ganmend.workbench.result import MendResult
from tests.metrics.certain import certain
from tests.report.test_page import AFTER, BEFORE
from tests.workbench.conftest import QUICK


def made_result(generator: Generator) -> MendResult:
    """A frog that was repaired to a cat."""
    prepared = generator if generator.precision else generator.prepared("float32")
    history: list[dict[str, float | int]] = [
        {"step": step, "trial": 0, "objective": step - 4.0, "target_probability": 0.1 * step} for step in (0, 2, 3)
    ]
    return MendResult(
        "repair", "frog", 6, class_row(prepared, 3), "tiny", "default", QUICK, 0, history, 12.0,
        before=class_row(prepared, 6), verdict=certain(BEFORE, AFTER), generator=prepared,
    )  # fmt: skip
