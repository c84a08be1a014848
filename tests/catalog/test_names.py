"""Classes by name."""

import hashlib

import pytest
from torchvision.datasets import Places365

from ganmend.catalog.names import find_class, search_classes, usual_names
from ganmend.catalog.tables import TABLES, imagenet_synsets
from ganmend.errors import ClassNameError


def test_imagenet_names_are_the_default_for_1000_classes() -> None:
    names = usual_names(1000)
    assert names[find_class("Golden Retriever", names)] == "golden retriever"
    assert (names[0], names[207], names[985]) == ("tench", "golden retriever", "daisy")
    assert usual_names(2) == ("class 0", "class 1")


def test_a_name_of_two_classes_asks_for_an_index() -> None:
    names = usual_names(1000)
    with pytest.raises(ClassNameError, match=r"2 classes 'CARDIGAN'; give an index: 264, 474"):
        find_class("CARDIGAN", names)
    assert [find_class(name, names) for name in ("Cardigan", "cardigan")] == [264, 474], "a dog, and a garment"


def test_search() -> None:
    names = usual_names(1000)
    assert search_classes("daisy", names) == [985]
    assert {names[index] for index in search_classes("white wolf", names)} == {"white wolf"}
    assert 985 in search_classes("dasiy", names)
    assert search_classes("xqzw", names) == []


def test_a_wordnet_id_names_a_class_of_imagenet() -> None:
    names = usual_names(1000)
    assert names[find_class("n02526121", names)] == "eel"
    assert search_classes("n02526121", names) == [390]
    # The table's own order: WordNet ids ascend.
    assert imagenet_synsets() == tuple(sorted(imagenet_synsets()))
    assert [find_class(synset, names) for synset in imagenet_synsets()] == list(range(1000))


def test_a_wordnet_id_names_no_class_of_another_table() -> None:
    """A thousand classes of one's own are not ImageNet's."""
    for names in (usual_names(10), (*usual_names(1000)[:-1], "my class")):
        with pytest.raises(ClassNameError, match="no class 'n02526121'"):
            find_class("n02526121", names)
    with pytest.raises(ClassNameError, match="no class 'n00000000'"):
        find_class("n00000000", usual_names(1000))
    assert search_classes("n00000000", usual_names(1000)) == []


def test_the_places_are_those_that_torchvision_expects() -> None:
    """Written out as the dataset's own file, which ends without a line break, they have its checksum."""
    names = TABLES["places365"]()
    lines = [f"/{name[0]}/{name} {index}" for index, name in enumerate(names)]
    assert hashlib.md5("\n".join(lines).encode()).hexdigest() == Places365._CATEGORIES_META[1]
    assert names[find_class("Apartment building/outdoor", names)] == "apartment_building/outdoor"
