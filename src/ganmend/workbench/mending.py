"""Repair, re-purpose and de-bias: the same search from different starts, compared with different befores."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ganmend.catalog.names import find_class
from ganmend.edits.file import ClassEmbedding
from ganmend.edits.sampling import class_row, draw
from ganmend.errors import ClassifierError, OptionError
from ganmend.metrics.statistics import ClassReference
from ganmend.models.biggan.model import Generator
from ganmend.models.biggan.prepared import PRECISIONS, prepared
from ganmend.report.directory import ResultFiles, write_result
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.loop import Progress, SearchResult, search
from ganmend.search.starting_points import starting_points
from ganmend.targets.classifier import Classifier
from ganmend.workbench.verdicts import Verdict, class_of, evaluate

TASKS = ("repair", "repurpose", "debias")
GRID_SAMPLES = 40


@dataclass
class MendResult:
    """An edited class: before, after, how it was found, and what a judge says where one was asked.

    Attributes:
        task: repair, repurpose or debias.
        target: class name.
        before: the row that the edit is compared with.
        after: the embedding found.
        search: the search's record.
        config: resolved settings.
        verdict: {"before": ..., "after": ...} or empty.
    """

    task: str
    target: str
    generator: Generator
    classifier: str
    seed: int
    before: ClassEmbedding
    after: ClassEmbedding
    search: SearchResult
    config: SearchConfig
    verdict: dict[str, Verdict] = field(default_factory=dict)

    def judge(
        self, judge: Classifier, reference: ClassReference | None = None, *, n: int = 1000, seed: int = 1000
    ) -> dict[str, Verdict]:
        """Judge before and after on the same latents, and keep the verdict with the result."""
        self.verdict = {
            name: evaluate(self.generator, embedding, judge, self.target, reference=reference, n=n, seed=seed)
            for name, embedding in (("before", self.before), ("after", self.after))
        }
        return self.verdict

    def samples(self, which: str, n: int = GRID_SAMPLES, seed: int = 1000) -> Tensor:
        """Images (n, 3, H, W) in [-1, 1] of 'before' or 'after', the same latents for both."""
        embedding = self.before if which == "before" else self.after
        return torch.cat(list(draw(self.generator, embedding, n, seed)))

    def save(self, directory: str | Path, *, overwrite: bool = False) -> Path:
        """Write the result directory of the contract.

        Raises:
            OutputError: it exists and is not to be overwritten, or cannot be written.
        """
        files = ResultFiles(
            title=f"{self.task} {self.target}",
            metrics={"task": self.task, "target": self.target, **self.verdict, "seconds": self.search.seconds},
            config=self.config.as_dict()
            | {
                "task": self.task,
                "target": self.target,
                "classifier": self.classifier,
                "seed": self.seed,
                "generator": self.generator.fingerprint,
                "precision": self.generator.precision,
            },
            history=self.search.history,
            before=self.samples("before"),
            after=self.samples("after"),
        )
        return write_result(Path(directory), files, self.after.save, overwrite=overwrite)


def repair(generator: Generator, classifier: Classifier, target: str | int, **options: object) -> MendResult:
    """Mend a class that collapsed or drifted off its class: see `mend` for the options."""
    return mend("repair", generator, classifier, target, **options)  # type: ignore[arg-type]


def repurpose(generator: Generator, classifier: Classifier, target: str | int, **options: object) -> MendResult:
    """Make the generator draw a class that it never saw: see `mend` for the options."""
    return mend("repurpose", generator, classifier, target, **options)  # type: ignore[arg-type]


def debias(generator: Generator, classifier: Classifier, target: str | int, **options: object) -> MendResult:
    """Widen a class that shows only part of what it should: see `mend` for the options."""
    return mend("debias", generator, classifier, target, **options)  # type: ignore[arg-type]


def mend(
    task: str,
    generator: Generator,
    classifier: Classifier,
    target: str | int,
    *,
    preset: str = "default",
    seed: int = 0,
    precision: str = "auto",
    real_features: Tensor | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    **changes: object,
) -> MendResult:
    """Search a better embedding for one class.

    Args:
        task: repair, repurpose or debias.
        generator: the frozen generator.
        classifier: that knows the target; guides the search, and must not judge it.
        target: class name or index of the classifier.
        preset: 'default' or 'paper'.
        seed: of latents and starts; the same seed gives the same embedding.
        precision: of the generator's and the classifier's convolutions: see `prepared`.
        real_features: (M, F) this classifier's `matching_features` of real images of the target.
        on_progress: called after each step.
        changes: settings of SearchConfig that differ from the preset.

    Raises:
        ClassNameError: the classifier does not know the target, or the generator has no such class to repair.
        ClassifierError, OptionError: see `search`.
    """
    if task not in TASKS:
        raise OptionError(f"unknown task {task!r}; expected one of {', '.join(TASKS)}")
    config = search_config(preset, **changes)
    generator = prepared(generator, precision)
    classifier = classifier.in_precision(PRECISIONS[generator.precision])
    index = class_of(classifier, target)
    name = classifier.class_names[index]
    own_row = None if task == "repurpose" else find_class(name, generator.class_names)
    if real_features is not None and not real_features.isfinite().all():
        raise ClassifierError(f"{classifier.name} gives NaN on the real images; use another classifier")
    if real_features is not None:
        real_features = real_features.to(generator.device)
    start, best_row = starting_points(
        generator, classifier, index, config, seed, own_row=own_row, own_row_is_sick=task == "repair",
        real_features=real_features,
    )  # fmt: skip
    targets = torch.full((len(start),), index)
    found = search(
        generator, classifier, start, targets, config, seed=seed, real_features=real_features, on_progress=on_progress
    )
    best = found.order[0]
    after = ClassEmbedding(
        found.vectors[best],
        None if found.latent_maps is None else found.latent_maps[best],
        generator.fingerprint,
        name,
        {"task": task, "preset": preset, "seed": str(seed), "classifier": classifier.fingerprint},
    )
    before = class_row(generator, best_row if own_row is None else own_row)
    return MendResult(task, name, generator, classifier.name, seed, before, after, found, found.config)
