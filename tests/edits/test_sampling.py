"""Drawing: the same images whatever the batches."""

import pytest
import torch

from ganmend.edits.class_edit import class_row
from ganmend.edits.sampling import draw
from ganmend.models.protocol import Generator


def test_drawing_does_not_depend_on_batches(tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    row = class_row(tiny_generator, 2)
    whole = torch.cat(list(draw(tiny_generator, row, 7, seed=1)))
    monkeypatch.setattr("ganmend.edits.sampling.BATCH", 3)
    parts = torch.cat(list(draw(tiny_generator, row, 7, seed=1)))
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)  # other batch sizes sum in another order
