"""`ganmend paper`: an options file of the released code runs, and each of its keys is told what became of it."""

import json
from pathlib import Path

import pytest
import yaml

from ganmend.cli.paper_options import CLASSIFIERS, command_words, map_options, read_paper_options
from ganmend.errors import OptionError
from tests.cli.command import TINY, names, run
from tests.conftest import make_classifier

# As the repository has it, but for comments.
RELEASED = {
    "resolution": 256, "target_class": 13, "model": "alexnet", "dloss_function": "", "init_method": "mean",
    "init_num": 3,
    "n_iters": 10, "use_noise_layer": False, "z_num": 10, "steps_per_z": 20, "lr": 0.1, "dr": 0.9, "alpha": 0.1,
    "noise_std": 0.1, "seed_z": 0, "intermediate_dir": "", "final_dir": "final",
}  # fmt: skip
SMALL = RELEASED | {
    "target_class": 5,
    "init_num": 2,
    "n_iters": 3,
    "z_num": 4,
    "steps_per_z": 2,
    "lr": 0.2,
    "seed_z": 7,
}
NOWHERE = Path("am")


def written(options: dict[str, object], name: str = "opts.yaml") -> Path:
    Path(name).write_text(yaml.safe_dump(options, sort_keys=False))
    return Path(name)


def words(**changes: object) -> list[str]:
    """The command that the released file with changes becomes."""
    return command_words(map_options(RELEASED | changes, NOWHERE, "G.pth"))


def test_the_released_file_is_the_preset() -> None:
    """All that it says beside the preset is the start, since METHOD's recipe is this file's numbers."""
    assert words() == [
        "repair", "G.pth", "13", "--preset", "paper", "--classifier", "torchvision:alexnet", "--set", "diversity=none",
        "--init", "mean", "--set", "trials=3", "--set", "steps=200", "--set", "latent_map=false", "--set", "latents=10",
        "--set", "steps_per_draw=20", "--set", "learning_rate=0.1", "--set", "weight_decay=0.9", "--set",
        "diversity_weight=0.1", "--seed", "0", "--out", "am/final",
    ]  # fmt: skip


def test_a_file_runs_with_its_own_numbers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    classifier = make_classifier()
    classifier.class_names = tuple(f"class {index}" for index in range(10))  # as the tiny generator's are
    monkeypatch.setattr("ganmend.workbench.networks.load_classifier", lambda name, **_: classifier)
    assert run(monkeypatch, "paper", str(written(SMALL)), "--generator", TINY) == 0
    config = json.loads(Path("final/config.json").read_text())
    found = {
        key: config["request"]["config"][key]
        for key in ("trials", "steps", "steps_per_draw", "latents", "learning_rate")
    }
    assert found == {"trials": 2, "steps": 6, "steps_per_draw": 2, "latents": 4, "learning_rate": 0.2}
    assert (config["seed"], config["preset"], config["request"]["target"]) == (7, "paper", "class 5")
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told[: len(SMALL)]] == list(SMALL), "each key, as the file has them"
    assert "noise_std: 0.1 -> nothing (only init_method target looks at it)" in told


def test_class_names_may_be_given(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["paper", str(written(SMALL)), "--generator", TINY, *names(), "--dry-run"]
    assert run(monkeypatch, *typed) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(" --class-names names.txt --device cpu")


def test_dry_run_says_the_command_and_runs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["paper", str(written(SMALL)), "--generator", TINY, "--dry-run"]
    assert run(monkeypatch, *typed, "--json", "--out", "elsewhere", "--judge", "tiny") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["command"].startswith(f"ganmend repair {TINY} 5 --preset paper ")
    assert answer["command"].endswith("--out elsewhere --judge tiny --device cpu --json")
    assert answer["keys"]["n_iters"] == {"value": 3, "words": ["--set", "steps=6"], "note": "n_iters x steps_per_z"}
    assert sorted(path.name for path in Path().iterdir()) == ["names.txt", "opts.yaml"]
    assert names()


def test_weights_are_looked_for_where_the_released_code_has_them(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"no weights at .*pretrained_weights/biggan_256_weights.pth; .*--generator"):
        map_options(RELEASED, tmp_path)
    place = tmp_path / "pretrained_weights" / "138k" / "G_ema.pth"
    place.parent.mkdir(parents=True)
    place.touch()
    assert map_options(RELEASED | {"resolution": 128}, tmp_path)["resolution"].words == (str(place),)


@pytest.mark.parametrize(
    ("changes", "expected"),
    {
        "places": ({"model": "mit_resnet18", "target_class": 266}, ["repurpose", "G.pth", "pier", "--preset"]),
        "robust": ({"model": "madrylab_resnet50"}, ["robustness:resnet50@am/madrylab_models/ImageNet.pt"]),
        "pixels": ({"dloss_function": "pixelwise"}, ["--set", "diversity=pixels"]),
        "conv5": ({"dloss_function": "features"}, ["--set", "diversity=features", "--set", "diversity_layer=features"]),
        "noise at the target": ({"init_method": "target", "noise_std": 0.3}, ["--set", "noise=0.3"]),
        "noise layer": ({"use_noise_layer": True}, ["--set", "latent_map=true"]),
    }.values(),
)
def test_a_value_becomes(changes: dict[str, object], expected: list[str]) -> None:
    found = words(**changes)
    at = found.index(expected[0]) if expected[0] != "--set" else found.index(expected[1]) - 1
    assert found[at : at + len(expected)] == expected


def test_features_of_another_network_are_said_to_be_its_own() -> None:
    made = map_options(RELEASED | {"model": "resnet50", "dloss_function": "features"}, NOWHERE, "G.pth")
    assert made["dloss_function"].words == ("--set", "diversity=features")
    assert "not in AlexNet's conv5" in made["dloss_function"].note


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_every_classifier_of_the_released_code_is_one_here(model: str) -> None:
    from ganmend.targets.load import is_users_own, takes_settings

    name = words(model=model)[6]
    assert name.partition(":")[0] in ("torchvision", "places365", "robustness")
    assert is_users_own(name) or takes_settings(name) or "@" not in name


def test_unknown_keys_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(SMALL | {"cuda": 1, "intermediate_dir": "steps"})
    assert run(monkeypatch, "paper", str(path), "--generator", TINY, "--dry-run") == 0
    told = capsys.readouterr().out
    assert "cuda: 1 -> nothing (unknown to the released code: nothing is done with it)" in told
    assert "intermediate_dir: steps -> nothing (no pictures of single steps" in told


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "no YAML": ("a: [", "is no YAML"),
        "code": ("a: !!python/object/apply:os.getcwd []", "is no YAML"),
        "a list": ("- 1\n- 2", "holds no keys with values"),
        "nothing": ("", "holds no keys with values"),
        "nested": ("a: " + "[" * 3000, "is no YAML"),
        "a date that is none": ("a: 2001-99-99", "is no YAML"),
        "long": ("a: " + "x" * 70_000, "is larger than"),
        "no class": ("resolution: 256\nmodel: alexnet", "has no target_class"),
        "a class by name": (
            "resolution: 256\nmodel: alexnet\ntarget_class: tench",
            "target_class is 'tench'; expected a whole",
        ),
        "truth as a number": ("lr: true", "lr is True; expected a number"),
    }.values(),
)
def test_other_files_are_refused(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "opts.yaml"
    path.write_text(text)
    with pytest.raises(OptionError, match=expected):
        read_paper_options(path)


@pytest.mark.parametrize("wrong", [{"n_iters": -1}, {"lr": float("nan")}, {"init_num": 0}])
def test_a_dry_run_refuses_what_the_run_would(
    wrong: dict[str, object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(SMALL | wrong)
    assert run(monkeypatch, "paper", str(path), "--generator", "G.pth", "--dry-run") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"ganmend: {path}: ")


def test_numbers_that_yaml_takes_for_text_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "opts.yaml"
    path.write_text("resolution: 256\ntarget_class: 1\nmodel: alexnet\nlr: 1e-2\ndr: 1\nfinal_dir:\n")
    assert read_paper_options(path) | {"model": ""} == {
        "resolution": 256, "target_class": 1, "model": "", "lr": 0.01, "dr": 1.0, "final_dir": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model": "vgg"}, "model is 'vgg'; expected one of"),
        ({"dloss_function": "lpips"}, "dloss_function is 'lpips'; expected one of"),
        ({"init_method": "best"}, "init_method is 'best'; expected one of 'mean'"),
        ({"target_class": -1}, "target_class is -1"),
        ({"model": "mit_alexnet", "target_class": 365}, "expected 0 to 364"),
    ],
)
def test_values_that_the_released_code_does_not_know(changes: dict[str, object], expected: str) -> None:
    with pytest.raises(OptionError, match=expected):
        words(**changes)
