"""Every code block of every document does what it shows, or at least asks for what is there."""

import json
import time
from pathlib import Path

import pytest
import yaml

from ganmend.cli import main
from tests.docs.asked import check
from tests.docs.blocks import DOCUMENTS, LANGUAGES, Block, blocks, commands
from tests.docs.conftest import SAMPLES

HOW_MANY = ("-n", "--per-class", "--of")  # options whose value is how many images are drawn: SAMPLES at most
DRAWS_MANY = ("diagnose", "evaluate", "demo")  # verbs that draw 200 or more where nothing is typed
RUN = [document for document in DOCUMENTS if any(not block.not_run for block in blocks(document))]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_says_what_it_is(document: str) -> None:
    for block in blocks(document):
        assert block.language in LANGUAGES, block.place


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_not_run_asks_for_what_is_there(document: str) -> None:
    for block in blocks(document):
        if block.not_run and block.language == "sh":
            for words in commands(block.text):
                check(words)
        elif block.not_run and block.language == "python":
            compile(block.text, block.place, "exec")


@pytest.mark.long
@pytest.mark.parametrize("document", RUN)
def test_blocks_run_one_after_another(document: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, object] = {}  # one session of Python a document
    for block in blocks(document):
        if not block.not_run:
            begun = time.process_time()
            run(block, names, monkeypatch)
            print(f"{block.place} took {time.process_time() - begun:.1f} s")


def run(block: Block, names: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what a block shows."""
    if block.saved_as:
        Path(block.saved_as).write_text(block.text)
    if block.language == "sh":
        for words in commands(block.text):
            run_command(words, block.place, names, monkeypatch)
    elif block.language == "python":
        exec(compile(block.text, block.place, "exec"), names)
    elif block.language == "json":
        json.loads(block.text)
    elif block.language == "yaml":
        assert yaml.safe_load(block.text) is not None


def run_command(words: list[str], place: str, names: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `ganmend ...` or `python -c ...` in this process."""
    if words[:2] == ["python", "-c"]:
        exec(compile(words[2], place, "exec"), names)
        return
    assert words[0] == "ganmend", (
        f"{place}: {words[0]} cannot be run here; say '<!-- not run: why -->' before the block"
    )
    monkeypatch.setattr("sys.argv", fewer(words))
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code, f"{place}: {' '.join(words)}"


def fewer(words: list[str]) -> list[str]:
    """The same command with fewer images."""
    pairs = zip(["", *words], words, strict=False)
    found = [str(min(int(word), SAMPLES)) if before in HOW_MANY else word for before, word in pairs]
    return found + ["-n", str(SAMPLES)] * (words[1] in DRAWS_MANY and "-n" not in words)
