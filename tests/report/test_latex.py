"""The table for LaTeX: its rows, its marks, and text that LaTeX would read as its own."""

from dataclasses import replace

from ganmend.metrics.comparison import Comparison
from ganmend.metrics.yardsticks import Yardsticks
from ganmend.report.latex import escape, latex_table
from tests.metrics.certain import certain
from tests.report.test_page import AFTER, BEFORE


def rows(verdict: Comparison) -> list[str]:
    text = latex_table("repair frog", verdict)
    return [line.strip() for line in text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()]


def test_each_figure_has_a_row_with_its_direction_interval_and_mark() -> None:
    after = replace(AFTER, kid=-0.5, fid=70.0, intervals={"kid": (-0.75, 0.25)})
    found = rows(certain(BEFORE, after))
    assert found[0] == r"accuracy $\uparrow$ & 0.25 [0.11, 0.32] & \textbf{0.93} [0.91, 0.95] \\"
    assert r"KID $\downarrow$ & 0.61 & \textbf{$-$0.5} [$-$0.75, 0.25] \\" in found
    assert r"FID $\downarrow$ & 60.5 & \underline{70} \\" in found
    assert not any(row.startswith("pixel std") for row in found), "neither more nor less of it is better"


def test_what_may_be_chance_has_no_mark_and_what_is_not_known_no_figure() -> None:
    found = rows(Comparison(replace(BEFORE, fid=None), replace(AFTER, recall=None), "eye"))
    assert r"FID $\downarrow$ & -- & 20.5 \\" in found
    assert not any("textbf" in row or "underline" in row for row in found)
    assert not any(row.startswith("recall") for row in found)


def test_yardsticks_stand_behind() -> None:
    text = latex_table("repair frog", certain(BEFORE, AFTER, Yardsticks(AFTER, ("a",), BEFORE)))
    assert r"{lrrrr}" in text
    assert "& before & after & healthy class & real images \\\\" in text
    assert r"\label{tab:repair-frog}" in text
    assert text.count(r"\begin") == text.count(r"\end") == 2


def test_names_are_shown_as_they_are() -> None:
    assert escape(r"a_b & 5% {#} $x^2~\c") == (
        r"a\_b \& 5\% \{\#\} \$x\textasciicircum{}2\textasciitilde{}\textbackslash{}c"
    )
    text = latex_table(r"repair tree_frog \input{x}", replace(certain(BEFORE, AFTER), judge="a_b"))
    assert r"repair tree\_frog \textbackslash{}input\{x\}, judged by a\_b on 100 samples" in text
    assert r"\input" not in text
