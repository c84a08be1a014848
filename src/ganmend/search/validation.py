"""Fixed latents, never trained on, that choose between states of a search and between places to start it."""

import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.search.ranking import COLLAPSED_DIVERSITY
from ganmend.search.trials import Judgement, Scores, score_trials

PAIRS = 512  # of the diversity ratio, at most about twice as many


class Validation:
    """Scores embeddings on the validation latents of one seed."""

    def __init__(self, judgement: Judgement, seed: int) -> None:
        n = judgement.config.validation_latents
        self.judgement = judgement
        self.z = draw_latents(judgement.generator, seed, n, "validation")
        self.views = judgement.views(n, seed, "validation")
        every = torch.combinations(torch.arange(n))  # (n (n - 1) / 2, 2); of many, each k-th
        self.pairs = every[:: max(1, len(every) // PAIRS)]

    @torch.no_grad()
    def score(self, edits: EditTensors, *, checked: bool = False) -> Scores:
        """Scores of the edits of all trials, side by side; see `score_trials`."""
        return score_trials(self.judgement, edits, self.z, self.pairs, self.views, checked=checked)

    def rank(self, candidates: Tensor, on_progress: OnProgress = ignore) -> list[int]:
        """Order single embeddings by their promise for the one target.

        With real images by the objective, but with the probability in place of its logarithm: how sure a classifier
        is of another class says little about how far the way is. Without them by the probability alone, and those that
        draw much the same picture always come last: of a thousand classes all probabilities are small, and diversity,
        or a row that is merely not wrong, would decide. One at a time, so that many need no more memory than one.

        Args:
            candidates: (candidates, dim_embedding).
            on_progress: called after each, stage 'choosing'.

        Returns:
            Their indices, the most promising first.

        Raises:
            ClassifierError: the classifier gives NaN.
            DrawingError: the generator does.
        """
        config, scored = self.judgement.config, []
        for done, candidate in enumerate(candidates, 1):
            # (dim,) -> (1 trial, 1 vector, dim)
            scored.append(self.score(EditTensors(candidate[None, None]), checked=True))
            on_progress(Progress("choosing", done, len(candidates)))
        probability, diversity, matching = (
            torch.cat([getattr(scores, name) for scores in scored]) for name in ("probability", "diversity", "matching")
        )
        if self.judgement.real_layers:
            promise = probability + config.diversity_weight * diversity - config.matching_weight * matching
        else:
            promise = probability - (diversity < COLLAPSED_DIVERSITY * diversity.median()).float()
        return promise.argsort(descending=True).tolist()


def draw_latents(generator: Generator, seed: int, n: int, purpose: str, start: int = 0) -> Tensor:
    """Samples start .. start + n - 1 of a search's stream for `purpose`, on the generator's device."""
    z = sample_latents(seed, n, generator.dim_z, start=start, truncation=generator.truncation, purpose=purpose)
    return z.to(generator.device)
