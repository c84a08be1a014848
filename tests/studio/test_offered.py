"""Files that visitors take with them: what they are called, and that they lie where visitors may fetch them."""

from pathlib import Path

import pytest

pytest.importorskip("gradio", reason="install ganmend[studio]")

from ganmend.studio.offered import offered_text


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("frog.npy", "frog.npy"),
        ("my cat/dog seeds.txt", "my cat_dog seeds.txt"),
        ("../../etc/passwd.safetensors", "_._.._etc_passwd.safetensors"),
        ("no. 7.5.png", "no. 7.5.png"),
        ("x" * 5000 + ".npy", "x" * 200 + ".npy"),
    ],
)
def test_a_file_keeps_all_of_its_class_s_name_and_its_ending(
    name: str, called: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    file = offered_text(name, "3, 17\n")
    assert file.name == called
    assert file.is_relative_to(tmp_path)
    assert file.read_text() == "3, 17\n"
