"""The bundled benchmark: four edits of a CIFAR-10 BigGAN whose flaws are known."""

from collections.abc import Callable

from ganmend.catalog.source import GeneratorSource
from ganmend.metrics.judging import SAMPLES
from ganmend.progress import OnProgress, ignore
from ganmend.search.config import SearchConfig
from ganmend.workbench.result import MendResult
from ganmend.workbench.workbench import Workbench

EDITS = (("repair", "frog"), ("repurpose", "deer"), ("repurpose", "truck"), ("debias", "automobile"))


def run_demo(
    *,
    seed: int = 0,
    n: int = SAMPLES,
    preset: str = "default",
    config: SearchConfig | None = None,
    device: str = "cpu",
    precision: str = "auto",
    on_edit: Callable[[str, str], OnProgress] | None = None,
) -> list[MendResult]:
    """Mend all of EDITS and judge them.

    Args:
        seed: of every search.
        n: samples that the judge sees.
        preset: 'default' or 'paper'.
        config: settings in place of the preset's.
        device: 'cpu', 'cuda' or 'cuda:N'.
        precision: 'auto', 'float32' or 'bfloat16'.
        on_edit: gives the progress callback of an edit, from its task and class.

    Returns:
        The results, in the order of EDITS; an interrupted one is the last.

    Raises:
        OptionError: an option is out of range.
    """
    bench = Workbench(GeneratorSource("demo", device=device), precision=precision)
    results: list[MendResult] = []
    for task, target in EDITS:
        told = ignore if on_edit is None else on_edit(task, target)
        results.append(bench.mend(task, target, preset=preset, config=config, seed=seed, samples=n, on_progress=told))
        if results[-1].interrupted:
            break
    return results
