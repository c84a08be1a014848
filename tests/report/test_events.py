"""Scalars for TensorBoard: each quantity of each trial at its steps."""

from pathlib import Path

import pytest

from ganmend.errors import OptionError
from ganmend.report.events import check_tensorboard, save_events

HISTORY = [
    {"step": step, "trial": trial, "objective": step - 8.0 * trial, "target_probability": 0.25, "diversity": 0.0}
    for step in (0, 16)
    for trial in (0, 1)
]


def test_without_tensorboard_nothing_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"--tensorboard needs the package tensorboard; install ganmend\[tensorb"):
        check_tensorboard()


def test_each_trial_has_its_own_folder_and_nothing_tells_the_machine(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    save_events(tmp_path, HISTORY)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["trial0/events.out.tfevents.ganmend", "trial1/events.out.tfevents.ganmend"]
    for trial in (0, 1):
        seen = EventAccumulator(str(tmp_path / f"trial{trial}"))
        seen.Reload()
        assert set(seen.Tags()["scalars"]) == {"search/objective", "search/target_probability"}
        shown = [(event.step, event.value) for event in seen.Scalars("search/objective")]
        assert shown == [(0, -8.0 * trial), (16, 16 - 8.0 * trial)]
