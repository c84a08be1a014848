"""What a text model is asked by: a phrase becomes several sentences, and what is not meant is named too."""

import re
from collections.abc import Sequence

# A text model has seen captions, not words alone, and the mean over several captions is steadier than any of them
# (Radford et al. 2021, section 3.1.4, whose CIFAR-10 prompts these are, but for drawings and colours).
TEMPLATES = (
    "a photo of a {}.",
    "a photo of the {}.",
    "a photo of one {}.",
    "a good photo of a {}.",
    "a bad photo of a {}.",
    "a blurry photo of a {}.",
    "a close-up photo of a {}.",
    "a low resolution photo of a {}.",
)
# Words that make a caption of a phrase.
ARTICLES = {"a", "an", "the", "this", "that", "these", "those", "some", "there", "my", "his", "her", "its", "their"}
VERBS = {"am", "is", "are", "was", "were", "has", "have", "had", "does", "do", "can", "will"}
PICTURES = {"photo", "photograph", "picture", "image", "painting", "drawing", "sketch", "rendering", "portrait"}
# What else there is, where nobody says it: the kinds of things that photographs show, and pictures that show nothing.
ANYTHING = (
    "a photo of a person", "a photo of an animal", "a photo of a vehicle", "a photo of a building",
    "a photo of a landscape", "a photo of a plant", "a photo of food", "a photo of an object", "a page of text",
    "a plain texture", "random noise",
)  # fmt: skip
UNNAMED = re.compile(r"class \d+")  # what ganmend calls classes whose names nobody knows


def captions(text: str) -> tuple[str, ...]:
    """What to ask for a text by.

    Args:
        text: a phrase, such as 'deer' or 'old lighthouse', or a whole caption: with an article, a verb, or a word for a
            picture, or ending like a sentence.

    Returns:
        A caption as it is; for a phrase one caption from each of TEMPLATES.
    """
    words = _words(text)
    singular = {word.removesuffix("s") for word in words}
    if text.rstrip().endswith((".", "!", "?")) or {*words} & (ARTICLES | VERBS) or singular & PICTURES:
        return (text.strip(),)
    article = "an" if text.lstrip()[:1].lower() in set("aeiou") else "a"
    return tuple(re.sub(r"\ba \{\}", f"{article} {{}}", template).format(text.strip()) for template in TEMPLATES)


def first_synonym(name: str) -> str:
    """What a class is asked for by: of 'tench, Tinca tinca' the first."""
    return name.partition(",")[0].strip()


def others_than(texts: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """What else an image may show.

    Args:
        texts: that are asked for already; a class that one of them names is not another.
        names: of a generator's classes.

    Returns:
        Names; ANYTHING where no class has a name, or none is left.
    """
    known = [name for name in dict.fromkeys(names) if not UNNAMED.fullmatch(name)]
    asked = [_words(text) for text in texts]
    left = [name for name in known if not any(_names(words, name) for words in asked)]
    return tuple(left) or ANYTHING


def _names(words: list[str], name: str) -> bool:
    """Whether a text, as words, holds a class's name or a synonym of it, in the singular or the plural."""
    for synonym in name.split(","):
        wanted = _words(synonym)
        ends = {tuple(wanted), (*wanted[:-1], f"{wanted[-1]}s"), (*wanted[:-1], f"{wanted[-1]}es")} if wanted else ()
        starts = range(len(words) - len(wanted) + 1)
        if any(tuple(words[start : start + len(wanted)]) in ends for start in starts):
            return True
    return False


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("_", " "))
