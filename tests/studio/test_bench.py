"""What the page asks of a workbench: the same pictures for everybody, drawn once, and never a file that a name says."""

import threading
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganmend.catalog.source import GeneratorSource
from ganmend.demo.bundled import WEIGHTS
from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.edits.sampling import draw, draw_seed
from ganmend.errors import ClassNameError, EmbeddingError
from ganmend.models.protocol import Generator
from ganmend.report.tiles import tiles
from ganmend.studio.bench import Bench
from ganmend.studio.sick_classes import HEALTHY, UNKNOWN
from ganmend.workbench.folder_target import FolderTarget
from ganmend.workbench.marks import ClassDiagnosis
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench
from tests.conftest import make_classifier

DEMO = MendRequest("repair", "", GeneratorSource("demo"))


@pytest.fixture(scope="module")
def demo() -> Bench:
    return Bench(DEMO.workbench(), DEMO)


def told(name: str, index: int, mark: str) -> ClassDiagnosis:
    return ClassDiagnosis(index, name, mark, 0.5, None)  # type: ignore[arg-type]  # of which the page shows no figure


def test_the_sick_classes_come_first_with_their_marks_in_words(bench: Bench) -> None:
    bench.sick.marks = {
        "frog": told("frog", 6, "collapsed"),
        "bird": told("bird", 2, "biased"),
        "cat": told("cat", 3, ""),
    }
    labels = [choice.label for choice in bench.sick.choices()]
    assert labels[:3] == ["frog — collapsed", "bird — biased", "airplane"]
    assert len(labels) == len(set(labels)) == 10, "each class once"
    assert [choice.name for choice in bench.sick.choices()][:2] == ["frog", "bird"]
    assert bench.sick.first() == "frog"
    assert [bench.sick.mark(name) for name in ("frog", "cat", "dog")] == ["collapsed", HEALTHY, UNKNOWN]
    assert [bench.sick.task(name) for name in ("frog", "bird", "cat", "dog")] == [
        "repair",
        "debias",
        "repair",
        "repair",
    ]


def test_classes_that_nobody_diagnosed_stand_in_their_order(bench: Bench) -> None:
    assert [choice.label for choice in bench.sick.choices()] == list(bench.workbench.generator.class_names)
    assert bench.sick.first() == bench.workbench.generator.class_names[0]


def test_the_bundled_generator_begins_with_the_class_that_is_known_to_be_sick(demo: Bench) -> None:
    assert demo.sick.first() == "frog"
    assert demo.new_classes() == ["deer", "truck", *demo.new_classes()[2:]]


def test_samples_are_those_that_the_command_line_draws_of_the_seeds(bench: Bench) -> None:
    generator = bench.workbench.generator
    drawn = bench.samples("frog", (7, 3))
    expected = [tiles(draw_seed(generator, class_row(generator, 6), seed))[0] for seed in (7, 3)]
    assert [one.tobytes() for one in drawn] == [one.tobytes() for one in expected]


def test_a_stream_is_what_the_command_line_draws_of_one_seed(bench: Bench) -> None:
    generator = bench.workbench.generator
    expected = tiles(torch.cat(list(draw(generator, class_row(generator, 6), 16, 9))))
    assert [one.tobytes() for one in bench.stream("frog", 9)] == [one.tobytes() for one in expected]


def test_a_class_has_one_name_whatever_it_is_called(bench: Bench) -> None:
    assert [bench.name(text) for text in ("frog", "FROG", "6")] == ["frog"] * 3


def test_what_was_drawn_is_not_drawn_again(bench: Bench) -> None:
    assert bench.samples("frog", (1, 2)) is bench.samples("frog", (1, 2))
    assert bench.samples("frog", (1, 2)) is not bench.samples("frog", (2, 1))


def test_twenty_visitors_at_once_get_the_same_pictures(bench: Bench) -> None:
    got: list[tuple[Image.Image, ...]] = []
    visitors = [threading.Thread(target=lambda: got.append(bench.samples("cat"))) for _ in range(20)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len(got) == 20
    assert all(one is got[0] for one in got), "drawn once"


def test_old_pictures_make_room(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.studio.kept_pictures.MOST", 2)
    first = bench.samples("frog", (0,))
    for seed in (1, 2):
        bench.samples("frog", (seed,))
    assert bench.samples("frog", (0,)) is not first


def test_a_walk_begins_at_the_first_and_ends_at_the_last(bench: Bench) -> None:
    seeds = (0, 5)
    ends = [[one.tobytes() for one in bench.samples(name, seeds)] for name in ("frog", "cat")]
    walked = [[one.tobytes() for one in bench.walk("frog", "cat", share, seeds)] for share in (0.0, 1.0, 0.5)]
    assert walked[:2] == ends
    assert walked[2] not in ends


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../frog.safetensors", str(WEIGHTS / "generator.safetensors"), "hf:a/b"]
)
def test_a_name_from_a_browser_is_a_class_and_never_a_file(bench: Bench, name: str) -> None:
    with pytest.raises(ClassNameError):
        bench.samples(name)
    with pytest.raises(ClassNameError):
        bench.walk("frog", name, 0.5)


def test_an_edit_of_another_generator_is_refused(bench: Bench, tmp_path: Path) -> None:
    generator = bench.workbench.generator
    other = ClassEdit(torch.zeros(1, generator.dim_embedding), target="frog", generator="0123456789abcdef")
    other.save(tmp_path / "embedding.safetensors")
    with pytest.raises(EmbeddingError):
        bench.edit(tmp_path)


def test_photographs_of_a_class_lie_in_its_folder(tiny_generator: Generator, tmp_path: Path) -> None:
    for name, colour in (("frog", "green"), ("cat", "red")):
        (tmp_path / name).mkdir()
        Image.new("RGB", (40, 40), colour).save(tmp_path / name / "1.png")
    workbench = Workbench(tiny_generator, classifier=make_classifier(), precision="float32", real=tmp_path)
    bench = Bench(workbench, MendRequest("repair", "", GeneratorSource("tiny"), real=str(tmp_path)))
    (photograph,) = bench.photographs("cat")
    assert photograph.getpixel((0, 0)) == (255, 0, 0)
    assert photograph.size == (32, 32), "as the generator draws"
    assert bench.photographs("dog") == ()
    given = FolderTarget({"zebra": str(tmp_path / "frog")})
    assert bench.photographs("horse", given) == ()
    assert bench.photographs("zebra", given)[0].getpixel((0, 0)) == (0, 128, 0)


def test_without_a_folder_there_are_no_photographs(bench: Bench) -> None:
    assert bench.photographs("frog") == ()


def test_a_class_that_no_network_knows_is_refused_before_a_job_is_made_of_it(demo: Bench) -> None:
    with pytest.raises(ClassNameError, match="frogg"):
        demo.asked("repurpose", "frogg")
    request = demo.asked("repair", "frog", seed=3)
    assert (request.task, request.target, request.seed, request.generator.path) == ("repair", "frog", 3, "demo")


def test_a_diagnosis_that_cannot_be_had_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ClassNameError("no judge")

    monkeypatch.setattr(bench.workbench, "diagnose", refuse)
    bench.sick.diagnose()
    assert bench.sick.trouble == "no judge"
    assert not bench.sick.diagnosed
