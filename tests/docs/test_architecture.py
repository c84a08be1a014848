"""What the architecture document names is there: a file that moved or went is noticed."""

import re
import tomllib
from pathlib import Path

from tests.docs.blocks import ROOT

PACKAGE = ROOT / "src" / "ganmend"
TEXT = (ROOT / "docs" / "architecture.md").read_text()


def sections() -> dict[str, str]:
    """The text under each room's heading."""
    headed = re.split(r"^##+ (.+)$", TEXT, flags=re.MULTILINE)[1:]
    return {room: text for room, text in zip(headed[::2], headed[1::2], strict=True) if (PACKAGE / room).is_dir()}


def test_every_file_that_a_rooms_section_names_lies_in_that_room() -> None:
    assert {"cli", "files"} <= set(sections())
    for room, text in sections().items():
        there = {path.name for path in (PACKAGE / room).rglob("*") if path.is_file()}
        assert set(re.findall(r"`(\w+\.(?:py|c))`", text)) <= there, room


def test_the_table_has_the_rooms_in_the_order_that_imports_follow() -> None:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [name for layer in tables[0]["layers"] for name in re.split(r"\W+", layer)]
    rooms = [Path(name).stem for name in re.findall(r"^\| \[?`([\w.]+)/?`", TEXT, re.MULTILINE)]
    assert len(rooms) > 20
    assert rooms == [name for name in layers if name in rooms]
