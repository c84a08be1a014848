"""Where the figures of a diagnosis are kept as it goes, for the next one that asks for the same."""

from pathlib import Path

from ganmend.files.cache import cached, remove_oldest
from ganmend.files.digest import digest_below
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.real_images import RealImages

KIND, MOST = "diagnosis", 20  # diagnoses in the cache; of a thousand classes one takes a megabyte


def place_of_diagnosis(generator: Generator, judge: Classifier, real: RealImages, *, n: int, seed: int) -> Path | None:
    """The place in the user's cache of all that is computed from these.

    Args:
        generator: that draws.
        judge: that scores.
        real: real images of the classes.
        n: samples a class.
        seed: of their latents.

    Returns:
        A folder for `kept_in_cache`; None for a user without a home.
    """
    drawn = [generator.fingerprint, generator.precision, generator.function_digest(), generator.truncation, n, seed]
    seen = [judge.fingerprint, str(judge.dtype), generator.class_names, judge.class_names]
    folder = cached(KIND, [*drawn, *seen, real.bundled, digest_below(real.source)])
    if folder is not None:
        remove_oldest(folder.parent, KIND, MOST)
    return folder
