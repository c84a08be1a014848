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

RANKED = ("best", "top")  # the initialisations that ask which rows show the target
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
    """Where each trial starts, and the existing row that the edit is compared with.

    All rows are ranked only where that is needed: for init 'best' and 'top', and for a target that the generator does
    not have, whose edit is compared with the row that shows it best. 'best' chooses by the objective
    (`Validation.rank`) among the mean of all rows and the first SHORTLIST of the ranking. The vectors of a trial start
    at different noise.

    Args:
        generator: whose table gives the starts.
        classifier: that guides the search.
        target: the classifier's class index that is to be shown.
        config: settings of the search; `init`, `noise`, `trials` and `vectors` decide here.
        seed: of noise and of validation latents.
        own_row: of the target in the table, or None for a class that the generator does not have.
        own_row_is_sick: whether the target's own row is left out of the shortlist, as a repair does.
        real_features: (M, F) the classifier's `matching_features` of real images of the target, or None.
        on_progress: called after each row that is ranked, stage 'ranking', and each start that 'best' considers, stage
            'choosing'.

    Returns:
        Starts (trials, vectors, dim_embedding) on the CPU, and the index of the target's own row, else of the best.

    Raises:
        OptionError: init 'target' for a class that the generator does not have.
    """
    if config.init == "target" and own_row is None:
        raise OptionError("init 'target' needs a class that the generator has; use 'top' or 'mean' for a new class")
    table = generator.class_embeddings
    order = candidates = None
    if own_row is None or config.init in RANKED:
        order = rank_rows(generator, classifier, target, on_progress=on_progress)
    if order is not None and config.init == "best":
        shortlist = [row for row in order.tolist() if row != own_row or not own_row_is_sick][:SHORTLIST]
        unranked = torch.cat([table.mean(0, keepdim=True), table[shortlist]])
        targets = torch.tensor([target], device=generator.device)
        validation = Validation(Judgement(generator, classifier, targets, config, real_features), seed)
        candidates = unranked[validation.rank(unranked, on_progress)].cpu()
    flat = [
        initial_embeddings(
            table.cpu(), config.init, config.trials, noise=config.noise, seed=seed + 7919 * vector,
            target_row=own_row, ranking=order, candidates=candidates,
        )
        for vector in range(config.vectors)
    ]  # fmt: skip
    compared = int(order[0]) if order is not None and own_row is None else own_row
    assert compared is not None
    return torch.stack(flat, 1), compared  # vectors times (trials, dim) -> (trials, vectors, dim)
