"""ganmend bench: what a search step costs on the user's machine."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from ganmend.classifier import load_classifier
from ganmend.cli import opening
from ganmend.cli.console import print_json, stderr, stdout
from ganmend.cli.mend import parse_gigabytes
from ganmend.cli.options import AsJson, ClassifierName, DrawingOptions, Memory
from ganmend.errors import OptionError
from ganmend.generator import PRECISIONS, best_precision
from ganmend.memory import return_freed_memory
from ganmend.search import PRESETS
from ganmend.tasks.bench import StepCost, measure_step

GIB = 2**30


def bench_command(
    source: DrawingOptions,
    classifier: ClassifierName = "",
    batch: Annotated[int, typer.Option("--batch", help="Images a step.")] = 10,
    memory: Memory = "",
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Of the classifier; the default where its file is not here.")
    ] = False,
    compiled: Annotated[
        bool, typer.Option("--compile", help="Also by torch.compile (on a GPU: CUDA graphs), minutes more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure a search step on this machine, and say what a search would choose."""
    if batch < 2:
        raise OptionError(f"--batch is {batch}; expected at least 2 images")
    limit = parse_gigabytes(memory) if memory else 0.0
    gan = opening.open_generator(source, ready=source.precision != "auto")  # the original goes where one will do
    name = classifier or ("demo:search" if source.generator == "demo" else "torchvision:alexnet")
    network = load_classifier(name, random_weights="always" if random_weights else "absent").to(gan.device)
    chosen = best_precision(gan.device) if source.precision == "auto" else source.precision
    if source.precision != "auto":
        network = network.in_precision(PRECISIONS[chosen])  # as a search does
        return_freed_memory()  # the original's
    tried = [(chosen, False), (chosen, True)] if compiled else [(chosen, False)]
    if source.precision == "auto":
        tried += [(other, False) for other in PRECISIONS if other != chosen]
    with stderr().status("measuring"):
        costs = [
            measure_step(gan, network, batch=batch, precision=precision, memory=limit, compiled=by_compiler)
            for precision, by_compiler in tried
        ]
    preset = PRESETS["default"]
    choice = {"precision": chosen, "batch": preset.latents, "trials": preset.trials}
    if as_json:
        print_json({**asdict(costs[0]), "choice": choice, "measured": [asdict(cost) for cost in costs]})
        return
    stdout().print(_table(f"{source.generator} with {network.name}, {gan.device}", costs))
    stdout().print(
        f"a search here takes {choice['precision']}, {choice['batch']} images a step and {choice['trials']} trial; "
        "change them by --precision, --set latents=N, --set trials=N",
        soft_wrap=True,
    )


def _table(title: str, costs: list[StepCost]) -> Table:
    columns = ("precision", "batch", "step", "images/s", "peak memory", "of the ceiling")
    table = Table(*columns, title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for cost in costs:
        table.add_row(
            cost.precision + ", compiled" * cost.compiled, str(cost.batch), f"{cost.step_seconds:.3f} s",
            f"{cost.images_per_second:.1f}", f"{cost.peak_rss_bytes / GIB:.2f} GiB", f"{cost.ceiling_share:.0%}",
        )  # fmt: skip
    return table
