"""Several classes in one list: names, indices, ranges, a file; and what is wrong with a list is told in one line."""

from pathlib import Path

import pytest

from ganmend.catalog.tables import imagenet_names
from ganmend.catalog.wanted import wanted_classes
from ganmend.errors import ClassNameError, GanmendError, OptionError
from tests.conftest import CIFAR10


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("frog", [6]),
        ("truck,frog", [9, 6]),
        (" FROG , 0,ship ", [6, 0, 8]),
        ("2-4", [2, 3, 4]),
        ("7-7,0", [7, 0]),
        ("frog,0 - 2,9", [6, 0, 1, 2, 9]),
        ("all", list(range(10))),
        (["frog", 0], [6, 0]),
        ((9,), [9]),
    ],
)
def test_names_indices_and_ranges_with_both_ends_in_the_order_they_were_listed(
    listed: str | list[str | int], expected: list[int]
) -> None:
    assert wanted_classes(listed, CIFAR10) == expected


def test_a_file_has_one_entry_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("wanted.txt", "wanted"):
        Path(name).write_text("\ufefftruck\r\n\n  frog \n0-1\n")
        assert wanted_classes(name, CIFAR10) == [9, 6, 0, 1]


def test_a_class_is_meant_before_a_file_or_a_range_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("frog", "0-1", "2-3"):
        Path(name).write_text("truck\n")
    assert wanted_classes("frog", CIFAR10) == [6]
    assert wanted_classes("0-1", CIFAR10) == [0, 1]
    assert wanted_classes("2-3", ("a", "b", "c", "2-3")) == [3]
    assert wanted_classes("all", ("some", "all")) == [1]


def test_a_name_may_hold_commas_alone_and_in_a_file(tmp_path: Path) -> None:
    names = ("tench, Tinca tinca", "goldfish", "great white shark, white shark")
    assert wanted_classes("tench, Tinca tinca", names) == [0]
    assert wanted_classes("goldfish, white shark", names) == [1, 2]
    (tmp_path / "w.txt").write_text("white shark, Carcharodon\ngoldfish\n")
    assert wanted_classes(str(tmp_path / "w.txt"), names) == [2, 1], "synonyms on a line mean one class"
    (tmp_path / "w.txt").write_text("2, goldfish\n0-0\n")
    assert wanted_classes(str(tmp_path / "w.txt"), names) == [2, 1, 0], "beside numbers a comma parts classes"


def test_a_thousand_are_listed_as_one_range_and_a_long_list_is_no_path() -> None:
    names = imagenet_names()
    assert wanted_classes("0-999", names) == list(range(1000))
    several = [*range(0, 133), *range(135, 500)]  # ImageNet has two cranes, of which 134 is one
    assert wanted_classes(",".join(map(str, several)), names) == several


@pytest.mark.parametrize(
    ("listed", "error", "told"),
    [
        ("frgo,truck", ClassNameError, "only: the generator has no class 'frgo'; the nearest are: frog"),
        ("frog,10", ClassNameError, "only: class index 10 is outside 0 to 9"),
        ("5-10", ClassNameError, "only: class index 10 is outside 0 to 9"),
        ("-3", ClassNameError, "only: class index -3 is outside 0 to 9"),
        ("0-" + "9" * 5000, ClassNameError, "only: class index 9999999999999999999 is outside 0 to 9"),
        ("4-2", OptionError, "only: the range 4-2 runs backwards; give the smaller index first"),
        ("frog,6", OptionError, "only lists class 6, 'frog', again; list each class once"),
        ("5-7,frog", OptionError, "only lists class 6, 'frog', again; list each class once"),
        ("frog,all", OptionError, "only lists class 6, 'frog', again; list each class once"),
        ("", OptionError, "only lists no class; expected names, indices or ranges such as 0-99"),
        (" , ,", OptionError, "only lists no class; expected names"),
        ([], OptionError, "only lists no class; expected names"),
        ("gone.txt", OptionError, "only names the file gone.txt, which is not there; expected names"),
        ([True], OptionError, "only lists True; expected names and indices of classes"),
        ([1.5], OptionError, "only lists 1.5; expected names and indices of classes"),
        (1.5, OptionError, "only lists 1.5; expected names and indices of classes"),
    ],
)
def test_a_list_that_cannot_be_used_is_told_in_one_line(listed: str, error: type[GanmendError], told: str) -> None:
    with pytest.raises(error) as caught:
        wanted_classes(listed, CIFAR10)
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


def test_the_option_and_the_place_in_a_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "w.txt"
    with pytest.raises(ClassNameError, match="--classes: the generator has no class 'x'"):
        wanted_classes("x", CIFAR10, "--classes")
    path.write_text("frog\ntruk\n")
    with pytest.raises(ClassNameError, match=r"w\.txt: entry 2: the generator has no class 'truk'"):
        wanted_classes(str(path), CIFAR10)
    path.write_text("frog\n\n6\n")
    with pytest.raises(OptionError, match=r"w\.txt: entry 2 lists class 6, 'frog', again"):
        wanted_classes(str(path), CIFAR10)
    path.write_text("\n \n")
    with pytest.raises(OptionError, match="only lists no class"):
        wanted_classes(str(path), CIFAR10)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OptionError, match=r"w\.txt is no UTF-8 text"):
        wanted_classes(str(path), CIFAR10)
