"""A sentence as the target, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass

from ganmend.targets.classifier import Classifier
from ganmend.targets.sentences.clip import DEFAULT, PREFIX, load_clip
from ganmend.targets.sentences.clip_model import Clip
from ganmend.targets.sentences.text import check_sentences, sentence_target
from ganmend.targets.sources.network_name import parse_name
from ganmend.workbench.class_meant import class_meant


@dataclass(frozen=True)
class SentenceTarget:
    """A class that a sentence describes.

    Attributes:
        sentence: what the images shall show: a caption, or a phrase, which stands for several captions.
        unlike: sentences that they shall not show.
        name: what the class is called; '' is the sentence.
        model: name of the model of images and texts, see `load_clip`.
    """

    sentence: str
    unlike: tuple[str, ...] = ()
    name: str = ""
    model: str = DEFAULT

    def __post_init__(self) -> None:
        if isinstance(self.unlike, list):  # as JSON has it
            object.__setattr__(self, "unlike", tuple(self.unlike))
        check_sentences(self.sentence, self.unlike)

    @property
    def called(self) -> str:
        """The name of its class."""
        return self.name.strip() or self.sentence.strip()

    def load(self, model: str = "") -> Clip:
        """The model, before a generator is loaded.

        Args:
            model: the name of another that is to judge; "" is its own.

        Returns:
            See `load_clip`.

        Raises:
            ClassifierError: it cannot be had.
        """
        return load_clip(model or self.model)

    def classifier(self, clip: Clip, others: Sequence[str]) -> Classifier:
        """What tells the sentence from others.

        Args:
            clip: the model.
            others: names of the generator's classes.

        Returns:
            See `sentence_target`; a class of the generator is called as the generator has it.

        Raises:
            ClassifierError: the model gives no numbers.
            ClassNameError: the name is an index outside the generator's table.
        """
        name = class_meant(self.called, others).name
        return sentence_target(self.sentence, self.unlike, name=name, model=clip, others=others)


def takes_sentences(name: str) -> bool:
    """Whether a judge's name is of a model of images and texts, without class names of its own."""
    return name.startswith(PREFIX) and not parse_name(name).settings.classes
