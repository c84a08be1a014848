"""Every class scored once, and which row shows a target best."""

import copy
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ganmend.errors import Cancelled
from ganmend.files import cache, turns
from ganmend.models.latents import sample_latents
from ganmend.models.protocol import Generator
from ganmend.progress import OnProgress, Progress
from ganmend.search import kept_scores, ranking
from ganmend.search.ranking import class_scores, rank_rows, samples_of
from tests.search.stand_ins import DIM_Z, LinearGenerator, linear_classifier

FILE = "ranking-*.safetensors"  # in the cache


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not" / "made"))
    return tmp_path / "not" / "made" / "ganmend"


def scored(generator: Generator, fingerprint: str = "linear", seed: int = 0) -> tuple[dict[str, torch.Tensor], int]:
    """Scores, and how many rows were scored anew for them: only those are told."""
    told: list[Progress] = []
    scores = class_scores(generator, linear_classifier(fingerprint), seed, on_progress=told.append)
    assert [(one.stage, one.done, one.total) for one in told] == [("ranking", i + 1, 8) for i in range(len(told))]
    return scores, len(told)


@pytest.mark.parametrize(
    ("classes", "samples"),
    [(1, 50), (200, 50), (201, 49), (500, 20), (1000, 10), (1001, 10), (30_000, 10)],  # 10 000 images, 10 to 50 of each
)
def test_many_classes_are_ranked_by_fewer_samples(classes: int, samples: int, tiny_generator: Generator) -> None:
    many = copy.copy(tiny_generator)
    many._buffers = dict(many._buffers, class_embeddings=torch.zeros(classes, many.dim_embedding))
    assert samples_of(many) == samples


def test_each_row_is_scored_by_its_own_samples() -> None:
    generator, classifier = LinearGenerator(truncation=0.8), linear_classifier()
    scores, _ = scored(generator, seed=3)
    z = sample_latents(3, 50, DIM_Z, truncation=0.8, purpose="ranking")
    assert scores["probabilities"].shape == (8, 4)
    for row in range(8):
        logits, features = classifier.logits_and_features(generator(z, generator.class_embeddings[row]))
        torch.testing.assert_close(scores["probabilities"][row], logits.softmax(1).mean(0))
        torch.testing.assert_close(scores["diversity"][row], torch.pdist(features).mean())


def test_a_second_scoring_is_read_from_the_cache(empty_cache: Path) -> None:
    fresh, n = scored(LinearGenerator())
    assert n == 8
    assert len(list(empty_cache.glob(FILE))) == 1
    cached, n = scored(LinearGenerator())
    assert n == 0
    assert cached.keys() == fresh.keys() == {"probabilities", "diversity"}
    assert all(torch.equal(cached[name], values) for name, values in fresh.items())
    assert all(values.dtype == torch.float32 for values in fresh.values())


def other_precision(generator: Generator) -> None:
    generator.precision = "bfloat16"


def other_table(generator: Generator) -> None:
    generator.class_embeddings[7, 0] += 1


def other_truncation(generator: Generator) -> None:
    generator.truncation = 0.5


def other_weights(generator: Generator) -> None:
    generator.fingerprint = "another"


@pytest.mark.parametrize("change", [other_precision, other_table, other_truncation, other_weights])
def test_another_generator_is_scored_anew(change: Callable[[Generator], None]) -> None:
    scored(LinearGenerator())
    generator = LinearGenerator()
    change(generator)
    assert [scored(generator)[1] for _ in range(2)] == [8, 0]
    assert scored(LinearGenerator())[1] == 0, "and the first one is still known"


def test_another_seed_classifier_or_number_of_samples_is_scored_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = scored(LinearGenerator())
    other_seed, n = scored(LinearGenerator(), seed=1)
    assert n == 8
    assert not torch.equal(first["probabilities"], other_seed["probabilities"])
    assert scored(LinearGenerator(), fingerprint="another")[1] == 8
    monkeypatch.setattr(ranking, "MOST_SAMPLES", 30)
    assert scored(LinearGenerator())[1] == 8


BAD = {
    "no file of tensors": b"no cache",
    "nothing": {},
    "one alone": {"probabilities": torch.ones(3, 4) / 4},
    "too many rows": {"probabilities": torch.ones(9, 4) / 4, "diversity": torch.ones(9)},
    "rows that do not fit together": {"probabilities": torch.ones(3, 4) / 4, "diversity": torch.ones(2)},
    "of another classifier": {"probabilities": torch.ones(3, 5) / 5, "diversity": torch.ones(3)},
    "no rows": {"probabilities": torch.ones(0, 4), "diversity": torch.ones(0)},
    "one number": {"probabilities": torch.tensor(1.0), "diversity": torch.tensor(1.0)},
    "more dimensions": {"probabilities": torch.ones(3, 4, 1) / 4, "diversity": torch.ones(3, 1)},
    "whole numbers": {"probabilities": torch.ones(3, 4).long(), "diversity": torch.ones(3)},
    "doubles": {"probabilities": torch.ones(3, 4).double() / 4, "diversity": torch.ones(3).double()},
    "NaN": {"probabilities": torch.full((3, 4), torch.nan), "diversity": torch.ones(3)},
    "infinite": {"probabilities": torch.ones(3, 4) / 4, "diversity": torch.full((3,), torch.inf)},
    "above one": {"probabilities": torch.full((3, 4), 1.5), "diversity": torch.ones(3)},
    "below nothing": {"probabilities": -torch.ones(3, 4), "diversity": torch.ones(3)},
}


@pytest.mark.parametrize("kind", BAD)
def test_a_cache_that_no_scoring_wrote_is_scored_anew(kind: str, empty_cache: Path) -> None:
    fresh, _ = scored(LinearGenerator())
    (path,) = empty_cache.glob(FILE)
    content = BAD[kind]
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        save_file(content, path)  # type: ignore[arg-type]
    again, n = scored(LinearGenerator())
    assert n == 8
    assert torch.equal(again["probabilities"], fresh["probabilities"])
    assert scored(LinearGenerator())[1] == 0, "and it is mended"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_cache_is_scored_anew(share: float, empty_cache: Path) -> None:
    scored(LinearGenerator())
    (path,) = empty_cache.glob(FILE)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert scored(LinearGenerator())[1] == 8


def test_another_version_scores_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    scored(LinearGenerator())
    monkeypatch.setattr(cache, "version", lambda name: "another")
    assert scored(LinearGenerator())[1] == 8


def test_where_nothing_can_be_cached_it_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))  # in which no folder can be made
    assert [scored(LinearGenerator())[1] for _ in range(2)] == [8, 8]


def test_at_most_fifty_rankings_are_kept(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_scores.MOST == 50
    monkeypatch.setattr(kept_scores, "MOST", 3)
    for seed in range(5):
        scored(LinearGenerator(), seed=seed)
    assert len(list(empty_cache.glob(FILE))) == 3
    assert scored(LinearGenerator(), seed=4)[1] == 0, "the newest are kept"


def test_rows_are_ranked_by_the_targets_probability() -> None:
    generator, classifier = LinearGenerator(), linear_classifier()
    for target in range(4):
        probability = class_scores(generator, classifier)["probabilities"][:, target]
        ranked = rank_rows(generator, classifier, target).tolist()
        assert ranked == sorted(range(8), key=lambda row: -probability[row].item())
    told: list[Progress] = []
    rank_rows(generator, classifier, 0, 5, on_progress=told.append)
    assert len(told) == 8, "seed 5 is another scoring, and it is told"


def test_a_collapsed_row_comes_last_though_the_classifier_likes_it_best() -> None:
    table = LinearGenerator().class_embeddings
    table[:, -1] *= 4  # diversity is proportional to the spread, the last entry
    generator, classifier = LinearGenerator(table=table), linear_classifier()
    favourite, second, *_ = rank_rows(generator, classifier, 2).tolist()
    median = class_scores(generator, classifier)["diversity"].median()
    assert ranking.COLLAPSED_DIVERSITY == 0.6
    for share, place in ((0.5, -1), (0.7, 0)):  # below and above the threshold
        altered = generator.class_embeddings.clone()
        altered[favourite, -1] *= share * median / class_scores(generator, classifier)["diversity"][favourite]
        ranked = rank_rows(LinearGenerator(table=altered), classifier, 2).tolist()
        assert ranked[place] == favourite
        assert second in ranked[:2]


def end_after(rows: int) -> OnProgress:
    def end(progress: Progress) -> None:
        if progress.done == rows:
            raise Cancelled

    return end


def test_a_scoring_that_was_cancelled_is_gone_on_with(empty_cache: Path) -> None:
    for rows in (3, 5):
        with pytest.raises(Cancelled):
            class_scores(LinearGenerator(), linear_classifier(), on_progress=end_after(rows))
    told: list[Progress] = []
    scores = class_scores(LinearGenerator(), linear_classifier(), on_progress=told.append)
    assert [one.done for one in told] == [6, 7, 8]
    (file,) = empty_cache.glob(FILE)
    file.unlink()
    at_once, n = scored(LinearGenerator())
    assert n == 8
    assert all(torch.equal(scores[name], values) for name, values in at_once.items())


def test_a_process_that_is_killed_leaves_what_it_had_scored(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "KEEP_EVERY", 0.0)
    kept_by_then: list[int] = []

    def told(progress: Progress) -> None:
        (path,) = empty_cache.glob(FILE)
        kept_by_then.append(len(load_file(path)["diversity"]))

    class_scores(LinearGenerator(), linear_classifier(), on_progress=told)
    assert kept_by_then == [1, 2, 3, 4, 5, 6, 7, 8], "each row was on the disk before the next one was drawn"


def in_a_child(tell: int, after: int, then: Callable[[], None]) -> int:
    """The number of a process that scores, says so after some rows, and does something then."""
    child = os.fork()
    if not child:
        torch.set_num_threads(1)  # the other threads are not there after a fork

        def told(progress: Progress) -> None:
            os.write(tell, b"x")
            if progress.done == after:
                then()

        class_scores(LinearGenerator(), linear_classifier(), on_progress=told)
        os._exit(0)
    return child


def test_two_processes_at_once_score_each_row_once(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ranking, "KEEP_EVERY", 0.0)
    monkeypatch.setattr(turns, "LOOK_EVERY", 0.01)
    read, tell = os.pipe()
    child = in_a_child(tell, 3, lambda: time.sleep(0.3))
    first = len(os.read(read, 3))
    told: list[int] = []
    scores = class_scores(LinearGenerator(), linear_classifier(), on_progress=lambda one: told.append(one.done))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert told == sorted(told), "how far the other one is"
    os.close(tell)
    with os.fdopen(read, "rb") as counted:
        assert first + len(counted.read()) == 8, "the other process scored all rows, and this one none"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    alone, n = scored(LinearGenerator())
    assert n == 8
    assert all(torch.equal(scores[name], values) for name, values in alone.items())


def test_a_process_that_is_killed_while_another_waits_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "KEEP_EVERY", 0.0)
    monkeypatch.setattr(turns, "LOOK_EVERY", 0.01)
    read, tell = os.pipe()

    def die_later() -> None:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGKILL)

    child = in_a_child(tell, 5, die_later)
    os.read(read, 1)
    told: list[int] = []
    class_scores(LinearGenerator(), linear_classifier(), on_progress=lambda one: told.append(one.done))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert told[-3:] == [6, 7, 8], "its five rows were not scored again"
    os.close(tell)
    os.close(read)


def test_a_user_without_a_home_pays_with_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert [scored(LinearGenerator())[1] for _ in range(2)] == [8, 8]
