"""A process without a network that runs commands one after another, and writes down of each how it ended.

python -m tests.reliability.every_verb FOLDER, with FOLDER/commands.json: by name the words of each. It writes a line of
JSON a command, in their order, to FOLDER/ended.jsonl; and what asked for a network to FOLDER/asked.txt.
"""

import io
import json
import os
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from tests.reliability.no_network import can_refuse_everywhere, refuse_everywhere, refuse_in_python


def run(words: list[str]) -> tuple[int, str]:
    """Exit status of `ganmend WORDS`, and what it says on standard error."""
    from ganmend.__main__ import main

    sys.argv = ["ganmend", *words]
    told = io.StringIO()
    with redirect_stderr(told), redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as stop:
            return int(stop.code or 0), told.getvalue()
        except Exception:
            return 1, told.getvalue() + traceback.format_exc()
    return 0, told.getvalue()


def main() -> None:
    folder = Path(sys.argv[1])
    commands = json.loads((folder / "commands.json").read_text())
    with (
        (folder / "asked.txt").open("w", buffering=1) as asked,
        (folder / "ended.jsonl").open("w", buffering=1) as ended,
    ):
        refuse_in_python(lambda line: print(line, file=asked))
        if can_refuse_everywhere():
            refuse_everywhere(asked)
        from tests.reliability.commands import begin_a_run, make_small

        make_small()
        os.chdir(folder)
        begin_a_run(Path("unfinished"))
        for name, words in commands.items():
            before = asked.tell()
            status, said = run(words)
            told = (folder / "asked.txt").read_text()[before:]
            print(json.dumps({"name": name, "status": status, "said": said, "asked": told}), file=ended)


if __name__ == "__main__":
    main()
