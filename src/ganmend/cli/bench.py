"""ganmend bench: what a search step costs on the user's machine."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from ganmend.cli.console import as_it_is, print_json, say, stderr, stdout
from ganmend.cli.options import AsJson, DrawingOptions, Memory, NetworkOptions, expect
from ganmend.cli.settings import parse_gigabytes

if TYPE_CHECKING:
    from ganmend.models.protocol import Generator
    from ganmend.targets.classifier import Classifier
    from ganmend.workbench.step_cost import StepCost

GIB = 2**30


def bench_command(
    source: DrawingOptions,
    networks: NetworkOptions,
    classifier: Annotated[
        str,
        typer.Option(
            "--classifier",
            help="The network that guides the step; default demo:search for 'demo', else torchvision:alexnet.",
        ),
    ] = "",
    batch: Annotated[int, typer.Option("--batch", help="Images drawn in a step.")] = 10,
    memory: Memory = "",
    random_weights: Annotated[
        bool,
        typer.Option(
            "--random-weights",
            help="Give the classifier random weights, which cost the same time; the default where its file is not "
            "here.",
        ),
    ] = False,
    compiled: Annotated[
        bool,
        typer.Option("--compile", help="Measure torch.compile too (on a GPU: CUDA graphs), which takes minutes more."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure a search step on this machine, and say what a search would choose."""
    from ganmend.catalog.source import find_device
    from ganmend.models.precision import PRECISIONS, best_precision
    from ganmend.search.config import PRESETS
    from ganmend.workbench.step_cost import measure_step

    expect(batch >= 2, f"--batch is {batch}; expected at least 2 images")
    limit = parse_gigabytes(memory) if memory else 0.0
    default = "demo:search" if source.generator == "demo" else "torchvision:alexnet"
    ((name,),) = networks.of([classifier or default])
    weights = "always" if random_weights else "absent"
    precisions = [source.precision]
    if source.precision == "auto":
        best = best_precision(find_device(source.device))
        precisions = [best, *(other for other in PRECISIONS if other != best)]
    costs: list[StepCost] = []
    with stderr().status("measuring"):
        for precision in precisions:
            gan, network = _as_in_a_search(replace(source, precision=precision), name, weights, networks.allow_code)
            for by_compiler in (False, True) if compiled and precision == precisions[0] else (False,):
                costs.append(measure_step(gan, network, batch=batch, memory=limit, compiled=by_compiler))
            del gan, network  # before the next
    preset = PRESETS["default"]
    choice = {"precision": precisions[0], "batch": preset.latents, "trials": preset.trials}
    if as_json:
        by = {"generator": {"source": source.generator, "device": source.device}, "classifier": {"name": name}}
        print_json({**asdict(costs[0]), "choice": choice, "measured": [asdict(cost) for cost in costs]} | by)
        return
    stdout().print(_table(f"{source.generator} with {name}, {source.device}", costs))
    say(
        f"a search here takes {choice['precision']}, {choice['batch']} images a step and {choice['trials']} trial; "
        "change them by --precision, --set latents=N, --set trials=N"
    )


def _as_in_a_search(
    source: DrawingOptions, name: str, weights: str, allow_code: bool
) -> tuple["Generator", "Classifier"]:
    """Generator and classifier in one precision, and nothing else in memory."""
    from ganmend.kernels.allocator import return_freed_memory
    from ganmend.models.precision import PRECISIONS
    from ganmend.targets.load import load_classifier

    gan = source.source().load().prepared(source.precision)
    classifier = load_classifier(name, random_weights=weights, allow_code=allow_code)
    network = classifier.to(gan.device).in_precision(PRECISIONS[gan.precision])
    return_freed_memory()
    return gan, network


def _table(title: str, costs: list["StepCost"]) -> Table:
    columns = ("precision", "batch", "step", "images/s", "peak memory", "of the ceiling")
    table = Table(*columns, title=as_it_is(title), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for cost in costs:
        table.add_row(
            cost.precision + ", compiled" * cost.compiled, str(cost.batch), f"{cost.step_seconds:.3f} s",
            f"{cost.images_per_second:.1f}", f"{cost.peak_rss_bytes / GIB:.2f} GiB", f"{cost.ceiling_share:.0%}",
        )  # fmt: skip
    return table
