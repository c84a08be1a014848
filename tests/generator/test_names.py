"""Classes by name."""

import pytest

from ganmend.errors import ClassNameError
from ganmend.generator import find_class, search_classes, usual_names


def test_imagenet_names_are_the_default_for_1000_classes() -> None:
    names = usual_names(1000)
    assert names[find_class("Golden Retriever", names)] == "golden retriever"
    assert (names[0], names[207], names[985]) == ("tench", "golden retriever", "daisy")
    assert usual_names(2) == ("class 0", "class 1")


def test_a_name_of_two_classes_asks_for_an_index() -> None:
    with pytest.raises(ClassNameError, match=r"2 classes 'cardigan'; give an index: 264, 474"):
        find_class("cardigan", usual_names(1000))


def test_search() -> None:
    names = usual_names(1000)
    assert search_classes("daisy", names) == [985]
    assert {names[index] for index in search_classes("white wolf", names)} == {"white wolf"}
    assert 985 in search_classes("dasiy", names)
    assert search_classes("xqzw", names) == []
