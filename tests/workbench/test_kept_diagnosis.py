"""A diagnosis goes on where an earlier one of the same was ended, and is never that of something else."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ganmend.files.kept import Kept
from ganmend.metrics import judging
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.workbench.kept_diagnosis import place_of_diagnosis
from ganmend.workbench.race import PILOT
from ganmend.workbench.real_images import RealImages
from ganmend.workbench.workbench import Workbench
from tests.conftest import make_classifier
from tests.search.stand_ins import LinearGenerator
from tests.workbench.test_race import Stripes, diagnosed


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "ganmend"


Change = Callable[[Generator, Classifier], None]


def names(generator: Generator, judge: Classifier) -> None:
    generator.class_names = ("another", *generator.class_names[1:])


def judges_names(generator: Generator, judge: Classifier) -> None:
    judge.class_names = judge.class_names[::-1]


def network(generator: Generator, judge: Classifier) -> None:
    judge.fingerprint = "another"


def weights(generator: Generator, judge: Classifier) -> None:
    generator.fingerprint = "another"


def table(generator: Generator, judge: Classifier) -> None:
    generator.class_embeddings[3, 0] += 1


def precision(generator: Generator, judge: Classifier) -> None:
    generator.precision = "bfloat16"


def truncation(generator: Generator, judge: Classifier) -> None:
    generator.truncation = 0.5


def place(generator: Generator, judge: Classifier, real: RealImages, n: int = 6, seed: int = 1) -> Path:
    folder = place_of_diagnosis(generator, judge, real, n=n, seed=seed)
    assert folder is not None
    return folder


@pytest.mark.parametrize("change", [names, judges_names, network, weights, table, precision, truncation])
def test_another_generator_or_judge_is_kept_elsewhere(change: Change) -> None:
    real = RealImages(4)
    before = place(LinearGenerator(), make_classifier(), real)
    assert place(LinearGenerator(), make_classifier(), real) == before
    generator, judge = LinearGenerator(), make_classifier()
    change(generator, judge)
    assert place(generator, judge, real) != before


def test_other_samples_and_other_real_images_are_kept_elsewhere(tmp_path: Path) -> None:
    generator, judge = LinearGenerator(), make_classifier()
    folder = tmp_path / "real" / "frog"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(b"a")
    real = RealImages(4, tmp_path / "real")
    known = [
        place(generator, judge, RealImages(4)), place(generator, judge, RealImages(4), n=7),
        place(generator, judge, RealImages(4), seed=2), place(generator, judge, RealImages(4, bundled=True)),
        place(generator, judge, real), place(generator, judge, RealImages(4, folder / "a.png")),
    ]  # fmt: skip
    (folder / "a.png").write_bytes(b"bb")
    known.append(place(generator, judge, real))
    (folder / "b.png").write_bytes(b"b")
    known.append(place(generator, judge, real))
    assert place(generator, judge, real) == known[-1]
    assert len(set(known)) == len(known)


def test_a_second_diagnosis_draws_nothing(
    tiny_generator: Generator, tiny_classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Workbench(tiny_generator, classifier=tiny_classifier, precision="float32")
    monkeypatch.setattr("ganmend.metrics.verdict.ms_ssim_within", lambda images, seed: 0.5)  # most of the time
    found = bench.diagnose(n=6, seed=77)
    monkeypatch.setattr(judging, "draw", None)
    assert bench.diagnose(n=6, seed=77) == found


def test_at_most_twenty_diagnoses_are_kept(cache: Path) -> None:
    cache.mkdir(parents=True)
    for seed in range(25):
        Kept(place(LinearGenerator(), make_classifier(), RealImages(4), seed=seed)).put("classes", {})
    assert len(list(cache.iterdir())) <= 21


SCRIPT = """
import sys, time
from pathlib import Path
from ganmend.files.kept import Kept
from tests.workbench.test_race import Stripes, diagnosed

def told(progress):
    print(progress.done, flush=True)
    time.sleep(0.02)

diagnosed(Stripes(), sequential=True, kept=Kept(Path(sys.argv[1]), every=0), on_progress=told)
"""


def test_a_diagnosis_that_was_killed_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    words = [sys.executable, "-c", SCRIPT, str(tmp_path / "kept")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert [killed.stdout.readline() for _ in range(9)][-1] == "9\n"
        killed.send_signal(signal.SIGKILL)
        done = 9 + len(killed.stdout.read().splitlines())
        assert killed.wait() == -signal.SIGKILL
    undisturbed, later = Stripes(), Stripes()
    expected = diagnosed(undisturbed, sequential=True)
    assert diagnosed(later, sequential=True, kept=Kept(tmp_path / "kept")) == expected
    assert 9 <= done < 25
    assert later.drawn <= undisturbed.drawn - done * PILOT, "what was told was kept"
