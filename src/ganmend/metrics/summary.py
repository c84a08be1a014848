"""Every figure about one class's samples, in one flat dictionary."""

from torch import Tensor

from ganmend.metrics.accuracy import judge_accuracy
from ganmend.metrics.distances import frechet_distance, kernel_distance
from ganmend.metrics.diversity import mean_pairwise_distance, ms_ssim_within, pixel_standard_deviation
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.prdc import prdc
from ganmend.metrics.statistics import ClassReference


def evaluate_features(
    images: Tensor,
    logits: Tensor,
    features: Tensor,
    target: int | None,
    reference: ClassReference | None,
    *,
    seed: int = 0,
) -> dict[str, float | int | None]:
    """Judge samples of one class.

    Args:
        images: (N, 3, H, W) in [-1, 1].
        logits: (N, n_classes) of the judge.
        features: (N, F) of the judge.
        target: the judge's class index, or None where it does not know the class: then its accuracy is None.
        reference: real images of the class, or None: then what compares with them is None.
        seed: of random pairs and subsets.
    """
    accuracy = None if target is None else judge_accuracy(logits, target)
    figures: dict[str, float | int | None] = {
        "n": len(images),
        "judge_accuracy": accuracy.accuracy if accuracy else None,
        "judge_accuracy_low": accuracy.low if accuracy else None,
        "judge_accuracy_high": accuracy.high if accuracy else None,
        "judge_probability": accuracy.probability if accuracy else None,
        "diversity": mean_pairwise_distance(features),
        "ms_ssim": ms_ssim_within(images, seed=seed),
        "pixel_std": pixel_standard_deviation(images),
        "fid": None,
        "kid": None,
        "precision": None,
        "recall": None,
        "density": None,
        "coverage": None,
    }
    if reference is not None:
        neighbours = prdc(reference.features, features)
        figures |= {
            "fid": frechet_distance(reference.gaussian, fit_gaussian(features)),
            "kid": kernel_distance(reference.features, features, seed=seed),
            "precision": neighbours.precision,
            "recall": neighbours.recall,
            "density": neighbours.density,
            "coverage": neighbours.coverage,
        }
    return figures
