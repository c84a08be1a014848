"""A class is the class that was meant: numbers that are names, odd digits, lists as editors write them."""

from pathlib import Path

import pytest

from ganmend.catalog.names import find_class
from ganmend.catalog.source import names_in
from ganmend.errors import ClassNameError, OptionError

DIGITS = ("0", "1", "10", "2", "3")
NAMES = ("airplane", "automobile", "bird", "cat")


def test_a_name_that_is_a_number_means_the_class_of_that_name() -> None:
    assert [find_class(name, DIGITS) for name in ("10", "2", "3")] == [2, 3, 4]
    assert [find_class(index, DIGITS) for index in range(5)] == list(range(5)), "a whole number is an index"
    assert find_class("4", DIGITS) == 4, "no class is called so"


@pytest.mark.parametrize("odd", ["\u00b2", "\u0663", "1.5", "1e3", "--1"])
def test_odd_digits_are_no_index(odd: str) -> None:
    with pytest.raises(ClassNameError, match="has no class"):
        find_class(odd, NAMES)


@pytest.mark.parametrize("outside", ["4", "-1", "9" * 5000])
def test_numbers_outside_the_table(outside: str) -> None:
    with pytest.raises(ClassNameError, match="outside 0 to 3") as error:
        find_class(outside, NAMES)
    assert len(str(error.value)) < 120


def test_suggestions_rank_whole_words_first_and_say_how_to_find_more() -> None:
    names = ("sorrel", "sport utility", "sports car", "carton", "scar", *(f"thing {i}" for i in range(20)))
    with pytest.raises(ClassNameError, match=r"nearest are: sports car, .*classes --search"):
        find_class("car", names)
    with pytest.raises(ClassNameError) as error:
        find_class("cars", NAMES)
    assert "--search" not in str(error.value), "four names can all be read"


@pytest.mark.parametrize(
    "text",
    ["a cat\nb\n", "\ufeffa cat\nb\n", "\na  cat\n\n\nb\n\n", "a cat\r\nb\r\n", "a\tcat \nb"],
    ids=["plain", "byte order mark", "blank lines", "Windows", "white space"],
)
def test_lists_as_editors_write_them(text: str, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes(text.encode())
    assert names_in(str(tmp_path / "names.txt")) == ("a cat", "b")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff\n"])
def test_a_list_without_names(text: str, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text(text)
    with pytest.raises(OptionError, match="holds no class names"):
        names_in(str(tmp_path / "names.txt"))
