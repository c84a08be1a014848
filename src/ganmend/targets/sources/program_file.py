"""Programs in files, looked through before PyTorch reads them: TorchScript and torch.export.

A file of either kind is a network and its weights, but is read by code that follows what the file says. TorchScript may
name operators that write files. torch.export evaluates expressions and conditions of the file as Python, and unpickles
what it calls a sample input. So ganmend looks first, and what is more than plain operations on tensors needs a user's
word. A program may still take for ever, as any network may; Ctrl-C ends it.
"""

import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganmend.errors import ClassifierError, UnreadableError
from ganmend.files.torch_file import read_torch
from ganmend.files.weights import check_file

LARGEST_TEXT = 1 << 26  # bytes of a file's code and descriptions; ResNet-152's have some 2 MB
# In TorchScript's code, where a name may be put into a variable first: words for what touches files, wherever they
# stand, operators of other libraries than these, and objects written in C++.
TOUCHES = re.compile(r"\b(save|load|from_file|read_file|write_file|load_tensor)\b")
OTHERS = re.compile(
    r"(?<![\w.])(?:torch\.)?ops\b(?!\.(?:aten|prim|quantized|torchvision)\.\w)[\w.]*|(?<![\w.])torch\.classes\b[\w.]*"
)
AROUND_DOTS = re.compile(r"[\s\\]*\.[\s\\]*")
# In torch.export's description.
TARGET = re.compile(
    r"torch\.ops\.aten\.(?!from_file)\w+\.\w+|_operator\.(add|sub|mul|floordiv|truediv|getitem|eq|ne|lt|le|gt|ge)"
)
# Sizes, as sympy writes them: calls of these alone, no attribute, no power.
EXPRESSION = re.compile(
    r"(Symbol\('\w{1,40}'|(Integer|Add|Mul|FloorDiv|Mod|Max|Min)\(|, \w+=True|-?\d{1,12}|s\d+|, |\)){1,99}"
)
SPEC_TYPES = {None, "builtins.tuple", "builtins.list", "builtins.dict"}
NEEDS_CODE = (
    "{} holds more than plain operations on tensors: {}; PyTorch would run that, so add --allow-code (allow_code=True) "
    "if you trust the file"
)


def kind_of(path: Path) -> str:
    """What a file is: 'script' of TorchScript, 'export' of torch.export, '' for anything else.

    Args:
        path: of the file.

    Returns:
        The kind, by the names of the entries of its archive.

    Raises:
        ClassifierError: it is not there, a folder, empty or damaged.
    """
    try:
        check_file(path)
    except FileNotFoundError as error:
        raise ClassifierError(
            f"no file at {path}; expected a TorchScript or torch.export file, or a name such as timm:resnet18@FILE"
        ) from error
    except UnreadableError as error:
        raise ClassifierError(f"{path} {error}") from error
    if not zipfile.is_zipfile(path):
        return ""
    with zipfile.ZipFile(path) as archive:
        names = [name.partition("/")[2] for name in archive.namelist()]
    if any(name.startswith("models/") or name == "archive_format" for name in names):
        return "export"
    return "script" if "constants.pkl" in names or any(name.startswith("code/") for name in names) else ""


def refuse_code(path: Path, kind: str) -> None:
    """Refuse a program that does more than compute.

    Args:
        path: of the file.
        kind: 'script' or 'export'.

    Raises:
        ClassifierError: so, or the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_doubles(archive, path.stat().st_size)
            told = next(_in_script(archive) if kind == "script" else _in_export(archive), "")
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, EOFError, RecursionError) as error:
        raise ClassifierError(f"{path} is truncated or damaged; copy or download it again") from error
    if told:
        raise ClassifierError(NEEDS_CODE.format(path, told))


def _refuse_doubles(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse an archive in which PyTorch, which ignores case, may read another entry than was looked through.

    Args:
        archive: of a program.
        size: of its file, in bytes.

    Raises:
        ValueError: two entries have one name, or they are far larger together than the file.
    """
    names = [info.filename.casefold() for info in archive.infolist()]
    if len(set(names)) < len(names) or sum(info.file_size for info in archive.infolist()) > size + LARGEST_TEXT:
        raise ValueError("entries that overlap")


def extra_files(path: Path) -> dict[str, object]:
    """What a user saved beside a program, by the names without their suffix: lists of class names, perhaps.

    Args:
        path: of the file.

    Returns:
        Contents: of JSON what it says, of another text its lines.
    """
    found: dict[str, object] = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = Path(info.filename)
            if name.parent.name == "extra" and info.file_size < LARGEST_TEXT:
                text = archive.read(info).decode("utf-8", "replace")
                try:
                    found[name.stem] = json.loads(text)
                except ValueError:
                    found[name.stem] = text.splitlines()
    return found


def _in_script(archive: zipfile.ZipFile) -> Iterator[str]:
    """What of a TorchScript file is more than plain operations."""
    for text in _texts(archive, (".py",)):
        plain = AROUND_DOTS.sub(".", text)
        for pattern in (TOUCHES, OTHERS):
            if found := pattern.search(plain):
                yield f"{found[0]!r:.60} in its code"


def _in_export(archive: zipfile.ZipFile) -> Iterator[str]:
    """What of a torch.export file is more than plain operations."""
    names = {info.filename: info.filename.partition("/")[2] for info in archive.infolist()}
    known = ("models/", "data/weights/", "data/constants/", "data/sample_inputs/", "extra/", ".data/")
    for name in names.values():
        if not name.startswith(known) and name not in ("archive_format", "archive_version", "byteorder", "version"):
            yield f"{name!r:.80}"
    if not any(name == "models/model.json" for name in names.values()):
        yield "a program of another version of PyTorch"
    for text in _texts(archive, (".json",), "extra/"):
        for key, value in _entries(json.loads(text)):
            if not _is_plain(key, value):
                yield f"{key} {value!r:.80}"
    for entry, name in names.items():
        if name.startswith("data/sample_inputs/") and not _is_plain_pickle(archive.read(entry)):
            yield "a pickle that asks for code"


def _is_plain(key: str, value: object) -> bool:
    """Whether an entry of a description is one that computes and does nothing else."""
    match key:
        case "target":
            return isinstance(value, str) and TARGET.fullmatch(value) is not None
        case "expr_str":
            return isinstance(value, str) and EXPRESSION.fullmatch(value) is not None
        case "guards_code" | "custom_obj_values" | "treespec_namedtuple_fields":
            return not value
        case "use_pickle":
            return value is False
        case "path_name":
            return isinstance(value, str) and re.fullmatch(r"(weight|tensor)_\d+", value) is not None
        case "as_custom_obj" | "as_graph" | "as_operator" | "custom_obj" | "token":
            return False
        case "in_spec" | "out_spec":
            types = {one for inner, one in _entries(json.loads(str(value))) if inner == "type"}
            return all(one in SPEC_TYPES for one in types)
    return True


def _entries(content: Any) -> Iterator[tuple[str, Any]]:
    """All keys and values of what JSON says, at any depth."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one.items()
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _texts(archive: zipfile.ZipFile, suffixes: tuple[str, ...], but: str = "\0") -> Iterator[str]:
    """The texts in an archive.

    Args:
        archive: of a program.
        suffixes: of their names.
        but: what the names of those begin with, behind the archive's own folder, that are left out.

    Yields:
        Them.

    Raises:
        ValueError: they are far larger than any network needs.
    """
    left = LARGEST_TEXT
    for info in archive.infolist():
        if info.filename.endswith(suffixes) and not info.filename.partition("/")[2].startswith(but):
            left -= info.file_size
            if left < 0:
                raise ValueError("far more text than a network needs")
            yield archive.read(info).decode()


def _is_plain_pickle(saved: bytes) -> bool:
    if not saved:
        return True
    with tempfile.NamedTemporaryFile(suffix=".pt") as copy:
        copy.write(saved)
        copy.flush()
        try:
            read_torch(Path(copy.name))
        except UnreadableError:
            return False
    return True
