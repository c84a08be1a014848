"""Figures that can be compared with papers: samples and a folder of real images in Inception's features."""

import warnings
from dataclasses import replace
from pathlib import Path

from torch import nn

from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import draw
from ganmend.errors import GanmendWarning, OptionError
from ganmend.metrics.figures import LEAST_PER_FEATURE
from ganmend.metrics.inception import (
    PUBLISHED_N,
    WIDTH,
    inception_features,
    inception_figures,
    read_bytes,
    saved_bytes,
)
from ganmend.metrics.inception_network import load_inception
from ganmend.metrics.verdict import Verdict
from ganmend.models.protocol import Generator
from ganmend.photographs.reading import Photographs
from ganmend.progress import OnProgress, ignore

FEATURES = ("judge", "inception")  # in which FID is taken
READ_AT_ONCE = 250


def inception_for(fid: str, weights: str | Path | None, folder: Path | None) -> nn.Module | None:
    """The network of FID's features, checked before anything is drawn.

    Args:
        fid: of FEATURES.
        weights: a file of Inception's weights, or None for the published ones.
        folder: of real images, or None.

    Returns:
        Inception, or None for 'judge'.

    Raises:
        ClassifierError: the weights cannot be had.
        OptionError: another feature, no folder to compare with, or torch-fidelity is missing.
    """
    if fid not in FEATURES:
        raise OptionError(f"fid is {fid!r:.80}; expected one of {', '.join(FEATURES)}")
    if fid == "judge":
        if weights is not None:
            raise OptionError("Inception's weights came, but its figures were not asked for; add --fid inception")
        return None
    if folder is None:
        raise OptionError("Inception's figures compare with a folder of real images; give one as --real")
    return load_inception(None if weights is None else Path(weights))


def with_inception(
    verdict: Verdict,
    network: nn.Module,
    generator: Generator,
    edit: ClassEdit,
    photographs: Photographs,
    seed: int,
    on_progress: OnProgress = ignore,
) -> Verdict:
    """A verdict with torch-fidelity's FID, KID, precision and recall of its samples against a folder's real images.

    Args:
        verdict: of a judge on the same samples.
        network: of `inception_for`.
        generator: that draws.
        edit: of the class.
        photographs: all of the class, at the generator's resolution.
        seed: of the latents.
        on_progress: called after each batch, stages 'reading' and 'judging'.

    Returns:
        The same verdict with the four figures.

    Raises:
        ImageFolderError: no image in the folder can be read.
        OptionError: fewer than 4 samples or real images.
    """
    network.to(generator.device)
    read = (read_bytes(images).to(generator.device) for images, _ in photographs.batches(READ_AT_ONCE))
    real = inception_features(network, read, stage="reading", n=len(photographs), on_progress=on_progress)
    drawn = map(saved_bytes, draw(generator, edit, verdict.n, seed))
    fake = inception_features(network, drawn, stage="judging", n=verdict.n, on_progress=on_progress)
    found = inception_figures(real, fake)
    if (fewest := min(len(real), len(fake))) < LEAST_PER_FEATURE * WIDTH:
        warnings.warn(
            f"FID in Inception's features is biased by {fewest} images; papers take {PUBLISHED_N}, look at KID",
            GanmendWarning,
            stacklevel=5,
        )
    return replace(
        verdict,
        inception_fid=found.fid,
        inception_kid=found.kid,
        inception_precision=found.precision,
        inception_recall=found.recall,
    )
