"""ganmend repair, repurpose, debias."""

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from ganmend.cli import opening
from ganmend.cli.console import print_json, search_bar, stderr, stdout, verdict_table, warn
from ganmend.cli.options import (
    AsJson,
    BnEps,
    ClassifierName,
    ClassNames,
    Device,
    GeneratorName,
    JudgeName,
    Out,
    Overwrite,
    Real,
    Seed,
    SnEps,
)
from ganmend.errors import OptionError
from ganmend.generator import Generator
from ganmend.report import check_writable
from ganmend.search import SearchConfig
from ganmend.tasks import MendResult, diagnose, judge_features, mend
from ganmend.tasks.demo import bundled_photographs

Targets = Annotated[list[str] | None, typer.Argument(metavar="CLASS...", help="Class names or indices.")]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any search setting, e.g. --set steps=60.")
]
Preset = Annotated[str, typer.Option("--preset", help="default or paper.")]
Init = Annotated[str, typer.Option("--init", help="mean, top, random or target; default by task.")]


def repair_command(
    generator: GeneratorName,
    targets: Targets = None,
    worst: Annotated[int, typer.Option("--worst", help="Diagnose first, then repair the N sickest classes.")] = 0,
    classifier: ClassifierName = "",
    judge: JudgeName = "",
    real: Real = None,
    preset: Preset = "default",
    init: Init = "",
    setting: Setting = None,
    out: Out = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    device: Device = "cpu",
    as_json: AsJson = False,
    bn_eps: BnEps = None,
    sn_eps: SnEps = None,
    class_names: ClassNames = None,
) -> None:
    """Mend classes that collapsed or drifted off their class."""
    request = _Request(
        "repair", generator, classifier, judge, real, preset, init, setting, out, overwrite, seed, device, as_json
    )
    gan = request.open(bn_eps, sn_eps, class_names)
    request.run(gan, [*(targets or []), *(request.worst(gan, worst) if worst else [])])


def repurpose_command(
    generator: GeneratorName,
    targets: Targets = None,
    classifier: ClassifierName = "",
    judge: JudgeName = "",
    real: Real = None,
    preset: Preset = "default",
    init: Init = "",
    setting: Setting = None,
    out: Out = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    device: Device = "cpu",
    as_json: AsJson = False,
    bn_eps: BnEps = None,
    sn_eps: SnEps = None,
    class_names: ClassNames = None,
) -> None:
    """Make the generator draw classes that it never saw."""
    request = _Request(
        "repurpose", generator, classifier, judge, real, preset, init, setting, out, overwrite, seed, device, as_json
    )
    request.run(request.open(bn_eps, sn_eps, class_names), targets or [])


def debias_command(
    generator: GeneratorName,
    targets: Targets = None,
    classifier: ClassifierName = "",
    judge: JudgeName = "",
    real: Real = None,
    preset: Preset = "default",
    init: Init = "",
    setting: Setting = None,
    out: Out = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    device: Device = "cpu",
    as_json: AsJson = False,
    bn_eps: BnEps = None,
    sn_eps: SnEps = None,
    class_names: ClassNames = None,
) -> None:
    """Widen classes that show only part of what they should."""
    request = _Request(
        "debias", generator, classifier, judge, real, preset, init, setting, out, overwrite, seed, device, as_json
    )
    request.run(request.open(bn_eps, sn_eps, class_names), targets or [])


def parse_settings(settings: list[str] | None) -> dict[str, object]:
    """NAME=VALUE pairs as values of SearchConfig's types.

    Raises:
        OptionError: unknown name, or a value of another type.
    """
    kinds = {entry.name: getattr(entry.type, "__name__", str(entry.type)) for entry in fields(SearchConfig)}
    parsed: dict[str, object] = {}
    for text in settings or []:
        name, equals, value = text.partition("=")
        if not equals or name not in kinds:
            raise OptionError(f"--set {text!r}: expected NAME=VALUE with NAME one of {', '.join(kinds)}")
        try:
            parsed[name] = _convert(kinds[name], value)
        except (ValueError, KeyError) as error:
            raise OptionError(f"--set {text!r}: expected a value of type {kinds[name]}") from error
    return parsed


def _convert(kind: str, value: str) -> object:
    if kind == "bool":
        return {"true": True, "false": False}[value.lower()]
    if kind == "int":
        return int(value)
    if kind.startswith("float"):
        return None if value == "none" else float(value)
    return value


class _Request:
    """What one mending command was asked, and how it answers."""

    def __init__(
        self, task: str, generator: str, classifier: str, judge: str, real: Path | None, preset: str, init: str,
        setting: list[str] | None, out: Path | None, overwrite: bool, seed: int, device: str, as_json: bool,
    ) -> None:  # fmt: skip
        self.task, self.generator, self.real, self.preset = task, generator, real, preset
        self.out, self.overwrite, self.seed, self.device, self.as_json = out, overwrite, seed, device, as_json
        self.changes = parse_settings(setting) | ({"init": init} if init else {})
        self.classifier = opening.open_classifier(classifier, generator, "demo:search", "--classifier", device)
        self.judge = opening.open_judge(judge, generator, device)
        if self.judge is not None and self.judge.fingerprint == self.classifier.fingerprint:
            warn("the judge is the classifier that the search uses: its verdict says nothing; give another --judge")

    def open(self, bn_eps: float | None, sn_eps: float | None, class_names: Path | None) -> Generator:
        return opening.open_generator(
            self.generator, bn_eps=bn_eps, sn_eps=sn_eps, class_names=class_names, device=self.device
        )

    def worst(self, gan: Generator, n: int) -> list[str]:
        with stderr().status("diagnosing"):
            judge = self.judge or self.classifier
            statistics = opening.open_statistics(None, self.generator, judge)
            return diagnose(gan, judge, statistics=statistics).worst(n)

    def run(self, gan: Generator, targets: list[str]) -> None:
        if not targets:
            raise OptionError(f"no class to {self.task} was given; name one or several after the generator")
        folders = [self.folder(target, several=len(targets) > 1) for target in targets]
        for folder in folders:
            check_writable(folder, self.overwrite)
        answers = {}
        for target, folder in zip(targets, folders, strict=True):
            result = self.mend(gan, target)
            result.save(folder, overwrite=self.overwrite)
            answers[result.target] = {**result.verdict, "seconds": result.search.seconds, "out": str(folder)}
            if not self.as_json:
                if result.verdict:
                    stdout().print(verdict_table(f"{self.task} {result.target}", result.verdict))
                stdout().print(f"written to {folder}", soft_wrap=True)
            if result.search.interrupted:
                warn(f"interrupted: the best so far is in {folder}")
                break
        if self.as_json:
            print_json({self.task: answers})

    def folder(self, target: str, *, several: bool) -> Path:
        base = self.out or Path("runs") / f"{self.task}-seed{self.seed}"
        return base / target if several or self.out is None else base

    def mend(self, gan: Generator, target: str) -> MendResult:
        features = None
        if self.real is not None and self.real.suffix != ".safetensors":
            features = judge_features(self.classifier, self.real)
        elif self.generator == "demo":
            features = bundled_photographs(self.classifier, target)
        with search_bar(f"{self.task} {target}") as show:
            result = mend(
                self.task, gan, self.classifier, target, preset=self.preset, seed=self.seed, real_features=features,
                on_progress=show, **self.changes,
            )  # fmt: skip
        if self.judge is not None:
            reference = opening.open_reference(self.real, self.generator, self.judge, result.target)
            result.judge(self.judge, reference)
        return result
