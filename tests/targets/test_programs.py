"""TorchScript and torch.export files: the answers of the network, layers to compare in, and nothing run but sums."""

import json
import shutil
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ganmend.errors import ClassifierError, GanmendWarning
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.targets.sources.program_file import refuse_code
from tests.targets.own import images

NAMES = ("one", "two", "three")


class Tiny(nn.Module):
    """Three stages and a head, as small as may be."""

    def __init__(self, colours: int = 3) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(colours, 4, 3, padding=1), nn.Conv2d(4, 6, 3, stride=2, padding=1)
        self.third, self.head = nn.Conv2d(6, 5, 3, stride=2, padding=1), nn.Linear(5, len(NAMES))

    def forward(self, x: Tensor) -> Tensor:
        x = self.third(self.second(self.first(x).relu()).relu()).relu()
        return self.head(x.mean((2, 3)))


class Hostile(nn.Module):
    """Writes a file."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def forward(self, x: Tensor) -> Tensor:
        torch.save(x, self.path)
        return x.mean((2, 3))


def tiny(colours: int = 3) -> Tiny:
    torch.manual_seed(5)
    return Tiny(colours).eval()


def save_script(network: nn.Module, path: Path, traced_at: int = 0, **extra: str) -> str:
    with warnings.catch_warnings(action="ignore"):
        made = (
            torch.jit.trace(network, torch.zeros(2, 3, traced_at, traced_at))
            if traced_at
            else torch.jit.script(network)
        )
        torch.jit.save(made, str(path), _extra_files=extra)
    return str(path)


def save_export(network: nn.Module, path: Path, size: int = 32, fixed: int = 0, colours: int = 3, **extra: str) -> str:
    batch, dynamic = fixed or 2, not fixed
    shapes = ({0: torch.export.Dim("n")},) if dynamic else None
    program = torch.export.export(network, (torch.zeros(batch, colours, size, size),), dynamic_shapes=shapes)
    torch.export.save(program, path, extra_files=extra)
    return str(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One network in three files."""
    folder = tmp_path_factory.mktemp("programs")
    names = json.dumps(list(NAMES))
    return {
        "scripted": save_script(tiny(), folder / "s.pt", **{"classes.json": names}) + ",size=32",
        "traced": save_script(tiny(), folder / "t.pt", traced_at=32, **{"classes.txt": "\n".join(NAMES)}) + ",size=32",
        "exported": save_export(tiny(), folder / "e.pt2", **{"classes.json": names}),
    }


@pytest.fixture(params=["scripted", "traced", "exported"])
def program(request: pytest.FixtureRequest, saved: dict[str, str]) -> Classifier:
    return load_classifier(saved[request.param])


def test_a_program_answers_as_its_network(program: Classifier) -> None:
    network, seen = tiny(), {}
    network.head.register_forward_pre_hook(lambda _, inputs: seen.update(features=inputs[0]))
    with torch.no_grad():
        logits, features = program.logits_and_features(images())
        expected = network(program.preprocess(images()))
    torch.testing.assert_close(logits, expected)
    torch.testing.assert_close(features, seen["features"])
    assert (program.class_names, program.resolution) == (NAMES, 32)


def test_images_are_compared_at_the_ends_of_its_stages(program: Classifier) -> None:
    network, seen = tiny(), []
    for layer in (network.first, network.second):
        layer.register_forward_hook(lambda _module, _inputs, output: seen.append(output.relu().mean((2, 3))))
    seen_images = images().requires_grad_()
    matching = program.matching_features(seen_images)
    with torch.no_grad():
        network(program.preprocess(images()))
    torch.testing.assert_close(matching[:, :10], torch.cat(seen, 1))  # 4 and 6 channels; the coarsest stage is features
    matching.sum().backward()
    assert seen_images.grad is not None
    assert seen_images.grad.abs().min(0).values.max() > 0, "a search can follow it"


def test_the_same_weights_are_known_in_any_file(saved: dict[str, str]) -> None:
    first, *others = (load_classifier(name).weights for name in saved.values())
    assert others == [first, first]


def test_a_program_keeps_its_precision(program: Classifier) -> None:
    assert program.in_precision(torch.bfloat16) is program


def test_a_script_without_a_graph_gives_its_logits_as_features(
    saved: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch._export.converter.TS2EPConverter", None)
    with pytest.warns(GanmendWarning, match="no layer inside .* can be watched: its logits serve as features"):
        classifier = load_classifier(saved["scripted"])
    with torch.no_grad():
        logits, features = classifier.logits_and_features(images())
    assert torch.equal(logits, features)
    assert classifier.matching_layers == ("",)
    torch.testing.assert_close(logits, tiny()(classifier.preprocess(images())).detach())


def test_settings_say_what_a_program_does_not(saved: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("a\nb\nc\n")
    name = f"{saved['scripted'].removesuffix(',size=32')},size=16,mean=0.1/0.2/0.3,std=0.5,classes={tmp_path / 'n.txt'}"
    classifier = load_classifier(name)
    assert (classifier.resolution, classifier.class_names, classifier.name) == (16, ("a", "b", "c"), name)
    torch.testing.assert_close(classifier.mean.flatten(), torch.tensor([0.1, 0.2, 0.3]))


@pytest.mark.parametrize(("fixed", "said"), [(1, "one image"), (2, "2 images")])
def test_a_fixed_number_of_images_is_not_enough(tmp_path: Path, fixed: int, said: str) -> None:
    name = save_export(tiny(), tmp_path / "fixed.pt2", fixed=fixed)
    with pytest.raises(ClassifierError, match=f"takes {said} at a time; save it for any number"):
        load_classifier(name)


def test_another_size_than_it_was_saved_for_is_refused(saved: dict[str, str]) -> None:
    with pytest.raises(ClassifierError, match=r"cannot be run on images of 64 x 64: .*is its size another"):
        load_classifier(f"{saved['exported']},size=64")


def test_grey_images_are_told(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="is made for grey images; expected a classifier for red, green and blue"):
        load_classifier(save_export(tiny(1), tmp_path / "grey.pt2", colours=1))


def test_a_script_that_touches_files_needs_a_users_word(tmp_path: Path) -> None:
    name = save_script(Hostile(str(tmp_path / "written")), tmp_path / "h.pt")
    with pytest.raises(ClassifierError, match=r"'save' in its code; .*add --allow-code"):
        load_classifier(name)
    assert not (tmp_path / "written").exists()


def rewritten(path: str, out: Path, change: Any) -> str:
    """A copy of an archive with changes: of (name, bytes) another bytes, or None to leave the entry out."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            if (content := change(info.filename, old.read(info))) is not None:
                new.writestr(info.filename, content)
    return str(out)


def replaced(old: str, new: str) -> Any:
    return lambda name, data: data.replace(old.encode(), new.encode(), 1) if name.endswith(".json") else data


@pytest.mark.parametrize(
    "code",
    ["torch.save(x, 'f')", "torch \\\n . save(x, 'f')", "t = torch\n  t.save(x, 'f')", "ops.image.write_file('f', x)",
     "o = ops\n  o.mine.act(x)", "ops . mine . act(x)", "torch.classes.mine.Thing()", "aten.from_file('f')",
     "torch.ops.mine.act(x)"],
)  # fmt: skip
def test_code_that_touches_files_is_found_however_it_is_spelt(code: str, saved: dict[str, str], tmp_path: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        return data + f"\n  {code}\n".encode() if name.endswith(".py") else data

    name = rewritten(saved["scripted"].removesuffix(",size=32"), tmp_path / "x.pt", change)
    with pytest.raises(ClassifierError, match=r"in its code; PyTorch would run that, so add --allow-code"):
        load_classifier(name)


def test_parts_of_torchvision_ops_are_plain(saved: dict[str, str], tmp_path: Path) -> None:
    """Such names stand in the code of torchvision's own networks: EfficientNet's, MobileNet's."""
    code = b"  a : __torch__.torchvision.ops.misc.Conv2dNormActivation\n  b = ops.prim.device(x)\n"
    name = rewritten(
        saved["scripted"].removesuffix(",size=32"), tmp_path / "x.pt",
        lambda name, data: data + code if name.endswith(".py") else data,
    )  # fmt: skip
    refuse_code(Path(name), "script")


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("double", ["e/models/model.json", "e/models/MODEL.json"])
def test_two_entries_of_one_name_are_refused(double: str, saved: dict[str, str], tmp_path: Path) -> None:
    """PyTorch might read the one that was not looked at."""
    name = rewritten(saved["exported"], tmp_path / "e.pt2", lambda _, data: data)
    with zipfile.ZipFile(name, "a") as archive:
        archive.writestr(double, "{}")
    with pytest.raises(ClassifierError, match="is truncated or damaged"):
        load_classifier(name)


HOSTILE = {
    "an expression": replaced("Symbol('s", "__import__('os').system('x') or Symbol('s"),
    "an operator": replaced("torch.ops.aten.relu.default", "torch.os.system"),
    "a file's operator": replaced("torch.ops.aten.relu.default", "torch.ops.aten.from_file.default"),
    "a condition": replaced('"guards_code": []', '"guards_code": ["print(1)"]'),
    "a pickled weight": replaced('"use_pickle": false', '"use_pickle": true'),
    "a type": replaced("builtins.tuple", "os.system"),
    "a library": replaced("torch.ops.aten.", "torch.ops.mine."),
    "a sample": lambda name, data: b"\x80\x02cos\nsystem\n." if "sample_inputs" in name else data,
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_an_export_that_is_more_than_sums_needs_a_users_word(what: str, saved: dict[str, str], tmp_path: Path) -> None:
    changed: list[bool] = []

    def change(name: str, data: bytes) -> bytes:
        after: bytes = HOSTILE[what](name, data)
        changed.append(after != data)
        return after

    name = rewritten(saved["exported"], tmp_path / "x.pt2", change)
    assert any(changed), "the change found its place"
    with pytest.raises(ClassifierError, match=r"holds more than plain operations on tensors: .* add --allow-code"):
        load_classifier(name)


def test_files_that_are_no_programs_are_told(tmp_path: Path, saved: dict[str, str]) -> None:
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ClassifierError, match=r"text\.pt is a text file"):
        load_classifier(str(tmp_path / "text.pt"))
    with pytest.raises(ClassifierError, match=r"no file at .*gone\.pt; expected a TorchScript or torch.export file"):
        load_classifier(str(tmp_path / "gone.pt"))
    with pytest.raises(ClassifierError, match="is a folder, not a file"):
        load_classifier(str(tmp_path))
    shutil.copy(saved["exported"], tmp_path / "cut.pt2")
    (tmp_path / "cut.pt2").write_bytes((tmp_path / "cut.pt2").read_bytes()[:2000])
    with pytest.raises(ClassifierError, match=r"cut\.pt2 is truncated or damaged"):
        load_classifier(str(tmp_path / "cut.pt2"))
