"""Figures about generated images, one file a metric."""

from ganmend.metrics.accuracy import JudgeAccuracy, judge_accuracy
from ganmend.metrics.distances import frechet_distance, kernel_distance
from ganmend.metrics.diversity import mean_pairwise_distance, ms_ssim_within, pixel_standard_deviation
from ganmend.metrics.gaussian import Gaussian, fit_gaussian
from ganmend.metrics.prdc import NEIGHBOURS, Prdc, prdc
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.metrics.summary import evaluate_features
from ganmend.metrics.wilson import wilson_interval

__all__ = [
    "NEIGHBOURS",
    "ClassReference",
    "Gaussian",
    "JudgeAccuracy",
    "Prdc",
    "ReferenceStatistics",
    "evaluate_features",
    "fit_gaussian",
    "frechet_distance",
    "judge_accuracy",
    "kernel_distance",
    "mean_pairwise_distance",
    "ms_ssim_within",
    "pixel_standard_deviation",
    "prdc",
    "wilson_interval",
]
