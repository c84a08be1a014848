"""Reference statistics: what real images look like to one judge, class by class, in one small file."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from ganmend.errors import GanmendError, ImageFolderError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.paths import as_path
from ganmend.files.safetensors_file import read_safetensors, write_safetensors
from ganmend.files.writing import whole_file
from ganmend.metrics.accuracy import JudgeAccuracy, judge_accuracy
from ganmend.metrics.gaussian import Gaussian, fit_gaussian

FORMAT = "ganmend-statistics-1"
PIXELS = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True)
class ClassReference:
    """What real images of one class look like to one judge.

    Attributes:
        gaussian: of the features of all of them, for FID.
        features: (M, F) of some of them, for the figures that count neighbours.
        recognised: how well the judge recognises all of them as the class; None where nobody asked.
    """

    gaussian: Gaussian
    features: Tensor
    recognised: JudgeAccuracy | None = None


def class_reference(logits: Tensor, features: Tensor, target: int | None) -> ClassReference:
    """What a judge saw on real images of one class.

    Args:
        logits: (M, n_classes) of the judge, M at least 2.
        features: (M, F) of the judge.
        target: the judge's index of the class, or None where it does not know the class.

    Returns:
        All features, their Gaussian, and how well the judge recognises the class.
    """
    recognised = None if target is None else judge_accuracy(logits, target)
    return ClassReference(fit_gaussian(features), features, recognised)


@dataclass(frozen=True)
class ReferenceStatistics:
    """What real images look like to one judge, class by class.

    Attributes:
        classes: references by class name.
        judge: fingerprint of the classifier that made the features; they say nothing to another.
        source: where the images come from, for people.
        resolution: pixels that the images were first resized to, which is the generator's that they are compared with;
            None where an older file does not say.
    """

    classes: dict[str, ClassReference]
    judge: str
    source: str
    resolution: int | None = None

    def save(self, path: str | Path) -> None:
        """Write a safetensors file: features as float16 where their size allows, Gaussians as float32.

        Args:
            path: of the file; what stands there is replaced, once the new file is whole.

        Raises:
            OutputError: the place cannot be written.
        """
        tensors = {}
        for name, reference in self.classes.items():
            tensors[f"{name}/mean"] = reference.gaussian.mean.to(torch.float32, copy=True)
            tensors[f"{name}/covariance"] = reference.gaussian.covariance.to(torch.float32, copy=True)
            fits = bool(reference.features.abs().max() <= torch.finfo(torch.float16).max)
            # A copy: the format refuses tensors that share memory.
            kept = reference.features.to(torch.float16 if fits else torch.float32, copy=True)
            tensors[f"{name}/features"] = kept.contiguous()
        counts = {name: reference.gaussian.n for name, reference in self.classes.items()}
        recognised = {name: asdict(found) for name, entry in self.classes.items() if (found := entry.recognised)}
        facts = {"format": FORMAT, "judge": self.judge, "source": self.source, "counts": json.dumps(counts)}
        if self.resolution is not None:
            facts["resolution"] = str(self.resolution)
        if recognised:
            facts["recognised"] = json.dumps(recognised)
        with whole_file(as_path(path)) as partial:
            write_safetensors(partial, tensors, facts)

    @classmethod
    def load(cls, path: str | Path) -> "ReferenceStatistics":
        """Read what `save` wrote.

        Args:
            path: of the file.

        Returns:
            The statistics, Gaussians as float64 and features as float32.

        Raises:
            ImageFolderError: no file at `path`.
            GanmendError: broken, or another kind of file.
        """
        path = as_path(path)
        if not path.is_file():
            raise ImageFolderError(f"no statistics file at {path}: expected a folder of images or a statistics file")
        try:
            tensors, facts = read_safetensors(path)
            return cls(_references(tensors, facts), facts["judge"], facts["source"], _resolution(facts))
        except KeyError as error:
            raise GanmendError(f"{path} is no whole statistics file: it lacks {error}; make it again") from error
        except UnreadableError as error:
            raise GanmendError(f"{path} {error}") from error


def _references(tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> dict[str, ClassReference]:
    if facts.get("format") != FORMAT:
        raise UnreadableError("is no statistics file of ganmend; make one from a folder of images")
    counts, recognised = parse_json(facts["counts"]), parse_json(facts.get("recognised", "{}"))
    if not isinstance(counts, dict) or not isinstance(recognised, dict):
        raise UnreadableError("does not say how many images it was made of; make it again")
    return {name: _class_reference(tensors, name, n, recognised.get(name)) for name, n in counts.items()}


def _resolution(facts: Mapping[str, str]) -> int | None:
    given = facts.get("resolution")
    if given is None:
        return None
    if not PIXELS.fullmatch(given):
        raise UnreadableError(f"gives its images' resolution as {given!r:.80}; expected pixels; make it again")
    return int(given)


def _class_reference(tensors: Mapping[str, Tensor], name: str, n: object, recognised: object) -> ClassReference:
    mean, covariance, features = (tensors[f"{name}/{part}"] for part in ("mean", "covariance", "features"))
    width = mean.shape[-1:]
    fits = (mean.shape, covariance.shape, features.shape[1:]) == (width, width * 2, width) and features.numel()
    if not fits or type(n) is not int or n < 2:
        raise UnreadableError(f"holds statistics of {name!r:.80} that do not fit together; make it again")
    if not all(part.is_floating_point() and part.isfinite().all() for part in (mean, covariance, features)):
        raise UnreadableError(f"holds statistics of {name!r:.80} that are no finite numbers; make it again")
    gaussian = Gaussian(mean.double(), covariance.double(), n)
    return ClassReference(gaussian, features.to(torch.float32), _recognised(recognised, name))


def _recognised(shares: object, name: str) -> JudgeAccuracy | None:
    if shares is None:
        return None
    keys = [entry.name for entry in fields(JudgeAccuracy)]
    if isinstance(shares, dict) and sorted(shares) == sorted(keys):
        found = [shares[key] for key in keys]
        if all(type(share) in (int, float) and 0 <= share <= 1 for share in found):
            return JudgeAccuracy(*found)
    raise UnreadableError(f"does not say in shares how the judge takes real images of {name!r:.80}; make it again")
