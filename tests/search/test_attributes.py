"""A search towards shares of attributes: what the term adds, what it reaches, and what it leaves alone without it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import OptionError
from ganmend.models.protocol import Generator
from ganmend.objective.balance import imbalance, unsureness
from ganmend.search import observation
from ganmend.search.attributes import WishedShares
from ganmend.search.config import SearchConfig, search_config
from ganmend.search.loop import SearchResult, search
from ganmend.search.searched import tensors_of
from ganmend.search.state import SearchState
from ganmend.search.trials import Judgement, score_trials
from ganmend.search.validation import draw_latents
from ganmend.targets.classifier import Classifier
from tests.conftest import make_classifier
from tests.search.stand_ins import CLASSES, DIM_EMBEDDING, DIM_Z, FREE, LinearGenerator, linear_classifier

PAIRS = torch.tensor([[0, 3], [1, 2], [4, 5]])
CONFIG = search_config(
    steps=40, latents=12, validation_latents=64, matching_weight=0.0, diversity="none", capacity="row", patience=0,
    learning_rate=0.1, **FREE,
)  # fmt: skip


def attributes(seed: int = 11) -> Classifier:
    """A network of other weights than the one that knows the class."""
    weight = torch.randn(CLASSES, 12, generator=torch.Generator().manual_seed(seed))
    return linear_classifier(f"attributes {seed}", weight)


WISH = WishedShares(attributes(), (3, 0), (0.25, 0.75), weight=1.5, sureness_weight=0.4)


def run(wished: WishedShares | None, state: SearchState | None = None, **callbacks: object) -> SearchResult:
    start, target = torch.zeros(1, 1, DIM_EMBEDDING) + 0.5, torch.tensor([1])
    return search(
        LinearGenerator(), linear_classifier(), start, target, CONFIG, wished=wished, state=state, **callbacks
    )  # type: ignore[arg-type]  # fmt: skip


def mean_answer(result: SearchResult, wished: WishedShares) -> torch.Tensor:
    generator = LinearGenerator()
    images = generator(*result.best.condition(draw_latents(generator, 0, 400, "looking")))
    return wished.classifier(images)[:, list(wished.indices)].softmax(1).mean(0)


def test_the_term_is_taken_off_the_objective_by_its_weights_and_of_the_asked_classes_alone() -> None:
    generator, classifier, z = LinearGenerator(), linear_classifier(), torch.randn(6, DIM_Z)
    edits, targets = EditTensors(torch.randn(2, 1, DIM_EMBEDDING)), torch.tensor([2, 1])
    config = search_config(matching_weight=0.0, **FREE)
    plain = score_trials(Judgement(generator, classifier, targets, config), edits, z, PAIRS)
    found = score_trials(Judgement(generator, classifier, targets, config, wished=WISH), edits, z, PAIRS)
    for trial in range(2):
        asked = WISH.classifier(generator(*edits.select(trial).condition(z)))[:, [3, 0]]
        off, unsure = imbalance(asked, torch.tensor([0.25, 0.75])), unsureness(asked)
        torch.testing.assert_close(found.imbalance[trial], off)
        torch.testing.assert_close(found.unsureness[trial], unsure)
        torch.testing.assert_close(plain.objective[trial] - found.objective[trial], 1.5 * off + 0.4 * unsure)
    assert torch.equal(plain.log_probability, found.log_probability), "the class is asked of its own classifier"


def test_a_search_brings_the_shares_about_and_swapped_shares_swap_them() -> None:
    # A row of this generator moves all its samples alike, so that the mean answer, not sureness, shows the term.
    for shares in ((0.25, 0.75), (0.75, 0.25)):
        wished = replace(WISH, shares=shares, weight=20.0, sureness_weight=0.0)
        torch.testing.assert_close(mean_answer(run(wished), wished), torch.tensor(shares), atol=0.08, rtol=0)


def test_a_search_records_the_terms_and_without_a_wish_neither_record_nor_result_changes() -> None:
    assert {"imbalance", "unsureness"} <= set(run(WISH).history[0])
    plain = run(None)
    assert not {"imbalance", "unsureness"} & set(plain.history[0])
    idle = run(replace(WISH, weight=0.0, sureness_weight=0.0))
    assert torch.equal(plain.best.vectors, idle.best.vectors)
    assert not torch.equal(plain.best.vectors, run(WISH).best.vectors)


@pytest.mark.parametrize("memory", [1e-9, 0.0], ids=["little", "plenty"])
def test_memory_changes_no_bit_and_the_network_of_the_attributes_is_counted(
    memory: float, tiny_generator: Generator, tiny_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observation, "PART_BYTES", {"cpu": 1})  # parts of four images
    wished = WishedShares(make_classifier(), (0, 1), (0.3, 0.7))
    start, config = tiny_generator.class_embeddings[:1, None], SearchConfig(steps=2, latents=8, validation_latents=8)

    def found(gigabytes: float) -> SearchResult:
        with_memory = replace(config, memory=gigabytes)
        return search(tiny_generator, tiny_classifier, start, torch.tensor([1]), with_memory, wished=wished)

    def by(asked: WishedShares | None) -> int:
        return Judgement(
            tiny_generator, tiny_classifier, torch.tensor([1]), config, wished=asked
        ).observer.image_bytes  # fmt: skip

    assert by(wished) == by(None) + wished.classifier.pass_bytes.gradient
    if memory:
        with pytest.warns(match="is less than"):
            little = found(memory)
    else:
        little = found(1000.0)
    for name, tensor in tensors_of(found(0.0).edits).items():
        assert torch.equal(tensor, tensors_of(little.edits)[name])


def test_going_on_is_the_undisturbed_search_and_another_wish_is_another_search(tmp_path: Path) -> None:
    states: list[SearchState] = []
    whole = run(WISH, on_state=states.append)
    states[1].save(tmp_path / "state.safetensors")
    half = SearchState.load(tmp_path / "state.safetensors")
    again = run(WISH, half)
    assert again.history == whole.history
    assert torch.equal(again.best.vectors, whole.best.vectors)
    others = (
        replace(WISH, shares=(0.75, 0.25)), replace(WISH, indices=(0, 3)), replace(WISH, classifier=attributes(12)),
        replace(WISH, weight=1.6), replace(WISH, sureness_weight=0.5), None,
    )  # fmt: skip
    for other in others:
        with pytest.raises(OptionError, match="the state of another search came"):
            run(other, half)
