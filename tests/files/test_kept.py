"""What a stage has finished is there again for whoever looks after it."""

import shutil

import pytest
import torch

from ganmend.errors import OutputError
from ganmend.files.kept import NOTHING_KEPT, Kept


def test_a_value_that_was_put_is_there_for_the_next_process(tmp_path):
    Kept(tmp_path).put("class/5", {"fid": 1.5, "name": "frog"})
    assert Kept(tmp_path).value("class/5") == {"fid": 1.5, "name": "frog"}
    assert Kept(tmp_path).value("class/6") is None


def test_tensors_come_back_bit_for_bit(tmp_path):
    start = torch.randn(3, 4).T  # not contiguous
    Kept(tmp_path).put_tensors("start", {"vectors": start, "same": start})
    found = Kept(tmp_path).tensors("start")
    assert found is not None
    assert torch.equal(found["vectors"], start)
    assert torch.equal(found["same"], start)


def test_rows_come_back_in_their_order_over_several_files(tmp_path):
    kept = Kept(tmp_path, every=0)
    for number in range(12):
        kept.add("samples", {"logits": torch.full((2, 3), float(number))})
    assert len(list(tmp_path.glob("samples-*.safetensors"))) == 12
    assert Kept(tmp_path).rows("samples")["logits"][:, 0].tolist() == [n for n in range(12) for _ in range(2)]


def test_rows_are_not_written_each_time(tmp_path):
    kept = Kept(tmp_path, every=1000)
    for number in range(5):
        kept.add("samples", {"logits": torch.full((1, 3), float(number))})
    assert Kept(tmp_path).rows("samples") == {}
    kept.write_rows()
    assert Kept(tmp_path).rows("samples")["logits"][:, 0].tolist() == [0, 1, 2, 3, 4]


def test_rows_that_follow_those_of_a_killed_process_come_after_them(tmp_path):
    Kept(tmp_path, every=0).add("samples", {"logits": torch.zeros(1, 1)})
    later = Kept(tmp_path, every=0)
    assert len(later.rows("samples")["logits"]) == 1
    later.add("samples", {"logits": torch.ones(1, 1)})
    assert Kept(tmp_path).rows("samples")["logits"].tolist() == [[0], [1]]


def test_what_is_forgotten_is_gone_and_other_names_stay(tmp_path):
    kept = Kept(tmp_path, every=0)
    kept.add("before", {"logits": torch.zeros(1, 1)})
    kept.add("after", {"logits": torch.ones(1, 1)})
    kept.forget("before")
    assert kept.rows("before") == {}
    assert kept.rows("after")["logits"].tolist() == [[1]]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b"\x08\0\0\0\0\0\0\0{nonsense"])
def test_a_file_that_cannot_be_read_counts_as_not_kept(tmp_path, content):
    for name in ("broken.json", "broken.safetensors", "rows-00000.safetensors"):
        (tmp_path / name).write_bytes(content)
    kept = Kept(tmp_path)
    assert (kept.value("broken"), kept.tensors("broken"), kept.rows("rows")) == (None, None, {})


def test_rows_go_on_before_a_broken_file(tmp_path):
    kept = Kept(tmp_path, every=0)
    for number in range(4):
        kept.add("samples", {"logits": torch.full((1, 1), float(number))})
    (tmp_path / "samples-00002.safetensors").write_bytes(b"")
    later = Kept(tmp_path, every=0)
    assert later.rows("samples")["logits"].tolist() == [[0], [1]]
    later.add("samples", {"logits": torch.full((1, 1), 2.5)})
    assert Kept(tmp_path).rows("samples")["logits"].tolist() == [[0], [1], [2.5]]


def test_a_run_that_was_deleted_does_not_come_back_in_part(tmp_path):
    kept = Kept(tmp_path / "run" / "work", every=0)
    (tmp_path / "run").mkdir()
    kept.put("seen", 1)
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(OutputError, match=r"run/work \(No such file or directory\); its folder is gone"):
        kept.put("seen", 2)
    assert list(tmp_path.iterdir()) == []


def test_a_name_does_not_leave_the_folder(tmp_path):
    (tmp_path / "inside").mkdir()
    Kept(tmp_path / "inside").put("../outside", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert Kept(tmp_path / "inside").value("../outside") == 1


def test_nothing_is_kept_where_nobody_asked():
    NOTHING_KEPT.put("value", 1)
    NOTHING_KEPT.add("rows", {"a": torch.zeros(1)})
    NOTHING_KEPT.write_rows()
    NOTHING_KEPT.forget("rows")
    assert (NOTHING_KEPT.value("value"), NOTHING_KEPT.tensors("value"), NOTHING_KEPT.rows("rows")) == (None, None, {})


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "value.json").mkdir()
    with pytest.raises(OutputError, match=r"value\.json"):
        Kept(tmp_path).put("value", 1)
