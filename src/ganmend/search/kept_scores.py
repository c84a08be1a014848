"""The scores of a ranking in the user's cache: read only where they are what a ranking gives, written as it goes."""

from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from ganmend.errors import OutputError, UnreadableError
from ganmend.files.cache import cached, remove_oldest
from ganmend.files.safetensors_file import read_safetensors, write_safetensors
from ganmend.files.writing import whole_file
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier

KIND, MOST = "ranking", 50  # rankings in the cache; a thousand classes by a thousand take 4 MB

Rows = list[
    tuple[Tensor, Tensor]
]  # of each row of the class table the probabilities (classifier classes,), diversity ()


def place_of_scores(generator: Generator, classifier: Classifier, samples: int, seed: int) -> Path | None:
    """Where the scores are kept, named for all that they depend on.

    Args:
        generator: whose rows are scored.
        classifier: that scores.
        samples: of each row.
        seed: of the latents.

    Returns:
        The path of a file; None for a user without a home.
    """
    drawn = [generator.fingerprint, generator.precision, generator.function_digest(), generator.truncation]
    place = cached(KIND, [*drawn, samples, seed, classifier.fingerprint, str(classifier.dtype)])
    return None if place is None else place.with_suffix(".safetensors")


def read_scores(place: Path | None, generator: Generator, classifier: Classifier) -> Rows:
    """The scores of the first rows, as far as an earlier scoring came.

    Args:
        place: see `place_of_scores`.
        generator: whose rows were scored.
        classifier: that scored.

    Returns:
        One entry a row; none where the file is missing, broken, or holds what no scoring gives.
    """
    if place is None:
        return []
    try:
        scores, _ = read_safetensors(place)
    except UnreadableError:
        return []
    probabilities, diversity = scores.get("probabilities"), scores.get("diversity")
    if probabilities is None or diversity is None or not _are_scores(probabilities, diversity, generator, classifier):
        return []
    return list(zip(probabilities.clone(), diversity.clone(), strict=True))  # not mapped: the file is replaced


def _are_scores(probabilities: Tensor, diversity: Tensor, generator: Generator, classifier: Classifier) -> bool:
    rows = len(diversity) if diversity.ndim == 1 else 0
    fits = 0 < rows <= generator.n_classes and probabilities.shape == (rows, len(classifier.class_names))
    if not fits or {probabilities.dtype, diversity.dtype} != {torch.float32}:
        return False
    most = 1 + 1e-3  # a mean of probabilities may be rounded
    shares = bool((probabilities >= 0).all() and (probabilities <= most).all())  # False for NaN
    return shares and bool((diversity >= 0).all() and diversity.isfinite().all())


def keep_scores(place: Path | None, rows: Rows) -> None:
    """Write the scores of the first rows; where they cannot be written, that costs time, nothing else.

    Args:
        place: see `place_of_scores`.
        rows: one entry a row.
    """
    if place is None or not rows:
        return
    with suppress(OSError, OutputError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(place) as partial:
            write_safetensors(partial, stacked(rows))
        remove_oldest(place.parent, KIND, MOST)


def stacked(rows: Rows) -> dict[str, Tensor]:
    """'probabilities' (rows, classifier classes) and 'diversity' (rows,)."""
    probabilities, diversity = zip(*rows, strict=True)
    return {"probabilities": torch.stack(probabilities), "diversity": torch.stack(diversity)}
