"""What is asked for most, as functions; each puts its generator on a `Workbench`, which gives the answers."""

import warnings
from pathlib import Path

import torch
from torch import Tensor

from ganmend.catalog.wanted import Wanted
from ganmend.errors import GanmendWarning
from ganmend.metrics.judging import SAMPLES, SEED
from ganmend.metrics.verdict import Verdict
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, ignore
from ganmend.search.config import SearchConfig
from ganmend.targets.classifier import Classifier
from ganmend.workbench import diagnosis
from ganmend.workbench.balance import Balance
from ganmend.workbench.class_map import ClassMap
from ganmend.workbench.diagnosis import Diagnosis
from ganmend.workbench.folder_target import FolderTarget
from ganmend.workbench.networks import Classifiers, Judges
from ganmend.workbench.result import MendResult
from ganmend.workbench.sentence_target import SentenceTarget
from ganmend.workbench.workbench import ClassOrEdit, Workbench

JUDGE_GUIDED = "the judge is the classifier that the search uses: its verdict says nothing; give another judge"


def repair(
    generator: Generator | str | Path,
    target: str | int,
    *,
    classifier: Classifiers | None = None,
    judge: Judges | None = None,
    real: str | Path | None = None,
    images: FolderTarget | str | Path | None = None,
    text: SentenceTarget | str | None = None,
    class_map: ClassMap | None = None,
    preset: str = "default",
    config: SearchConfig | None = None,
    seed: int = 0,
    precision: str = "auto",
    samples: int = SAMPLES,
    on_progress: OnProgress = ignore,
) -> MendResult:
    """Mend a class that collapsed or drifted off its class.

    Args:
        generator: G, or its path or name.
        target: class name, or the generator's index.
        classifier: guides the search, or its name, or several of either, which guide it together; None is the bundled
            one, for the bundled generator only, or what images and text say.
        judge: gives the verdict and must be another network, or its name; or several, of which the first gives the
            headline; None takes the bundled ones for the bundled generator, else there is no verdict.
        real: a folder of real images of the class, or with a sub-folder a class, half for the search to match and half
            held out for the verdict; or a statistics file, for the verdict only; None takes the bundled ones for the
            bundled generator.
        images: a folder of photographs that show the class, where no classifier knows it: the real images too.
        text: a sentence that says what the class looks like.
        class_map: what classifier and judge call a class of the generator where names do not tell: {5: 'bullfrog'}, or
            {'frog': {'classifier': 'bullfrog', 'judge': 'tailed frog'}}.
        preset: 'default' or 'paper'.
        config: settings in place of the preset's: `dataclasses.replace(ganmend.PRESETS["default"], steps=120)`.
        seed: of all random numbers; the same seed gives the same edit.
        precision: of generator and search: 'float32', 'bfloat16', or 'auto' for the faster one on this machine.
        samples: that the judge sees, of before and of after.
        on_progress: called in all stages. Raised in it, `Cancelled` ends a search with its best so far, the judging
            without a verdict, and what comes before the search with that error.

    Returns:
        The edit, how it was found, and the verdict.

    Raises:
        GanmendError: something cannot be had or does not fit; the message says what to do.
    """
    bench = Workbench(
        generator,
        classifier=classifier,
        judge=judge,
        real=real,
        images=FolderTarget({str(target): str(images)}) if isinstance(images, str | Path) else images,
        text=SentenceTarget(text, name=str(target)) if isinstance(text, str) else text,
        precision=precision,
        class_map=class_map,
        targets=[target],
        edits=[target],
    )
    doubt_judge(bench)
    return bench.mend(
        "repair", target, preset=preset, config=config, seed=seed, samples=samples, on_progress=on_progress
    )


def repurpose(
    generator: Generator | str | Path,
    target: str | int,
    *,
    classifier: Classifiers | None = None,
    judge: Judges | None = None,
    real: str | Path | None = None,
    images: FolderTarget | str | Path | None = None,
    text: SentenceTarget | str | None = None,
    class_map: ClassMap | None = None,
    preset: str = "default",
    config: SearchConfig | None = None,
    seed: int = 0,
    precision: str = "auto",
    samples: int = SAMPLES,
    on_progress: OnProgress = ignore,
) -> MendResult:
    """Make the generator draw a class that it never saw; before is the class that comes nearest.

    Args:
        generator: G, or its path or name.
        target: class name, or the generator's index.
        classifier: guides the search, or its name, or several of either, which guide it together; None is the bundled
            one, for the bundled generator only, or what images and text say.
        judge: gives the verdict and must be another network, or its name; or several, of which the first gives the
            headline; None takes the bundled ones for the bundled generator, else there is no verdict.
        real: a folder of real images of the class, or with a sub-folder a class, half for the search to match and half
            held out for the verdict; or a statistics file, for the verdict only; None takes the bundled ones for the
            bundled generator.
        images: a folder of photographs that show the class, where no classifier knows it: the real images too.
        text: a sentence that says what the class looks like.
        class_map: what classifier and judge call a class of the generator where names do not tell: {5: 'bullfrog'}, or
            {'frog': {'classifier': 'bullfrog', 'judge': 'tailed frog'}}.
        preset: 'default' or 'paper'.
        config: settings in place of the preset's: `dataclasses.replace(ganmend.PRESETS["default"], steps=120)`.
        seed: of all random numbers; the same seed gives the same edit.
        precision: of generator and search: 'float32', 'bfloat16', or 'auto' for the faster one on this machine.
        samples: that the judge sees, of before and of after.
        on_progress: called in all stages. Raised in it, `Cancelled` ends a search with its best so far, the judging
            without a verdict, and what comes before the search with that error.

    Returns:
        The edit, how it was found, and the verdict.

    Raises:
        GanmendError: something cannot be had or does not fit; the message says what to do.
    """
    bench = Workbench(
        generator,
        classifier=classifier,
        judge=judge,
        real=real,
        images=FolderTarget({str(target): str(images)}) if isinstance(images, str | Path) else images,
        text=SentenceTarget(text, name=str(target)) if isinstance(text, str) else text,
        precision=precision,
        class_map=class_map,
        targets=[target],
    )
    doubt_judge(bench)
    return bench.mend(
        "repurpose", target, preset=preset, config=config, seed=seed, samples=samples, on_progress=on_progress
    )


def debias(
    generator: Generator | str | Path,
    target: str | int,
    *,
    classifier: Classifiers | None = None,
    judge: Judges | None = None,
    real: str | Path | None = None,
    images: FolderTarget | str | Path | None = None,
    text: SentenceTarget | str | None = None,
    class_map: ClassMap | None = None,
    preset: str = "default",
    config: SearchConfig | None = None,
    seed: int = 0,
    precision: str = "auto",
    samples: int = SAMPLES,
    balance: Balance | None = None,
    on_progress: OnProgress = ignore,
) -> MendResult:
    """Widen a class that shows only part of what it should.

    Args:
        generator: G, or its path or name.
        target: class name, or the generator's index.
        classifier: guides the search, or its name, or several of either, which guide it together; None is the bundled
            one, for the bundled generator only, or what images and text say.
        judge: gives the verdict and must be another network, or its name; or several, of which the first gives the
            headline; None takes the bundled ones for the bundled generator, else there is no verdict.
        real: a folder of real images of the class, or with a sub-folder a class, half for the search to match and half
            held out for the verdict; or a statistics file, for the verdict only; None takes the bundled ones for the
            bundled generator.
        images: a folder of photographs that show the class, where no classifier knows it: the real images too.
        text: a sentence that says what the class looks like.
        class_map: what classifier and judge call a class of the generator where names do not tell: {5: 'bullfrog'}, or
            {'frog': {'classifier': 'bullfrog', 'judge': 'tailed frog'}}.
        preset: 'default' or 'paper'.
        config: settings in place of the preset's: `dataclasses.replace(ganmend.PRESETS["default"], steps=120)`.
        seed: of all random numbers; the same seed gives the same edit.
        precision: of generator and search: 'float32', 'bfloat16', or 'auto' for the faster one on this machine.
        samples: that the judge sees, of before and of after.
        balance: shares of attributes that the class shall show, such as `Balance({"red": "photos/red", "other":
            "photos/other"}, shares=(0.2, 0.8))`; without photographs of the class nothing else says what it lacks.
        on_progress: called in all stages. Raised in it, `Cancelled` ends a search with its best so far, the judging
            without a verdict, and what comes before the search with that error.

    Returns:
        The edit, how it was found, and the verdict.

    Raises:
        GanmendError: something cannot be had or does not fit; the message says what to do.
    """
    bench = Workbench(
        generator,
        classifier=classifier,
        judge=judge,
        real=real,
        images=FolderTarget({str(target): str(images)}) if isinstance(images, str | Path) else images,
        text=SentenceTarget(text, name=str(target)) if isinstance(text, str) else text,
        precision=precision,
        class_map=class_map,
        targets=[target],
        edits=[target],
        balance=balance,
    )
    doubt_judge(bench)
    return bench.mend(
        "debias", target, preset=preset, config=config, seed=seed, samples=samples, balance=balance,
        on_progress=on_progress,
    )  # fmt: skip


def diagnose(
    generator: Generator | str | Path,
    *,
    judge: Classifier | str | None = None,
    real: str | Path | None = None,
    class_map: ClassMap | None = None,
    only: Wanted | None = None,
    n: int = diagnosis.SAMPLES,
    seed: int = diagnosis.SEED,
    sequential: bool | None = None,
    worst: int = 0,
    precision: str = "auto",
    on_progress: OnProgress = ignore,
) -> Diagnosis:
    """Say which classes are sick.

    Args:
        generator: G, or its path or name.
        judge: scores the classes, or its name; None is the bundled one, for the bundled generator only.
        real: a folder of real images with a sub-folder a class, or a statistics file made with this judge; a class
            without real images is never found biased. None takes the bundled ones for the bundled generator.
        class_map: what the judge calls a class of the generator where names do not tell, see `repair`.
        only: the classes that are diagnosed: names and indices, or text such as 'frog, 0-99' or 'wanted.txt', a file
            with one a line; None takes all that the judge knows. The marks of some are relative to the median of 25
            classes spread evenly over all.
        n: samples a class, at least 6; the most of them where `sequential`.
        seed: of their latents, the same for every class.
        sequential: draw a class only until its mark is settled; None does so for more than 100 classes.
        worst: where `sequential`, draw on until so many of the sickest are told from the others.
        precision: of the generator: 'float32', 'bfloat16', or 'auto' for the faster one on this machine.
        on_progress: called after each class; it may raise `Cancelled`, which ends the diagnosis with that error; the
            next one goes on from there.

    Returns:
        The classes, worst first.

    Raises:
        GanmendError: something cannot be had or does not fit; the message says what to do.
    """
    bench = Workbench(generator, judge=judge, real=real, precision=precision, class_map=class_map)
    return bench.diagnose(only=only, n=n, seed=seed, sequential=sequential, worst=worst, on_progress=on_progress)


def evaluate(
    generator: Generator | str | Path,
    edit: ClassOrEdit,
    *,
    judge: Classifier | str | None = None,
    target: str | int | None = None,
    real: str | Path | None = None,
    n: int = SAMPLES,
    seed: int = SEED,
    fid: str = "judge",
    inception_weights: str | Path | None = None,
    precision: str = "auto",
    on_progress: OnProgress = ignore,
) -> Verdict:
    """Judge samples of an edit, or of a class of the generator.

    Args:
        generator: G, or its path or name.
        edit: a `ClassEdit`, the path or hub address of its file, or a class of the generator by name or index.
        judge: a classifier that no search used, or its name; None is the bundled one, for the bundled generator only.
        target: class that it should show: its name, or the generator's index; None takes the edit's own.
        real: a folder of real images of the class, all of which count, or with a sub-folder a class, or a statistics
            file; None takes the bundled
            ones for the bundled generator.
        n: samples, at least 2.
        seed: of their latents.
        fid: 'inception' adds figures in torch-fidelity's Inception features against a folder given as `real`, to be
            compared with papers.
        inception_weights: a file of that network's weights; None takes torch's cache, or downloads them into it.
        precision: of the generator: 'float32', 'bfloat16', or 'auto' for the faster one on this machine.
        on_progress: called after each batch; it may raise `Cancelled`, which ends the judging with that error.

    Returns:
        All figures; those that compare with real images are None where there are none.

    Raises:
        GanmendError: something cannot be had or does not fit; the message says what to do.
    """
    targets = [] if target is None else [target]
    bench = Workbench(generator, judge=judge, real=real, precision=precision, targets=targets, edits=[edit])
    return bench.evaluate(
        edit,
        target=target,
        n=n,
        seed=seed,
        fid=fid,
        inception_weights=inception_weights,
        on_progress=on_progress,
    )


def sample(
    generator: Generator | str | Path,
    edit: ClassOrEdit,
    n: int = 16,
    *,
    seed: int = 0,
    start: int = 0,
    truncation: float | None = None,
    precision: str = "auto",
    on_progress: OnProgress = ignore,
) -> Tensor:
    """Draw samples of an edit, or of a class of the generator; sample i of a seed is the same whatever n is.

    Args:
        generator: G, or its path or name.
        edit: a `ClassEdit`, the path or hub address of its file, or a class of the generator by name or index.
        n: how many.
        seed: of their latents.
        start: index of the first sample.
        truncation: of the latents, above 0 and at most 1; None takes the generator's own.
        precision: of the generator: 'float32', 'bfloat16', or 'auto' for the faster one on this machine.
        on_progress: called after each batch; it may raise `Cancelled`, which ends the drawing with that error.

    Returns:
        (n, 3, resolution, resolution) float32 in [-1, 1], on the CPU.

    Raises:
        GanmendError: something cannot be had or does not fit; the message says what to do.
    """
    bench = Workbench(generator, precision=precision, edits=[edit])
    batches = bench.sample(edit, n, seed=seed, start=start, truncation=truncation, on_progress=on_progress)
    return torch.cat([batch.cpu() for batch in batches])


def doubt_judge(workbench: Workbench) -> None:
    """Warn where the judge is the network that guides the search."""
    if workbench.judge_guided_the_search:
        warnings.warn(JUDGE_GUIDED, GanmendWarning, stacklevel=3)
