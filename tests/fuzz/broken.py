"""Files as bytes, broken: bits flipped, parts cut, doubled, exchanged with another file's, sizes that lie."""

import io
import random
import re
import zipfile
from collections.abc import Callable

EDGES = (0, 1, 2, 7, 255, 256, 1 << 15, (1 << 16) - 1, 1 << 20, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 40, 1 << 62,
         (1 << 63) - 1, 1 << 63, (1 << 64) - 1)  # fmt: skip
HEADER = 4096  # bytes in which safetensors, .npy and the older PyTorch format say their sizes
RECORDS = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06")  # of an archive, each of some 50 bytes
NUMBER = re.compile(rb"\d+")


def flipped(raw: bytes, rng: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        changed[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def flipped_early(raw: bytes, rng: random.Random) -> bytes:
    return flipped(raw[:HEADER], rng) + raw[HEADER:]


def truncated(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw))]


def inserted(raw: bytes, rng: random.Random) -> bytes:
    place, size = _place(raw, rng), rng.choice((1, 2, 8, 64, 4096))
    new = rng.choice((rng.randbytes(size), bytes(size), raw[:size]))
    return raw[:place] + new + raw[place:]


def cut(raw: bytes, rng: random.Random) -> bytes:
    place = _place(raw, rng)
    return raw[:place] + raw[place + rng.choice((1, 2, 8, 64, 4096)) :]


def oversized(raw: bytes, rng: random.Random) -> bytes:
    """A size somewhere, of two to eight bytes, at an edge of what it can be."""
    width = rng.choice((2, 4, 8))
    starts = [match.start() for record in RECORDS for match in re.finditer(re.escape(record), raw)]
    place = rng.choice((0, rng.choice(starts or [0]) + rng.randrange(4, 50), _place(raw, rng)))
    number = rng.choice(EDGES) % (1 << 8 * width)
    return raw[:place] + number.to_bytes(width, "little") + raw[place + width :]


def misnumbered(raw: bytes, rng: random.Random) -> bytes:
    """A number in a text header at an edge; where a safetensors header grows, its length says so."""
    found = list(NUMBER.finditer(raw, 0, HEADER))
    if not found:
        return flipped(raw, rng)
    match = rng.choice(found)
    number = b"%s%d" % (rng.choice((b"", b"", b"-")), rng.choice(EDGES))
    changed = raw[: match.start()] + number + raw[match.end() :]
    length = int.from_bytes(raw[:8], "little")
    if raw[8:9] == b"{" and match.start() > 8 and length < len(raw):
        changed = (length + len(changed) - len(raw)).to_bytes(8, "little") + changed[8:]
    return changed


def repacked(raw: bytes, rng: random.Random) -> bytes:
    """An archive with one entry broken, renamed, left out, doubled or compressed, its checksums right."""
    if not raw.startswith(RECORDS[1]):
        return oversized(raw, rng)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    pickled = next(name for name in entries if name.endswith("data.pkl"))
    name = pickled if rng.random() < 0.8 else rng.choice(list(entries))
    change, method = rng.choice(("break", "break", "break", "rename", "leave out", "compress")), zipfile.ZIP_STORED
    if change == "break" and entries[name]:
        entries[name] = rng.choice(SIMPLE)(entries[name], rng)
    elif change == "rename":
        entries[name + "0"] = entries.pop(name)
    elif change == "compress":
        method = zipfile.ZIP_DEFLATED
    else:
        del entries[name]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, entry in entries.items():
            archive.writestr(zipfile.ZipInfo(name), entry, method)
    return stream.getvalue()


def spliced(raw: bytes, other: bytes, rng: random.Random) -> bytes:
    """The beginning of one file and the end of another."""
    return raw[: _place(raw, rng)] + other[_place(other, rng) :]


def _place(raw: bytes, rng: random.Random) -> int:
    return rng.randrange(min(len(raw), rng.choice((64, HEADER, len(raw)))))


SIMPLE: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flipped, flipped_early, truncated, inserted, cut, oversized, misnumbered,
)  # fmt: skip
EVERY = (*SIMPLE, repacked)
