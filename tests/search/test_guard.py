"""An edit that is worse than what was there is not called a success."""

import torch

from ganmend.edits.class_edit import EditTensors
from ganmend.metrics.diversity import mean_pairwise_distance
from ganmend.search.guard import Seen, harm_done, seen
from tests.search.stand_ins import DIM_EMBEDDING, DIM_Z, LinearGenerator, linear_classifier

START = Seen(probability=0.5, diversity=10.0)


def test_what_is_seen_is_the_mean_probability_and_how_far_samples_lie_apart() -> None:
    generator, classifier, z = LinearGenerator(), linear_classifier(), torch.randn(9, DIM_Z)
    vectors = torch.randn(1, DIM_EMBEDDING)
    logits, features = classifier.logits_and_features(generator(z, vectors[0]))
    found = seen(generator, classifier, EditTensors(vectors), 2, z)
    assert found == Seen(logits.softmax(1)[:, 2].mean().item(), mean_pairwise_distance(features))


def test_a_good_edit_is_a_success() -> None:
    for after in (Seen(0.9, 10.0), Seen(0.46, 10.0), Seen(0.9, 6.9), START):
        assert harm_done(after, START) == harm_done(after, START, START) == ()


def test_less_of_the_class_is_harm() -> None:
    (told,) = harm_done(Seen(0.44, 10.0), START)
    assert told.endswith("less surely than in the start: probability 0.5 -> 0.44.")
    (told,) = harm_done(Seen(0.6, 10.0), START, Seen(0.7, 10.0))
    assert told.endswith("less surely than in the nearest class: probability 0.7 -> 0.6.")
    assert len(harm_done(Seen(0.1, 10.0), START, START)) == 1, "said once"


def test_a_collapsed_start_is_nothing_to_be_measured_by() -> None:
    """A classifier is surer of a collapsed class's one picture than of good samples."""
    for collapsed, harm in ((Seen(1.0, 5.9), False), (Seen(1.0, 6.1), True)):
        assert bool(harm_done(Seen(0.8, 10.0), collapsed)) == harm


def test_samples_that_became_alike_are_harm() -> None:
    (told,) = harm_done(Seen(0.9, 6.7), START)
    assert told == "The samples became alike: their diversity is 0.67 of what is usual."
    assert harm_done(Seen(0.9, 6.7), Seen(0.5, 9.0), Seen(0.5, 100.0)) == (), "of the start's, no other row's"
    assert harm_done(Seen(0.9, 6.7), START, usual_diversity=9.0) == (), "a start that is spread over classes has more"
    (told,) = harm_done(Seen(0.9, 6.7), Seen(0.5, 20.0), usual_diversity=10.0)
    assert told.endswith("their diversity is 0.67 of what is usual.")
    (told,) = harm_done(Seen(0.9, 6.7), START, usual_diversity=20.0)
    assert told.endswith("their diversity is 0.67 of what is usual."), "and a start that is alike has less"
    assert len(harm_done(Seen(0.1, 1.0), START)) == 2
