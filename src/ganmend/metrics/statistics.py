"""Reference statistics: what real images look like to one judge, class by class, in one small file."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganmend.errors import GanmendError, ImageFolderError, OutputError
from ganmend.metrics.gaussian import Gaussian

FORMAT = "ganmend-statistics-1"


@dataclass(frozen=True)
class ClassReference:
    """The Gaussian of all real images of a class, and feature vectors (M, F) of some of them."""

    gaussian: Gaussian
    features: Tensor


@dataclass(frozen=True)
class ReferenceStatistics:
    """References by class name; `judge` is the fingerprint of the classifier that made the features."""

    classes: dict[str, ClassReference]
    judge: str
    source: str

    def save(self, path: Path) -> None:
        """Write a safetensors file: features as float16 where their size allows, Gaussians as float32.

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
        facts = {"format": FORMAT, "judge": self.judge, "source": self.source, "counts": json.dumps(counts)}
        partial = path.with_name(f".{path.name}.partial")
        try:
            save_file(tensors, partial, facts)
            os.replace(partial, path)
        except (OSError, SafetensorError) as error:
            partial.unlink(missing_ok=True)
            raise OutputError(f"cannot write {path} ({error}); choose another place") from error

    @classmethod
    def load(cls, path: Path) -> "ReferenceStatistics":
        """Read what `save` wrote.

        Raises:
            GanmendError: missing, broken, or another kind of file.
        """
        if not path.is_file():
            raise ImageFolderError(f"no statistics file at {path}: expected a folder of images or a statistics file")
        try:
            with safe_open(path, "pt") as file:
                facts = file.metadata() or {}
                if facts.get("format") != FORMAT:
                    raise GanmendError(f"{path} is no statistics file of ganmend; make one from a folder of images")
                classes = {}
                for name, n in json.loads(facts["counts"]).items():
                    mean, covariance, features = (
                        file.get_tensor(f"{name}/{part}") for part in ("mean", "covariance", "features")
                    )
                    gaussian = Gaussian(mean.double(), covariance.double(), n)
                    classes[name] = ClassReference(gaussian, features.to(torch.float32))
                return cls(classes, facts["judge"], facts["source"])
        except (SafetensorError, KeyError, ValueError) as error:
            raise GanmendError(f"{path} is no whole statistics file ({error}); make it again") from error
