"""The curves of a search: what is drawn, where, and which state is marked."""

import math

import pytest

from ganmend.report.curves import BOTTOM, LEFT, OTHERS, POINTS, QUANTITIES, RIGHT, TOP, panels, series, ticks


def record(step: int, objective: float, trial: int = 0, **others: float) -> dict[str, float | int]:
    return {"step": step, "trial": trial, "objective": objective, "target_probability": 0.5, **others}


def test_low_values_stand_below_high_ones_and_late_steps_to_the_right() -> None:
    objective, _ = panels([record(0, -4), record(10, 0), record(20, -2)])
    assert objective.lines == (f"{LEFT:.1f},{BOTTOM:.1f} 178.0,{TOP:.1f} {RIGHT:.1f},75.0",)  # half the way each
    assert objective.up == (("-4", BOTTOM), ("-3", 107.5), ("-2", 75.0), ("-1", 42.5), ("0", TOP))
    assert [label for label, _ in objective.across] == ["0", "5", "10", "15", "20"]


def test_the_kept_state_is_the_best_by_the_objective_or_the_last() -> None:
    history = [record(0, -4, diversity=0.1), record(10, -1, diversity=0.7), record(20, -2, diversity=0.3)]
    for keep, step, value, diversity in (("best", 10, -1, 0.7), ("last", 20, -2, 0.3)):
        found = {panel.title: panel for panel in panels(history, keep=keep)}
        objective = found[QUANTITIES["objective"]]
        assert (objective.kept_step, objective.kept_value) == (step, value)
        assert found[QUANTITIES["diversity"]].kept_value == diversity, "the same state in every panel"
        assert "{:.1f},{:.1f}".format(*objective.kept) in objective.lines[0]


def test_the_kept_trial_is_drawn_last_over_the_others() -> None:
    history = [record(0, -4, 0), record(0, -3, 1), record(10, -1, 0), record(10, -2, 1)]
    objective, _ = panels(history)
    assert len(objective.lines) == 2
    assert "{:.1f},{:.1f}".format(*objective.kept) in objective.lines[-1]
    swapped, _ = panels([{**one, "trial": 1 - one["trial"]} for one in history])
    assert swapped.lines == objective.lines


def test_what_played_no_part_gets_no_panel() -> None:
    titles = [panel.title for panel in panels([record(0, -1, diversity=0.0, matching=0.0), record(9, 0, matching=0.2)])]
    assert titles == [QUANTITIES[key] for key in ("objective", "target_probability", "matching")]


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e300, None, "x"])
def test_what_is_no_number_is_left_out(value: object) -> None:
    bad = {**record(10, 0), "objective": value}
    assert panels([bad]) == []  # type: ignore[list-item]
    objective, _ = panels([record(0, -1), bad, record(20, 1)])  # type: ignore[list-item]
    assert objective.lines == (f"{LEFT:.1f},{BOTTOM:.1f} {RIGHT:.1f},{TOP:.1f}",)


def test_a_single_validation_and_none() -> None:
    assert panels([]) == []
    objective, _ = panels([record(0, 3.0)])
    assert objective.kept[0] == LEFT


@pytest.mark.parametrize(
    ("ends", "expected"),
    [((0, 1), [0, 0.5, 1]), ((0.11, 0.41), [0.1, 0.2, 0.3, 0.4, 0.5]), ((-7, 3), [-10, -5, 0, 5]),
     ((0, 120), [0, 50, 100, 150]), ((2.0, 2.0), [2.0, 2.5])],
)  # fmt: skip
def test_ticks_are_round_and_hold_both_ends(ends: tuple[float, float], expected: list[float]) -> None:
    assert ticks(*ends) == pytest.approx(expected)


def test_ticks_of_steps_are_whole() -> None:
    assert ticks(0, 2, whole=True) == [0, 1, 2]
    assert ticks(0, 0, whole=True) == [0, 1]


def test_a_long_search_of_many_trials_stays_a_small_picture() -> None:
    long = [record(step, -1.0 / (step + 1)) for step in range(20_000)]
    objective, _ = panels(long)
    points = objective.lines[0].split()
    assert len(points) <= POINTS + 1
    assert points[0].startswith(f"{LEFT:.1f},")
    assert points[-1] == "{:.1f},{:.1f}".format(*objective.kept), "the last one is the best, and stays"
    many = [record(step, step + trial / 1000, trial) for trial in range(1000) for step in (0, 1)]
    objective, _ = panels(many)
    assert len(objective.lines) == OTHERS + 1
    assert objective.kept_value == pytest.approx(1.999)
    assert len(series(many)["objective"]) == 1000, "numbers are given whole"


def test_series_are_the_numbers_of_each_trial() -> None:
    history = [record(0, -4, 0, matching=0.5), record(0, -3, 1), {**record(10, -1, 0), "matching": math.nan}]
    assert series(history) == {
        "objective": {0: ([0, 10], [-4, -1]), 1: ([0], [-3])},
        "target_probability": {0: ([0, 10], [0.5, 0.5]), 1: ([0], [0.5])},
        "matching": {0: ([0], [0.5])},
    }
