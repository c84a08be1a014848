"""Imports go one way, and nothing inside imports the package root."""

import ast
from pathlib import Path

import pytest

import ganmend

ROOT = Path(ganmend.__file__).parent
ORDER = (
    "errors", "memory", "reading", "writing", "hub", "generator", "embedding", "classifier", "objective", "search",
    "metrics", "report", "tasks", "cli",
)  # fmt: skip
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


def imported(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            modules.add(node.module or "")
        elif isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
    return {name for name in modules if name.split(".")[0] == "ganmend"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_rooms_below(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        assert name != "ganmend", "nothing inside imports the package root"
        below = name.split(".")[1]
        assert ORDER.index(below) <= ORDER.index(room), f"{room} imports {below}"


def test_every_room_is_in_the_order() -> None:
    rooms = {path.relative_to(ROOT).parts[0] for path in FILES}
    assert rooms <= set(ORDER)


@pytest.mark.parametrize("slow", ["huggingface_hub", "timm", "torchmetrics", "torchvision"])
def test_what_few_runs_need_is_imported_on_first_use(slow: str) -> None:
    """Outside a function only for type checkers: `import ganmend` and the demo stay quick."""
    for path in FILES:
        for node in ast.parse(path.read_text()).body:
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert slow not in {name.split(".")[0] for name in named}, path
