"""The page of a sweep: a row a class, outcomes told by more than colour, names taken for nothing but text."""

from ganmend.report.sweep_page import headline, render_sweep

BETTER = {
    "class": "frog", "mark": "collapsed", "task": "repair", "status": "mended", "outcome": "better", "gain": 0.5,
    "before": {"judge_accuracy": 0.25, "fid": 80.0, "coverage": None}, "seconds": 90.0, "folder": "frog", "reason": "",
    "after": {"judge_accuracy": 0.75, "fid": 40.0, "coverage": None},
}  # fmt: skip
WORSE = {**BETTER, "class": "a/b", "outcome": "worse", "folder": "a_b #2"}
HEALTHY = {**BETTER, "class": "cat", "status": "healthy", "outcome": "", "folder": "", "before": {}, "after": {}}
FAILED = {**HEALTHY, "class": "<script>x</script>", "status": "failed", "reason": "no & such class"}


def page(*rows) -> str:
    return render_sweep("sweep", rows, "classes", {"seed": 7})


def test_before_stands_before_after_and_what_no_class_has_is_left_out():
    shown = page(BETTER, HEALTHY)
    assert "<td>0.25 → 0.75</td><td>80 → 40</td>" in shown.replace("\n", "")
    assert "coverage" not in shown
    assert "<td>1.5</td>" in shown  # minutes


def test_outcomes_are_told_without_colour():
    assert '<td class="better"><b>✓ better</b></td>' in page(BETTER)
    assert '<td class="worse"><b>✗ worse</b></td>' in page(WORSE)
    assert "<b>healthy</b>" in page(HEALTHY)


def test_a_class_that_has_a_page_is_linked_to_it():
    shown = page(BETTER, WORSE, HEALTHY)
    assert '<a href="classes/frog/report.html">frog</a>' in shown
    assert 'href="classes/a_b%20%232/report.html"' in shown
    assert '<th scope="row">cat</th>' in shown


def test_what_failed_is_told_with_its_reason_and_no_name_is_run():
    shown = page(BETTER, FAILED)
    assert "<dt>&lt;script&gt;x&lt;/script&gt;</dt><dd>no &amp; such class</dd>" in shown
    assert "<script" not in shown
    assert "What failed" not in page(BETTER)


def test_the_headline_counts():
    assert headline([BETTER]) == "Of 1 classes 1 became better and 0 worse."
    assert headline([BETTER, WORSE, HEALTHY, FAILED]) == (
        "Of 4 classes 1 became better and 1 worse; 1 healthy: left alone; 1 failed."
    )
