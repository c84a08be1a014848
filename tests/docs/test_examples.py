"""The examples under each verb's `--help`."""

import shlex

import pytest

from ganmend.cli import VERBS
from ganmend.cli.examples import EXAMPLES
from tests.cli.command import run
from tests.docs.asked import check

WIDEST = 78  # columns of a terminal of 80, beside the margin: an example is not wrapped, so that it can be copied


def test_every_verb_has_examples() -> None:
    assert set(EXAMPLES) == set(VERBS)


@pytest.mark.parametrize("verb", EXAMPLES)
def test_they_can_be_typed(verb: str) -> None:
    for example in EXAMPLES[verb]:
        words = shlex.split(example)
        assert words[:2] == ["ganmend", verb]
        check(words)
        assert len(example) <= WIDEST, example


@pytest.mark.parametrize("verb", EXAMPLES)
def test_help_shows_each_in_a_line_of_its_own(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(monkeypatch, verb, "--help") == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines.index("Examples:") < lines.index(EXAMPLES[verb][0])
    assert set(EXAMPLES[verb]) <= set(lines)
