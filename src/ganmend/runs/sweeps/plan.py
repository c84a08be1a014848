"""The first item of a sweep: which classes are meant, what the names in its request stand for, and what they share."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganmend.catalog.names import name_or_index
from ganmend.catalog.source import lines_in
from ganmend.catalog.wanted import wanted_classes
from ganmend.errors import OptionError
from ganmend.files.kept import Kept
from ganmend.files.paths import file_name
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.runs.facts import facts_of
from ganmend.runs.items.item import Answer
from ganmend.runs.sweeps.request import AUTO, SweepRequest, worst_of
from ganmend.search.ranking import class_scores
from ganmend.search.starting_points import RANKED
from ganmend.workbench.class_meant import distinct_name, known_to
from ganmend.workbench.diagnosis import COMPARED, spread_evenly
from ganmend.workbench.workbench import Workbench


def plan(bench: Workbench, arguments: Mapping[str, Any], kept: Kept) -> Answer:
    """Look up what the request of a 'sweep' names, and rank all classes once for all searches; the ranking is cached.

    Args:
        bench: of the request.
        arguments: see above.
        kept: of no use here.

    Returns:
        'facts' that the results depend on; the 'classes' that are meant, each with its 'row' (None of one that the
        generator does not have), 'target' as its requests name it, 'name' and 'folder'; the rows that are 'diagnosed',
        () where nobody asks for it, and of these those that are 'compared'; of 'all' or 'worst:N' how many are
        'left_out', since the judge does not know them.

    Raises:
        GanmendError: something cannot be had.
        OptionError: a class or a setting is wrong.
    """
    request = SweepRequest.from_dict(arguments["sweep"])
    if request.samples <= NEIGHBOURS:
        raise OptionError(f"-n is {request.samples}; coverage needs more than {NEIGHBOURS}")
    diagnosed, compared, left_out = [], [], 0
    if request.task == "repurpose":
        targets = bench.target_names([("repurpose", name) for name in _listed(request.classes)])
        meant: list[tuple[int | None, str, str]] = [(None, target, target) for target in targets]
    else:
        names = bench.generator.class_names
        rows = _rows(bench, request)
        meant = [(row, name_or_index(row, names), distinct_name(row, names)) for row in rows]
        if request.task == AUTO or worst_of(request.classes):
            known = _known_rows(bench)
            compared = known if set(known) <= set(rows) else spread_evenly(known, COMPARED)
            diagnosed = sorted({*rows, *compared})
            left_out = len(names) - len(known) if _everything(request) else 0
    facts = dict(facts_of(request.of_class("repair", ""), bench, [target for _, target, _ in meant]))
    folders = _folders([name for _, _, name in meant])
    classes = [
        {"row": row, "target": target, "name": name, "folder": folder}
        for (row, target, name), folder in zip(meant, folders, strict=True)
    ]
    if request.config.init in RANKED or request.config.prior_weight != 0:
        class_scores(bench.generator, bench.searching)
    meant_of_all = {"classes": classes, "diagnosed": diagnosed, "compared": compared, "left_out": left_out}
    return Answer({"facts": facts, **meant_of_all})


def _rows(bench: Workbench, request: SweepRequest) -> list[int]:
    """The rows that are meant; where they are to be diagnosed, those that the judge knows.

    Args:
        bench: of the request.
        request: of the sweep.

    Returns:
        Rows of the class table.

    Raises:
        OptionError: nothing is meant, or the judge knows none of it.
    """
    everything = _everything(request)
    rows = wanted_classes("all" if everything else request.classes, bench.generator.class_names, "--classes")
    if request.task != AUTO and not worst_of(request.classes):
        return rows
    known = set(_known_rows(bench))
    if unknown := [row for row in rows if row not in known and not everything]:
        name = bench.generator.class_names[unknown[0]]
        raise OptionError(
            f"the judge does not know class {unknown[0]}, {name!r:.80}; give its --task, or a --class-map"
        )
    if not known:
        raise OptionError("the judge knows none of the generator's classes by name; give its --task, or a --class-map")
    return [row for row in rows if row in known]


def _everything(request: SweepRequest) -> bool:
    return request.classes == "all" or worst_of(request.classes) > 0


def _known_rows(bench: Workbench) -> list[int]:
    scorer, names = bench.judge or bench.classifier, bench.generator.class_names
    return [row for row in range(len(names)) if known_to(scorer, row, names) is not None]


def _listed(text: str) -> tuple[str, ...]:
    """Names of new classes: with commas between them, or one a line in a file."""
    if os.path.isfile(text):
        return lines_in(Path(text))
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _folders(names: Sequence[str]) -> Iterator[str]:
    """A folder's name for each class, all different, also where a file system does not tell capitals apart."""
    taken: set[str] = set()
    for name in names:
        folder, number = file_name(name), 1
        while folder.lower() in taken:
            number += 1
            folder = file_name(f"{name} {number}")
        taken.add(folder.lower())
        yield folder
