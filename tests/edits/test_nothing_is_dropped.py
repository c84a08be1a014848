"""What cannot hold all of an edit refuses it, or says what it leaves out."""

from pathlib import Path

import pytest
import torch

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.class_table import append_classes, replace_rows, replace_table
from ganmend.errors import OptionError
from ganmend.workbench.export import export_edits
from tests.cli.command import TINY

PARTS = {
    "latent map": {"latent_map": torch.eye(80)},
    "offsets": {"offsets": torch.zeros(6)},
    "shares": {"weights": torch.tensor([0.7, 0.3])},
}


@pytest.mark.parametrize("part", PARTS)
def test_a_table_holds_vectors_only(part: str, tmp_path: Path) -> None:
    edit = ClassEdit(torch.ones(2, 128), **PARTS[part], target="frog")
    with pytest.raises(OptionError, match=f"{part}.* cannot stand in a .*table"):
        replace_table(("a",), edit)
    with pytest.raises(OptionError, match=f"{part}.* cannot stand in a .*table"):
        export_edits(("frog",), TINY, [edit], tmp_path / "e.npy")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", [part for part in PARTS if part != "offsets"])
def test_a_checkpoint_holds_vectors_and_offsets(part: str) -> None:
    edit = ClassEdit(torch.ones(2, 128), **PARTS[part], target="frog")
    with pytest.raises(OptionError, match=f"{part}.* cannot stand in a class table"):
        append_classes(("a",), [("frog", edit)])
    with pytest.raises(OptionError, match=f"{part}.* cannot stand in a class table"):
        replace_rows(("frog",), [("frog", edit)])
