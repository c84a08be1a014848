"""A class is the class that was meant: numbers that are names, odd digits, lists as editors write them."""

from pathlib import Path

import pytest
from timm.data import ImageNetInfo

from ganmend.catalog.names import find_class, index_of, name_or_index, usual_names
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


SYNONYMS = ("tench, Tinca tinca", "Cardigan, Cardigan Welsh corgi", "cardigan", "maillot", "maillot, tank suit", "a,b")


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("tench", 0),
        ("TINCA_tinca", 0),
        ("Tench, tinca-Tinca", 0),
        ("tinca tinca, another fish", 0),
        ("Cardigan", 1),
        ("cardigan", 2),
        ("Maillot", 3),
        ("tank suit", 4),
        ("maillot, tank suit", 4),
        ("b", 5),
    ],
)
def test_any_synonym_of_a_list_names_a_class(text: str, index: int) -> None:
    assert find_class(text, SYNONYMS) == index


@pytest.mark.parametrize("text", ["tinca", "tench Tinca tinca", "", ",", "a b"])
def test_a_part_of_a_synonym_names_none(text: str) -> None:
    with pytest.raises(ClassNameError, match="has no class"):
        find_class(text, SYNONYMS)


def test_a_synonym_of_two_classes_asks_which() -> None:
    with pytest.raises(ClassNameError, match=r"has 2 classes 'suit'; give an index: 0, 2"):
        find_class("suit", ("diver, suit", "frog", "lounge, suit"))
    with pytest.raises(ClassNameError, match=r"has 2 classes 'cock, hen'; give an index: 0, 1"):
        find_class("cock, hen", ("cock", "hen"))


def test_full_labels_of_imagenet_find_torchvisions_class_or_none() -> None:
    """Two sources of the same table: 'crane' is all that the labels say of the bird, torchvision's of the machine."""
    info, names = ImageNetInfo("imagenet-1k"), usual_names(1000)
    labels = [info.index_to_description(index) for index in range(1000)]
    found = [index_of(label, names) for label in labels]
    wrong = {labels[index] for index, other in enumerate(found) if other not in (None, index)}
    assert wrong == {"crane", "maillot, tank suit"}
    assert found.count(None) < 30


@pytest.mark.parametrize("names", [("cat", "dog", "cat"), ("1", "2", "2"), ("0", "0", "1", "1", "00")])
def test_text_for_each_class_of_a_list_with_names_twice(names: tuple[str, ...]) -> None:
    assert [find_class(name_or_index(index, names), names) for index in range(len(names))] == [*range(len(names))]


def test_a_name_that_is_the_only_one_is_its_own_text() -> None:
    assert [name_or_index(index, DIGITS) for index in range(5)] == list(DIGITS)
    assert name_or_index(1, ("cat", "dog", "cat")) == "dog"
