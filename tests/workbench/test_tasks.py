"""The tasks on the tiny generator."""

import copy
import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganmend.edits.file import load_embedding
from ganmend.edits.sampling import class_row, draw
from ganmend.errors import ClassNameError, ImageFolderError, OptionError, OutputError
from ganmend.models.biggan.model import Generator
from ganmend.search import ranking
from ganmend.targets.classifier import Classifier
from ganmend.targets.real_images import read_images
from ganmend.workbench.diagnosis import diagnose
from ganmend.workbench.mending import debias, mend, repair, repurpose
from ganmend.workbench.verdicts import HELD_OUT, TO_MATCH, evaluate, matching_features_of_folder, reference_from_folder
from tests.conftest import make_classifier

QUICK = {"steps": 2, "latents": 4, "validation_latents": 4, "trials": 2}
FILES = {
    "embedding.safetensors",
    "metrics.json",
    "config.json",
    "before_after.png",
    "samples.png",
    "history.jsonl",
    "report.html",
}


def test_a_result_directory_is_whole(tiny_generator: Generator, tiny_classifier: Classifier, tmp_path: Path) -> None:
    result = repair(tiny_generator, tiny_classifier, "frog", **QUICK)
    result.judge(make_classifier(1), n=20)
    out = result.save(tmp_path / "out")
    assert {path.name for path in out.iterdir()} == FILES
    embedding = load_embedding(out / "embedding.safetensors")
    embedding.check(tiny_generator.dim_embedding, tiny_generator.fingerprint)
    assert (embedding.target, len(embedding.vectors)) == ("frog", 1)
    config, metrics = (json.loads((out / name).read_text()) for name in ("config.json", "metrics.json"))
    assert (config["steps"], config["init"], config["task"]) == (2, "best", "repair")
    assert metrics["after"]["n"] == 20
    page = (out / "report.html").read_text()
    assert "http" not in page, "the page loads nothing"
    with pytest.raises(OutputError, match="--overwrite"):
        result.save(out)
    result.save(out, overwrite=True)


def test_before_is_the_top_row_for_a_new_class(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    order = ranking.ranking(tiny_generator, tiny_classifier, 4)
    result = repurpose(tiny_generator, tiny_classifier, "deer", **QUICK)
    assert torch.equal(result.before.vectors[0], tiny_generator.class_embeddings[order[0]])
    own = debias(tiny_generator, tiny_classifier, "deer", **QUICK)
    assert torch.equal(own.before.vectors[0], tiny_generator.class_embeddings[4])


def test_same_seed_same_result(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    first, second = (repair(tiny_generator, tiny_classifier, 6, **QUICK) for _ in range(2))
    assert torch.equal(first.after.vectors, second.after.vectors)


def test_targets_and_tasks_are_checked(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    with pytest.raises(ClassNameError, match="nearest are"):
        repair(tiny_generator, tiny_classifier, "zebra")
    with pytest.raises(OptionError, match="unknown task"):
        mend("polish", tiny_generator, tiny_classifier, "frog")
    with pytest.raises(OptionError, match="needs a class that the generator has"):
        repurpose(tiny_generator, tiny_classifier, "frog", init="target", **QUICK)


def test_drawing_does_not_depend_on_batches(tiny_generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    row = class_row(tiny_generator, 2)
    whole = torch.cat(list(draw(tiny_generator, row, 7, seed=1)))
    monkeypatch.setattr("ganmend.edits.sampling.BATCH", 3)
    parts = torch.cat(list(draw(tiny_generator, row, 7, seed=1)))
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)  # other batch sizes sum in another order


@pytest.mark.parametrize(("classes", "samples"), [(10, 50), (500, 20), (1000, 10), (30_000, 10)])
def test_many_classes_are_ranked_by_fewer_samples(classes: int, samples: int, tiny_generator: Generator) -> None:
    many = copy.copy(tiny_generator)
    many._buffers = dict(many._buffers, class_embeddings=torch.zeros(classes, many.dim_embedding))
    assert ranking.samples_of(many) == samples


def test_ranking_is_cached(
    tiny_generator: Generator, tiny_classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = ranking.class_scores(tiny_generator, tiny_classifier)
    assert len(list((tmp_path / "ganmend").iterdir())) == 1
    monkeypatch.setattr(ranking, "_score", None)  # a second scoring would fail
    second = ranking.class_scores(tiny_generator, tiny_classifier)
    assert all(torch.equal(second[name], values) for name, values in first.items())
    assert torch.allclose(first["probabilities"].sum(1), torch.ones(10), atol=1e-5)


def test_evaluate_refuses_too_few(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    with pytest.raises(OptionError, match="at least 2"):
        evaluate(tiny_generator, class_row(tiny_generator, 0), tiny_classifier, n=0)


def test_diagnose_lists_every_class_worst_first(tiny_generator: Generator, tiny_classifier: Classifier) -> None:
    found = diagnose(tiny_generator, tiny_classifier, n=8)
    severities = [entry.severity for entry in found.classes]
    assert severities == sorted(severities, reverse=True)
    assert {entry.name for entry in found.classes} == set(tiny_generator.class_names)
    # Ten random classes cannot all be what one random classifier calls them.
    assert found.worst(3) == [entry.name for entry in found.classes if entry.mark][:3] != []


def test_images_are_read_and_broken_ones_counted(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20), "red").save(tmp_path / "a.png")
    Image.new("L", (10, 10)).save(tmp_path / "b.jpg")
    (tmp_path / "c.jpg").write_text("no image")
    with pytest.warns(UserWarning, match="skipped 1 of 3"):
        images = read_images(tmp_path, 16)
    assert images.shape == (2, 3, 16, 16)
    assert images[0, 0].min() == 1
    assert images[0, 1].max() == -1


def test_a_folder_without_images(tmp_path: Path) -> None:
    with pytest.raises(ImageFolderError, match="no image"):
        read_images(tmp_path, 16)
    with pytest.raises(ImageFolderError, match="no folder"):
        read_images(tmp_path / "absent", 16)


def test_one_real_image_is_too_few_to_compare_with(tmp_path: Path, tiny_classifier: Classifier) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png")
    with pytest.raises(ImageFolderError, match="more than 5; add"):
        reference_from_folder(tiny_classifier, tmp_path)
    with pytest.raises(ImageFolderError, match="held out"):
        reference_from_folder(tiny_classifier, tmp_path, HELD_OUT)


def test_the_verdicts_images_are_not_the_searchs(tmp_path: Path, tiny_classifier: Classifier) -> None:
    for index in range(6):
        Image.effect_noise((32, 32), 20 + 30 * index).convert("RGB").save(tmp_path / f"{index}.png")
    halves = [matching_features_of_folder(tiny_classifier, tmp_path, part) for part in (TO_MATCH, HELD_OUT)]
    together = torch.stack(halves, 1).flatten(0, 1)
    assert torch.allclose(together, matching_features_of_folder(tiny_classifier, tmp_path), atol=1e-6)
