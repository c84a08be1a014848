"""Which samples of an edit are drawn, each under a number of its own; and the surest of them, by a judge."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.checks import check_whole
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.sampling import draw_seed, images_a_batch
from ganmend.errors import OptionError
from ganmend.files.kept import NOTHING_KEPT, Kept
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.targets.classifier import Classifier
from ganmend.workbench.workbench import Workbench

LARGEST_LISTED = 2**32 - 1  # of a list of seeds: what other programs call a seed


@dataclass(frozen=True)
class Samples:
    """The first samples of one seed, or the first sample of each of several seeds.

    Attributes:
        numbers: 0 .. n - 1, the samples' indices in the stream of `seed`; or, without one, each sample's own seed.
        seed: of the stream, or None.
    """

    numbers: Sequence[int]
    seed: int | None = None

    @classmethod
    def first(cls, n: int, seed: int) -> "Samples":
        """Samples 0 .. n - 1 of a seed."""
        return cls(range(n), seed)

    @classmethod
    def of_seeds(cls, seeds: Sequence[int]) -> "Samples":
        """The first sample of each of several seeds.

        Args:
            seeds: from 0 to LARGEST_LISTED, each once.

        Returns:
            The samples, numbered by their seeds.

        Raises:
            OptionError: none, one out of range, or one twice.
        """
        seen: set[int] = set()
        for seed in seeds:
            check_whole("a seed of a list", seed, 0, LARGEST_LISTED)
            if seed in seen:
                raise OptionError(f"seed {seed} came twice; give each once")
            seen.add(seed)
        if not seen:
            raise OptionError("no seeds came; expected at least one")
        return cls(tuple(seeds))

    def facts(self, number: int) -> dict[str, object]:
        """What a picture's metadata says of its sample: 'sample', its index, and its 'seed' where that is its own."""
        return {"seed": number, "sample": 0} if self.seed is None else {"sample": number}

    def draw(
        self,
        workbench: Workbench,
        edit: ClassEdit,
        wanted: Collection[int] | None = None,
        *,
        truncation: float | None = None,
        force: bool = False,
        on_progress: OnProgress = ignore,
    ) -> Iterator[tuple[int, Tensor]]:
        """Draw some of them: each is the same to the last bit, whichever others are drawn.

        Args:
            workbench: that draws.
            edit: of the class.
            wanted: the numbers to be drawn; None draws all.
            truncation: of the latents; None takes the generator's own.
            force: accept an edit found for another generator of the same widths.
            on_progress: called after each batch, stage 'drawing'.

        Yields:
            The number of a sample, and the sample (3, H, W) in [-1, 1], in the order of `numbers`.

        Raises:
            DrawingError: an image is NaN.
            EmbeddingError: the edit does not fit.
        """
        chosen = self.numbers if wanted is None else [number for number in self.numbers if number in wanted]
        workbench.edit(edit, force=force)
        if self.seed is None:
            for done, number in enumerate(chosen):
                yield number, draw_seed(workbench.generator, edit, number, truncation=truncation)[0]
                on_progress(Progress("drawing", done + 1, len(chosen)))
            return
        # Batches begin where they would if all were drawn: batches of other sizes round otherwise.
        size, total, done, kept = images_a_batch(workbench.generator), len(self.numbers), 0, set(chosen)
        for first in sorted({number - number % size for number in chosen}):
            count = min(size, total - first)
            for batch in workbench.sample(edit, count, seed=self.seed, start=first, truncation=truncation, force=force):
                shown = [(first + place, image) for place, image in enumerate(batch) if first + place in kept]
                yield from shown
                done += len(shown)
                on_progress(Progress("drawing", done, len(chosen)))


def eight_bit(image: Tensor) -> Tensor:
    """An image in [-1, 1] as its file of 8 bits holds it: levels 0 to 255, rounded down, of uint8."""
    return ((image.float() + 1) / 2).clamp(0, 1).mul(255).byte()


@torch.no_grad()
def probabilities(
    workbench: Workbench,
    edit: ClassEdit,
    samples: Samples,
    judge: Classifier,
    index: int,
    *,
    force: bool = False,
    on_progress: OnProgress = ignore,
    kept: Kept = NOTHING_KEPT,
) -> dict[int, float]:
    """How surely a judge takes each sample for a class, as it would see the sample's file.

    Args:
        workbench: that draws.
        edit: of the class.
        samples: to be judged.
        judge: that looks.
        index: the judge's, of the class.
        force: accept an edit found for another generator of the same widths.
        on_progress: called after each batch, stage 'drawing'.
        kept: where what was judged is kept, for a command that is killed.

    Returns:
        By number the probability of the class, in [0, 1].

    Raises:
        ClassifierError: the judge gives NaN.
    """
    name = f"probabilities {edit.digest()} {index}"
    before = kept.rows(name)  # of whole batches, so that those after them are the same
    found: dict[int, float] = {}
    if before:
        found.update(zip(before["number"].tolist(), before["probability"].tolist(), strict=True))
    waiting: list[tuple[int, Tensor]] = []

    def judge_waiting() -> None:
        if waiting:
            seen = torch.stack([eight_bit(image) for _, image in waiting]).to(judge.device).float() / 127.5 - 1
            shown = judge(seen).softmax(1)[:, index].tolist()  # (N, n_classes) -> N numbers
            numbers = [number for number, _ in waiting]
            found.update(zip(numbers, shown, strict=True))
            kept.add(name, {"number": torch.tensor(numbers), "probability": torch.tensor(shown, dtype=torch.float64)})
            waiting.clear()

    missing = [number for number in samples.numbers if number not in found]
    for one in samples.draw(workbench, edit, missing, force=force, on_progress=on_progress):
        waiting.append(one)
        if len(waiting) == images_a_batch(workbench.generator):
            judge_waiting()
    judge_waiting()
    return found


def surest(found: Mapping[int, float], n: int) -> dict[int, float]:
    """The n samples of the highest probability, the surest first; of equals the one that was drawn first."""
    return dict(sorted(found.items(), key=lambda pair: -pair[1])[:n])
