"""PyTorch files: what torch.save writes comes back the same; nothing else gets through, or costs memory or time."""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from ganmend.errors import UnreadableError
from ganmend.files.torch_file import read_torch
from tests.files.archives import HEAD, dictionary, integer, tensor, text, write_archive
from tests.fuzz.measure import address_space, measured

SETTINGS = {
    "archive": {},
    "older format": {"_use_new_zipfile_serialization": False},
    "protocol 4": {"pickle_protocol": 4},
}
NUMBERS = torch.arange(24.0).reshape(6, 4)
TYPES = (torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.uint8, torch.bool, torch.complex64)
SCALARS = (np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float16,
           np.float32, np.float64)  # fmt: skip


def optimiser_state() -> dict:
    """Of Adam after a step: nested dictionaries, whole numbers as keys, lists, tuples, None, true and false."""
    layer = torch.nn.Linear(3, 2)
    optimiser = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    return optimiser.state_dict()


CONTENTS = {
    "state dict": torch.nn.BatchNorm2d(3).state_dict(),  # an ordered dictionary with `_metadata`
    "types": {str(dtype): NUMBERS.to(dtype) for dtype in TYPES},
    "shapes": {"transposed": NUMBERS.T, "empty": torch.zeros(0, 3), "scalar": torch.tensor(2.5)},
    "halves of a storage": {"first": NUMBERS[:3], "second": NUMBERS[3:]},
    "numpy's numbers": {kind.__name__: kind(1.5) for kind in SCALARS},
    "device": {"cpu": torch.device("cpu"), "gpu": torch.device("cuda", 1)},
    "parameter": {"weight": torch.nn.Parameter(NUMBERS)},
    "rest": {
        "list": [1, -3, 1 << 40, 2.5, None, True],
        "text": "Ω",
        "tuples": ((), (1,), (1, 2, 3, 4)),
        7: NUMBERS.shape,
    },
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_what_torch_saves_comes_back(tmp_path: Path, content: dict, settings: dict) -> None:
    torch.save(content, tmp_path / "a.pth", **settings)
    back = read_torch(tmp_path / "a.pth")
    assert isinstance(back, dict)
    assert list(back) == list(content)
    assert getattr(back, "_metadata", None) == getattr(content, "_metadata", None)
    for found, expected in zip(back.values(), content.values(), strict=True):
        if isinstance(expected, torch.Tensor):
            assert (found.dtype, found.requires_grad) == (expected.dtype, False)
            assert torch.equal(found, expected)
        else:
            assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_an_optimiser_comes_back(tmp_path: Path, settings: dict) -> None:
    content = optimiser_state()
    torch.save(content, tmp_path / "a.pth", **settings)
    back = read_torch(tmp_path / "a.pth")
    assert back["param_groups"] == content["param_groups"]  # type: ignore[index]
    for index, expected in content["state"].items():
        found = back["state"][index]  # type: ignore[index]
        assert list(found) == list(expected)
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_tensors_on_one_storage_share_it(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.pth", dictionary(a=tensor("0", 4, (2,), (1,)), b=tensor("0", 4, (2,), (1,), 2)),
                  {"0": bytes(16)})  # fmt: skip
    back = read_torch(tmp_path / "a.pth")
    assert back["a"].untyped_storage().data_ptr() == back["b"].untyped_storage().data_ptr()  # type: ignore[index]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_truncation_is_refused(tmp_path: Path, settings: dict) -> None:
    torch.save(CONTENTS["types"], tmp_path / "a.pth", **settings)
    whole = (tmp_path / "a.pth").read_bytes()
    for size in range(0, len(whole), 7):
        (tmp_path / "b.pth").write_bytes(whole[:size])
        with pytest.raises(UnreadableError):
            read_torch(tmp_path / "b.pth")


def test_a_changed_number_is_noticed(tmp_path: Path) -> None:
    torch.save({"a": NUMBERS}, tmp_path / "a.pth")
    whole = bytearray((tmp_path / "a.pth").read_bytes())
    whole[whole.index(NUMBERS.numpy().tobytes()) + 5] ^= 1
    (tmp_path / "a.pth").write_bytes(whole)
    with pytest.raises(UnreadableError, match="truncated"):
        read_torch(tmp_path / "a.pth")


def scalar(dtype: bytes = text("f8"), state: bytes = text("<"), raw: bytes = b"C\x08" + bytes(8)) -> bytes:
    """A pickle of one number of numpy's."""
    made = b"cnumpy\ndtype\n" + dtype + b"\x89\x88\x87R"
    built = b"(" + integer(3) + state + b"NNN" + integer(-1) * 2 + integer(0) + b"tb"
    return HEAD + b"cnumpy.core.multiarray\nscalar\n" + made + built + raw + b"\x86R."


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_arrays_come_back(tmp_path: Path, settings: dict) -> None:
    """Of random states and scores; tensors of the same file stay readable."""
    numbers, state = np.arange(6).reshape(2, 3), np.random.RandomState(0).get_state()[1]
    arrays = [state, numbers.astype("f2"), np.asfortranarray(numbers), np.zeros((0, 3)), np.array(2.5), numbers > 3]
    torch.save({"arrays": arrays, "a": NUMBERS}, tmp_path / "a.pth", **settings)
    back = read_torch(tmp_path / "a.pth")
    assert torch.equal(back["a"], NUMBERS)  # type: ignore[index]
    for found, expected in zip(back["arrays"], arrays, strict=True):  # type: ignore[index]
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert np.array_equal(found, expected)


def array(shape: bytes = integer(2) + b"\x85", dtype: bytes = text("f8"), raw: bytes = b"C\x10" + bytes(16)) -> bytes:
    """The opcodes that make an array of numpy's, and those of its state but for its last one."""
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n" + integer(0) + b"\x85" + b"C\x01btR"
    kind = b"cnumpy\ndtype\n" + dtype + b"\x89\x88\x87R(" + integer(3) + text("<") + b"NNN" + integer(-1) * 2
    return made + b"(" + integer(1) + shape + kind + integer(0) + b"tb\x89" + raw + b"t"


@pytest.mark.parametrize(
    "made",
    [array(integer(1 << 28) + b"\x85"), array(integer(-2) + b"\x85"), array(dtype=text("O8")),
     array(raw=text("x" * 16)), array(shape=integer(2)), array(integer(1) + b"\x85"),
     b"cnumpy.core.multiarray\n_reconstruct\n(NNNtRN"],
    ids=["gigabytes", "negative", "objects", "text", "no shape", "fewer than bytes", "of another class"],
)  # fmt: skip
def test_arrays_that_lie_are_refused(tmp_path: Path, made: bytes) -> None:
    assert np.array_equal(read_torch(write_archive(tmp_path / "a.pth", HEAD + array() + b"b.")), np.zeros(2))
    refused_cheaply(write_archive(tmp_path / "b.pth", HEAD + made + b"b."))


def test_an_array_cannot_be_filled_again_and_again(tmp_path: Path) -> None:
    raw = b"B" + (100_000).to_bytes(4, "little") + bytes(100_000)
    many = array(integer(12_500) + b"\x85", raw=raw) + b"q\x05b" + b"h\x05b" * 100_000
    refused_cheaply(write_archive(tmp_path / "a.pth", HEAD + many + b"."), "far more containers")


def test_keys_that_no_state_dict_has_are_named(tmp_path: Path) -> None:
    for key in (0.5, (1, 2), None, True):
        torch.save({"a": {key: 1}}, tmp_path / "a.pth")
        with pytest.raises(UnreadableError, match="has a key that is neither text nor a small whole number"):
            read_torch(tmp_path / "a.pth")


def test_a_number_by_numpy_1_comes_back(tmp_path: Path) -> None:
    back = read_torch(write_archive(tmp_path / "a.pth", scalar()))
    assert (type(back), back) == (np.float64, 0)


def nested_keys(depth: int) -> bytes:
    """A dictionary whose keys are tuples of twice the tuple before: to hash the last takes 2 ** depth steps."""
    return b"}()q\x00" + b"h\x00h\x00\x86q\x00" * depth + b"u"


ON_FOUR = {"0": bytes(16)}
# Each a pickle and its storages: some hundred bytes that ask for gigabytes, for ever, or for what is not theirs.
BOMBS = {
    "a call": (HEAD + b"cposix\nsystem\n" + text("true") + b"\x85R.", {}),
    "bytearray of a gigabyte": (HEAD + b"cbuiltins\nbytearray\n" + integer(1 << 30) + b"\x85R.", {}),
    "storage of two gigabytes": (HEAD + b"ctorch\nFloatStorage\n" + integer(1 << 29) + b"\x85R.", {}),
    "tensor of a gigabyte": (HEAD + b"ctorch\nFloatTensor\n" + integer(1 << 28) + b"\x85R.", {}),
    "nested key": (HEAD + nested_keys(61) + b".", {}),
    "claimed storage": (dictionary(a=tensor("0", 1 << 28, (4,), (1,))), ON_FOUR),
    "size beyond the storage": (dictionary(a=tensor("0", 4, (1 << 28,), (1,))), ON_FOUR),
    "stride 0": (dictionary(a=tensor("0", 4, (2, 2), (0, 1))), ON_FOUR),
    "huge stride": (dictionary(a=tensor("0", 4, (2, 2), (1 << 30, 1))), ON_FOUR),
    "offset beyond the storage": (dictionary(a=tensor("0", 4, (4,), (1,), 1)), ON_FOUR),
    "negative offset": (dictionary(a=tensor("0", 4, (4,), (1,), -1)), ON_FOUR),
    "negative size": (dictionary(a=tensor("0", 4, (-2, -2), (1, 1))), ON_FOUR),
    "more dimensions than anyone needs": (dictionary(a=tensor("0", 4, (1,) * 60, (1,) * 60)), ON_FOUR),
    "size that is a text": (
        dictionary(a=tensor("0", 4, (4,), (1,)).replace(integer(4) + b"t", text("x") + b"t", 1)), ON_FOUR,
    ),
    "no such storage": (dictionary(a=tensor("1", 4, (4,), (1,))), ON_FOUR),
    "numpy's objects": (scalar(text("O8")), {}),
    "numpy's texts of a gigabyte": (scalar(text("U268435456")), {}),
    "another machine's number": (scalar(state=text(">")), {}),
    "a number with fields": (scalar(state=text("<") + b"N"), {}),
    "a number of fewer bytes": (scalar(raw=b"C\x04" + bytes(4)), {}),
    "an array in a number's place": (scalar(raw=b"C\x10" + bytes(16)), {}),
    "bytes in a code of its own": (HEAD + b"c_codecs\nencode\n" + text("a") + text("idna") + b"\x86R.", {}),
    "a name with a backslash": (HEAD + b"c\\<\nx\n.", {}),
    "empty stack": (HEAD + b"R.", {}),
    "nothing": (b"", {}),
}  # fmt: skip
# What one aliased storage of a megabyte claims under 600 names.
ALIASED = {f"a{k}": tensor("0", 1 << 18, (1 << 18,), (1,)) for k in range(600)}


@pytest.mark.parametrize(("pickled", "storages"), BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused(tmp_path: Path, pickled: bytes, storages: dict[str, bytes]) -> None:
    refused_cheaply(write_archive(tmp_path / "a.pth", pickled, storages))


def test_names_of_one_storage_do_not_multiply_it(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.pth", dictionary(**ALIASED), {"0": bytes(1 << 20)})
    refused_cheaply(path, "larger than the file")


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    content = dictionary(a=tensor("0", 1 << 26, (1 << 26,), (1,)))
    path = write_archive(tmp_path / "a.pth", content, {"0": bytes(1 << 28)}, zipfile.ZIP_DEFLATED)
    refused_cheaply(path, "compressed")


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", dictionary(a=tensor("0", 1 << 20, (1 << 20,), (1,))))
        archive.writestr("a/data/0", bytes(1 << 22))
        stored = archive.getinfo("a/data/0")
        for k in range(1, 300):
            other = zipfile.ZipInfo(f"a/data/{k}")
            other.header_offset, other.CRC = stored.header_offset, stored.CRC
            other.file_size = other.compress_size = stored.file_size
            archive.filelist.append(other)
    refused_cheaply(path, "overlap")


def test_a_directory_of_a_million_entries_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.pth", dictionary())
    whole = path.read_bytes()
    start = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    many = whole[start:end] * 200_000
    tail = bytearray(whole[end:])
    tail[12:16] = len(many).to_bytes(4, "little")
    path.write_bytes(whole[:start] + many + tail)
    refused_cheaply(path)


def test_a_pickle_of_a_million_lists_is_refused(tmp_path: Path) -> None:
    refused_cheaply(write_archive(tmp_path / "a.pth", HEAD + b"]" * (4 << 20) + b"."), "state dict alone")


def test_the_older_format_allocates_no_more_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"a": torch.zeros(10)}, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    assert whole.count(b"K\n") == 2
    path.write_bytes(whole.replace(b"K\n", integer(1 << 28)))
    refused_cheaply(path, "larger than the file")


@pytest.mark.parametrize("protocol", range(5))
def test_code_never_runs(tmp_path: Path, protocol: int) -> None:
    path, trace = tmp_path / "a.pth", tmp_path / "it ran"
    path.write_bytes(pickle.dumps(Bomb(trace), protocol))
    refused_cheaply(path)
    torch.save(OrderedDict(a=Bomb(trace)), path, pickle_protocol=max(2, protocol))
    refused_cheaply(path, "run code")
    assert not trace.exists()


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


def refused_cheaply(path: Path, message: str = ".") -> None:
    def refused() -> None:
        with pytest.raises(UnreadableError, match=message) as caught:
            read_torch(path)
        assert len(str(caught.value)) < 300

    # The least of the bombs asks for 256 MB; 64 MB are room for what the C library keeps.
    with address_space((256 << 20) - 1):
        cost = measured(refused)
    assert cost.peak < 4 * path.stat().st_size + (64 << 20)
    assert cost.seconds < 5


def copies(function: bytes, argument: bytes, n: int = 60_000) -> bytes:
    """A pickle that names a function and an argument once, and then lets it make n things of it."""
    return b"c" + function + b"q\x01" + argument + b"q\x02" + b"h\x01h\x02\x85R" * n


BOMBS = {
    "ordered dictionaries": copies(b"collections\nOrderedDict\n", b"](" + b"K\x01K\x01\x86" * 1000 + b"e"),
    "sizes": copies(b"torch\nSize\n", b"](" + b"K\x01" * 1000 + b"e"),
    "text": b"c_codecs\nencode\nq\x01" + text("a" * 10_000) + text("latin1") + b"\x86q\x02" + b"h\x01h\x02R" * 60_000,
    "empty dictionaries": b"}" * 400_000,
    "empty lists": b"]" * 400_000,
    "tuples": b"N\x85" * 400_000,
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_pickle_cannot_make_far_more_than_it_holds(kind: str, tmp_path: Path) -> None:
    """0.1.0 took 6 GB and more: an argument that stands in the file once was copied each time it was named."""
    path = write_archive(tmp_path / "a.pth", HEAD + BOMBS[kind] + b".")

    def refused() -> None:
        with pytest.raises(UnreadableError, match="far more containers"):
            read_torch(path)

    assert measured(refused).peak < 64 << 20


def test_whole_numbers_that_collide_are_no_keys(tmp_path: Path) -> None:
    """Multiples of 2**61 - 1 have one hash in Python: 80,000 of them took 0.1.0 41 seconds."""
    large = b"\x8a\x08" + ((1 << 61) - 1).to_bytes(8, "little")
    with pytest.raises(UnreadableError):
        read_torch(write_archive(tmp_path / "a.pth", HEAD + b"}" + large + b"Ns."))
    assert read_torch(write_archive(tmp_path / "b.pth", HEAD + b"}" + integer(1 << 20) + b"Ns.")) == {1 << 20: None}
