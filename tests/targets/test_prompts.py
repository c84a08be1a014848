"""What a text model is asked by: captions of a phrase, and what else there is."""

import pytest

from ganmend.targets.sentences.prompts import ANYTHING, TEMPLATES, captions, first_synonym, others_than


def test_a_phrase_becomes_several_captions_that_hold_it() -> None:
    found = captions(" red fox ")
    assert len(found) == len(set(found)) == len(TEMPLATES) > 4
    assert found[0] == "a photo of a red fox."
    assert all(" red fox" in caption and "{" not in caption for caption in found)


def test_the_article_fits_the_word() -> None:
    assert captions("old lighthouse")[0] == "a photo of an old lighthouse."
    assert captions("lighthouse")[0] == "a photo of a lighthouse."
    assert "a photo of the old lighthouse." in captions("old lighthouse")


@pytest.mark.parametrize(
    "text",
    ["a photo of a lighthouse at night", "the sea", "Dogs are running", "Waves crash.", "blurry pictures of ships"],
)
def test_a_caption_stays_what_it_is(text: str) -> None:
    assert captions(f"{text} ") == (text,)


@pytest.mark.parametrize("text", ["lighthouse at night", "theatre", "isle", "photographer"])
def test_a_word_that_holds_an_article_or_a_verb_is_none(text: str) -> None:
    assert len(captions(text)) == len(TEMPLATES)


def test_a_class_that_a_sentence_names_is_not_another() -> None:
    names = ("deer", "tench, Tinca tinca", "fire engine, fire truck", "fox", "cat", "sea_lion")
    assert others_than(["A photo of a deer"], names) == names[1:]
    assert others_than(["two foxes and cats"], names) == ("deer", *names[1:3], "sea_lion")
    assert others_than(["a red fire truck", "tinca tinca"], names) == ("deer", "fox", "cat", "sea_lion")
    assert others_than(["Sea lions"], names) == names[:-1]
    assert others_than(["a category of fire, and an engine"], names) == names


@pytest.mark.parametrize("names", [(), ("class 0", "class 1"), ("deer",)])
def test_without_others_it_is_the_kinds_of_things_there_are(names: tuple[str, ...]) -> None:
    assert others_than(["deer"], names) == ANYTHING


def test_classes_without_a_name_are_left_out() -> None:
    assert others_than(["deer"], ("class 0", "cat", "class 2", "cat")) == ("cat",)


def test_of_synonyms_the_first_is_asked_for() -> None:
    assert first_synonym("tench, Tinca tinca") == "tench"
