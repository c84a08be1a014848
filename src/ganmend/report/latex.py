"""A verdict as a table for LaTeX, in the manner of the package booktabs."""

import re
from collections.abc import Iterator
from types import MappingProxyType

from ganmend.metrics.comparison import Comparison
from ganmend.metrics.figures import FIGURES, format_figure, label
from ganmend.metrics.verdict import Verdict

SPECIAL = MappingProxyType(
    {character: rf"\{character}" for character in "#$%&_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)
ARROWS = {True: r" $\uparrow$", False: r" $\downarrow$"}


def latex_table(title: str, verdict: Comparison) -> str:
    """Figures before and after with their intervals, beside what they are read against.

    Args:
        title: of the edit, such as 'repair frog'.
        verdict: of a judge.

    Returns:
        A `table` environment that needs booktabs: better figures bold, worse ones underlined. Figures without a better
        direction are left out.
    """
    columns, after = verdict.columns(), verdict.after
    caption = (
        f"{escape(title)}, judged by {escape(verdict.judge)} on {after.n} samples before and after. In brackets, 95\\% "
        "intervals. Bold is better than before by more than chance, underlined is worse."
    )
    lines = [
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{caption}}}",
        f"  \\label{{tab:{re.sub('[^a-z0-9]+', '-', title.lower()).strip('-')}}}",
        f"  \\begin{{tabular}}{{l{'r' * len(columns)}}}",
        r"    \toprule",
        f"   {' & '.join(['', *columns])} \\\\",
        r"    \midrule",
        *(f"    {row} \\\\" for row in _rows(verdict)),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text of a user's as LaTeX shows it."""
    return "".join(SPECIAL.get(character, character) for character in text)


def _rows(verdict: Comparison) -> Iterator[str]:
    sides = (verdict.before.as_dict(), verdict.after.as_dict())
    for key, figure in FIGURES.items():
        if figure.higher_is_better is not None and getattr(verdict.after, key) is not None:
            cells = [_cell(one, key, verdict.is_better(key) if heading == "after" else None)
                     for heading, one in verdict.columns().items()]  # fmt: skip
            yield " & ".join([escape(label(key, *sides)) + ARROWS[figure.higher_is_better], *cells])


def _cell(verdict: Verdict, key: str, better: bool | None) -> str:
    value = _number(format_figure(getattr(verdict, key)))
    marked = {True: rf"\textbf{{{value}}}", False: rf"\underline{{{value}}}", None: value}[better]
    ends = verdict.interval(key)
    return marked if ends is None else f"{marked} [{', '.join(_number(format_figure(end)) for end in ends)}]"


def _number(text: str) -> str:
    """A figure with LaTeX's own minus sign, or its dash where there is none."""
    return "--" if text == "–" else text.replace("-", "$-$")
