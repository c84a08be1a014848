"""Where a search starts: which rows are candidates, in which order, with which noise."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.edits.class_edit import EditTensors
from ganmend.edits.starts import initial_embeddings
from ganmend.errors import Cancelled, OptionError
from ganmend.models.condition import Condition
from ganmend.progress import Progress
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.ranking import rank_rows
from ganmend.search.starting_points import SHORTLIST, starting_points
from ganmend.search.trials import Judgement
from ganmend.search.validation import Validation
from tests.search.stand_ins import CLASSES, DIM_EMBEDDING, LinearGenerator, linear_classifier

TARGET = 2


def starts(
    config: SearchConfig, own_row: int | None = None, sick: bool = False, seed: int = 0, **options: object
) -> tuple[torch.Tensor, int]:
    settings: dict[str, object] = {"real_features": None} | options
    return starting_points(
        LinearGenerator(), linear_classifier(), TARGET, config, seed, own_row=own_row, own_row_is_sick=sick, **settings
    )  # type: ignore[arg-type]


def ranking() -> list[int]:
    return rank_rows(LinearGenerator(), linear_classifier(), TARGET).tolist()


def rows_of(found: torch.Tensor) -> list[int | str]:
    """Which row of the table each trial starts at, or 'mean'."""
    table = LinearGenerator().class_embeddings
    known: dict[tuple[float, ...], int | str] = {tuple(row.tolist()): index for index, row in enumerate(table)}
    known[tuple(table.mean(0).tolist())] = "mean"
    return [known[tuple(vectors[0].tolist())] for vectors in found]


@pytest.mark.parametrize("place", [0, 2])
def test_a_repair_leaves_its_own_sick_row_out_and_a_debias_keeps_it(place: int) -> None:
    assert SHORTLIST == 5
    own = ranking()[place]
    config = search_config(trials=6, validation_latents=8)
    others = [row for row in ranking() if row != own]
    assert set(rows_of(starts(config, own, sick=True)[0])) == {"mean", *others[:5]}
    assert set(rows_of(starts(config, own, sick=False)[0])) == {"mean", *ranking()[:5]}
    assert set(rows_of(starts(config, None)[0])) == {"mean", *ranking()[:5]}
    assert starts(config, None)[1] == ranking()[0], "a new class is compared with the row that shows it best"
    for sick in (True, False):
        assert starts(config, own, sick)[1] == own, "and a class that the generator has with its own row"


@pytest.mark.parametrize("seed", [0, 9])
def test_the_most_promising_candidate_comes_first(seed: int) -> None:
    generator, classifier = LinearGenerator(), linear_classifier()
    features = classifier.matching_features(torch.randn(5, 3, 4, 4))
    config = search_config(trials=6, validation_latents=8, diversity_weight=2.0, matching_weight=0.7)
    found, _ = starts(config, seed=seed, real_features=features)
    judgement = Judgement(generator, classifier, torch.tensor([TARGET]), config, features)
    promises = []
    for vectors in found:
        scores = Validation(judgement, seed).score(EditTensors(vectors[None]))
        promises.append((scores.probability + 2.0 * scores.diversity - 0.7 * scores.matching).item())
    assert promises == sorted(promises, reverse=True)
    assert len(set(promises)) == 6
    more, _ = starts(replace(config, trials=8), seed=seed, real_features=features)
    assert torch.equal(more[:6], found)
    assert torch.equal(more[6:], found[:2]), "more trials than candidates begin anew"


def test_a_candidate_is_ranked_by_probability_not_by_its_logarithm() -> None:
    """One is 0.3 for sure, the other often nearly 0 but 0.5 on average: by the mean logarithm the first would win."""
    weight = torch.zeros(CLASSES, 12)
    weight[0, 0] = 100.0
    generator, classifier = LinearGenerator(), linear_classifier(weight=weight)
    config = search_config(diversity="none", validation_latents=64)
    validation = Validation(Judgement(generator, classifier, torch.tensor([0]), config), 0)
    sure, spread = torch.zeros(2, DIM_EMBEDDING)
    spread[-1] = 1.0
    scores = validation.score(EditTensors(torch.stack([sure, spread])[:1, None]))
    spread_scores = validation.score(EditTensors(spread[None, None]))
    assert scores.probability.item() == pytest.approx(1 / CLASSES)  # all logits 0
    assert spread_scores.probability > scores.probability
    assert spread_scores.log_probability < scores.log_probability
    assert validation.rank(torch.stack([sure, spread])) == [1, 0]
    assert validation.rank(torch.stack([spread, sure])) == [0, 1]


def test_the_other_inits_take_rows_as_they_are_ranked() -> None:
    table, order = LinearGenerator().class_embeddings, ranking()
    found, best = starts(search_config(init="top", trials=3, vectors=2))
    assert torch.equal(found, table[order[:3], None].expand(-1, 2, -1))
    assert best == order[0]
    found, _ = starts(search_config(init="target", trials=2, noise=0.0), own_row=6)
    assert torch.equal(found, table[[6, 6], None])
    found, _ = starts(search_config(init="mean", noise=0.0))
    torch.testing.assert_close(found, table.mean(0).expand(1, 1, -1))


def test_a_start_that_does_not_exist_is_refused_before_anything_is_drawn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[Progress] = []
    with pytest.raises(OptionError, match="init 'target' needs a class that the generator has"):
        starts(search_config(init="target"), on_progress=told.append)
    assert told == []


@pytest.mark.parametrize(
    ("init", "own_row", "ranked"),
    [("target", 6, 0), ("mean", 6, 0), ("random", 6, 0), ("top", 6, 8), ("best", 6, 8), ("mean", None, 8)],
)
def test_rows_are_drawn_for_a_ranking_only_where_a_start_needs_one(
    init: str, own_row: int | None, ranked: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A ranking of 1000 classes is 10,000 images, which a start at the class's own row never looks at."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    drawn: list[int] = []

    def counted(generator: LinearGenerator, z: torch.Tensor, condition: Condition) -> torch.Tensor:
        drawn.append(len(z))
        return images(generator, z, condition)

    images = LinearGenerator.images
    monkeypatch.setattr(LinearGenerator, "images", counted)
    config = search_config(init=init, validation_latents=8)
    starts(config, own_row)
    chosen = 6 * 8 if init == "best" else 0  # the mean and SHORTLIST rows, by 8 validation latents each
    assert sum(drawn) == 50 * ranked + chosen
    starts(config, own_row)
    assert sum(drawn) == 50 * ranked + 2 * chosen, "and once only"


def test_every_vector_of_every_trial_starts_at_noise_of_its_own() -> None:
    found, _ = starts(search_config(init="target", trials=3, vectors=4, noise=0.5), own_row=1)
    assert found.shape == (3, 4, DIM_EMBEDDING)
    assert len(found.flatten(0, 1).unique(dim=0)) == 12
    table = LinearGenerator().class_embeddings
    for vector in range(4):  # numbers that a saved request stands for, so they stay as they are
        seed = 7919 * vector
        expected = initial_embeddings(table, "target", 3, noise=0.5, seed=seed, target_row=1)
        assert torch.equal(found[:, vector], expected)
    assert not torch.equal(found, starts(search_config(init="target", trials=3, vectors=4, noise=0.5), 1, seed=1)[0])


def test_ranking_is_told_and_can_be_cancelled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def end(progress: Progress) -> None:
        assert (progress.stage, progress.done, progress.total) == ("ranking", 1, 8)
        raise Cancelled

    with pytest.raises(Cancelled):
        starts(SearchConfig(), on_progress=end)
