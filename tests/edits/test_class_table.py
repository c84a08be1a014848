"""Exports into a class table: rows replaced, classes added, another table."""

import pytest
import torch

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.class_table import append_classes, replace_rows, replace_table
from ganmend.errors import ClassNameError, OptionError

NAMES = ("cat", "dog", "frog")


def edit(*values: float) -> ClassEdit:
    return ClassEdit(torch.tensor(values)[:, None].expand(-1, 2).contiguous())


def test_each_embedding_replaces_the_row_of_its_class() -> None:
    change = replace_rows(NAMES, [("frog", edit(1.0)), ("0", edit(2.0))])
    assert change.rows == [2, 0]
    assert change.vectors.tolist() == [[1, 1], [2, 2]]
    assert change.class_names == ()


def test_a_row_takes_one_vector_and_a_class_one_embedding() -> None:
    with pytest.raises(OptionError, match="several vectors do not fit into one row"):
        replace_rows(NAMES, [("cat", edit(1.0)), ("dog", edit(1.0, 2.0))])
    with pytest.raises(OptionError, match="two of the embeddings are for one class"):
        replace_rows(NAMES, [("cat", edit(1.0)), ("0", edit(2.0))])
    with pytest.raises(ClassNameError, match="no class 'fish'"):
        replace_rows(NAMES, [("fish", edit(1.0))])


def test_every_vector_becomes_a_class_of_its_own_after_the_last() -> None:
    change = append_classes(NAMES, [("newt", edit(1.0)), ("dog", edit(2.0, 3.0)), ("newt", edit(4.0))])
    assert change.rows == [3, 4, 5, 6]
    assert change.vectors[:, 0].tolist() == [1, 2, 3, 4]
    assert change.class_names == (*NAMES, "newt", "dog 2", "dog 3", "newt 2")


def test_another_table_keeps_the_names_where_their_number_stays() -> None:
    same = replace_table(NAMES, edit(3.0, 2.0, 1.0))
    assert (same.rows, same.vectors[:, 0].tolist(), same.class_names) == ([0, 1, 2], [3, 2, 1], ())
    fewer = replace_table(NAMES, edit(3.0, 2.0))
    assert (fewer.rows, fewer.class_names) == ([0, 1], ("class 0", "class 1"))


@pytest.mark.parametrize(
    ("part", "named"),
    [({"latent_map": torch.eye(2)}, "a latent map"), ({"offsets": torch.zeros(4)}, "offsets of gains and biases")],
)
def test_what_no_table_can_hold_is_refused(part: dict[str, torch.Tensor], named: str) -> None:
    rich = ClassEdit(torch.zeros(1, 2), **part)
    for attempt in (
        lambda: replace_rows(NAMES, [("cat", rich)]),
        lambda: append_classes(NAMES, [("cat", rich)]),
        lambda: replace_table(NAMES, rich),
    ):
        with pytest.raises(OptionError, match=f"{named} cannot stand in a class table"):
            attempt()
