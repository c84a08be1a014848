"""Fixed latents, never trained on, that choose between states of a search and between places to start it."""

import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress, ignore
from ganmend.search.trials import Judgement, Scores, score_trials

PAIRS = 512  # of the diversity ratio, at most about twice as many


class Validation:
    """Scores embeddings on the validation latents of one seed."""

    def __init__(self, judgement: Judgement, seed: int) -> None:
        n = judgement.config.validation_latents
        self.judgement = judgement
        self.z = draw_latents(judgement.generator, seed, n, "validation")
        every = torch.combinations(torch.arange(n))  # (n (n - 1) / 2, 2); of many, each k-th
        self.pairs = every[:: max(1, len(every) // PAIRS)]

    @torch.no_grad()
    def score(self, edits: EditTensors) -> Scores:
        """Scores of the edits of all trials, side by side."""
        return score_trials(self.judgement, edits, self.z, self.pairs)

    def rank(self, candidates: Tensor, on_progress: OnProgress = ignore) -> list[int]:
        """Order single embeddings by their promise for the one target.

        By the objective, but with the probability in place of its logarithm: how sure a classifier is of another
        class says little about how far the way is. One at a time, so that many need no more memory than one.

        Args:
            candidates: (candidates, dim_embedding).
            on_progress: called after each, stage 'choosing'.

        Returns:
            Their indices, the most promising first.
        """
        config, promise = self.judgement.config, []
        for done, candidate in enumerate(candidates, 1):
            scores = self.score(EditTensors(candidate[None, None]))  # (dim,) -> (1 trial, 1 vector, dim)
            gain = scores.probability + config.diversity_weight * scores.diversity
            promise.append(gain - config.matching_weight * scores.matching)
            on_progress(Progress("choosing", done, len(candidates)))
        return torch.cat(promise).argsort(descending=True).tolist()


def draw_latents(generator: Generator, seed: int, n: int, purpose: str, start: int = 0) -> Tensor:
    """Samples start .. start + n - 1 of a search's stream for `purpose`, on the generator's device."""
    z = sample_latents(seed, n, generator.dim_z, start=start, truncation=generator.truncation, purpose=purpose)
    return z.to(generator.device)
