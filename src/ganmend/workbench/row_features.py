"""Features of what each class of a generator draws, which probes learn to tell photographs from; kept in the cache."""

from pathlib import Path

import torch
from torch import Tensor

from ganmend.edits.class_edit import class_row
from ganmend.edits.sampling import draw
from ganmend.files.cache import cached, kept_in_cache, remove_oldest
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress
from ganmend.targets.classifier import Classifier

SAMPLES_A_ROW, FEWEST_A_ROW, SAMPLES = 60, 6, 6000  # of a class of the generator, and in all
KIND, MOST = "rows", 4  # such features in the cache; of 6,000 samples and 1,280 features they take 31 MB


def row_features(backbone: Classifier, generator: Generator, seed: int, on_progress: OnProgress) -> list[Tensor]:
    """Features of each class's samples; those that a run which was killed has seen are not drawn again.

    Args:
        backbone: that sees them.
        generator: that draws.
        seed: of the latents, the same for each class.
        on_progress: called after each class, stage 'drawing'.

    Returns:
        Of each row of the class table (n, F).
    """
    n = max(FEWEST_A_ROW, min(SAMPLES_A_ROW, SAMPLES // generator.n_classes))
    found: list[Tensor] = []
    with kept_in_cache(_place(backbone, generator, n, seed)) as kept:
        if seen := kept.rows("features"):
            found = list(seen["features"].split(n))  # (rows n, F) to (n, F) of each row
        for row in range(len(found), generator.n_classes):
            drawn = draw(generator, class_row(generator, row), n, seed)
            found.append(torch.cat([backbone.logits_and_features(images)[1].cpu() for images in drawn]))
            kept.add("features", {"features": found[-1]})
            on_progress(Progress("drawing", row + 1, generator.n_classes))
        kept.write_rows()
    return found


def _place(backbone: Classifier, generator: Generator, n: int, seed: int) -> Path | None:
    """The place in the user's cache of all that is computed from these; None for a user without a home."""
    drawn = [generator.fingerprint, generator.precision, generator.function_digest(), generator.truncation, n, seed]
    folder = cached(KIND, [*drawn, str(generator.device), backbone.fingerprint, str(backbone.dtype)])
    if folder is not None:
        remove_oldest(folder.parent, KIND, MOST)
    return folder
