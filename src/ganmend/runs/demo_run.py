"""The bundled benchmark: four edits of a CIFAR-10 BigGAN whose flaws are known, each a run of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ganmend.catalog.source import GeneratorSource
from ganmend.errors import GanmendError
from ganmend.files.directories import write_directory
from ganmend.files.mark import make_unfinished, marked_files, remove_own, remove_unfinished
from ganmend.metrics.judging import SAMPLES
from ganmend.progress import OnProgress, ignore
from ganmend.runs.mend_run import complete_result, mend_in
from ganmend.runs.record import WORK, RunRecord
from ganmend.search.config import SearchConfig, search_config
from ganmend.workbench.request import MendRequest
from ganmend.workbench.result import MendResult

EDITS = (("repair", "frog"), ("repurpose", "deer"), ("repurpose", "truck"), ("debias", "automobile"))


def demo_request(
    *, seed: int = 0, n: int = SAMPLES, config: SearchConfig | None = None, device: str = "cpu"
) -> MendRequest:
    """What is asked for each of EDITS, of no class yet.

    Args:
        seed: of every search.
        n: samples that the judge sees.
        config: settings; None are the default ones.
        device: 'cpu', 'cuda' or 'cuda:N'.

    Returns:
        The request.

    Raises:
        OptionError: an option is out of range.
    """
    settings = search_config("default") if config is None else config
    return MendRequest("repair", "", GeneratorSource("demo", device=device), config=settings, seed=seed, samples=n)


def run_demo(
    directory: Path,
    request: MendRequest,
    *,
    command: str = "",
    on_edit: Callable[[str, str], OnProgress] = lambda task, target: ignore,
) -> list[MendResult]:
    """Mend all of EDITS and judge them; what a killed run of the same request has found is gone on with.

    Args:
        directory: where the demo's page is to be, held by this process; what is found lies in its folder 'work', which
            goes with the directory when the page takes its place.
        request: of no class, see `demo_request`.
        command: as it was typed, for whoever goes on.
        on_edit: gives the progress callback of an edit, from its task and class.

    Returns:
        The results as they were saved, in the order of EDITS; an interrupted one is the last.

    Raises:
        GanmendError: see `mend_in`; where nothing is found yet, the directory is again what it was.
        KeyboardInterrupt: it was ended before anything was found; what was done is kept.
    """
    bench, results = request.workbench(), list[MendResult]()
    with _work_of(directory) as work:
        for task, target in EDITS:
            one, folder = replace(request, task=task, target=target), work / f"{task}_{target}"
            if complete_result(folder, one, bench) is None:
                # Of another request nothing is kept: a demo replaces what it finds.
                mend_in(folder, one, bench, overwrite=True, command=command, on_progress=on_edit(task, target))
            results.append(MendResult.load(folder, bench.generator))
            if results[-1].interrupted:
                break
    return results


@contextmanager
def _work_of(directory: Path) -> Iterator[Path]:
    """The folder of what a demo has found, in the demo's directory, which is made where it is missing.

    Args:
        directory: of the demo.

    Yields:
        The folder.

    Raises:
        GanmendError: of what runs in it; where nothing is found yet, the directory is again what it was.
    """
    work = directory / WORK
    if marked_files(directory) is None:
        write_directory(directory, lambda folder: None, overwrite=True)
    make_unfinished(work)
    try:
        yield work
    except GanmendError:
        if not any(work.glob("*/*")):  # nothing was found
            remove_unfinished(work)
            if not marked_files(directory):
                remove_own(directory)
        raise


def begun_demo(directory: Path) -> tuple[MendRequest, str] | None:
    """What was asked of a demo that ended before its page was written.

    Args:
        directory: any place.

    Returns:
        The request, of no class, and the command as it was typed; None of a place that holds no such demo.

    Raises:
        OptionError: what is noted of it is no request.
    """
    for task, target in EDITS:
        record = RunRecord.read(directory / WORK / f"{task}_{target}")
        if record is not None:
            return replace(MendRequest.from_dict(record.request), task="repair", target=""), record.command
    return None
