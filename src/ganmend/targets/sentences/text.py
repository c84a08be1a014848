"""A sentence as the target: how near an image is to it, beside other sentences, in a model of images and texts."""

import hashlib
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmend.errors import ClassifierError, OptionError
from ganmend.formats.fingerprint import fingerprint
from ganmend.targets.classifier import Classifier
from ganmend.targets.sentences.clip import DEFAULT, load_clip
from ganmend.targets.sentences.clip_model import Clip
from ganmend.targets.sentences.prompts import captions, first_synonym, others_than
from ganmend.targets.stages import QUARTERS, first_tensor
from ganmend.targets.trial import tried

LAST_LAYER = "head"  # of a SentenceNetwork


def sentence_target(
    sentence: str,
    unlike: Sequence[str] = (),
    *,
    name: str = "",
    model: str | Clip = DEFAULT,
    others: Sequence[str] = (),
) -> Classifier:
    """A classifier that tells a sentence from others: the logits are scaled cosines of image and text.

    Args:
        sentence: what the images shall show: a caption, or a phrase, which stands for several captions (`captions`).
        unlike: sentences or phrases that they shall not show.
        name: what the class is called; "" is the sentence.
        model: of images and texts, or its name, see `load_clip`.
        others: names of a generator's classes, so that there is something to choose from; those that a sentence names
            are left out. Of none, the kinds of things that photographs show.

    Returns:
        The classifier, on the CPU, in float32. Its classes are the name, `unlike`, and what is left of the others. The
        model's text tower is not part of it.

    Raises:
        ClassifierError: the model cannot be had, or gives no numbers.
        OptionError: a sentence is empty or no text, or stands on both sides.
    """
    check_sentences(sentence, unlike)
    name = name.strip() or sentence.strip()
    clip = load_clip(model) if isinstance(model, str) else model
    wanted, unwanted = sentence.strip(), tuple(dict.fromkeys(text.strip() for text in unlike))
    left = others_than((name, wanted, *unwanted), others)
    # What is meant is asked for by all its captions; of the others, which may be a thousand, one each will do.
    texts = [*map(captions, (wanted, *unwanted)), *(captions(first_synonym(other))[:1] for other in left)]
    network = SentenceNetwork(clip.image_tower, embeddings(clip, texts), clip.scale)
    return tried(
        Classifier(
            network,
            name=clip.name,
            fingerprint=network.digest(),
            class_names=(name, *unwanted, *left),
            resolution=clip.resolution,
            mean=clip.mean,
            std=clip.std,
            feature_layer=LAST_LAYER,
            matching_layers=layers_to_match(clip.image_tower),
        )
    )


def check_sentences(sentence: str, unlike: Sequence[str]) -> None:
    """Refuse sentences that say nothing, before a model is loaded.

    Args:
        sentence: what the images shall show.
        unlike: what they shall not show.

    Raises:
        OptionError: one is empty or no text, or stands on both sides.
    """
    if isinstance(unlike, str):
        raise OptionError(f"unlike is the text {unlike!r:.60}; expected a list of sentences")
    for text in (sentence, *unlike):
        if not isinstance(text, str) or not text.strip():
            raise OptionError(f"a sentence is {text!r:.60}; expected words such as 'a photo of a lighthouse'")
    if sentence.strip().casefold() in {text.strip().casefold() for text in unlike}:
        raise OptionError(f"{sentence!r:.60} shall be shown, and shall not; give it once")


def embeddings(clip: Clip, texts: Sequence[Sequence[str]]) -> Tensor:
    """Of K classes, each asked for by one or several captions: (K, D) of length 1, the means over captions."""
    found = clip.encode([caption for its in texts for caption in its]).split([len(its) for its in texts])
    return F.normalize(torch.stack([its.mean(0) for its in found]), dim=-1)


def layers_to_match(tower: nn.Module) -> tuple[str, ...] | None:
    """Of a transformer, blocks at its quarters; None for other towers, whose stages tell.

    A pooling that asks by hundreds of queries gives as many tokens, which would be taken for a finer map.
    """
    blocks = getattr(getattr(tower, "transformer", None), "resblocks", ())
    places = {math.ceil(len(blocks) * quarter / 4) - 1 for quarter in QUARTERS}
    return tuple(f"image_tower.transformer.resblocks.{place}" for place in sorted(places)) if len(blocks) else None


class SentenceNetwork(nn.Module):
    """An image tower, and the cosines of its images with texts."""

    def __init__(self, image_tower: nn.Module, texts: Tensor, scale: float) -> None:
        """Put together.

        Args:
            image_tower: images (N, 3, H, H), normalised -> embeddings (N, D), or a tuple that begins with them.
            texts: (K, D) of length 1.
            scale: that cosines are multiplied by.

        Raises:
            ClassifierError: the weights are no numbers.
        """
        super().__init__()
        if not texts.isfinite().all() or not 0 < scale < float("inf"):
            raise ClassifierError("the weights of the model of images and texts are damaged: a text gives no number")
        self.image_tower, self.head = image_tower, _Cosines(texts, scale)

    def digest(self) -> str:
        """What tells it from others: before the dot the image tower's weights, behind it the texts."""
        tower = fingerprint(self.image_tower.state_dict(), "")
        texts = hashlib.sha256(self.head.texts.numpy().tobytes() + repr(self.head.scale).encode()).hexdigest()
        return f"{tower}.{texts[:8]}"

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, H) normalised -> logits (N, K)."""
        embeddings = first_tensor(self.image_tower(x))
        assert embeddings is not None
        # At a scale of 100 bfloat16 would round logits to halves: what follows the tower is float32 at least.
        wide = embeddings.to(torch.promote_types(embeddings.dtype, torch.float32))
        logits: Tensor = self.head(F.normalize(wide, dim=-1))
        return logits


class _Cosines(nn.Module):
    """Scaled cosines of unit vectors with those of texts, in the precision of what comes."""

    texts: Tensor

    def __init__(self, texts: Tensor, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.register_buffer("texts", texts)

    def forward(self, embeddings: Tensor) -> Tensor:
        """(N, D) of length 1 -> (N, K)."""
        return self.scale * embeddings @ self.texts.to(embeddings.dtype).T
