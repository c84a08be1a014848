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


def test_offsets_go_with_the_rows_of_their_edit() -> None:
    rich = ClassEdit(torch.tensor([[1.0, 1.0], [2.0, 2.0]]), offsets=torch.arange(4.0))
    nothing = ClassEdit(torch.zeros(1, 2), offsets=torch.zeros(4))
    change = append_classes(NAMES, [("newt", edit(0.0)), ("toad", rich), ("owl", nothing)])
    assert (change.rows, sorted(change.offsets)) == ([3, 4, 5, 6], [4, 5])
    assert change.offsets[4].tolist() == change.offsets[5].tolist() == [0, 1, 2, 3]
    one = ClassEdit(torch.zeros(1, 2), offsets=torch.ones(4))
    change = replace_rows(NAMES, [("frog", one), ("cat", edit(2.0))])
    assert (change.rows, {row: own.tolist() for row, own in change.offsets.items()}) == ([2, 0], {2: [1, 1, 1, 1]})
    with pytest.raises(OptionError, match="offsets of gains and biases cannot stand in a table of vectors alone"):
        replace_table(NAMES, one)


def test_what_no_checkpoint_can_hold_is_refused() -> None:
    mapped = ClassEdit(torch.zeros(1, 2), torch.eye(2))
    for attempt in (
        lambda: replace_rows(NAMES, [("cat", mapped)]),
        lambda: append_classes(NAMES, [("cat", mapped)]),
        lambda: replace_table(NAMES, mapped),
    ):
        with pytest.raises(OptionError, match="a latent map cannot stand in a class table"):
            attempt()
