"""Which sub-folder is which class's, and what is refused."""

from pathlib import Path

import pytest

from ganmend.catalog.tables import imagenet_names, imagenet_synsets
from ganmend.errors import GanmendWarning, ImageFolderError
from ganmend.photographs.classes import SHOWN, check_folders, class_folders, folder_of_class, named_class, shortened

NAMES = ("frog", "polar bear", "cat", "7")


def with_folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir()
    return root


@pytest.mark.parametrize(
    ("folder", "index"),
    [("frog", 0), ("FROG", 0), ("Polar_Bear", 1), ("7", 3), ("1", None), ("2019", None), ("frogs", None)],
)
def test_a_folder_is_named_for_a_class(folder: str, index: int | None) -> None:
    """In any spelling; a number means a class only where that is its name."""
    assert named_class(folder, NAMES) == index


def test_imagenets_folders_go_by_wordnet_id(tmp_path: Path) -> None:
    names, synsets = imagenet_names(), imagenet_synsets()
    with_folders(tmp_path, synsets[281], synsets[3])
    assert class_folders(tmp_path, names) == {names[3]: tmp_path / synsets[3], names[281]: tmp_path / synsets[281]}
    assert folder_of_class(tmp_path, names[281], names) == tmp_path / synsets[281]


def test_hidden_folders_and_files_are_no_classes(tmp_path: Path) -> None:
    with_folders(tmp_path, ".frog", "cat")
    (tmp_path / "polar bear").write_text("no folder")
    assert class_folders(tmp_path, NAMES) == {"cat": tmp_path / "cat"}


def test_two_folders_of_one_class_are_refused(tmp_path: Path) -> None:
    with_folders(tmp_path, "polar bear", "polar_bear")
    with pytest.raises(ImageFolderError, match=r"polar bear and .*polar_bear are both named for polar bear"):
        class_folders(tmp_path, NAMES)


def test_the_classs_own_folder_is_taken(tmp_path: Path) -> None:
    with_folders(tmp_path, "cat", "Frog", "notes")
    assert folder_of_class(tmp_path, "frog", NAMES) == tmp_path / "Frog"
    with pytest.raises(ImageFolderError, match=r"other classes \(frog, cat\) and none of polar bear; add one"):
        folder_of_class(tmp_path, "polar bear", NAMES)


def test_folders_that_name_no_class_are_pooled_and_said(tmp_path: Path) -> None:
    assert folder_of_class(with_folders(tmp_path, "1"), "frog", NAMES) == tmp_path
    with pytest.warns(GanmendWarning, match=r"no sub-folder of .* is named frog; took .* all of them \(1, 2\)"):
        assert folder_of_class(with_folders(tmp_path, "2"), "frog", NAMES) == tmp_path


def test_several_classes_need_a_folder_each(tmp_path: Path) -> None:
    with_folders(tmp_path, "cat", "frog")
    check_folders(tmp_path, ["cat", "frog"], NAMES)
    check_folders(tmp_path, ["polar bear"], NAMES)  # of one, `folder_of_class` decides
    with pytest.raises(ImageFolderError, match="no sub-folder of polar bear: photographs of 2 classes"):
        check_folders(tmp_path, ["cat", "polar bear"], NAMES)
    with pytest.raises(ImageFolderError, match="no folder at"):
        check_folders(tmp_path / "absent", ["cat"], NAMES)


def test_many_names_are_shortened() -> None:
    names = [str(index) for index in range(SHOWN + 1)]
    assert shortened(names[:SHOWN]) == ", ".join(names[:SHOWN])
    assert shortened(names) == ", ".join(names[:SHOWN]) + ", ..."
