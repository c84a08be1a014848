"""What few runs need is imported on first use. Which room may import which: import-linter, in `make lint`."""

import ast
from pathlib import Path

import pytest

import ganmend

ROOT = Path(ganmend.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


@pytest.mark.parametrize("slow", ["huggingface_hub", "timm", "torchmetrics", "torchvision"])
def test_what_few_runs_need_is_imported_on_first_use(slow: str) -> None:
    """Outside a function only for type checkers: `import ganmend` and the demo stay quick."""
    for path in FILES:
        for node in ast.parse(path.read_text()).body:
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert slow not in {name.split(".")[0] for name in named}, path
