"""JSON that is written has no NaN and no infinity, wherever they stand; what is read may be as long as is said."""

import json
import math
from pathlib import Path

import pytest

from ganmend.errors import UnreadableError
from ganmend.files.json_text import LARGEST_TEXT, parse_json, to_json
from ganmend.files.mark import mark, marked_files


def test_what_is_no_finite_number_becomes_null() -> None:
    content = {"a": math.nan, "b": [1.5, -math.inf, {"c": (1, None, True, "ü", math.inf)}]}
    text = to_json(content)
    assert text.isascii()
    assert parse_json(text) == {"a": None, "b": [1.5, None, {"c": [1, None, True, "ü", None]}]}
    assert "\n" in text
    assert "\n" not in to_json(content, None)


def test_a_text_may_be_as_long_as_is_said() -> None:
    text = json.dumps("x" * LARGEST_TEXT)
    with pytest.raises(UnreadableError, match="more than 1048576 characters"):
        parse_json(text)
    assert parse_json(text, len(text)) == "x" * LARGEST_TEXT


def test_a_folder_of_very_many_files_is_known_as_ours(tmp_path: Path) -> None:
    """60,000 samples make a mark of more than a megabyte, which once was not read: the folder was a stranger's."""
    named = [f"{index:0200}" for index in range(6000)]
    for name in named:
        (tmp_path / name).touch()
    mark(tmp_path)
    assert marked_files(tmp_path) == set(named)
