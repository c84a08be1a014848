"""Where a task's search starts, and which existing class comes nearest to its target."""

import torch
from torch import Tensor

from ganmend.edits.starts import initial_embeddings
from ganmend.errors import OptionError
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, ignore
from ganmend.search.config import SearchConfig
from ganmend.search.ranking import rank_rows
from ganmend.search.trials import Judgement
from ganmend.search.validation import Validation
from ganmend.targets.classifier import Classifier

SHORTLIST = 5  # rows of the ranking that 'best' considers


def starting_points(
    generator: Generator,
    classifier: Classifier,
    target: int,
    config: SearchConfig,
    seed: int,
    *,
    own_row: int | None,
    own_row_is_sick: bool,
    real_features: Tensor | None,
    on_progress: OnProgress = ignore,
) -> tuple[Tensor, int]:
    """Starting points (trials, vectors, dim_embedding), and the existing row that shows the target best.

    'best' chooses by the objective (`Validation.rank`) among the mean of all rows and SHORTLIST. The vectors of a trial
    start at different noise.

    Raises:
        OptionError: init 'target' for a class that the generator does not have.
    """
    if config.init == "target" and own_row is None:
        raise OptionError("init 'target' needs a class that the generator has; use 'top' or 'mean' for a new class")
    table = generator.class_embeddings
    order = rank_rows(generator, classifier, target, on_progress=on_progress)
    candidates = None
    if config.init == "best":
        shortlist = [row for row in order.tolist() if row != own_row or not own_row_is_sick][:SHORTLIST]
        unranked = torch.cat([table.mean(0, keepdim=True), table[shortlist]])
        targets = torch.tensor([target], device=generator.device)
        ranked = Validation(Judgement(generator, classifier, targets, config, real_features), seed).rank(unranked)
        candidates = unranked[ranked].cpu()
    flat = [
        initial_embeddings(
            table.cpu(), config.init, config.trials, noise=config.noise, seed=seed + 7919 * vector,
            target_row=own_row, ranking=order, candidates=candidates,
        )
        for vector in range(config.vectors)
    ]  # fmt: skip
    return torch.stack(flat, 1), int(order[0])
