"""What `import ganmend` gives: every name there, typed, explained, with named options."""

import inspect
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

import ganmend

ROOT = Path(ganmend.__file__).parent
CALLABLE = sorted(name for name in ganmend.__all__ if callable(getattr(ganmend, name)))


def test_the_version_is_the_installed_packages() -> None:
    assert ganmend.__version__ == version("ganmend")


def test_importing_it_costs_no_pytorch() -> None:
    code = "import ganmend, sys; ganmend.__version__; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", CALLABLE)
def test_every_public_name_is_explained_typed_and_closed(name: str) -> None:
    thing = getattr(ganmend, name)
    assert (thing.__doc__ or "").strip()
    if isinstance(thing, type) and issubclass(thing, Exception | Warning):
        return
    function = thing.__init__ if isinstance(thing, type) else thing
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.kind is not parameter.VAR_KEYWORD, f"{name} takes any option"
        assert parameter.name == "self" or parameter.annotation is not parameter.empty, f"{name}: {parameter}"


def test_no_name_hides_the_module_of_its_name() -> None:
    """`from ganmend.search import ranking` gives the module, whatever is imported before."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if path.stem.startswith("__") or len(parts) < 2:
            continue
        parent = ".".join(("ganmend", *parts[:-1]))
        module = import_module(f"{parent}.{parts[-1]}")
        assert getattr(sys.modules[parent], parts[-1]) is module
