"""ganmend repair, repurpose, debias."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from ganmend.cli import opening
from ganmend.cli.console import print_json, search_bar, stderr, stdout, verdict_table, warn
from ganmend.cli.options import DrawingOptions, MendOptions
from ganmend.errors import OptionError
from ganmend.files.directories import check_writable
from ganmend.kernels.allocator import return_freed_memory
from ganmend.models.biggan.model import Generator
from ganmend.models.biggan.prepared import PRECISIONS
from ganmend.search.config import SearchConfig
from ganmend.workbench.demo import bundled_photographs
from ganmend.workbench.diagnosis import diagnose
from ganmend.workbench.mending import MendResult, mend
from ganmend.workbench.verdicts import HELD_OUT, TO_MATCH, class_of, matching_features_of_folder

Targets = Annotated[list[str] | None, typer.Argument(metavar="CLASS...", help="Class names or indices.")]
Worst = Annotated[int, typer.Option("--worst", help="Diagnose first, then repair the N sickest classes.")]


def repair_command(source: DrawingOptions, options: MendOptions, targets: Targets = None, worst: Worst = 0) -> None:
    """Mend classes that collapsed or drifted off their class."""
    request = _Request("repair", source, options)
    gan = opening.open_generator(source)
    request.run(gan, [*(targets or []), *(request.worst(gan, worst) if worst else [])])


def repurpose_command(source: DrawingOptions, options: MendOptions, targets: Targets = None) -> None:
    """Make the generator draw classes that it never saw."""
    _Request("repurpose", source, options).run(opening.open_generator(source), targets or [])


def debias_command(source: DrawingOptions, options: MendOptions, targets: Targets = None) -> None:
    """Widen classes that show only part of what they should."""
    _Request("debias", source, options).run(opening.open_generator(source), targets or [])


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


def parse_gigabytes(text: str) -> float:
    """'4GB', '4 GB', '500MB' or '4' in gigabytes.

    Raises:
        OptionError: none of these.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([GM]?)B?\s*", text, re.IGNORECASE)
    if found is None or not float(found[1]):
        raise OptionError(f"--memory {text!r}: expected a size such as 4GB or 500MB")
    return float(found[1]) / (1000 if found[2].upper() == "M" else 1)


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

    def __init__(self, task: str, source: DrawingOptions, options: MendOptions) -> None:
        self.task, self.source, self.options = task, source, options
        self.changes = parse_settings(options.setting) | ({"init": options.init} if options.init else {})
        self.changes |= {"memory": parse_gigabytes(options.memory)} if options.memory else {}
        self.classifier = opening.open_classifier(options.classifier, source, "demo:search", "--classifier")
        self.judge = opening.open_judge(options.judge, source)
        if self.judge is not None and self.judge.fingerprint == self.classifier.fingerprint:
            warn("the judge is the classifier that the search uses: its verdict says nothing; give another --judge")

    def worst(self, gan: Generator, n: int) -> list[str]:
        with stderr().status("diagnosing"):
            judge = self.judge or self.classifier
            statistics = opening.open_statistics(None, self.source.generator, judge)
            return diagnose(gan, judge, statistics=statistics).worst(n)

    def run(self, gan: Generator, targets: list[str]) -> None:
        if not targets:
            raise OptionError(f"no class to {self.task} was given; name one or several after the generator")
        folders = [self.folder(target, several=len(targets) > 1) for target in targets]
        for folder in folders:
            check_writable(folder, self.options.overwrite)
        self.classifier = self.classifier.in_precision(PRECISIONS[gan.precision])
        return_freed_memory()  # the original's
        answers = {}
        for target, folder in zip(targets, folders, strict=True):
            result = self.mend(gan, target)
            result.save(folder, overwrite=self.options.overwrite)
            answers[result.target] = {**result.verdict, "seconds": result.search.seconds, "out": str(folder)}
            if not self.options.as_json:
                if result.verdict:
                    stdout().print(verdict_table(f"{self.task} {result.target}", result.verdict))
                stdout().print(f"written to {folder}", soft_wrap=True)
            if result.search.interrupted:
                warn(f"interrupted: the best so far is in {folder}")
                break
        if self.options.as_json:
            print_json({self.task: answers})

    def folder(self, target: str, *, several: bool) -> Path:
        base = self.options.out or Path("runs") / f"{self.task}-seed{self.options.seed}"
        return base / target if several or self.options.out is None else base

    def mend(self, gan: Generator, target: str) -> MendResult:
        features = None
        if self.options.real is not None and self.options.real.suffix != ".safetensors":
            part = slice(None) if self.judge is None else TO_MATCH
            features = matching_features_of_folder(self.classifier, self.options.real, part)
        elif self.source.generator == "demo":
            features = bundled_photographs(self.classifier, target)
        wanted = self.classifier.class_names[class_of(self.classifier, target)]
        reference = opening.open_reference(self.options.real, self.source.generator, self.judge, wanted, HELD_OUT)
        with search_bar(f"{self.task} {target}") as show:
            result = mend(
                self.task, gan, self.classifier, target, preset=self.options.preset, seed=self.options.seed,
                real_features=features, on_progress=show, **self.changes,  # type: ignore[arg-type]
            )  # fmt: skip
        if self.judge is not None:
            result.judge(self.judge, reference)
        return result
