"""From folders of photographs to a probe that knows them: told apart from the generator's own classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.catalog.names import index_of, knows_class
from ganmend.errors import ClassifierError, ImageFolderError
from ganmend.metrics.wilson import wilson_interval
from ganmend.models.protocol import Generator
from ganmend.objective.energy import energy_distance
from ganmend.photographs.reading import Photographs
from ganmend.progress import OnProgress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.targets.probe import Recognised, fit_probe, recognised
from ganmend.workbench.folder_target import FolderTarget, OwnFolders
from ganmend.workbench.row_features import row_features
from ganmend.workbench.seen_photographs import observed

MOST_PHOTOGRAPHS = 2000  # of other things, from each folder
SEARCHED, JUDGED = 0, 1  # seeds of the generator's samples: the judge's probe is fitted on others
# Rows that look like the photographs are no examples of something else. They come before a gap: the next row lies at
# least half as far again from the photographs. At most a tenth of the rows.
GAP, MOST_ALIKE = 2 / 3, 0.1
# Rows that are each told from the photographs by itself, and samples that stand for all others.
KINDS, REST = 20, 1000
# The networks whose features tell photographs apart, and those that judge, for small images in pixels and for others.
SMALL, SMALL_BACKBONE, SMALL_JUDGES = 64, "demo:search", ("demo:judge", "demo:second-judge")
BACKBONE, JUDGES = "imagenet:search", ("imagenet:judge",)
CANNOT_TELL = 0.7  # mean of the shares of photographs and of other pictures that are told rightly


@dataclass(frozen=True)
class Fitted:
    """A probe, and what is to be known of it.

    Attributes:
        probe: whose classes are the folders' and SOMETHING_ELSE.
        alike: rows of the generator that look like the photographs, and so were no examples of something else.
        notes: how well it tells the photographs, in sentences.
    """

    probe: Classifier
    alike: tuple[int, ...]
    notes: tuple[str, ...]


@torch.no_grad()
def fit_folders(
    wanted: FolderTarget,
    backbone: Classifier,
    generator: Generator,
    real: OwnFolders,
    *,
    seed: int = SEARCHED,
    alike: Sequence[int] | None = None,
    judged: bool = True,
    on_progress: OnProgress = ignore,
) -> Fitted:
    """Fit a probe that tells photographs from the generator's own classes, and from other photographs.

    It is fitted on the photographs that a search may see. How well it tells them is measured on all, every fifth held
    out in turn.

    Args:
        wanted: the folders.
        backbone: whose features tell the pictures apart.
        generator: whose classes are something else.
        real: the same photographs, at the generator's resolution.
        seed: of the generator's samples.
        alike: rows that look like the photographs; None finds them.
        judged: whether a verdict follows, for which photographs are held out.
        on_progress: called in the stages 'reading' and 'drawing'.

    Returns:
        The probe.

    Raises:
        ClassifierError: it cannot tell the photographs from the generator's classes.
        ImageFolderError: a folder cannot be read, or nothing but what is held out.
    """

    def features(photographs: Photographs) -> Tensor:
        return observed(backbone, photographs, lambda images: backbone.logits_and_features(images)[1], on_progress)

    matched, whole = {}, {}
    for name, folder in wanted.images.items():
        photographs = real.photographs(backbone, name)
        whole[name] = features(photographs)
        paths = set(real.matched(backbone, name, judged=judged).paths)
        matched[name] = whole[name][[path in paths for path in photographs.readable]]
        if not len(matched[name]):
            raise ImageFolderError(f"{folder} holds no picture that can be read beside those held out; add some")
    against = [features(_some(folder, generator.resolution)) for folder in wanted.against]
    rows = row_features(backbone, generator, seed, on_progress)
    distances = row_distances(rows, whole)
    looks = rows_alike(distances)
    if alike is None:  # also the rows of the photographs' names, whatever they look like now
        alike = sorted({*looks, *(row for name in whole if (row := index_of(name, generator.class_names)) is not None)})
    others = [*against, *kinds_of_rows(rows, distances, alike)]
    told = recognised(whole, others)
    notes = _notes(backbone.name, told, [generator.class_names[row] for row in looks])
    for one in told[: len(whole)]:
        if (one.share + told[-1].share) / 2 < CANNOT_TELL:
            raise ClassifierError(
                f"a probe on {backbone.name} cannot tell the photographs of {one.name} from other pictures: {notes[0]} "
                "Give more photographs that show one kind of thing, or another --backbone"
            )
    return Fitted(fit_probe(backbone, matched, others), tuple(alike), notes)


def _some(folder: str, resolution: int) -> Photographs:
    """A folder's photographs, or of very many some, evenly."""
    n = len(Photographs(folder, resolution))
    return Photographs(folder, resolution, slice(None, None, -(-n // MOST_PHOTOGRAPHS)))


def row_distances(rows: Sequence[Tensor], photographs: Mapping[str, Tensor]) -> Tensor:
    """How far samples of each row lie from photographs of each class: energy distances, whatever a feature's scale.

    Args:
        rows: features (n, F) of each row's samples.
        photographs: features (M, F) by class name.

    Returns:
        (classes, rows).
    """
    spread = torch.cat(list(rows)).std(0).clamp_min(1e-6)
    found = [[energy_distance(row / spread, own / spread) for row in rows] for own in photographs.values()]
    return torch.tensor(found).clamp_min(1e-6)


def rows_alike(distances: Tensor) -> tuple[int, ...]:
    """Which rows look like photographs of some class: those before a clear gap.

    Args:
        distances: see `row_distances`.

    Returns:
        Their indices, in order.
    """
    found: set[int] = set()
    for own in distances:
        nearest, order = own.sort()
        most = max(1, int(MOST_ALIKE * len(own)))
        ratios = nearest[:most] / nearest[1 : most + 1]
        if len(ratios) and ratios.min() < GAP:
            found |= set(order[: int(ratios.argmin()) + 1].tolist())
    return tuple(sorted(found))


def kinds_of_rows(rows: Sequence[Tensor], distances: Tensor, alike: Sequence[int]) -> list[Tensor]:
    """The rows that are something else: the nearest ones each as a kind by itself, all the others as one.

    Rows that are far from the photographs are told from them all at once, and a thousand kinds would take hours to fit.

    Args:
        rows: features (n, F) of each row's samples.
        distances: see `row_distances`.
        alike: rows that are left out.

    Returns:
        Features (N, F) of each kind.
    """
    order = [row for row in distances.min(0).values.argsort(stable=True).tolist() if row not in alike]
    nearest, far = ([rows[row] for row in part] for part in (order[:KINDS], order[KINDS:]))
    if not far:
        return nearest
    rest = torch.cat(far)
    return [*nearest, rest[:: -(-len(rest) // REST)]]


def _notes(backbone: str, told: Sequence[Recognised], alike: Sequence[str]) -> tuple[str, ...]:
    counts = ", ".join(f"{one.right} of {one.of} pictures of {one.name}" for one in told)
    lines = [f"A probe on {backbone} tells {counts} rightly, each held out in turn."]
    for one in told[:-1]:
        if wilson_interval(one.right, one.of)[0] < 0.5:
            lines.append(f"It knows {one.name} badly; more photographs of it would help.")
    if alike:
        lines.append(f"These classes of the generator look like the photographs already: {', '.join(alike)}.")
    return tuple(lines)


@dataclass(frozen=True)
class Probes:
    """What photographs are told by.

    Attributes:
        search: guides the search.
        judges: give the verdict, the first of them its headline.
        notes: how well all of them tell the photographs, in sentences.
    """

    search: Classifier
    judges: tuple[Classifier, ...]
    notes: tuple[str, ...]


def fit_probes(
    wanted: FolderTarget,
    generator: Generator,
    real: OwnFolders,
    backbone: Classifier | None,
    judges: Sequence[Classifier],
    on_progress: OnProgress = ignore,
) -> Probes:
    """A probe that guides the search, and others, on other networks, that judge.

    Args:
        wanted: the folders.
        generator: prepared for many images.
        real: the same photographs.
        backbone: whose features guide the search; None takes the network at hand.
        judges: that were named: one that knows the classes by name judges as it is, of another a probe does; () takes
            the networks that are at hand.
        on_progress: called in the stages 'reading' and 'drawing'.

    Returns:
        The probes.

    Raises:
        ClassifierError: one cannot tell the photographs from the generator's classes, or a network cannot be had.
        ImageFolderError: a folder cannot be read.
    """
    small = generator.resolution <= SMALL
    if backbone is None:
        backbone = load_classifier(SMALL_BACKBONE if small else BACKBONE)
    backbone = backbone.to(generator.device)
    found = fit_folders(wanted, backbone, generator, real, on_progress=on_progress)
    notes, judging = list(found.notes), list[Classifier]()
    for judge in judges or _judging(small, backbone.weights, generator.device):
        if judges and all(knows_class(name, judge.class_names) for name in wanted.images):
            judging.append(judge)
            continue
        fitted = fit_folders(wanted, judge, generator, real, seed=JUDGED, alike=found.alike, on_progress=on_progress)
        judging.append(fitted.probe)
        notes.append(fitted.notes[0])
    return Probes(found.probe, tuple(judging), tuple(notes))


def _judging(small: bool, but: str, device: torch.device) -> list[Classifier]:
    """The networks at hand that judge photographs, without the one that guides the search."""
    loaded = [load_classifier(name).to(device) for name in (SMALL_JUDGES if small else JUDGES)]
    return [judge for judge in loaded if judge.weights != but]
